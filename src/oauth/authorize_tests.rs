//! Owns the tests of the authorization request: what is judged in which order, and who is told.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::oauth::client_policy::PkceRule;
use crate::oauth::fixtures::{CHALLENGE, ISSUER, native, service, spa, web};

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// What becomes of a request.
enum Outcome {
    /// Shown to the person; nothing redirects.
    Page(Refusal),
    /// Sent back to the app.
    Back(Refusal, Callback),
    /// Passed.
    Valid(Box<ValidRequest>),
}

/// As the endpoint does it: client, address, the rest.
fn judge(pairs: &[(&str, &str)], client: &Client) -> Outcome {
    let params = Params::of(pairs.iter().copied());
    match client_id(&params).and_then(|_| callback(&params, client, ISSUER)) {
        Err(refusal) => Outcome::Page(refusal),
        Ok(callback) => match validate(&params, client, &callback) {
            Err(refusal) => Outcome::Back(refusal, callback),
            Ok(request) => Outcome::Valid(Box::new(request)),
        },
    }
}

fn good() -> Pairs<'static> {
    vec![
        ("client_id", "c1"),
        ("redirect_uri", "https://c1.test/cb"),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "st"),
        ("nonce", "n1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The good request with some values replaced or added; `None` removes one.
fn but<'a>(changes: &[(&'a str, Option<&'a str>)]) -> Pairs<'a> {
    let mut pairs: Pairs<'a> = good();
    for (name, value) in changes {
        let place = pairs.iter().position(|(n, _)| n == name);
        match (place, value) {
            (Some(at), Some(value)) => pairs[at].1 = value,
            (Some(at), None) => drop(pairs.remove(at)),
            (None, Some(value)) => pairs.push((name, value)),
            (None, None) => {}
        }
    }
    pairs
}

fn valid(pairs: &[(&str, &str)], client: &Client) -> ValidRequest {
    match judge(pairs, client) {
        Outcome::Valid(request) => *request,
        Outcome::Page(r) | Outcome::Back(r, _) => panic!("refused: {r:?}"),
    }
}

fn sent_back(pairs: &[(&str, &str)], client: &Client) -> (Refusal, Callback) {
    match judge(pairs, client) {
        Outcome::Back(refusal, callback) => (refusal, callback),
        Outcome::Page(r) => panic!("shown as a page: {r:?}"),
        Outcome::Valid(_) => panic!("passed: {pairs:?}"),
    }
}

fn page(pairs: &[(&str, &str)], client: &Client) -> Refusal {
    match judge(pairs, client) {
        Outcome::Page(refusal) => refusal,
        Outcome::Back(r, _) => panic!("redirected: {r:?}"),
        Outcome::Valid(_) => panic!("passed: {pairs:?}"),
    }
}

fn query(answer: &Answer) -> (String, HashMap<String, String>) {
    let Answer::Redirect(url) = answer else { panic!("no redirect: {answer:?}") };
    let parsed = url::Url::parse(url).unwrap();
    let fields: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    let map: HashMap<String, String> = fields.iter().cloned().collect();
    assert_eq!(map.len(), fields.len(), "no field comes twice: {url}");
    (url.split('?').next().unwrap().to_owned(), map)
}

/// Every error that goes back to the app, in the order in which the checks stand.
type Trigger = (&'static str, &'static [(&'static str, Option<&'static str>)], ErrorCode);
const TRIGGERS: [Trigger; 14] = [
    ("request.plain_parameters", &[("request", Some("e30.e30."))], ErrorCode::RequestNotSupported),
    ("request.plain_parameters", &[("request_uri", Some("urn:x"))], ErrorCode::RequestUriNotSupported),
    ("request.plain_parameters", &[("registration", Some("{}"))], ErrorCode::RegistrationNotSupported),
    ("response_type.present", &[("response_type", None)], ErrorCode::InvalidRequest),
    ("response_mode.known", &[("response_mode", Some("fragment"))], ErrorCode::InvalidRequest),
    ("scope.syntax", &[("scope", Some("open\"id"))], ErrorCode::InvalidScope),
    ("scope.present", &[("scope", None)], ErrorCode::InvalidScope),
    ("scope.registered", &[("scope", Some("openid admin"))], ErrorCode::InvalidScope),
    ("pkce.challenge_present", &[("code_challenge", None)], ErrorCode::InvalidRequest),
    ("pkce.method_s256", &[("code_challenge_method", Some("plain"))], ErrorCode::InvalidRequest),
    ("prompt.known", &[("prompt", Some("register"))], ErrorCode::InvalidRequest),
    ("prompt.none_alone", &[("prompt", Some("none login"))], ErrorCode::InvalidRequest),
    ("max_age.number", &[("max_age", Some("-1"))], ErrorCode::InvalidRequest),
    ("claims.json", &[("claims", Some("[1]"))], ErrorCode::InvalidRequest),
];

const EVIL: [&str; 9] = [
    "https://evil.test/",
    "https://c1.test@evil.test/cb",
    "https://c1.test/cb/../evil",
    "https://c1.test/cb?x=1",
    "https://c1.test/cb#x",
    "HTTPS://c1.test/cb",
    "//evil.test",
    " ",
    "",
];

#[test]
fn a15_rfc6749_4_1_2_1_client_and_redirect_uri_are_judged_first() {
    for evil in EVIL {
        assert_eq!(page(&but(&[("redirect_uri", Some(evil))]), &web("c1")).code, ErrorCode::InvalidRequest, "{evil}");
        for (check, change, _) in TRIGGERS {
            let mut changes = change.to_vec();
            changes.push(("redirect_uri", Some(evil)));
            let refusal = page(&but(&changes), &web("c1"));
            let is_about_the_uri = refusal.finding.check.starts_with("redirect_uri.");
            assert!(is_about_the_uri, "{check} with {evil:?}: {}", refusal.finding.check);
        }
        for prompt in ["none", "login"] {
            page(&but(&[("redirect_uri", Some(evil)), ("prompt", Some(prompt))]), &web("c1"));
        }
    }
    for missing in [None, Some("")] {
        assert_eq!(page(&but(&[("client_id", missing)]), &web("c1")).finding.check, "client_id.present");
    }
}

#[test]
fn rfc6749_4_1_2_1_every_other_error_goes_back_with_state_and_issuer() {
    for (check, change, code) in TRIGGERS {
        let (refusal, callback) = sent_back(&but(change), &web("c1"));
        assert_eq!((refusal.code, refusal.finding.check), (code, check));
        let (target, fields) = query(&callback.error(&refusal, "cid-1"));
        assert_eq!(target, "https://c1.test/cb");
        assert_eq!(fields["error"], code.as_str(), "{check}");
        assert_eq!(fields["state"], "st", "{check}");
        assert_eq!(fields["iss"], ISSUER, "{check}: RFC 9207 section 2");
        assert!(fields["error_description"].ends_with("[correlation id cid-1]"), "{check}");
        assert!(!fields.contains_key("code"), "{check}");
    }
}

#[test]
fn rfc6749_4_1_2_1_the_first_failing_check_answers() {
    for (i, (first, change, code)) in TRIGGERS.iter().enumerate() {
        for (later, other, _) in &TRIGGERS[i + 1..] {
            if change.iter().any(|(name, _)| other.iter().any(|(n, _)| n == name)) {
                continue;
            }
            let changes: Vec<_> = other.iter().chain(*change).copied().collect();
            let (refusal, _) = sent_back(&but(&changes), &web("c1"));
            assert_eq!((refusal.finding.check, refusal.code), (*first, *code), "{first} before {later}");
        }
    }
}

#[test]
fn rfc6749_3_1_2_3_the_address_may_be_left_out_only_when_one_is_registered() {
    let left_out = but(&[("redirect_uri", None)]);
    let request = valid(&left_out, &web("c1"));
    assert_eq!((request.redirect_uri.as_str(), request.redirect_uri_was_sent), ("https://c1.test/cb", false));
    assert!(valid(&good(), &web("c1")).redirect_uri_was_sent);
    let mut two = web("c1");
    two.redirect_uris.push("https://c1.test/cb2".to_owned());
    assert_eq!(page(&left_out, &two).finding.check, "redirect_uri.present");
    assert_eq!(valid(&but(&[("redirect_uri", Some("https://c1.test/cb2"))]), &two).redirect_uri, "https://c1.test/cb2");
    let mut none = web("c1");
    none.redirect_uris.clear();
    assert_eq!(page(&left_out, &none).finding.check, "redirect_uri.present");
    assert_eq!(page(&good(), &none).finding.check, "redirect_uri.registered");
}

#[test]
fn a11_the_chosen_loopback_port_is_kept() {
    let changes = [("redirect_uri", Some("http://127.0.0.1:49152/cb"))];
    assert_eq!(valid(&but(&changes), &native("n1")).redirect_uri, "http://127.0.0.1:49152/cb");
    assert_eq!(page(&but(&changes), &web("c1")).finding.check, "redirect_uri.registered");
}

#[test]
fn a17_rfc6749_3_1_no_parameter_comes_twice() {
    for (name, value) in good() {
        for second in [value, "another"] {
            let mut pairs = good();
            pairs.push((name, second));
            match (name, judge(&pairs, &web("c1"))) {
                ("client_id" | "redirect_uri", Outcome::Page(r)) | (_, Outcome::Back(r, _)) => {
                    assert_eq!((r.code, r.finding.check), (ErrorCode::InvalidRequest, "params.once"), "{name}");
                    assert!(!matches!(name, "client_id" | "redirect_uri") || r.description.as_str().contains(name));
                }
                _ => panic!("{name} twice must be refused"),
            }
        }
    }
    let unknown = [("x", "1"), ("x", "1")];
    let pairs: Pairs<'_> = good().into_iter().chain(unknown).collect();
    assert_eq!(sent_back(&pairs, &web("c1")).0.finding.check, "params.once");
    let resources = [("resource", "https://a.test"), ("resource", "https://b.test")];
    valid(&good().into_iter().chain(resources).collect::<Pairs<'_>>(), &web("c1"));
}

#[test]
fn rfc6749_3_1_unknown_parameters_are_ignored() {
    let plain = valid(&good(), &web("c1"));
    let extra = [("scope[]", "admin"), ("Scope", "admin"), ("CLIENT_ID", "x"), ("utm", ""), ("display", "hologram")];
    assert_eq!(valid(&good().into_iter().chain(extra).collect::<Pairs<'_>>(), &web("c1")), plain);
}

#[test]
fn rfc6749_3_1_an_empty_parameter_counts_as_absent() {
    let mut without_nonce = valid(&good(), &web("c1"));
    without_nonce.nonce = None;
    without_nonce.state = None;
    let mut pairs = but(&[("nonce", Some("")), ("state", Some(""))]);
    let empty = [
        "request",
        "request_uri",
        "registration",
        "response_mode",
        "prompt",
        "max_age",
        "claims",
        "login_hint",
        "ui_locales",
        "acr_values",
        "id_token_hint",
    ];
    pairs.extend(empty.map(|name| (name, "")));
    assert_eq!(valid(&pairs, &web("c1")), without_nonce);
    for name in ["response_type", "scope", "code_challenge", "code_challenge_method"] {
        let (refusal, callback) = sent_back(&but(&[(name, Some("")), ("state", Some(""))]), &web("c1"));
        assert!(!query(&callback.error(&refusal, "x")).1.contains_key("state"), "{name}");
    }
}

#[test]
fn b03_rfc9700_2_1_2_only_the_code_flow_is_offered() {
    for other in ["token", "id_token", "code token", "code id_token", "code id_token token", "none", "Code", "code "] {
        let (refusal, _) = sent_back(&but(&[("response_type", Some(other))]), &web("c1"));
        assert_eq!(refusal.code, ErrorCode::UnsupportedResponseType, "{other}");
    }
}

#[test]
fn response_modes_that_are_not_offered_are_refused_by_query() {
    for other in ["fragment", "query.jwt", "jwt", "web_message", "Query", "form_post.jwt"] {
        let (refusal, callback) = sent_back(&but(&[("response_mode", Some(other))]), &web("c1"));
        assert_eq!(refusal.finding.check, "response_mode.known", "{other}");
        assert!(matches!(callback.error(&refusal, "x"), Answer::Redirect(_)), "{other}");
    }
    for (text, mode) in [("query", ResponseMode::Query), ("form_post", ResponseMode::FormPost)] {
        assert_eq!(valid(&but(&[("response_mode", Some(text))]), &web("c1")).response_mode, mode);
    }
}

#[test]
fn b01_b05_form_post_answers_hold_the_same_fields() {
    let state = "\"><script>x</script></form>\u{1F600}";
    let changes = [("response_mode", Some("form_post")), ("state", Some(state)), ("prompt", Some("x"))];
    let (refusal, callback) = sent_back(&but(&changes), &web("c1"));
    let Answer::FormPost { action, fields } = callback.error(&refusal, "cid") else {
        panic!("form_post was asked for")
    };
    assert_eq!(action, "https://c1.test/cb");
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["error", "error_description", "state", "iss"]);
    assert_eq!(fields[2].1, state, "the page escapes, we do not");
    let Answer::FormPost { fields, .. } = callback.code("the-code") else { panic!("form_post was asked for") };
    let expected = [("code", "the-code"), ("state", state), ("iss", ISSUER)].map(|(n, v)| (n, v.to_owned()));
    assert_eq!(fields, expected);
}

#[test]
fn rfc9207_2_the_issuer_is_in_the_success_answer_byte_by_byte() {
    let params = Params::of(good());
    let callback = callback(&params, &web("c1"), "https://op.test:8443/tenant").unwrap();
    let (_, fields) = query(&callback.code("c&d=e"));
    assert_eq!(fields["iss"], "https://op.test:8443/tenant");
    assert_eq!((fields["code"].as_str(), fields["state"].as_str(), fields.len()), ("c&d=e", "st", 3));
}

#[test]
fn rfc6749_3_1_2_the_query_of_a_registered_address_is_kept() {
    let fields = [("code", "a b".to_owned())];
    for (uri, expected) in [
        ("https://c1.test/cb", "https://c1.test/cb?code=a+b"),
        ("https://c1.test", "https://c1.test?code=a+b"),
        ("https://c1.test/cb?", "https://c1.test/cb?code=a+b"),
        ("https://c1.test/cb?x=%2F&y", "https://c1.test/cb?x=%2F&y&code=a+b"),
        ("https://c1.test/cb?x&", "https://c1.test/cb?x&code=a+b"),
        ("com.example.app:/cb", "com.example.app:/cb?code=a+b"),
    ] {
        assert_eq!(with_query(uri, &fields), expected);
    }
}

#[test]
fn rfc6749_5_2_a_refusal_cannot_smuggle_anything_into_the_answer() {
    let (refusal, callback) = sent_back(&but(&[("prompt", Some("<b>\"\\\r\nSet-Cookie: x"))]), &web("c1"));
    let (_, fields) = query(&callback.error(&refusal, "cid"));
    let is_clean = |b: u8| (0x20..=0x7e).contains(&b) && b != b'"' && b != b'\\';
    assert!(fields["error_description"].bytes().all(is_clean), "{}", fields["error_description"]);
    assert!(!fields["error_description"].contains("<b>"), "values stay in the trace");
    assert!(refusal.finding.received.contains("<b>"), "the trace names what came");
}

#[test]
fn rfc6749_4_1_2_1_a_client_without_the_code_grant_is_told_so() {
    let mut client = service("c1");
    client.redirect_uris = vec!["https://c1.test/cb".to_owned()];
    assert_eq!(sent_back(&good(), &client).0.code, ErrorCode::UnauthorizedClient);
}

#[test]
fn c01_pkce_is_demanded_of_every_public_client_whatever_its_record_says() {
    let plain = but(&[("code_challenge", None), ("code_challenge_method", None)]);
    for rule in [PkceRule::Required, PkceRule::Optional] {
        for mut client in [web("c1"), spa("c1")] {
            client.policy.pkce = rule;
            let is_let_off = rule == PkceRule::Optional && !client.is_public();
            match judge(&plain, &client) {
                Outcome::Valid(request) => assert!(is_let_off && request.code_challenge.is_none()),
                Outcome::Back(refusal, _) => {
                    assert!(!is_let_off);
                    assert_eq!(refusal.finding.check, "pkce.challenge_present");
                }
                Outcome::Page(r) => panic!("{r:?}"),
            }
            let bound = valid(&good(), &client).code_challenge;
            assert_eq!(bound.as_deref(), Some(CHALLENGE), "a challenge that was sent always binds");
        }
    }
}

#[test]
fn d12_scope_is_within_the_registration_and_bounded() {
    let request = valid(&but(&[("scope", Some("email  openid openid"))]), &web("c1"));
    assert_eq!(request.scope.to_string(), "email openid");
    assert_eq!(valid(&but(&[("scope", Some("email"))]), &web("c1")).scope.to_string(), "email", "plain OAuth");
    let many = "openid ".repeat(10_000);
    for (bad, check) in [
        ("openid OPENID", "scope.registered"),
        ("openid phone", "scope.registered"),
        ("openid\temail", "scope.syntax"),
        (many.as_str(), "scope.syntax"),
        (" ", "scope.present"),
    ] {
        let (refusal, _) = sent_back(&but(&[("scope", Some(bad))]), &web("c1"));
        assert_eq!((refusal.code, refusal.finding.check), (ErrorCode::InvalidScope, check));
    }
}

#[test]
fn oidc_core_3_1_2_1_what_the_request_says_is_kept() {
    let long_hint = "a".repeat(255);
    let many_classes = "a b ".repeat(50);
    let request = valid(
        &but(&[
            ("max_age", Some("60")),
            ("prompt", Some("login consent")),
            ("login_hint", Some("alice@example.com")),
            ("ui_locales", Some("de en")),
            ("acr_values", Some(&many_classes)),
            ("claims", Some(r#"{"userinfo":{"email":null}}"#)),
        ]),
        &web("c1"),
    );
    assert_eq!(request.max_age, Some(60));
    assert!(request.prompt.login && request.prompt.consent);
    assert_eq!(request.login_hint.as_deref(), Some("alice@example.com"));
    assert_eq!(request.ui_locales.as_deref(), Some("de en"));
    assert_eq!((request.acr_values.len(), request.acr_values[1].as_str()), (20, "b"), "bounded, best first");
    assert!(request.claims.userinfo.contains_key("email"));
    assert_eq!(request.nonce.as_deref(), Some("n1"));
    assert_eq!(request.hinted_subject, None, "nobody is believed before a signature was checked");
    let unsealed: ValidRequest = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
    assert_eq!(unsealed, request, "it survives being sealed");
    assert_eq!(valid(&but(&[("login_hint", Some(&long_hint))]), &web("c1")).login_hint, None, "not worth keeping");
}

#[test]
fn oidc_registration_2_default_max_age_holds_unless_the_request_says_otherwise() {
    let mut client = web("c1");
    client.policy.default_max_age = Some(300);
    assert_eq!(valid(&good(), &client).max_age, Some(300));
    assert_eq!(valid(&but(&[("max_age", Some("900"))]), &client).max_age, Some(900));
    assert_eq!(valid(&but(&[("max_age", Some("0"))]), &client).max_age, Some(0));
}

#[test]
fn a15_an_address_that_was_taken_from_the_client_ends_a_kept_request() {
    let request = valid(&but(&[("response_mode", Some("form_post"))]), &web("c1"));
    let callback = resume(&request, &web("c1"), ISSUER).unwrap();
    assert_eq!(callback.redirect_uri(), "https://c1.test/cb");
    assert!(matches!(callback.code("x"), Answer::FormPost { fields, .. } if fields[1].1 == "st"));
    let mut moved = web("c1");
    moved.redirect_uris = vec!["https://c1.test/new".to_owned()];
    assert_eq!(resume(&request, &moved, ISSUER).unwrap_err().finding.check, "redirect_uri.registered");
    let left_out = valid(&but(&[("redirect_uri", None)]), &web("c1"));
    assert!(resume(&left_out, &moved, ISSUER).is_err(), "the only address is another one now");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rfc6749_4_1_2_state_comes_back_byte_by_byte(state in "\\PC{1,60}", nonce in "\\PC{1,60}") {
        let pairs = but(&[("state", Some(&state)), ("nonce", Some(&nonce))]);
        let request = valid(&pairs, &web("c1"));
        prop_assert_eq!(request.nonce.as_deref(), Some(nonce.as_str()));
        let (target, fields) = query(&resume(&request, &web("c1"), ISSUER).unwrap().code("c"));
        prop_assert_eq!(target, "https://c1.test/cb");
        prop_assert_eq!(&fields["state"], &state);
    }

    #[test]
    fn a01_no_address_but_the_registered_one_makes_a_callback(uri in "(https://c1\\.test/cb)?[ -~]{0,12}") {
        let params = Params::of([("client_id", "c1"), ("redirect_uri", uri.as_str())]);
        let made = callback(&params, &web("c1"), ISSUER);
        prop_assert_eq!(made.is_ok(), uri == "https://c1.test/cb");
    }
}
