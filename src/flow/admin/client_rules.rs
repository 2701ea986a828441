//! Owns whether a client's record is a good one: one validation for adding and for editing, here and wherever clients will
//! be made later. It does not own what is changed (`client_change`) nor redirect URIs by themselves (`oauth::redirect_uri`).

use super::client_refusal::ClientRefusal;
use super::plain_text;
use super::scope::is_audience;
use crate::identity::Email;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::client_policy::{PkceRule, RefreshRule};
use crate::oauth::jose::Algorithm;
use crate::oauth::mapping;
use crate::oauth::redirect_uri;
use crate::oauth::scope::{Scope, is_standard};
use crate::time::Lifetime;

/// Most entries of any list of a client.
const MAX_ENTRIES: usize = 100;
/// Longest life of a signed token: nobody who checks it alone hears of its end before.
pub(super) const LONGEST_TOKEN: Lifetime = Lifetime::from_hours(24);
/// Longest life of a code (RFC 9700 section 2.1.1 wants it short).
const LONGEST_CODE: Lifetime = Lifetime::from_seconds(60);
const LONGEST_GRANT: Lifetime = Lifetime::from_days(3_650);
const ONE_SECOND: Lifetime = Lifetime::from_seconds(1);

/// What a record is held against.
pub(super) struct Surroundings<'a> {
    /// Scopes beside the standard ones.
    pub(super) defined: &'a [Scope],
    /// Algorithms that can sign now.
    pub(super) algorithms: &'a [Algorithm],
}

/// Judges the whole record.
pub(super) fn judge(client: &Client, around: &Surroundings<'_>) -> Result<(), ClientRefusal> {
    judge_id(&client.client_id)?;
    plain_text(&client.name, 100).map_err(ClientRefusal::Name)?;
    judge_kind(client)?;
    judge_addresses(client)?;
    judge_scopes(client, around.defined)?;
    judge_policy(client, around.algorithms)?;
    mapping::judge(&client.policy.mappings)?;
    judge_about(client)
}

/// 1 to 128 of `A-Z a-z 0-9 . _ ~ -`; neither a UUID nor 32 hex digits, since a person's `sub` looks like that (RFC 9700
/// section 4.15). Without a colon it can be no `https://` address either.
pub(super) fn judge_id(id: &str) -> Result<(), ClientRefusal> {
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-'));
    if !plain || id.is_empty() || id.len() > 128 {
        return Err(ClientRefusal::Id(id.to_owned()));
    }
    if uuid::Uuid::try_parse(id).is_ok() { Err(ClientRefusal::IdLikeSub(id.to_owned())) } else { Ok(()) }
}

/// Profile, authentication and grants must fit together.
fn judge_kind(client: &Client) -> Result<(), ClientRefusal> {
    let profile = client.profile.as_str();
    if client.profile.is_public() && !client.is_public() {
        return Err(ClientRefusal::PublicWithSecret(profile));
    }
    if !client.profile.is_public() && client.is_public() {
        return Err(ClientRefusal::ConfidentialWithoutSecret(profile));
    }
    if client.grants.is_empty() {
        return Err(ClientRefusal::NoGrant);
    }
    if client.is_public() && client.may_use(GrantType::ClientCredentials) {
        return Err(ClientRefusal::PublicForItself);
    }
    let has_code = client.may_use(GrantType::AuthorizationCode);
    if client.may_use(GrantType::RefreshToken) && !has_code { Err(ClientRefusal::RefreshAlone) } else { Ok(()) }
}

fn judge_addresses(client: &Client) -> Result<(), ClientRefusal> {
    let has_code = client.may_use(GrantType::AuthorizationCode);
    if has_code && client.redirect_uris.is_empty() {
        return Err(ClientRefusal::NoRedirectUri);
    }
    let has_addresses = !client.redirect_uris.is_empty() || !client.post_logout_redirect_uris.is_empty();
    if !has_code && has_addresses {
        return Err(ClientRefusal::NeedlessRedirectUri);
    }
    for (what, uris) in
        [("redirect URI", &client.redirect_uris), ("post-logout redirect URI", &client.post_logout_redirect_uris)]
    {
        if uris.len() > MAX_ENTRIES {
            return Err(ClientRefusal::TooMany(what));
        }
        for uri in uris {
            let refuse = |why| ClientRefusal::Uri { what, uri: uri.chars().take(200).collect(), why };
            redirect_uri::judge(uri, client.profile).map_err(refuse)?;
        }
    }
    Ok(())
}

fn judge_scopes(client: &Client, defined: &[Scope]) -> Result<(), ClientRefusal> {
    if client.scopes.iter().count() > MAX_ENTRIES {
        return Err(ClientRefusal::TooMany("scope"));
    }
    let has_code = client.may_use(GrantType::AuthorizationCode);
    for scope in client.scopes.iter() {
        if is_standard(scope) && !has_code {
            return Err(ClientRefusal::ScopeAboutPeople(scope.to_owned()));
        }
        if !is_standard(scope) && !defined.iter().any(|d| d.name == scope) {
            return Err(ClientRefusal::UnknownScope(scope.to_owned()));
        }
    }
    Ok(())
}

fn judge_policy(client: &Client, algorithms: &[Algorithm]) -> Result<(), ClientRefusal> {
    let policy = &client.policy;
    if client.is_public() && policy.pkce == PkceRule::Optional {
        return Err(ClientRefusal::PkceOfPublic);
    }
    if policy.refresh != RefreshRule::Never && !client.may_use(GrantType::RefreshToken) {
        return Err(ClientRefusal::RefreshWithoutGrant);
    }
    for (what, life, longest) in [
        ("access token", policy.access_token_lifetime, LONGEST_TOKEN),
        ("ID token", policy.id_token_lifetime, LONGEST_TOKEN),
        ("code", policy.code_lifetime, LONGEST_CODE),
        ("refresh token", policy.refresh_idle, LONGEST_GRANT),
        ("grant", policy.refresh_absolute, LONGEST_GRANT),
    ] {
        if life < ONE_SECOND || life > longest {
            return Err(ClientRefusal::Life { what, longest: longest.seconds() });
        }
    }
    if policy.refresh_idle > policy.refresh_absolute {
        return Err(ClientRefusal::IdleBeyondAbsolute);
    }
    let named = [Some(policy.access_token_alg), Some(policy.id_token_alg), policy.userinfo_alg];
    if let Some(missing) = named.into_iter().flatten().find(|alg| !algorithms.contains(alg)) {
        return Err(ClientRefusal::NoKey(missing.as_str()));
    }
    if policy.audiences.len() > MAX_ENTRIES {
        return Err(ClientRefusal::TooMany("audience"));
    }
    if let Some(odd) = policy.audiences.iter().chain(&policy.resource_identifier).find(|aud| !is_audience(aud)) {
        return Err(ClientRefusal::Audience(odd.clone()));
    }
    match policy.default_max_age {
        Some(age) if !(0..=LONGEST_GRANT.seconds()).contains(&age) => Err(ClientRefusal::MaxAge),
        _ => Ok(()),
    }
}

fn judge_about(client: &Client) -> Result<(), ClientRefusal> {
    let about = &client.about;
    for (what, link) in
        [("home page", &about.client_uri), ("privacy policy", &about.policy_uri), ("terms of service", &about.tos_uri)]
    {
        if let Some(link) = link.as_ref().filter(|link| !is_link(link)) {
            return Err(ClientRefusal::Link { what, link: link.chars().take(200).collect() });
        }
    }
    if about.contacts.len() > MAX_ENTRIES {
        return Err(ClientRefusal::TooMany("contact"));
    }
    match about.contacts.iter().find(|contact| Email::parse(contact).is_err()) {
        Some(odd) => Err(ClientRefusal::Contact(odd.clone())),
        None => Ok(()),
    }
}

/// An absolute https address, or http on this machine for trying out.
pub(super) fn is_link(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    text.len() <= 2_000
        && text.bytes().all(|b| matches!(b, 0x21..=0x7e))
        && url.username().is_empty()
        && url.password().is_none()
        && url.host_str().is_some()
        && (url.scheme() == "https" || (url.scheme() == "http" && local))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::client_document::draft;
    use crate::oauth::client::ClientAuthMethod;
    use crate::oauth::client_policy::Profile;
    use crate::oauth::redirect_uri::RedirectUriRefusal;
    use crate::oauth::scope::ScopeSet;

    fn client(profile: Profile) -> Client {
        let mut client = draft(profile, "app".to_owned(), crate::time::Timestamp::from_seconds(1_800_000_000));
        client.name = "App".to_owned();
        if profile != Profile::Service {
            client.redirect_uris = vec!["https://app.test/cb".to_owned()];
        }
        client
    }

    fn judged(client: &Client) -> Result<(), ClientRefusal> {
        let defined =
            [Scope { name: "orders:read".to_owned(), description: "Read your orders".to_owned(), ..Scope::default() }];
        judge(client, &Surroundings { defined: &defined, algorithms: &[Algorithm::RS256, Algorithm::ES256] })
    }

    fn refused(profile: Profile, change: impl Fn(&mut Client)) -> ClientRefusal {
        let mut client = client(profile);
        change(&mut client);
        judged(&client).unwrap_err()
    }

    #[test]
    fn every_profile_is_good_as_it_comes() {
        for profile in Profile::ALL {
            assert_eq!(judged(&client(profile)), Ok(()), "{profile:?}");
        }
    }

    #[test]
    fn rfc9700_4_15_a_client_id_never_looks_like_a_person() {
        for good in ["a", "wiki", "my-app_2.test~x", "-", "https", &"a".repeat(128)] {
            assert_eq!(judge_id(good), Ok(()), "{good}");
        }
        for odd in ["", "a b", "ä", "a/b", "https://app.test", "a:b", "a\0", "a%20b", &"a".repeat(129)] {
            assert!(matches!(judge_id(odd), Err(ClientRefusal::Id(_))), "{odd}");
        }
        for sub in [
            "0199a5c8-1111-7000-8000-000000000000",
            "0199A5C8-1111-7000-8000-000000000000",
            "0199a5c811117000800000000000000f",
        ] {
            assert!(matches!(judge_id(sub), Err(ClientRefusal::IdLikeSub(_))), "{sub}");
        }
    }

    #[test]
    fn profile_authentication_and_grants_fit_together() {
        use ClientRefusal as R;
        let basic = |c: &mut Client| c.auth_method = ClientAuthMethod::ClientSecretBasic;
        assert_eq!(refused(Profile::Spa, basic), R::PublicWithSecret("spa"));
        let none = |c: &mut Client| c.auth_method = ClientAuthMethod::None;
        assert_eq!(refused(Profile::Web, none), R::ConfidentialWithoutSecret("web"));
        assert_eq!(refused(Profile::Web, |c| c.grants.clear()), R::NoGrant);
        let itself = |c: &mut Client| c.grants.push(GrantType::ClientCredentials);
        assert_eq!(refused(Profile::Native, itself), R::PublicForItself);
        let alone = |c: &mut Client| c.grants = vec![GrantType::ClientCredentials, GrantType::RefreshToken];
        assert_eq!(refused(Profile::Service, alone), R::RefreshAlone);
        let mut web = client(Profile::Web);
        web.grants.push(GrantType::ClientCredentials);
        web.auth_method = ClientAuthMethod::ClientSecretPost;
        assert_eq!(judged(&web), Ok(()));
    }

    #[test]
    fn addresses_are_judged_one_by_one() {
        use ClientRefusal as R;
        assert_eq!(refused(Profile::Web, |c| c.redirect_uris.clear()), R::NoRedirectUri);
        let needless = |c: &mut Client| c.redirect_uris.push("https://app.test/cb".to_owned());
        assert_eq!(refused(Profile::Service, needless), R::NeedlessRedirectUri);
        let private = |c: &mut Client| c.redirect_uris.push("com.example.app:/cb".to_owned());
        let why = |what| R::Uri { what, uri: "com.example.app:/cb".to_owned(), why: RedirectUriRefusal::PrivateScheme };
        assert_eq!(refused(Profile::Web, private), why("redirect URI"));
        let after = |c: &mut Client| c.post_logout_redirect_uris.push("com.example.app:/cb".to_owned());
        assert_eq!(refused(Profile::Spa, after), why("post-logout redirect URI"));
        let mut native = client(Profile::Native);
        private(&mut native);
        assert_eq!(judged(&native), Ok(()));
        let many = |c: &mut Client| c.redirect_uris = (0..101).map(|n| format!("https://app.test/{n}")).collect();
        assert_eq!(refused(Profile::Web, many), R::TooMany("redirect URI"));
    }

    #[test]
    fn scopes_exist_and_fit() {
        let unknown = refused(Profile::Web, |c| c.scopes = ScopeSet::of(["openid", "orders:write"]));
        assert_eq!(unknown, ClientRefusal::UnknownScope("orders:write".to_owned()));
        let people = refused(Profile::Service, |c| c.scopes = ScopeSet::of(["openid"]));
        assert_eq!(people, ClientRefusal::ScopeAboutPeople("openid".to_owned()));
        let mut service = client(Profile::Service);
        service.scopes = ScopeSet::of(["orders:read"]);
        assert_eq!(judged(&service), Ok(()));
    }

    #[test]
    fn the_policy_keeps_its_bounds() {
        use ClientRefusal as R;
        assert_eq!(refused(Profile::Spa, |c| c.policy.pkce = PkceRule::Optional), R::PkceOfPublic);
        let refresh = |c: &mut Client| c.policy.refresh = RefreshRule::Always;
        assert_eq!(refused(Profile::Service, refresh), R::RefreshWithoutGrant);
        let day = Lifetime::from_hours(24);
        let life = |what, longest| R::Life { what, longest };
        let long = |c: &mut Client| c.policy.access_token_lifetime = Lifetime::from_millis(day.millis() + 1);
        assert_eq!(refused(Profile::Web, long), life("access token", 86_400));
        let long = |c: &mut Client| c.policy.id_token_lifetime = Lifetime::from_hours(25);
        assert_eq!(refused(Profile::Web, long), life("ID token", 86_400));
        assert_eq!(refused(Profile::Web, |c| c.policy.id_token_lifetime = Lifetime::ZERO), life("ID token", 86_400));
        let code = |c: &mut Client| c.policy.code_lifetime = Lifetime::from_seconds(61);
        assert_eq!(refused(Profile::Web, code), life("code", 60));
        let idle = |c: &mut Client| c.policy.refresh_idle = Lifetime::from_days(31);
        assert_eq!(refused(Profile::Web, idle), R::IdleBeyondAbsolute);
        assert_eq!(refused(Profile::Web, |c| c.policy.id_token_alg = Algorithm::EdDSA), R::NoKey("EdDSA"));
        assert_eq!(refused(Profile::Web, |c| c.policy.userinfo_alg = Some(Algorithm::PS256)), R::NoKey("PS256"));
        let audience = |c: &mut Client| c.policy.audiences = vec!["a b".to_owned()];
        assert_eq!(refused(Profile::Web, audience), R::Audience("a b".to_owned()));
        assert_eq!(refused(Profile::Web, |c| c.policy.default_max_age = Some(-1)), R::MaxAge);
        let mut edge = client(Profile::Web);
        edge.policy.pkce = PkceRule::Optional;
        edge.policy.access_token_lifetime = day;
        edge.policy.id_token_alg = Algorithm::ES256;
        edge.policy.default_max_age = Some(0);
        assert_eq!(judged(&edge), Ok(()));
    }

    #[test]
    fn links_are_addresses_of_pages() {
        let mut good = client(Profile::Web);
        good.about.client_uri = Some("https://app.test".to_owned());
        good.about.tos_uri = Some("http://localhost:3000/tos".to_owned());
        good.about.contacts = vec!["ops@app.test".to_owned()];
        assert_eq!(judged(&good), Ok(()));
        for odd in [
            "javascript:alert(1)",
            "http://app.test",
            "data:text/html,x",
            "app.test",
            "https://u@app.test",
            "https://a b",
        ] {
            let refusal = refused(Profile::Web, |c| c.about.policy_uri = Some(odd.to_owned()));
            assert_eq!(refusal, ClientRefusal::Link { what: "privacy policy", link: odd.to_owned() }, "{odd}");
        }
        let contact = refused(Profile::Web, |c| c.about.contacts = vec!["ops".to_owned()]);
        assert_eq!(contact, ClientRefusal::Contact("ops".to_owned()));
    }
}
