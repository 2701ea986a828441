//! Owns what administrators do to clients: add by profile, look, edit, replace the secret, disable, enable, remove. It does
//! not own what a good record is (`client_rules`) nor what may be changed (`client_change`).

use serde_json::json;

use super::client_change::ClientChange;
pub use super::client_refusal::ClientRefusal;
use super::client_rules::{self, Surroundings};
use super::{About, Actor, event};
use crate::flow::cx::ClientLifetimes;
use crate::flow::{Cx, Fault};
use crate::oauth::client::{Client, ClientAbout, ClientAuthMethod, ClientSecret, GrantType};
use crate::oauth::client_policy::{ClientPolicy, Profile};
use crate::oauth::scope::{STANDARD, ScopeSet};
use crate::secret::Chance;
use crate::secret::random::uuid;
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, clients, grants, scopes};
use crate::time::{Lifetime, Timestamp};

/// How long an old secret goes on beside its successor, if nothing else is said.
pub const SECRET_OVERLAP: Lifetime = Lifetime::from_hours(24);
/// The longest that may be asked for.
pub const LONGEST_OVERLAP: Lifetime = Lifetime::from_days(30);

/// A client to be made.
pub struct NewClient {
    /// What kind of program it is; decides the defaults.
    pub profile: Profile,
    /// The id it is to have; generated if `None`.
    pub client_id: Option<String>,
    /// Everything that differs from the defaults, the name at least.
    pub change: ClientChange,
}

/// A client that was just made.
#[derive(Debug)]
pub struct Registered {
    /// The record.
    pub client: Client,
    /// Its secret, for this one time; `None` for a public client.
    pub secret: Option<Sensitive>,
}

/// A new secret.
#[derive(Debug)]
pub struct Rotated {
    /// Whose.
    pub client: Client,
    /// The secret, for this one time.
    pub secret: Sensitive,
    /// Until when the one before it is good.
    pub old_until: Timestamp,
}

/// A record with the defaults of its profile.
pub(super) fn draft(profile: Profile, client_id: String, now: Timestamp) -> Client {
    let is_service = profile == Profile::Service;
    let mut policy = ClientPolicy::of(profile);
    policy.refresh_idle = policy.refresh_idle.min(policy.refresh_absolute);
    Client {
        client_id,
        name: String::new(),
        profile,
        auth_method: match profile.is_public() {
            true => ClientAuthMethod::None,
            false => ClientAuthMethod::ClientSecretBasic,
        },
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        grants: match is_service {
            true => vec![GrantType::ClientCredentials],
            false => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        },
        scopes: match is_service {
            true => ScopeSet::default(),
            false => ScopeSet::of(STANDARD.map(|(name, _)| name)),
        },
        policy,
        about: ClientAbout::default(),
        disabled_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// The configuration's lifetimes; a single-page app's grant keeps the shorter end of its profile.
fn with_lifetimes(policy: &mut ClientPolicy, lives: &ClientLifetimes) {
    policy.access_token_lifetime = lives.access_token;
    policy.id_token_lifetime = lives.id_token;
    policy.code_lifetime = lives.code;
    let shorter = ClientPolicy::of(Profile::Web).refresh_absolute > policy.refresh_absolute;
    policy.refresh_absolute =
        if shorter { policy.refresh_absolute.min(lives.refresh_absolute) } else { lives.refresh_absolute };
    policy.refresh_idle = lives.refresh_idle.min(policy.refresh_absolute);
}

/// `web-` and 100 random bits in 20 characters that are hard to misread.
fn generated_id(profile: Profile, chance: &dyn Chance) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut random = [0_u8; 20];
    chance.fill(&mut random);
    let tail: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    format!("{}-{tail}", profile.as_str())
}

/// The words of a scope text are added one by one; [`ClientChange`] takes a list.
pub fn scope_words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Adds a client. A confidential one gets a secret, shown this once.
///
/// # Errors
/// Inner: a [`ClientRefusal`]. Outer: a [`Fault`].
pub async fn add(cx: &Cx, actor: &Actor, new: NewClient) -> Result<Result<Registered, ClientRefusal>, Fault> {
    let id = new.client_id.unwrap_or_else(|| generated_id(new.profile, &*cx.parts.chance));
    let mut client = draft(new.profile, id, cx.now);
    with_lifetimes(&mut client.policy, &cx.policy().client_lifetimes);
    new.change.apply(&mut client);
    let secret = (!client.is_public()).then(|| make(Kind::ClientSecret, &*cx.parts.chance));
    let stored = secret.as_ref().map(|secret| stored_secret(cx, &client.client_id, secret));
    let detail = json!({ "profile": client.profile.as_str(), "name": client.name, "trusted": client.policy.trusted });
    let row = event(cx, actor, "client_added", About::client(&client.client_id), detail);
    let (algorithms, saved) = (cx.parts.keyring.algorithms(cx.now), client.clone());
    let added = cx.db().write(move |c| {
        let defined = scopes::list(c)?;
        if let Err(refusal) = client_rules::judge(&saved, &Surroundings { defined: &defined, algorithms: &algorithms })
        {
            return Ok(Err(refusal));
        }
        if !clients::insert(c, &saved)? {
            return Ok(Err(ClientRefusal::Taken(saved.client_id.clone())));
        }
        if let Some(stored) = &stored {
            clients::secret_insert(c, stored)?;
        }
        row.append(c)?;
        Ok(Ok(()))
    });
    Ok(added.await?.map(|()| Registered { client, secret }))
}

fn stored_secret(cx: &Cx, client_id: &str, secret: &Sensitive) -> ClientSecret {
    ClientSecret {
        id: uuid(&*cx.parts.chance, cx.now),
        client_id: client_id.to_owned(),
        hash: hash(secret.expose()),
        created_at: cx.now,
        expires_at: None,
    }
}

/// Up to `limit` clients in order of their ids, beginning behind `after`.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx, after: Option<String>, limit: i64) -> Result<Vec<Client>, Fault> {
    Ok(cx.db().read(move |c| clients::list(c, after.as_deref(), limit)).await?)
}

/// A client with what is known of its secrets: when they were made and when they end, newest first.
///
/// # Errors
/// Inner: [`ClientRefusal::Unknown`]. Outer: a [`Fault`].
pub async fn find(cx: &Cx, client_id: &str) -> Result<Result<(Client, Vec<ClientSecret>), ClientRefusal>, Fault> {
    let id = client_id.to_owned();
    let found = cx.db().read(move |c| clients::find_with_secrets(c, &id)).await?;
    Ok(found.ok_or_else(|| ClientRefusal::Unknown(client_id.to_owned())))
}

/// Changes a client. What was issued before keeps the lifetimes it was issued with.
///
/// # Errors
/// Inner: a [`ClientRefusal`]. Outer: a [`Fault`].
pub async fn edit(
    cx: &Cx,
    actor: &Actor,
    client_id: &str,
    change: ClientChange,
) -> Result<Result<Client, ClientRefusal>, Fault> {
    let algorithms = cx.parts.keyring.algorithms(cx.now);
    let detail = json!({ "changed": change.names() });
    on_client(cx, actor, client_id, ("client_edited", detail), move |c, client, now| {
        change.apply(client);
        client.updated_at = now;
        let defined = scopes::list(c)?;
        let around = Surroundings { defined: &defined, algorithms: &algorithms };
        if let Err(refusal) = client_rules::judge(client, &around) {
            return Ok(Err(refusal));
        }
        clients::update(c, client)?;
        Ok(Ok(()))
    })
    .await
}

/// Gives a client a new secret, valid at once. The one before it goes on for `overlap` (zero: not at all), every older one
/// ends now, so that there are never more than two.
///
/// # Errors
/// Inner: a [`ClientRefusal`]. Outer: a [`Fault`].
pub async fn rotate_secret(
    cx: &Cx,
    actor: &Actor,
    client_id: &str,
    overlap: Lifetime,
) -> Result<Result<Rotated, ClientRefusal>, Fault> {
    if overlap > LONGEST_OVERLAP {
        return Ok(Err(ClientRefusal::Overlap));
    }
    let secret = make(Kind::ClientSecret, &*cx.parts.chance);
    let stored = stored_secret(cx, client_id, &secret);
    let old_until = cx.now + overlap;
    let detail = json!({ "old_until": old_until.rfc3339() });
    let rotated = on_client(cx, actor, client_id, ("client_secret_rotated", detail), move |c, client, now| {
        if client.is_public() {
            return Ok(Err(ClientRefusal::NoSecret(client.client_id.clone())));
        }
        let secrets = clients::find_with_secrets(c, &client.client_id)?.map(|(_, secrets)| secrets).unwrap_or_default();
        if let Some(newest) = secrets.iter().find(|secret| secret.is_live(now)) {
            clients::secrets_expire_others(c, &client.client_id, &newest.id, now)?;
        }
        clients::secret_insert(c, &stored)?;
        clients::secrets_expire_others(c, &client.client_id, &stored.id, old_until)?;
        Ok(Ok(()))
    });
    Ok(rotated.await?.map(|client| Rotated { client, secret, old_until }))
}

/// Switches a client off: it is refused everywhere, and all that it was given ends at once.
///
/// # Errors
/// Inner: a [`ClientRefusal`]. Outer: a [`Fault`].
pub async fn disable(cx: &Cx, actor: &Actor, client_id: &str) -> Result<Result<Client, ClientRefusal>, Fault> {
    on_client(cx, actor, client_id, ("client_disabled", json!({})), |c, client, now| {
        if client.disabled_at.is_none() {
            clients::set_disabled(c, &client.client_id, Some(now), now)?;
            client.disabled_at = Some(now);
        }
        grants::revoke_of_client(c, &client.client_id, "the client was disabled", now)?;
        Ok(Ok(()))
    })
    .await
}

/// Switches a client on again. What had ended stays ended.
///
/// # Errors
/// Inner: a [`ClientRefusal`]. Outer: a [`Fault`].
pub async fn enable(cx: &Cx, actor: &Actor, client_id: &str) -> Result<Result<Client, ClientRefusal>, Fault> {
    on_client(cx, actor, client_id, ("client_enabled", json!({})), |c, client, now| {
        clients::set_disabled(c, &client.client_id, None, now)?;
        client.disabled_at = None;
        Ok(Ok(()))
    })
    .await
}

/// Removes a client with its secrets, consents and grants.
///
/// # Errors
/// Inner: a [`ClientRefusal`]. Outer: a [`Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, client_id: &str) -> Result<Result<Client, ClientRefusal>, Fault> {
    on_client(cx, actor, client_id, ("client_removed", json!({})), |c, client, _| {
        clients::delete(c, &client.client_id)?;
        Ok(Ok(()))
    })
    .await
}

/// One transaction: find the client, do it, note it. Gives the record as the step left it.
async fn on_client(
    cx: &Cx,
    actor: &Actor,
    client_id: &str,
    (kind, detail): (&str, serde_json::Value),
    mut step: impl FnMut(&mut Conn, &mut Client, Timestamp) -> Result<Result<(), ClientRefusal>, store::Fault>
    + Send
    + 'static,
) -> Result<Result<Client, ClientRefusal>, Fault> {
    let (id, now) = (client_id.to_owned(), cx.now);
    let row = event(cx, actor, kind, About::client(client_id), detail);
    let done = cx.db().write(move |c| {
        let Some(mut client) = clients::find(c, &id)? else { return Ok(Err(ClientRefusal::Unknown(id.clone()))) };
        if let Err(refusal) = step(c, &mut client, now)? {
            return Ok(Err(refusal));
        }
        row.append(c)?;
        Ok(Ok(client))
    });
    Ok(done.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::flow::admin::client_change::ListChange;
    use crate::secret::token::check_shape;

    fn named(name: &str, redirect_uris: Vec<String>) -> ClientChange {
        let redirect_uris = ListChange::to(redirect_uris);
        ClientChange { name: Some(name.to_owned()), redirect_uris, ..ClientChange::default() }
    }

    fn wiki(client_id: Option<&str>) -> NewClient {
        NewClient {
            profile: Profile::Web,
            client_id: client_id.map(str::to_owned),
            change: named("Wiki", vec!["https://wiki.test/cb".to_owned()]),
        }
    }

    #[tokio::test]
    async fn a_confidential_client_gets_a_secret_and_a_public_one_does_not() {
        let house = bench::house().await;
        let cx = house.cx();
        let web = add(&cx, &Actor::CommandLine, wiki(None)).await.unwrap().unwrap();
        assert!(web.client.client_id.starts_with("web-") && web.client.client_id.len() == 24);
        assert!(check_shape(Kind::ClientSecret, web.secret.unwrap().expose()));
        assert_eq!(web.client.policy.access_token_lifetime, cx.policy().client_lifetimes.access_token);
        let spa = NewClient { profile: Profile::Spa, ..wiki(Some("spa")) };
        let spa = add(&cx, &Actor::CommandLine, spa).await.unwrap().unwrap();
        assert!(spa.secret.is_none());
        assert_eq!(spa.client.policy.refresh_absolute, Lifetime::from_days(1));
        let taken = add(&cx, &Actor::CommandLine, wiki(Some("spa"))).await.unwrap().unwrap_err();
        assert_eq!(taken, ClientRefusal::Taken("spa".to_owned()));
        let service = NewClient { profile: Profile::Service, client_id: None, change: named("Job", Vec::new()) };
        let service = add(&cx, &Actor::CommandLine, service).await.unwrap().unwrap().client;
        assert!(service.scopes.is_empty());
        assert_eq!(service.grants, [GrantType::ClientCredentials]);
    }

    #[tokio::test]
    async fn an_edit_is_judged_as_a_whole_and_a_refused_one_changes_nothing() {
        let house = bench::house().await;
        let cx = house.cx();
        add(&cx, &Actor::CommandLine, wiki(Some("wiki"))).await.unwrap().unwrap();
        let bad = ClientChange { redirect_uris: ListChange::to(Vec::new()), trusted: Some(true), ..Default::default() };
        let refused = edit(&cx, &Actor::CommandLine, "wiki", bad).await.unwrap();
        assert_eq!(refused.unwrap_err(), ClientRefusal::NoRedirectUri);
        assert!(!find(&cx, "wiki").await.unwrap().unwrap().0.policy.trusted);
        let good = ClientChange { trusted: Some(true), ..ClientChange::default() };
        let edited = edit(&cx, &Actor::CommandLine, "wiki", good).await.unwrap().unwrap();
        assert!(edited.policy.trusted);
        assert_eq!(find(&cx, "wiki").await.unwrap().unwrap().0, edited);
        assert_eq!(house.events().await, ["client_added by command line", "client_edited by command line"]);
    }

    #[tokio::test]
    async fn never_more_than_two_secrets_are_good() {
        let house = bench::house().await;
        add(&house.cx(), &Actor::CommandLine, wiki(Some("wiki"))).await.unwrap().unwrap();
        let live = async |house: &bench::House| {
            let (_, secrets) = find(&house.cx(), "wiki").await.unwrap().unwrap();
            secrets.iter().filter(|secret| secret.is_live(house.clock.now())).count()
        };
        for _ in 0..3 {
            house.clock.advance(Lifetime::from_minutes(1));
            rotate_secret(&house.cx(), &Actor::CommandLine, "wiki", SECRET_OVERLAP).await.unwrap().unwrap();
            assert_eq!(live(&house).await, 2);
        }
        house.clock.advance(SECRET_OVERLAP);
        assert_eq!(live(&house).await, 1);
        rotate_secret(&house.cx(), &Actor::CommandLine, "wiki", Lifetime::ZERO).await.unwrap().unwrap();
        assert_eq!(live(&house).await, 1);
        let long = rotate_secret(&house.cx(), &Actor::CommandLine, "wiki", Lifetime::from_days(31)).await.unwrap();
        assert_eq!(long.unwrap_err(), ClientRefusal::Overlap);
    }

    #[tokio::test]
    async fn disabling_ends_grants_and_a_public_client_has_no_secret_to_rotate() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let session = house.session_of(&user).await;
        let grant = house.grant_of(&user, &session).await;
        let cx = house.cx();
        let refused = rotate_secret(&cx, &Actor::CommandLine, bench::CLIENT, SECRET_OVERLAP).await.unwrap();
        assert_eq!(refused.unwrap_err(), ClientRefusal::NoSecret(bench::CLIENT.to_owned()));
        assert!(disable(&cx, &Actor::CommandLine, bench::CLIENT).await.unwrap().unwrap().disabled_at.is_some());
        assert!(house.grant(&grant).await.revoked_at.is_some());
        assert!(enable(&cx, &Actor::CommandLine, bench::CLIENT).await.unwrap().unwrap().disabled_at.is_none());
        remove(&cx, &Actor::CommandLine, bench::CLIENT).await.unwrap().unwrap();
        for unknown in [bench::CLIENT, "a\0b"] {
            let gone = find(&cx, unknown).await.unwrap();
            assert!(matches!(gone, Err(ClientRefusal::Unknown(_))));
        }
    }

    #[test]
    fn generated_ids_are_good_ids() {
        for profile in Profile::ALL {
            let id = generated_id(profile, &crate::secret::SeededChance::new(1));
            assert_eq!(client_rules::judge_id(&id), Ok(()), "{id}");
        }
    }
}
