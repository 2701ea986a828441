//! Keys from elsewhere, good and bad.

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey};

use super::*;

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn rsa_key() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(&key(Algorithm::RS256, 0).private_pkcs8).unwrap()
}

/// The private JWK of a key, with all members.
fn private_jwk(alg: Algorithm) -> Value {
    let new = key(alg, 0);
    let mut jwk = new.public_jwk.clone();
    let number = |n: &BigUint| URL_SAFE_NO_PAD.encode(n.to_bytes_be());
    match alg {
        Algorithm::RS256 | Algorithm::PS256 => {
            let rsa = RsaPrivateKey::from_pkcs8_der(&new.private_pkcs8).unwrap();
            jwk["d"] = number(rsa.d()).into();
            jwk["p"] = number(&rsa.primes()[0]).into();
            jwk["q"] = number(&rsa.primes()[1]).into();
        }
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &new.private_pkcs8).unwrap();
            let d: aws_lc_rs::encoding::EcPrivateKeyBin<'_> =
                aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&pair.private_key()).unwrap();
            jwk["d"] = URL_SAFE_NO_PAD.encode(d.as_ref()).into();
        }
        // In PKCS#8 version 1 of RFC 8410 the seed is the last 32 bytes.
        Algorithm::EdDSA => {
            jwk["d"] = URL_SAFE_NO_PAD.encode(&new.private_pkcs8[new.private_pkcs8.len() - 32..]).into();
        }
    }
    jwk
}

fn signs(imported: &NewKey) {
    let ring = keyring(1);
    ring.load(&[ring.seal(imported, NOW, NOW).unwrap()]).unwrap();
    let token = ring.sign(imported.alg, TokenType::AccessToken, &access_claims(), NOW).unwrap();
    assert!(ring.verify(&token, &Expect::access_token(ISSUER, ISSUER), NOW).is_ok());
}

#[test]
fn pkcs8_of_every_family_is_taken_under_its_thumbprint() {
    for alg in Algorithm::ALL {
        let own = key(alg, 0);
        let imported = import_pem(&pem("PRIVATE KEY", &own.private_pkcs8), Some(alg)).unwrap();
        assert_eq!((&imported.kid, &imported.public_jwk), (&own.kid, &own.public_jwk));
        signs(&imported);
    }
    let unnamed = import_pem(&pem("PRIVATE KEY", &key(Algorithm::RS256, 0).private_pkcs8), None).unwrap();
    assert_eq!(unnamed.alg, Algorithm::RS256);
}

#[test]
fn pkcs1_and_sec1_are_taken() {
    let pkcs1 = rsa_key().to_pkcs1_pem(LineEnding::LF).unwrap();
    for alg in [None, Some(Algorithm::RS256), Some(Algorithm::PS256)] {
        let imported = import_pem(&pkcs1, alg).unwrap();
        assert_eq!(imported.alg, alg.unwrap_or(Algorithm::RS256));
        signs(&imported);
    }
    let windows = pkcs1.replace('\n', "\r\n");
    assert_eq!(import_pem(&windows, None).unwrap().kid, key(Algorithm::RS256, 0).kid);

    let own = key(Algorithm::ES256, 0);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &own.private_pkcs8).unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    // As `openssl ecparam -genkey` writes it.
    let parameters = pem("EC PARAMETERS", &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let imported = import_pem(&format!("{parameters}{}", pem("EC PRIVATE KEY", sec1.as_ref())), None).unwrap();
    assert_eq!(imported.kid, own.kid);
    signs(&imported);
}

#[test]
fn jwks_of_every_family_are_taken_under_their_own_name() {
    for alg in Algorithm::ALL {
        let mut jwk = private_jwk(alg);
        jwk["kid"] = "old-provider.2024:1".into();
        let imported = import_jwk(&jwk.to_string(), None).unwrap();
        assert_eq!((imported.kid.as_str(), imported.alg), ("old-provider.2024:1", alg));
        assert!(imported.public_jwk.get("d").is_none());
        signs(&imported);
        jwk.as_object_mut().unwrap().remove("kid");
        assert_eq!(import_jwk(&jwk.to_string(), Some(alg)).unwrap().kid, key(alg, 0).kid);
    }
    let mut without_primes = private_jwk(Algorithm::RS256);
    without_primes.as_object_mut().unwrap().remove("p");
    without_primes.as_object_mut().unwrap().remove("q");
    signs(&import_jwk(&without_primes.to_string(), None).unwrap());
}

#[test]
fn rsa_1024_and_small_exponents_are_refused() {
    let (p, q) = primes_of_512_bits();
    let weak = RsaPrivateKey::from_p_q(p, q, BigUint::from(65_537u32)).unwrap();
    assert_eq!(weak.n().bits(), 1024);
    let refusals = [
        import_pem(&weak.to_pkcs1_pem(LineEnding::LF).unwrap(), None).unwrap_err(),
        import_pem(&weak.to_pkcs8_pem(LineEnding::LF).unwrap(), None).unwrap_err(),
        import_jwk(&jwk_of(&weak).to_string(), None).unwrap_err(),
    ];
    for refused in refusals {
        assert!(matches!(&refused, KeyError::Weak(words) if words.contains("1024")), "{refused}");
    }

    let primes = rsa_key().primes().to_vec();
    for e in [3u32, 5, 17, 257] {
        if let Ok(small) = RsaPrivateKey::from_p_q(primes[0].clone(), primes[1].clone(), BigUint::from(e)) {
            let refused = import_pem(&small.to_pkcs8_pem(LineEnding::LF).unwrap(), None).unwrap_err();
            assert!(matches!(&refused, KeyError::Weak(words) if words.contains("exponent")), "{refused}");
        }
    }
}

fn jwk_of(key: &RsaPrivateKey) -> Value {
    let number = |n: &BigUint| URL_SAFE_NO_PAD.encode(n.to_bytes_be());
    json!({ "kty": "RSA", "n": number(key.n()), "e": number(key.e()), "d": number(key.d()) })
}

/// The first two primes above three quarters of 2^512; made by hand, because nothing here makes such short keys.
fn primes_of_512_bits() -> (BigUint, BigUint) {
    let base = BigUint::from(3u32) << 510;
    (&base + 761u32, &base + 1505u32)
}

#[test]
fn mismatched_keys_are_refused() {
    let other = private_jwk(Algorithm::RS256);
    let third = generate(Algorithm::RS256, RsaBits::default()).unwrap().public_jwk;
    for name in ["n", "d", "p"] {
        let mut jwk = other.clone();
        jwk[name] = third["n"].clone();
        assert!(
            matches!(import_jwk(&jwk.to_string(), None), Err(KeyError::Mismatched(_) | KeyError::Weak(_))),
            "{name}"
        );
    }
    for alg in [Algorithm::ES256, Algorithm::EdDSA] {
        let mut jwk = private_jwk(alg);
        for name in ["x", "y"] {
            if let Some(value) = key(alg, 1).public_jwk.get(name) {
                jwk[name] = value.clone();
            }
        }
        assert!(matches!(import_jwk(&jwk.to_string(), None), Err(KeyError::Mismatched(_))), "{alg:?}");
    }
    let ec = key(Algorithm::ES256, 0);
    let refused = import_pem(&pem("PRIVATE KEY", &ec.private_pkcs8), Some(Algorithm::RS256)).unwrap_err();
    assert_eq!(refused, KeyError::WrongAlgorithm { wanted: "RS256", found: "ES256" });
    let refused = import_jwk(&private_jwk(Algorithm::PS256).to_string(), Some(Algorithm::RS256)).unwrap_err();
    assert_eq!(refused, KeyError::WrongAlgorithm { wanted: "RS256", found: "PS256" });
}

#[test]
fn r26_texts_that_hold_no_usable_key_are_refused_with_words() {
    let good = pem("PRIVATE KEY", &key(Algorithm::ES256, 0).private_pkcs8);
    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap().to_pkcs8v1().unwrap();
    for (text, word) in [
        (String::new(), "no PEM"),
        ("hello".into(), "no PEM"),
        (good[..60].to_owned(), "cut short"),
        (good.replace("-----END", "----END"), "cut short"),
        (pem("PRIVATE KEY", &key(Algorithm::ES256, 0).private_pkcs8[..50]), "damaged"),
        (good.replacen('M', "!", 1), "damaged"),
        (pem("ENCRYPTED PRIVATE KEY", b"x"), "passphrase"),
        (pem("PUBLIC KEY", b"x"), "PUBLIC KEY"),
        (pem("CERTIFICATE", b"x"), "CERTIFICATE"),
        (pem("PRIVATE KEY", p384.as_ref()), "P-256"),
        (pem("RSA PRIVATE KEY", b"x"), "RSA"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----".into(),
            "passphrase",
        ),
    ] {
        let refused = import_pem(&text, None).unwrap_err().to_string();
        assert!(refused.contains(word), "{text:.40}: {refused}");
    }
    let ec = private_jwk(Algorithm::ES256);
    let change = |name: &str, value: Value| {
        let mut jwk = ec.clone();
        jwk[name] = value;
        jwk.to_string()
    };
    for (text, word) in [
        ("{".to_owned(), "JSON"),
        (json!({ "keys": [ec] }).to_string(), "set"),
        (json!({ "kty": "oct", "k": "AAAA" }).to_string(), "symmetric"),
        (key(Algorithm::ES256, 0).public_jwk.to_string(), "private part"),
        (change("crv", "P-384".into()), "P-256"),
        (change("use", "enc".into()), "signing"),
        (change("alg", "ES384".into()), "algorithm"),
        (change("kid", "a b".into()), "kid"),
        (change("kid", "".into()), "kid"),
        (change("kid", 7.into()), "kid"),
        (change("d", "AAAA=".into()), "private part"),
        ("[]".into(), "RSA"),
    ] {
        let refused = import_jwk(&text, None).unwrap_err().to_string();
        assert!(refused.contains(word), "{text:.60}: {refused}");
    }
}

#[test]
fn exported_public_keys_are_read_by_the_library() {
    let ring = full_ring();
    let message = b"message";
    for alg in Algorithm::ALL {
        let key = key(alg, 0);
        let pem = ring.export_pem(&key.kid).unwrap();
        assert!(!pem.contains("PRIVATE"));
        let read = match alg {
            Algorithm::RS256 | Algorithm::PS256 => jsonwebtoken::DecodingKey::from_rsa_pem(pem.as_bytes()),
            Algorithm::ES256 => jsonwebtoken::DecodingKey::from_ec_pem(pem.as_bytes()),
            Algorithm::EdDSA => jsonwebtoken::DecodingKey::from_ed_pem(pem.as_bytes()),
        }
        .unwrap();
        let signature = Pair::from_pkcs8(alg, &key.private_pkcs8).unwrap().sign(message).unwrap();
        let signature = URL_SAFE_NO_PAD.encode(signature);
        let name = alg.as_str().parse().unwrap();
        assert!(jsonwebtoken::crypto::verify(&signature, message, &read, name).unwrap(), "{alg:?}");
        assert_eq!(ring.export_jwk(&key.kid).unwrap(), key.public_jwk);
    }
    assert!(ring.export_pem("unknown").is_none());
}

#[test]
fn rsa_sizes_by_option() {
    assert_eq!(RsaBits::parse(2048), Some(RsaBits::Bits2048));
    assert_eq!(RsaBits::parse(1024), None);
    let key = generate(Algorithm::PS256, RsaBits::parse(3072).unwrap()).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(key.public_jwk["n"].as_str().unwrap()).unwrap().len(), 384);
    signs(&key);
}
