//! Owns the tests of the token request's head and of what stands in the tokens.

use super::*;
use crate::identity::UserId;
use crate::oauth::client::Client;
use crate::oauth::fixtures::{ISSUER, at, authorization, service, spa, web};
use crate::sensitive::Sensitive;
use crate::time::Lifetime;

fn names(claims: &Map<String, Value>) -> Vec<&str> {
    claims.keys().map(String::as_str).collect()
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|v| (*v).to_owned()).collect()
}

#[test]
fn rfc6749_5_2_grant_type() {
    let read = |pairs: &[(&str, &str)]| grant_type(&Params::of(pairs.iter().copied())).map_err(|r| r.code);
    for grant in GrantType::ALL {
        assert_eq!(read(&[("grant_type", grant.as_str())]), Ok(grant));
    }
    for offered_by_nobody in ["password", "implicit", "Authorization_Code", "urn:ietf:params:oauth:grant-type:x", " "] {
        assert_eq!(read(&[("grant_type", offered_by_nobody)]), Err(ErrorCode::UnsupportedGrantType));
    }
    for missing in [&[][..], &[("grant_type", "")], &[("code", "x")]] {
        assert_eq!(read(missing), Err(ErrorCode::InvalidRequest), "{missing:?}");
    }
}

#[test]
fn a17_rfc6749_3_2_no_parameter_of_the_token_request_comes_twice() {
    for name in ["grant_type", "code", "client_id", "client_secret", "refresh_token", "scope", "code_verifier", "x"] {
        for second in ["refresh_token", "another"] {
            let form = Params::of([("grant_type", "refresh_token"), (name, "refresh_token"), (name, second)]);
            assert_eq!(grant_type(&form).unwrap_err().finding.check, "params.once", "{name}");
        }
    }
    let form = Params::of([("grant_type", "refresh_token"), ("resource", "a:b"), ("resource", "a:c")]);
    assert_eq!(grant_type(&form), Ok(GrantType::RefreshToken), "resource may repeat (RFC 8707 section 2)");
}

#[test]
fn rfc6749_5_2_only_the_grants_of_the_client() {
    for client in [web("c1"), spa("p1"), service("svc")] {
        for grant in GrantType::ALL {
            let expected = if client.grants.contains(&grant) { Ok(()) } else { Err(ErrorCode::UnauthorizedClient) };
            assert_eq!(allowed(grant, &client).map_err(|r| r.code), expected, "{} {grant:?}", client.client_id);
        }
    }
}

fn scopes() -> Vec<Scope> {
    let scope = |name: &str, audience: Option<&str>| Scope {
        name: name.to_owned(),
        description: String::new(),
        claims: Vec::new(),
        audience: audience.map(str::to_owned),
        mappings: Vec::new(),
    };
    vec![
        scope("orders.read", Some("https://orders.test")),
        scope("stock.read", Some("https://stock.test")),
        scope("plain", None),
    ]
}

fn audience_of(resources: &[&str], own: &[&str], scope: &str) -> Result<Vec<String>, ErrorCode> {
    let mut client: Client = web("c1");
    client.policy.audiences = strings(own);
    audience(resources, &client, &ScopeSet::parse(scope).unwrap(), &scopes(), ISSUER).map_err(|r| r.code)
}

#[test]
fn rfc9068_3_without_a_resource_scopes_decide_then_the_client_then_the_issuer() {
    for (own, scope, expected) in [
        (&[][..], "plain", &[ISSUER][..]),
        (&[], "", &[ISSUER]),
        (&["https://api.test"], "plain", &["https://api.test"]),
        (&["https://b.test", "https://a.test"], "", &["https://a.test", "https://b.test"]),
        (&[], "orders.read plain", &["https://orders.test"]),
        (&["https://api.test"], "orders.read", &["https://orders.test"]),
        (&["https://api.test"], "orders.read stock.read", &["https://orders.test", "https://stock.test"]),
        (&[], "openid", &[ISSUER]),
        (&["https://api.test"], "openid", &["https://api.test", ISSUER]),
        (&["https://api.test"], "openid orders.read", &[ISSUER, "https://orders.test"]),
    ] {
        assert_eq!(audience_of(&[], own, scope), Ok(strings(expected)), "{own:?} {scope}");
    }
}

#[test]
fn f07_rfc8707_2_a_resource_narrows_and_a_foreign_one_is_an_error() {
    let own = &["https://api.test", "https://b.test"][..];
    for (resources, scope, expected) in [
        (&["https://api.test"][..], "plain", Ok(&["https://api.test"][..])),
        (&["https://b.test", "https://api.test"], "plain", Ok(own)),
        (&["https://orders.test"], "orders.read", Ok(&["https://orders.test"])),
        (&["https://api.test"], "orders.read", Ok(&["https://api.test"])),
        (&["https://api.test"], "openid", Ok(&["https://api.test"])),
        (&["https://orders.test"], "plain", Err(ErrorCode::InvalidTarget)),
        (&["https://evil.test"], "orders.read", Err(ErrorCode::InvalidTarget)),
        (&["https://api.test", "https://evil.test"], "plain", Err(ErrorCode::InvalidTarget)),
        (&["https://api.test/"], "plain", Err(ErrorCode::InvalidTarget)),
        (&["https://API.test"], "plain", Err(ErrorCode::InvalidTarget)),
        (&["https://api.test#x"], "plain", Err(ErrorCode::InvalidTarget)),
        (&["api"], "plain", Err(ErrorCode::InvalidTarget)),
    ] {
        assert_eq!(audience_of(resources, own, scope), expected.map(strings), "{resources:?} {scope}");
    }
}

fn minting(client: &Client) -> Minting<'_> {
    let access_token_lifetime = client.policy.access_token_lifetime;
    Minting { issuer: ISSUER, client, now: at(0), grant_ends: None, access_token_lifetime }
}

#[test]
fn rfc9068_2_2_every_required_claim_is_there_and_nothing_personal() {
    let client = web("c1");
    let a = authorization("c1", &["openid", "email"]);
    let claims = access_token(&minting(&client), &a, &strings(&["https://api.test"]), "j1", Some("g1"));
    let expected = json!({
        "iss": ISSUER,
        "sub": "alice",
        "aud": "https://api.test",
        "client_id": "c1",
        "iat": at(0).seconds(),
        "exp": at(15 * 60).seconds(),
        "jti": "j1",
        "scope": "email openid",
        "gid": "g1",
        "auth_time": at(-10).seconds(),
        "acr": "urn:vouchsafe:acr:password",
        "amr": ["pwd"],
    });
    assert_eq!(Value::Object(claims), expected);
}

#[test]
fn rfc7519_4_1_3_one_audience_is_a_string_and_several_are_an_array() {
    let client = web("c1");
    let a = authorization("c1", &["openid"]);
    let aud = |audience: &[&str]| access_token(&minting(&client), &a, &strings(audience), "j", None)["aud"].clone();
    assert_eq!(aud(&["a:b"]), json!("a:b"));
    assert_eq!(aud(&["a:b", "a:c"]), json!(["a:b", "a:c"]));
}

#[test]
fn d11_rfc9068_2_2_the_subject_of_client_credentials_is_the_client() {
    let client = service("svc");
    let mut a = authorization("svc", &["orders.read"]);
    (a.user_id, a.session_id, a.auth_time, a.acr, a.nonce) = (None, None, None, None, None);
    a.amr.clear();
    let claims = access_token(&minting(&client), &a, &strings(&[ISSUER]), "j1", None);
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("svc"), &json!("svc")));
    assert_eq!(names(&claims), ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
    a.scope = ScopeSet::default();
    let bare = access_token(&minting(&client), &a, &strings(&[ISSUER]), "j1", None);
    assert!(!bare.contains_key("scope"), "RFC 6749 section 3.3: a scope has at least one token");
}

#[test]
fn c11_oidc_core_2_id_token() {
    let client = web("c1");
    let a = authorization("c1", &["openid"]);
    let claims = id_token(&minting(&client), &a, "at-hash", Map::new());
    let expected = json!({
        "iss": ISSUER,
        "sub": "alice",
        "aud": "c1",
        "iat": at(0).seconds(),
        "exp": at(15 * 60).seconds(),
        "at_hash": "at-hash",
        "auth_time": at(-10).seconds(),
        "nonce": "n-0S6_WzA2Mj",
        "sid": "s-alice",
        "acr": "urn:vouchsafe:acr:password",
        "amr": ["pwd"],
    });
    assert_eq!(Value::Object(claims), expected);
    let without = Authorization { nonce: None, session_id: None, ..a };
    let claims = id_token(&minting(&client), &without, "h", Map::new());
    assert!(!claims.contains_key("nonce") && !claims.contains_key("sid"), "absent, not null");
}

#[test]
fn oidc_core_5_1_no_personal_claim_can_take_the_place_of_ours() {
    let client = web("c1");
    let a = authorization("c1", &["openid"]);
    let plain = id_token(&minting(&client), &a, "h", Map::new());
    let evil: Map<String, Value> = plain.keys().map(|name| (name.clone(), json!("evil"))).collect();
    assert_eq!(id_token(&minting(&client), &a, "h", evil), plain);
    let named = id_token(&minting(&client), &a, "h", json!({ "name": "Alice" }).as_object().unwrap().clone());
    assert_eq!(named["name"], "Alice");
    assert_eq!(named.len(), plain.len() + 1);
}

#[test]
fn c12_the_time_of_the_sign_in_is_copied_and_not_that_of_the_token() {
    let mut client = web("c1");
    client.policy.access_token_lifetime = Lifetime::from_seconds(90);
    client.policy.id_token_lifetime = Lifetime::from_seconds(30);
    let a = authorization("c1", &["openid"]);
    let later = Minting { now: at(3_600), ..minting(&client) };
    let (access, id) =
        (access_token(&later, &a, &strings(&[ISSUER]), "j", None), id_token(&later, &a, "h", Map::new()));
    for (claims, life) in [(&access, 90), (&id, 30)] {
        assert_eq!(claims["auth_time"], at(-10).seconds());
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(at(3_600).seconds()), &json!(at(3_600 + life).seconds())));
    }
}

#[test]
fn rfc9700_4_15_a_person_and_a_client_are_told_apart_by_their_claims() {
    let person = Authorization { user_id: Some(UserId("svc".to_owned())), ..authorization("c1", &["orders.read"]) };
    let token = access_token(&minting(&web("c1")), &person, &strings(&[ISSUER]), "j", None);
    assert_ne!(token["sub"], token["client_id"], "only a client acting for itself has both equal");
}

#[test]
fn rfc6749_5_1_the_answer_names_what_was_granted_and_debug_names_no_token() {
    let full = TokenAnswer {
        access_token: Sensitive::new("AT"),
        expires_in: 900,
        refresh_token: Some(Sensitive::new("RT")),
        id_token: Some(Sensitive::new("IDT")),
        scope: ScopeSet::of(["openid", "email"]),
    };
    let expected = json!({
        "access_token": "AT",
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "email openid",
        "refresh_token": "RT",
        "id_token": "IDT",
    });
    assert_eq!(full.to_json(), expected);
    let shown = format!("{full:?}");
    assert!(!shown.contains("AT\"") && !shown.contains("RT\"") && !shown.contains("IDT"), "{shown}");
    let bare = TokenAnswer { refresh_token: None, id_token: None, scope: ScopeSet::default(), ..full };
    let expected = json!({ "access_token": "AT", "token_type": "Bearer", "expires_in": 900 });
    assert_eq!(bare.to_json(), expected, "an empty scope is none (section 3.3)");
}
