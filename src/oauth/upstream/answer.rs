//! Owns what goes to a provider's authorization endpoint and what is believed of what comes back: the parameters, the code, and
//! whose answer it is (RFC 9207, security case L03). It does not own the state that ties both together (`flow::sign_in`).

use super::provider::{Kind, Settled};
use super::quirks::{TENANT, is_tenant_id};
use crate::oauth::params::Params;
use crate::time::{Lifetime, Timestamp};

/// What a sign-in at a provider begins with.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Its authorization endpoint.
    pub endpoint: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// Our callback address for this provider.
    pub redirect_uri: &'a str,
    /// State.
    pub state: &'a str,
    /// Nonce; OpenID Connect only.
    pub nonce: &'a str,
    /// SHA-256 of the PKCE verifier, base64url.
    pub code_challenge: &'a str,
    /// What the app asked for, passed on.
    pub wishes: &'a Wishes,
}

/// What an app asked for that the provider should know of.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wishes {
    /// The person must prove anew who they are.
    pub login: bool,
    /// The person must choose an account.
    pub select_account: bool,
    /// The proof may be so many seconds old.
    pub max_age: Option<i64>,
    /// Who it may be.
    pub login_hint: Option<String>,
}

impl Wishes {
    /// Whether the provider must show that it asked the person anew.
    pub fn wants_proof(&self) -> bool {
        self.login || self.max_age.is_some()
    }
}

/// Clocks differ by so much at most.
const LEEWAY: Lifetime = Lifetime::from_seconds(60);

/// Whether the provider shows that it asked the person as the app wished (OIDC Core section 3.1.2.1). A provider that says
/// nothing of when has not shown it.
pub fn is_proven_as_wished(wishes: &Wishes, auth_time: Option<Timestamp>, began_at: Timestamp, now: Timestamp) -> bool {
    let Some(at) = auth_time else { return !wishes.wants_proof() };
    let since_begin = at + LEEWAY >= began_at;
    let young = wishes.max_age.is_none_or(|age| since_begin || now.since(at) <= Lifetime::from_seconds(age) + LEEWAY);
    young && (!wishes.login || since_begin)
}

/// The address to send the browser to. `None`: the endpoint is no address.
pub fn question(provider: &Settled, q: &Question<'_>) -> Option<String> {
    let mut url = url::Url::parse(q.endpoint).ok()?;
    {
        let mut pairs = url.query_pairs_mut();
        pairs
            .append_pair("response_type", "code")
            .append_pair("client_id", q.client_id)
            .append_pair("redirect_uri", q.redirect_uri)
            .append_pair("scope", &provider.scopes.join(" "))
            .append_pair("state", q.state)
            .append_pair("code_challenge", q.code_challenge)
            .append_pair("code_challenge_method", "S256");
        if provider.form_post {
            pairs.append_pair("response_mode", "form_post");
        }
        if provider.access_type_offline {
            pairs.append_pair("access_type", "offline");
        }
        if provider.kind == Kind::Oidc {
            pairs.append_pair("nonce", q.nonce);
            let prompts = [(q.wishes.login, "login"), (q.wishes.select_account, "select_account")];
            let prompt: Vec<&str> = prompts.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
            if !prompt.is_empty() {
                pairs.append_pair("prompt", &prompt.join(" "));
            }
            if let Some(seconds) = q.wishes.max_age {
                pairs.append_pair("max_age", &seconds.to_string());
            }
            if let Some(hint) = &q.wishes.login_hint {
                pairs.append_pair("login_hint", hint);
            }
        }
    }
    Some(url.into())
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// A code.
    Code(String),
    /// The person said no, or the provider did.
    Denied {
        /// The error's code, if it is one of the standard's form.
        error: String,
    },
    /// Nothing that can be an answer of this provider; words for the trace.
    Wrong(&'static str),
}

/// Reads an answer. `sends_iss`: the provider's metadata says that it names itself in every answer.
pub fn answered(params: &Params, issuer: &str, sends_iss: bool) -> Answered {
    if params.all_once().is_err() {
        return Answered::Wrong("a parameter came twice");
    }
    match params.find("iss") {
        Some(iss) if !is_of(issuer, iss) => return Answered::Wrong("the answer is of another issuer (iss)"),
        None if sends_iss => return Answered::Wrong("the answer names no issuer (iss), and this provider always does"),
        _ => {}
    }
    if let Some(error) = params.find("error") {
        let is_word =
            !error.is_empty() && error.len() <= 60 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        return Answered::Denied { error: if is_word { error.to_owned() } else { "another error".to_owned() } };
    }
    match params.find("code").filter(|code| !code.is_empty() && code.len() <= 4_096) {
        Some(code) => Answered::Code(code.to_owned()),
        None => Answered::Wrong("there is neither a code nor an error"),
    }
}

/// Whether an answer's issuer is the provider's own, or of its template where each directory has one.
fn is_of(issuer: &str, iss: &str) -> bool {
    let Some((before, behind)) = issuer.split_once(TENANT) else { return iss == issuer };
    iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind)).is_some_and(is_tenant_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::upstream::{Preset, Provider};

    #[test]
    fn a_question_holds_state_pkce_and_for_openid_connect_the_nonce_and_what_the_app_wishes() {
        let wishes =
            Wishes { login: true, select_account: false, max_age: Some(0), login_hint: Some("a&b".to_owned()) };
        let of = |preset, endpoint| {
            let settled = Provider::of_preset(preset, "p", "us").settled().unwrap();
            let q = Question {
                endpoint,
                client_id: "us",
                redirect_uri: "https://id.test/upstream/p/callback",
                state: "s",
                nonce: "n",
                code_challenge: "c",
                wishes: &wishes,
            };
            question(&settled, &q).unwrap()
        };
        let google = of(Preset::Google, "https://accounts.google.com/o/oauth2/v2/auth?x=1");
        for part in ["?x=1&response_type=code", "state=s", "nonce=n", "code_challenge_method=S256", "prompt=login"] {
            assert!(google.contains(part), "{google}");
        }
        assert!(google.ends_with("max_age=0&login_hint=a%26b"), "{google}");
        let github = of(Preset::Github, "https://github.com/login/oauth/authorize");
        assert!(github.contains("state=s") && !github.contains("nonce") && !github.contains("prompt"), "{github}");
    }

    #[test]
    fn a_wish_for_a_fresh_proof_is_met_by_a_provider_that_says_when_it_asked() {
        let at = Timestamp::from_seconds;
        let (began, now) = (at(10_000), at(10_030));
        let wish = |login, max_age| Wishes { login, max_age, ..Wishes::default() };
        for (wishes, auth_time, is) in [
            (wish(false, None), None, true),
            (wish(false, None), Some(at(1)), true),
            (wish(true, None), None, false),
            (wish(true, None), Some(at(9_000)), false),
            (wish(true, None), Some(at(9_950)), true),
            (wish(false, Some(0)), Some(at(10_020)), true),
            (wish(false, Some(0)), Some(at(9_000)), false),
            (wish(false, Some(3_600)), Some(at(9_000)), true),
            (wish(false, Some(600)), Some(at(9_000)), false),
            (wish(false, Some(600)), None, false),
        ] {
            assert_eq!(is_proven_as_wished(&wishes, auth_time, began, now), is, "{wishes:?} {auth_time:?}");
        }
    }

    #[test]
    fn l03_an_answer_of_another_issuer_is_none() {
        let of = |text: &[(&str, &str)], sends| {
            let pairs: Vec<(&str, &str)> = text.to_vec();
            answered(&Params::of(pairs), "https://idp.test", sends)
        };
        let code = Answered::Code("c".to_owned());
        assert_eq!(of(&[("code", "c")], false), code);
        assert_eq!(of(&[("code", "c"), ("iss", "https://idp.test")], true), code);
        assert!(matches!(of(&[("code", "c"), ("iss", "https://idp.test/")], false), Answered::Wrong(_)));
        assert!(matches!(of(&[("code", "c"), ("iss", "https://evil.test")], false), Answered::Wrong(_)));
        assert!(matches!(of(&[("code", "c")], true), Answered::Wrong(_)));
        assert!(matches!(of(&[], false), Answered::Wrong(_)));
        let entra = |iss| answered(&Params::of([("code", "c"), ("iss", iss)]), "https://e.test/{tenantid}/v2.0", false);
        assert_eq!(entra("https://e.test/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"), code);
        for evil in ["https://e.test/{tenantid}/v2.0", "https://e.test/x/v2.0", "https://evil.test"] {
            assert!(matches!(entra(evil), Answered::Wrong(_)), "{evil}");
        }
        assert!(matches!(of(&[("error", "access_denied"), ("iss", "https://evil.test")], false), Answered::Wrong(_)));
        assert_eq!(of(&[("error", "access_denied")], false), Answered::Denied { error: "access_denied".to_owned() });
        let odd = of(&[("error", "<b>")], false);
        assert_eq!(odd, Answered::Denied { error: "another error".to_owned() });
    }
}
