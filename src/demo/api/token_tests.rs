//! The token checks of the demo API, one case each: what RFC 9068 §4 and RFC 8725 demand.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;

/// An Ed25519 key from a seed: PKCS#8 (RFC 8410 §7) is a fixed prefix and the seed.
fn signing_key(seed: u8) -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([seed; 32]);
    EncodingKey::from_ed_der(&der)
}

fn public_key(seed: u8) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(&signing_key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some("k1".into());
    jwk
}

fn claims() -> Value {
    json!({
        "iss": "http://localhost:8080", "aud": "http://localhost:8082", "sub": "u1", "client_id": "demo", "jti": "j1",
        "iat": NOW - 10, "exp": NOW + 900, "scope": "openid demo:read", "auth_time": NOW - 60,
    })
}

fn header() -> Header {
    Header { typ: Some("at+jwt".into()), kid: Some("k1".into()), ..Header::new(Algorithm::EdDSA) }
}

fn expect() -> Expect<'static> {
    Expect {
        issuer: "http://localhost:8080",
        audience: "http://localhost:8082",
        scope: Some("demo:read"),
        max_age: None,
        now: NOW,
    }
}

fn outcome(header: &Header, claims: &Value, expect: &Expect<'_>) -> Result<Caller, Refusal> {
    let token = encode(header, claims, &signing_key(7)).unwrap();
    judge(&read(&token)?, &public_key(7), expect)
}

/// The outcome for good claims with one changed; `Null` takes it away.
fn with(name: &str, value: Value) -> Result<Caller, Refusal> {
    let mut claims = claims();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.into(), value),
    };
    outcome(&header(), &claims, &expect())
}

/// A token whose header is any JSON; its signature is rubbish.
fn raw(header: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(&claims()), URL_SAFE_NO_PAD.encode("rubbish"))
}

#[test]
fn a_good_token_names_its_caller() {
    let caller = outcome(&header(), &claims(), &expect()).unwrap();
    assert_eq!(caller.subject, "u1");
    assert_eq!(caller.client_id, "demo");
    assert_eq!(caller.scope, ["openid", "demo:read"]);
    assert!(caller.reasons.len() >= 5);
}

#[test]
fn rfc6750_2_1_only_bearer_and_any_case() {
    assert_eq!(bearer(None), Err(Refusal::NoCredentials));
    assert_eq!(bearer(Some("Basic abc")), Err(Refusal::NoCredentials));
    assert_eq!(bearer(Some("Bearer")), Err(Refusal::NoCredentials));
    assert_eq!(bearer(Some("bEaReR abc")), Ok("abc"));
}

#[test]
fn rfc9068_4_typ_must_be_an_access_tokens() {
    for typ in [None, Some("JWT"), Some("logout+jwt"), Some("")] {
        let header = Header { typ: typ.map(str::to_owned), ..header() };
        assert!(matches!(outcome(&header, &claims(), &expect()), Err(Refusal::Type(_))), "{typ:?}");
    }
    let header = Header { typ: Some("application/AT+JWT".into()), ..header() };
    assert!(outcome(&header, &claims(), &expect()).is_ok());
}

#[test]
fn rfc8725_3_1_only_listed_algorithms() {
    for alg in ["none", "None", "HS256", "RS512", ""] {
        let token = raw(&json!({"alg": alg, "typ": "at+jwt", "kid": "k1"}));
        assert!(matches!(read(&token), Err(Refusal::Algorithm(_))), "{alg}");
    }
}

#[test]
fn rfc8725_3_1_the_key_decides_the_algorithm() {
    for alg in ["RS256", "PS256", "ES256"] {
        let token = raw(&json!({"alg": alg, "typ": "at+jwt", "kid": "k1"}));
        let refusal = judge(&read(&token).unwrap(), &public_key(7), &expect()).unwrap_err();
        assert!(matches!(refusal, Refusal::Algorithm(_)), "{alg}: {refusal:?}");
    }
    // The same when the key does not name its algorithm.
    let mut key = public_key(7);
    key.common.key_algorithm = None;
    let token = raw(&json!({"alg": "ES256", "typ": "at+jwt", "kid": "k1"}));
    assert!(matches!(judge(&read(&token).unwrap(), &key, &expect()), Err(Refusal::Algorithm(_))));
}

#[test]
fn rfc8725_3_10_a_header_cannot_bring_its_own_key() {
    for name in ["jwk", "jku", "x5u", "x5c", "crit"] {
        let mut header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"});
        header[name] = json!(["x"]);
        assert!(matches!(read(&raw(&header)), Err(Refusal::Malformed(_))), "{name}");
    }
}

#[test]
fn the_key_must_be_named() {
    let token = raw(&json!({"alg": "EdDSA", "typ": "at+jwt"}));
    assert!(matches!(read(&token), Err(Refusal::Malformed(_))));
}

#[test]
fn a_changed_token_and_a_strange_key_fail() {
    let token = encode(&header(), &claims(), &signing_key(7)).unwrap();
    assert_eq!(judge(&read(&token).unwrap(), &public_key(8), &expect()).unwrap_err(), Refusal::Signature);
    let mut parts: Vec<&str> = token.split('.').collect();
    let forged = URL_SAFE_NO_PAD.encode(json!({"sub": "admin"}).to_string());
    parts[1] = &forged;
    let token = parts.join(".");
    assert_eq!(judge(&read(&token).unwrap(), &public_key(7), &expect()).unwrap_err(), Refusal::Signature);
}

#[test]
fn what_is_no_token_is_refused_before_any_work() {
    for token in ["", "a", "a.b", "a.b.c.d", "a.b.c", "!!.b.c", "..", &"x".repeat(20_000)] {
        assert!(matches!(read(token), Err(Refusal::Malformed(_))), "{token:.20}");
    }
}

#[test]
fn rfc9068_4_iss_is_compared_byte_for_byte() {
    assert_eq!(with("iss", json!("http://localhost:8080/")).unwrap_err(), Refusal::Issuer);
    assert_eq!(with("iss", json!("http://evil.example")).unwrap_err(), Refusal::Issuer);
    assert_eq!(with("iss", json!(["http://localhost:8080"])).unwrap_err(), Refusal::Claim("iss"));
    assert_eq!(with("iss", Value::Null).unwrap_err(), Refusal::Claim("iss"));
}

#[test]
fn rfc9068_4_aud_must_name_this_api() {
    assert!(with("aud", json!(["x", "http://localhost:8082"])).is_ok());
    for aud in [json!("http://localhost:8081"), json!([]), json!(["http://localhost:8082", 7]), json!(7), Value::Null] {
        assert_eq!(with("aud", aud.clone()).unwrap_err(), Refusal::Audience, "{aud}");
    }
}

#[test]
fn rfc9068_4_exp_is_required_and_counts() {
    assert!(with("exp", json!(NOW - SKEW + 1)).is_ok(), "inside the skew");
    assert_eq!(with("exp", json!(NOW - SKEW)).unwrap_err(), Refusal::Expired(SKEW));
    assert_eq!(with("exp", json!(i64::MIN)).unwrap_err(), Refusal::Expired(i64::MAX));
    for exp in [json!("soon"), json!(1.5e300), Value::Null] {
        assert_eq!(with("exp", exp).unwrap_err(), Refusal::Claim("exp"));
    }
}

#[test]
fn a_token_from_the_future_is_refused() {
    assert_eq!(with("iat", json!(NOW + SKEW + 1)).unwrap_err(), Refusal::NotYet);
    assert_eq!(with("nbf", json!(NOW + SKEW + 1)).unwrap_err(), Refusal::NotYet);
    assert_eq!(with("nbf", json!("x")).unwrap_err(), Refusal::Claim("nbf"));
}

#[test]
fn rfc9068_2_2_required_claims() {
    for name in ["sub", "client_id", "jti", "iat"] {
        assert_eq!(with(name, Value::Null).unwrap_err(), Refusal::Claim(name));
    }
}

#[test]
fn rfc6750_3_1_a_missing_scope_is_403() {
    let refusal = with("scope", json!("openid demo:reader")).unwrap_err();
    assert_eq!(refusal, Refusal::Scope { needed: "demo:read".into() });
    assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
    assert!(matches!(with("scope", Value::Null), Err(Refusal::Scope { .. })));
}

#[test]
fn rfc9470_an_old_sign_in_is_401_with_the_age_wanted() {
    let fresh = |max_age| outcome(&header(), &claims(), &Expect { max_age: Some(max_age), ..expect() });
    assert!(fresh(60).is_ok());
    let refusal = fresh(59).unwrap_err();
    assert_eq!(refusal, Refusal::NotFresh { max_age: 59 });
    assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove("auth_time");
    let refusal = outcome(&header(), &claims, &Expect { max_age: Some(60), ..expect() }).unwrap_err();
    assert_eq!(refusal, Refusal::NotFresh { max_age: 60 }, "no auth_time is not a fresh one");
}
