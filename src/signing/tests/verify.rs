//! What is refused, and under which name.

use std::time::Instant;

use super::*;
use crate::signing::TokenRefusal as No;

fn judge(token: &str) -> Result<(), TokenRefusal> {
    static RING: OnceLock<Keyring> = OnceLock::new();
    let ring = RING.get_or_init(full_ring);
    ring.verify(token, &Expect::access_token(ISSUER, ISSUER), NOW).map(|_| ())
}

fn with_header(change: impl FnOnce(&mut Value)) -> Result<(), TokenRefusal> {
    let key = key(Algorithm::ES256, 0);
    let mut header = header(&key);
    change(&mut header);
    judge(&forge(&key, header.to_string().as_bytes(), access_claims().to_string().as_bytes()))
}

fn with_claim(name: &str, value: Value) -> Result<(), TokenRefusal> {
    let key = key(Algorithm::ES256, 0);
    let mut claims = access_claims();
    claims[name] = value;
    judge(&forge(&key, header(&key).to_string().as_bytes(), claims.to_string().as_bytes()))
}

#[test]
fn an_honest_token_is_believed() {
    assert_eq!(with_header(|_| {}), Ok(()));
    let ring = full_ring();
    for alg in Algorithm::ALL {
        let token = ring.sign(alg, TokenType::AccessToken, &access_claims(), NOW).unwrap();
        let verified = ring.verify(&token, &Expect::access_token(ISSUER, ISSUER), NOW).unwrap();
        assert_eq!(Value::Object(verified.claims().clone()), access_claims());
        assert_eq!((verified.algorithm(), verified.kid()), (alg, key(alg, 0).kid.as_str()));
    }
}

#[test]
fn e01_alg_none_and_other_foreign_algorithms_are_refused() {
    for alg in ["none", "None", "NONE", "nOnE", "", " none", "HS256", "RS512", "ES384", "rs256", "RS256 "] {
        assert_eq!(with_header(|h| h["alg"] = alg.into()), Err(No::Algorithm), "{alg:?}");
    }
    for alg in [Value::Null, json!(["ES256"]), json!({}), json!(0)] {
        assert_eq!(with_header(|h| h["alg"] = alg), Err(No::Algorithm));
    }
    assert_eq!(with_header(|h| drop(h.as_object_mut().unwrap().remove("alg"))), Err(No::Algorithm));

    let unsigned = |alg: &str| {
        let key = key(Algorithm::ES256, 0);
        let mut header = header(&key);
        header["alg"] = alg.into();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(&header), part(&access_claims()))
    };
    assert_eq!(judge(&format!("{}.", unsigned("none"))), Err(No::Algorithm));
    assert_eq!(judge(&unsigned("none")), Err(No::NotThreeParts));
    assert_eq!(judge(&format!("{}.", unsigned("ES256"))), Err(No::Signature));
    assert_eq!(judge(&unsigned("ES256")), Err(No::NotThreeParts));
}

#[test]
fn e01_a_public_key_is_no_hmac_secret() {
    let key = key(Algorithm::RS256, 0);
    let pem = public_pem(&key.public_jwk).unwrap();
    for secret in [pem.as_str(), pem.trim(), &key.public_jwk.to_string(), key.public_jwk["n"].as_str().unwrap()] {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.typ = Some("at+jwt".into());
        header.kid = Some(key.kid.clone());
        let secret = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
        let token = jsonwebtoken::encode(&header, &access_claims(), &secret).unwrap();
        assert_eq!(judge(&token), Err(No::Algorithm));
    }
}

#[test]
fn a_key_signs_for_its_own_algorithm_only() {
    // The same RSA numbers, signed validly with the other padding.
    let rsa = key(Algorithm::RS256, 0);
    let as_pss = NewKey {
        kid: rsa.kid.clone(),
        alg: Algorithm::PS256,
        private_pkcs8: rsa.private_pkcs8.clone(),
        public_jwk: rsa.public_jwk.clone(),
    };
    let token = forge(&as_pss, header(&as_pss).to_string().as_bytes(), access_claims().to_string().as_bytes());
    assert_eq!(judge(&token), Err(No::KeyIsFor("RS256")));
}

#[test]
fn e03_a_key_in_the_header_is_refused() {
    let attacker = key(Algorithm::ES256, 1);
    for (name, value) in [
        ("jwk", attacker.public_jwk.clone()),
        ("jku", json!("https://attacker.example/jwks")),
        ("x5u", json!("https://attacker.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("jwk", Value::Null),
    ] {
        assert_eq!(with_header(|h| h[name] = value.clone()), Err(No::KeyInHeader(name)));
        // And signed by the key it brings along, under our kid.
        let mut header = header(&key(Algorithm::ES256, 0));
        header[name] = value;
        let token = forge(&attacker, header.to_string().as_bytes(), access_claims().to_string().as_bytes());
        assert_eq!(judge(&token), Err(No::KeyInHeader(name)));
    }
}

#[test]
fn e04_kid_abuse_is_refused() {
    for kid in ["../../dev/null", "' OR 1=1--", "", "a\0b", "\u{feff}", &"k".repeat(8000)] {
        assert_eq!(with_header(|h| h["kid"] = kid.into()), Err(No::UnknownKey), "{kid:.20}");
    }
    let own = key(Algorithm::ES256, 0).kid.clone();
    for kid in [Value::Null, json!([own]), json!(1), json!({ "kid": own })] {
        assert_eq!(with_header(|h| h["kid"] = kid), Err(No::NoKey));
    }
    assert_eq!(with_header(|h| drop(h.as_object_mut().unwrap().remove("kid"))), Err(No::NoKey));
    assert!(matches!(with_header(|h| h["kid"] = "k".repeat(1_000_000).into()), Err(No::TooLong(_))));
    for number in 0..1000 {
        assert_eq!(with_header(|h| h["kid"] = format!("unknown-{number}").into()), Err(No::UnknownKey));
    }
    // The kid of another key of ours does not make its signature ours.
    assert_eq!(with_header(|h| h["kid"] = key(Algorithm::RS256, 0).kid.as_str().into()), Err(No::KeyIsFor("RS256")));
}

#[test]
fn e05_crit_and_b64_are_refused() {
    assert_eq!(
        with_header(|h| {
            h["crit"] = json!(["x"]);
            h["x"] = json!("1");
        }),
        Err(No::Extension("crit"))
    );
    for crit in [json!(["b64"]), json!([]), json!("exp"), Value::Null] {
        assert_eq!(with_header(|h| h["crit"] = crit), Err(No::Extension("crit")));
    }
    assert_eq!(
        with_header(|h| {
            h["crit"] = json!(["b64"]);
            h["b64"] = json!(false);
        }),
        Err(No::Extension("crit"))
    );
    assert_eq!(with_header(|h| h["b64"] = json!(false)), Err(No::Extension("b64")));
}

#[test]
fn e07_claims_of_a_wrong_type_are_refused() {
    let year_10000 = json!(253_402_300_800_i64);
    for value in [json!("1900000000"), json!(true), json!([1]), json!(-5), json!(1e300), json!(1.5), year_10000] {
        for name in ["exp", "nbf", "iat"] {
            assert_eq!(with_claim(name, value.clone()), Err(No::ClaimType(name)), "{value}");
        }
    }
    assert_eq!(with_claim("exp", Value::Null), Err(No::ClaimType("exp")));
    assert_eq!(with_claim("exp", json!(253_402_300_799_i64)), Ok(()));
    assert_eq!(with_claim("exp", json!(u64::MAX)), Err(No::ClaimType("exp")));
    for value in [json!([ISSUER]), json!(1), Value::Null, json!({ "iss": ISSUER })] {
        assert_eq!(with_claim("iss", value), Err(No::ClaimType("iss")));
    }
    for value in [json!({ "0": ISSUER }), json!([]), json!([1]), json!([ISSUER, 1]), json!(1), Value::Null] {
        assert_eq!(with_claim("aud", value), Err(No::ClaimType("aud")));
    }
    for name in ["sub", "jti", "client_id", "scope"] {
        assert_eq!(with_claim(name, json!(["u1"])), Err(No::ClaimType(name)));
    }
}

#[test]
fn e07_required_claims_must_be_there() {
    let key = key(Algorithm::ES256, 0);
    for name in ["iss", "aud", "exp"] {
        let mut claims = access_claims();
        claims.as_object_mut().unwrap().remove(name);
        let token = forge(&key, header(&key).to_string().as_bytes(), claims.to_string().as_bytes());
        assert_eq!(judge(&token), Err(No::MissingClaim(name)));
    }
}

#[test]
fn e07_times_are_judged_at_now() {
    let now = NOW.seconds();
    for (name, value, right) in [
        ("exp", now, Err(No::Expired(NOW))),
        ("exp", now + 1, Ok(())),
        ("exp", 0, Err(No::Expired(Timestamp::from_seconds(0)))),
        ("iat", now + 60, Ok(())),
        ("iat", now + 61, Err(No::FromTheFuture("iat"))),
        ("nbf", now + 60, Ok(())),
        ("nbf", now + 61, Err(No::FromTheFuture("nbf"))),
        ("nbf", 0, Ok(())),
    ] {
        assert_eq!(with_claim(name, json!(value)), right, "{name} {value}");
    }
}

#[test]
fn e08_the_issuer_and_the_audience_must_be_exactly_ours() {
    for issuer in ["https://id.example.org/", "https://ID.example.org", "http://id.example.org", "", " "] {
        assert_eq!(with_claim("iss", issuer.into()), Err(No::Issuer), "{issuer:?}");
    }
    for (audience, right) in [
        (json!(ISSUER), Ok(())),
        (json!(["https://api.example.org", ISSUER]), Ok(())),
        (json!("https://api.example.org"), Err(No::Audience("https://api.example.org".into()))),
        (json!(["https://api.example.org", "x"]), Err(No::Audience("https://api.example.org x".into()))),
        (json!(format!("{ISSUER}/")), Err(No::Audience(format!("{ISSUER}/")))),
        (json!(""), Err(No::Audience(String::new()))),
    ] {
        assert_eq!(with_claim("aud", audience.clone()), right, "{audience}");
    }
}

#[test]
fn one_kind_of_token_does_not_pass_for_another() {
    let key = key(Algorithm::ES256, 0);
    let ring = full_ring();
    let judge = |typ: Value, expected| {
        let mut header = header(&key);
        header["typ"] = typ;
        if header["typ"].is_null() {
            header.as_object_mut().unwrap().remove("typ");
        }
        let token = forge(&key, header.to_string().as_bytes(), access_claims().to_string().as_bytes());
        let expect = Expect { typ: expected, ..Expect::access_token(ISSUER, ISSUER) };
        ring.verify(&token, &expect, NOW).is_ok()
    };
    for (typ, access, id) in [
        (json!("at+jwt"), true, false),
        (json!("AT+JWT"), true, false),
        (json!("application/at+jwt"), true, false),
        (json!("Application/At+Jwt"), true, false),
        (json!("JWT"), false, true),
        (json!("jwt"), false, true),
        (json!("application/jwt"), false, true),
        (Value::Null, false, true),
        (json!(""), false, false),
        (json!("text/at+jwt"), false, false),
        (json!(["at+jwt"]), false, false),
        (json!("logout+jwt"), false, false),
        (json!("dpop+jwt"), false, false),
    ] {
        assert_eq!(judge(typ.clone(), TokenType::AccessToken), access, "{typ}");
        assert_eq!(judge(typ.clone(), TokenType::IdToken), id, "{typ}");
        assert_eq!(judge(typ.clone(), TokenType::Userinfo), id && !typ.is_null(), "{typ}");
    }
}

#[test]
fn a_hint_may_have_expired_but_must_be_ours() {
    let ring = full_ring();
    let mut claims = access_claims();
    claims["aud"] = "app".into();
    claims["exp"] = 1_700_000_000.into();
    let token = ring.sign(Algorithm::RS256, TokenType::IdToken, &claims, NOW).unwrap();
    let read = ring.verify(&token, &Expect::id_token_hint(ISSUER), NOW).unwrap().into_claims();
    assert_eq!(read["aud"], "app");
    let other = ring.verify(&token, &Expect::id_token_hint("https://other.example"), NOW);
    assert_eq!(other.unwrap_err(), No::Issuer);
}

#[test]
fn e09_degenerate_signatures_are_refused() {
    let n = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let n: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&n[2 * i..2 * i + 2], 16).unwrap()).collect();
    let mut r_is_one = vec![0; 64];
    r_is_one[31] = 1;
    let cases = [
        (Algorithm::ES256, vec![0; 64]),
        (Algorithm::ES256, r_is_one),
        (Algorithm::ES256, [n.clone(), n].concat()),
        (Algorithm::ES256, vec![]),
        (Algorithm::ES256, vec![0x30, 6, 2, 1, 1, 2, 1, 1]),
        (Algorithm::ES256, vec![0xff; 64]),
        (Algorithm::EdDSA, vec![0; 64]),
        (Algorithm::EdDSA, vec![0xff; 64]),
        (Algorithm::RS256, vec![0; 256]),
        (Algorithm::RS256, vec![1; 255]),
        (Algorithm::PS256, vec![0; 256]),
    ];
    for (alg, signature) in cases {
        let token = full_ring().sign(alg, TokenType::AccessToken, &access_claims(), NOW).unwrap();
        let (signed, _) = token.rsplit_once('.').unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&signature));
        assert_eq!(judge(&token), Err(No::Signature), "{alg:?} {signature:?}");
    }
}

#[test]
fn any_changed_byte_is_noticed() {
    for alg in [Algorithm::ES256, Algorithm::EdDSA] {
        let token = full_ring().sign(alg, TokenType::AccessToken, &access_claims(), NOW).unwrap();
        for at in 0..token.len() {
            let mut bad = token.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            assert!(judge(std::str::from_utf8(&bad).unwrap()).is_err(), "{at}");
        }
    }
}

#[test]
fn e11_five_parts_are_refused_before_any_cryptography() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"zip":"DEF"}"#);
    let started = Instant::now();
    assert_eq!(judge(&format!("{header}.a.b.c.d")), Err(No::Encrypted));
    assert!(started.elapsed().as_millis() < 500);
}

#[test]
fn e12_many_dots_and_giants_are_refused_by_their_size() {
    let ring = full_ring();
    let judge = |token: &str| ring.verify(token, &Expect::access_token(ISSUER, ISSUER), NOW).map(|_| ());
    let dots = ".".repeat(1_000_000);
    let started = Instant::now();
    assert_eq!(judge(&dots), Err(No::TooLong(1_000_000)));
    assert_eq!(judge(&"A".repeat(64 * 1024)), Err(No::TooLong(64 * 1024)));
    assert_eq!(judge(&dots[..16 * 1024]), Err(No::NotThreeParts));
    for bad in ["", ".", "..", "...", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f"] {
        assert!(judge(bad).is_err(), "{bad}");
    }
    assert!(started.elapsed().as_millis() < 100, "{:?}", started.elapsed());
}

#[test]
fn e13_lax_base64_in_any_part_is_refused() {
    let token = full_ring().sign(Algorithm::ES256, TokenType::AccessToken, &access_claims(), NOW).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    for place in 0..3 {
        for junk in ["=", "==", "\n", " ", "+", "/", "\0", "é"] {
            let mut parts = parts.clone();
            let changed = format!("{}{junk}", parts[place]);
            parts[place] = &changed;
            assert!(judge(&parts.join(".")).is_err(), "{place} {junk:?}");
        }
    }
    // 64 bytes of signature leave four unused bits in the last character.
    let mut lax = token.clone();
    let last = lax.pop().unwrap();
    lax.push(if last == 'A' { 'B' } else { char::from(last as u8 + 1) });
    assert_eq!(judge(&lax), Err(No::Signature));
}

#[test]
fn e13_a_member_twice_is_refused() {
    let key = key(Algorithm::ES256, 0);
    let header_text = header(&key).to_string();
    let claims = access_claims().to_string();
    for (name, value) in [("alg", "\"none\""), ("kid", "\"x\""), ("typ", "\"at+jwt\"")] {
        let twice = format!("{},\"{name}\":{value}}}", header_text.strip_suffix('}').unwrap());
        assert_eq!(judge(&forge(&key, twice.as_bytes(), claims.as_bytes())), Err(No::Repeated("header")), "{name}");
    }
    for name in ["iss", "sub", "aud", "exp"] {
        let twice = format!("{},\"{name}\":{}}}", claims.strip_suffix('}').unwrap(), access_claims()[name]);
        let token = forge(&key, header_text.as_bytes(), twice.as_bytes());
        assert_eq!(judge(&token), Err(No::Repeated("payload")), "{name}");
    }
    for payload in [&b"[]"[..], b"null", b"", b"\xef\xbb\xbf{}", b"{}{}"] {
        let token = forge(&key, header_text.as_bytes(), payload);
        assert_eq!(judge(&token), Err(No::NotJson("payload")));
    }
}
