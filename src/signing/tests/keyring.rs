//! The ring: loading, signing, the JWKS, broken keys.

use std::collections::{BTreeSet, HashSet};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};

use super::*;
use crate::signing::TokenRefusal;

fn sealed(alg: Algorithm) -> StoredKey {
    row(alg, 0, NOW - Lifetime::from_days(1))
}

#[test]
fn tokens_of_all_algorithms_are_read_by_the_library_with_our_jwks() {
    let ring = full_ring();
    let set: JwkSet = serde_json::from_str(&ring.jwks(NOW).body).unwrap();
    for alg in Algorithm::ALL {
        for typ in [TokenType::IdToken, TokenType::AccessToken, TokenType::Userinfo] {
            let token = ring.sign(alg, typ, &access_claims(), NOW).unwrap();
            let header = jsonwebtoken::decode_header(&token).unwrap();
            assert_eq!(header.typ.as_deref(), Some(typ.as_str()));
            assert_eq!(format!("{:?}", header.alg), alg.as_str());
            let jwk = set.find(header.kid.as_deref().unwrap()).unwrap();
            let mut rules = Validation::new(header.alg);
            rules.set_issuer(&[ISSUER]);
            rules.set_audience(&[ISSUER]);
            let read = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(jwk).unwrap(), &rules).unwrap();
            assert_eq!(read.claims, access_claims());
        }
    }
}

#[test]
fn tokens_made_by_the_library_are_believed_if_the_key_is_ours() {
    let key = key(Algorithm::RS256, 0);
    let text = base64::engine::general_purpose::STANDARD.encode(&key.private_pkcs8);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    header.typ = Some("at+jwt".into());
    header.kid = Some(key.kid.clone());
    let signer = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let token = jsonwebtoken::encode(&header, &access_claims(), &signer).unwrap();
    assert!(full_ring().verify(&token, &Expect::access_token(ISSUER, ISSUER), NOW).is_ok());
    assert_eq!(
        full_ring().sign(Algorithm::RS256, TokenType::AccessToken, &access_claims(), NOW).unwrap().len(),
        token.len()
    );
}

#[test]
fn e15_own_jwks_has_no_private_member() {
    let jwks = full_ring().jwks(NOW);
    let set: Value = serde_json::from_str(&jwks.body).unwrap();
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 4);
    let allowed: BTreeSet<_> = ["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"].into();
    for key in keys {
        for name in key.as_object().unwrap().keys() {
            assert!(allowed.contains(name.as_str()), "{name}");
        }
        assert_eq!(key["use"], "sig");
        assert_ne!(key["kty"], "oct");
        assert!(Algorithm::parse(key["alg"].as_str().unwrap()).is_some());
    }
    assert_eq!(keys.iter().map(|k| k["kid"].as_str().unwrap()).collect::<HashSet<_>>().len(), 4);
    assert_eq!(keys[0]["alg"], "RS256", "some apps take the first key");
    assert_eq!(jwks.max_age_seconds, 3600);
    assert!(jwks.etag.starts_with('"') && jwks.etag.ends_with('"') && jwks.etag.len() == 24);
}

#[test]
fn e15_a_private_member_in_a_row_does_not_reach_the_jwks() {
    let mut row = sealed(Algorithm::ES256);
    let mut jwk: Value = serde_json::from_str(&row.public_jwk).unwrap();
    jwk["d"] = "c2VjcmV0".into();
    row.public_jwk = jwk.to_string();
    let ring = keyring(1);
    ring.load(&[row]).unwrap();
    assert!(!ring.jwks(NOW).body.contains("c2VjcmV0"));
}

#[test]
fn e15_the_jwks_follows_the_life_of_each_key() {
    let hour = Lifetime::from_hours(1);
    let mut old = row(Algorithm::ES256, 0, NOW - hour);
    old.retires_at = Some(NOW + hour);
    old.gone_at = Some(NOW + hour + hour);
    let new = row(Algorithm::ES256, 1, NOW + hour);
    let ring = keyring(1);
    ring.load(&[new.clone(), old.clone()]).unwrap();
    let kids = |now| {
        let set: Value = serde_json::from_str(&ring.jwks(now).body).unwrap();
        set["keys"].as_array().unwrap().iter().map(|k| k["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let signer = |now| {
        let token = ring.sign(Algorithm::ES256, TokenType::IdToken, &access_claims(), now).unwrap();
        jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
    };
    let (moment, old, new) = (Lifetime::from_millis(1), old.kid, new.kid);
    assert_eq!((kids(NOW), signer(NOW)), (vec![old.clone(), new.clone()], old.clone()));
    assert_eq!(signer(NOW + hour - moment), old);
    assert_eq!((kids(NOW + hour), signer(NOW + hour)), (vec![new.clone(), old.clone()], new.clone()));
    assert_eq!(kids(NOW + hour + hour - moment), [new.clone(), old.clone()]);
    assert_eq!(kids(NOW + hour + hour), std::slice::from_ref(&new));
    // A clock that steps back gets the set of that time again.
    assert_eq!(kids(NOW), [old.clone(), new.clone()]);
    assert!(Arc::ptr_eq(&ring.jwks(NOW), &ring.jwks(NOW + moment)), "written again without need");
}

#[test]
fn a_token_of_a_retired_key_verifies_until_the_key_is_gone() {
    let mut row = sealed(Algorithm::EdDSA);
    let ring = keyring(1);
    ring.load(std::slice::from_ref(&row)).unwrap();
    let mut claims = access_claims();
    claims["exp"] = (NOW.seconds() + 100_000).into();
    let token = ring.sign(Algorithm::EdDSA, TokenType::AccessToken, &claims, NOW).unwrap();

    row.retires_at = Some(NOW);
    row.gone_at = Some(NOW + Lifetime::from_hours(1));
    ring.load(&[row]).unwrap();
    assert_eq!(ring.algorithms(NOW), []);
    let refused = ring.sign(Algorithm::EdDSA, TokenType::AccessToken, &claims, NOW).unwrap_err();
    assert_eq!(refused, SigningFault::NoKey(Algorithm::EdDSA));
    let judge = |now| ring.verify(&token, &Expect::access_token(ISSUER, ISSUER), now).map(|_| ());
    assert_eq!(judge(NOW + Lifetime::from_minutes(59)), Ok(()));
    assert_eq!(judge(NOW + Lifetime::from_minutes(60)), Err(TokenRefusal::UnknownKey));
}

#[test]
fn p03_another_master_key_stops_the_load_and_the_old_ring_stays() {
    let ring = full_ring();
    let foreign = keyring(2).seal(&key(Algorithm::ES256, 1), NOW, NOW).unwrap();
    let refused = ring.load(&[sealed(Algorithm::RS256), foreign]).unwrap_err();
    assert!(matches!(refused, KeyringError::Sealed { why: crate::secret::SealError::DoesNotOpen, .. }), "{refused}");
    assert!(refused.to_string().contains("master key"), "{refused}");
    assert_eq!(ring.algorithms(NOW).len(), 4);
}

#[test]
fn r26_broken_rows_are_refused_by_name() {
    let good = sealed(Algorithm::ES256);
    let other = row(Algorithm::ES256, 1, NOW);
    let load = |row: StoredKey| keyring(1).load(&[row]).unwrap_err();

    let cut = StoredKey { sealed_private: good.sealed_private[..40].to_vec(), ..good.clone() };
    assert!(matches!(load(cut), KeyringError::Sealed { .. }));
    let moved = StoredKey { sealed_private: other.sealed_private.clone(), ..good.clone() };
    assert!(matches!(load(moved), KeyringError::Sealed { .. }), "a key opened under another kid");
    let renamed = StoredKey { kid: "other".into(), ..good.clone() };
    assert!(matches!(load(renamed), KeyringError::Sealed { .. }));
    let other_alg = StoredKey { alg: Algorithm::EdDSA, ..good.clone() };
    assert!(matches!(load(other_alg), KeyringError::Sealed { .. }));
    for public_jwk in [other.public_jwk.clone(), "{}".into(), "".into(), "[".into()] {
        let row = StoredKey { public_jwk, ..good.clone() };
        assert_eq!(load(row), KeyringError::OtherPublicKey(good.kid.clone()));
    }
    let twice = keyring(1).load(&[good.clone(), good.clone()]).unwrap_err();
    assert_eq!(twice, KeyringError::Twice(good.kid.clone()));

    let junk = NewKey {
        kid: "junk".into(),
        alg: Algorithm::RS256,
        private_pkcs8: zeroize::Zeroizing::new(b"no key".to_vec()),
        public_jwk: json!({}),
    };
    assert!(matches!(load(keyring(1).seal(&junk, NOW, NOW).unwrap()), KeyringError::Damaged { .. }));
}

#[test]
fn keys_stay_parsed_from_load_to_load_and_clones_share_the_ring() {
    let ring = full_ring();
    let clone = ring.clone();
    let rows = [sealed(Algorithm::ES256)];
    ring.load(&rows).unwrap();
    assert_eq!(clone.algorithms(NOW), [Algorithm::ES256]);
    // The same key sealed again is another ciphertext: it is parsed again, and works.
    clone.load(&[sealed(Algorithm::ES256)]).unwrap();
    assert_eq!(ring.algorithms(NOW), [Algorithm::ES256]);
    ring.load(&[]).unwrap();
    assert_eq!(clone.algorithms(NOW), []);
    assert_eq!(clone.jwks(NOW).body, r#"{"keys":[]}"#);
}

#[test]
fn a_token_that_nobody_would_read_is_not_signed() {
    let refused = full_ring().sign(Algorithm::ES256, TokenType::IdToken, &json!({ "groups": "g".repeat(20_000) }), NOW);
    assert!(matches!(refused, Err(SigningFault::TooLong(_))));
}

#[test]
fn nothing_shows_a_private_key() {
    let key = key(Algorithm::ES256, 0);
    let shown = format!("{key:?} {:?}", full_ring());
    assert!(shown.contains(&key.kid));
    assert!(shown.len() < 500, "{shown}");
}
