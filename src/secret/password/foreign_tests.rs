//! Owns the known answers of hashes that others made. Each names its source.

use super::*;
use crate::secret::password::{PasswordHasher, PasswordRule, PasswordVerdict};
use crate::sensitive::Sensitive;

fn hasher() -> PasswordHasher {
    PasswordHasher::new(PasswordRule { memory_kib: 64, iterations: 1, max_running: 1, ..PasswordRule::default() })
        .unwrap()
}

/// The credential of the realm that Citeck's launcher brings along.
const KEYCLOAK: &str = r#"{"id":"x","type":"password","secretData":"{\"value\":\"31MudlHfx763mvpL+ZJU/etLgu2qFt0NpX+xyK0f8MCxOagc5N5+LCLQ/lUx8PJA6+eflW/eRQcnqGR7L8qb7w==\",\"salt\":\"SWU35ecF1zm/VYEcvzdNJg==\"}","credentialData":"{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}"}"#;
/// The credential of solo.io's workshop, with a key of 256 bits.
const KEYCLOAK_SHORT: &str = r#"{"secretData":"{\"value\":\"JsfNbCOIdZUbyBJ+BT+VoGI91Ec2rWLOvkLPDaX8e9k=\",\"salt\":\"P5rtFkGtPfoaryJ6PizUJw==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"}"#;

/// Password, hash, what the stored form begins with.
const KNOWN: &[(&str, &str, &str)] = &[
    // crypt_blowfish 1.2 (openwall), by passlib 1.7.4.
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$2a$05$"),
    ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", "$2a$05$"),
    // jBCrypt.
    ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "$2a$06$"),
    // passlib 1.7.4, test_handlers_bcrypt.py.
    ("ё", "$2y$05$6bNw2HLQYeqHYyBfLMsv/OUcZd0LKP39b87nBw3.S2tVZSqiQX6eu", "$2y$05$"),
    ("tá\u{411}ℓə", "$2b$05$Z17AXnnlpzddNUvnC6cZNOSwMA/8oNiKnHTHTwLlBijfucQQlHjaG", "$2b$05$"),
    // libxcrypt 4.4, for the salt in the manual of PHP.
    ("rasmuslerdorf", "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq", "$2y$07$"),
    // Django writes its own name before it.
    ("U*U", "bcrypt$$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$2a$05$"),
    // RFC 7914 section 12, by passlib 1.7.4.
    (
        "password",
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI",
        "$scrypt$ln=10,r=8,p=16$TmFDbA$",
    ),
    (
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
        "$scrypt$ln=14",
    ),
    // passlib 1.7.4, test_handlers_scrypt.py.
    (
        "nacl",
        "$scrypt$ln=1,r=4,p=2$yhnD+J+Tci4lZCwFgHCuVQ$fAsEWmxSHuC0cHKMwKVFPzrQukgvK09Sj+NueTSxKds",
        "$scrypt$ln=1,",
    ),
    // Django 4, tests/auth_tests/test_hashers.py.
    (
        "lètmein",
        "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==",
        "$scrypt$ln=14,r=8,p=1$c2Vhc2FsdA$",
    ),
    (
        "lètmein",
        "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=",
        "$pbkdf2-sha256$i=390000$c2Vhc2FsdA$",
    ),
    ("secret", "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q", "$argon2i$"),
    (
        "secret",
        "argon2$argon2i$m=8,t=1,p=1$c29tZXNhbHQ$gwQOXSNhxiOxPOA0+PY10P9QFO4NAYysnqRt1GSQLE55m+2GYDt9FEjPMHhP2Cuf0nOEXXMocVrsJAtNSsKyfg",
        "$argon2i$m=8",
    ),
    ("secret", "argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw", "$argon2id$"),
    // passlib 1.7.4, test_handlers_pbkdf2.py.
    ("password", "$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI", "$pbkdf2-sha1$i=1212$"),
    (
        "password",
        "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ",
        "$pbkdf2-sha256$i=1212$",
    ),
    (
        "Ιωαννης",
        "$pbkdf2-sha256$1212$3SABFJGDtyhrQMVt1uABPw$WyaUoqCLgvz97s523nF4iuOqZNbp5Nt8do/cuaa7AiI",
        "$pbkdf2-sha256$",
    ),
    (
        "password",
        "$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww",
        "$pbkdf2-sha512$i=1212$",
    ),
    ("admin", KEYCLOAK, "$pbkdf2-sha256$i=27500$"),
    ("password", KEYCLOAK_SHORT, "$pbkdf2-sha256$i=27500$"),
];

#[tokio::test]
async fn known_answers_of_other_systems_fit_and_become_ours() {
    let hasher = hasher();
    for (password, hash, begins) in KNOWN {
        let stored = hasher.imported(hash).unwrap_or_else(|why| panic!("{hash}: {why}"));
        assert!(stored.starts_with(begins), "{hash}: {stored}");
        assert_eq!(hasher.imported(&stored).as_ref(), Ok(&stored), "the stored form is read again as it is");
        let verdict = hasher.verify(Sensitive::new(*password), Some(stored.clone())).await.unwrap();
        let PasswordVerdict::Right { upgrade: Some(better) } = verdict else { panic!("{hash}: {verdict:?}") };
        assert!(better.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{better}");
        let again = hasher.verify(Sensitive::new(*password), Some(better)).await.unwrap();
        assert_eq!(again, PasswordVerdict::Right { upgrade: None }, "{hash}");
        let wrong = hasher.verify(Sensitive::new(format!("{password}x")), Some(stored)).await.unwrap();
        assert_eq!(wrong, PasswordVerdict::Wrong, "{hash}");
    }
}

#[tokio::test]
async fn j07_bcrypt_looks_at_72_bytes_as_it_did_and_ours_at_all() {
    let hasher = hasher();
    let long = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui".to_owned();
    let first = Sensitive::new(format!("{long}chars after 72 are ignored"));
    let verdict = hasher.verify(first.clone(), Some(stored)).await.unwrap();
    let PasswordVerdict::Right { upgrade: Some(ours) } = verdict else { panic!("{verdict:?}") };
    let check = async |password| hasher.verify(password, Some(ours.clone())).await.unwrap();
    assert_eq!(check(first).await, PasswordVerdict::Right { upgrade: None });
    assert_eq!(check(Sensitive::new(long)).await, PasswordVerdict::Wrong, "nothing is cut any more");
    assert_eq!(check(Sensitive::new(format!("{long}another end"))).await, PasswordVerdict::Wrong);
}

#[tokio::test]
async fn a_password_that_nobody_normalised_is_compared_as_typed() {
    // "ﬁ" is a ligature, which NFKC takes apart; computed with the plain library.
    let (typed, salt) = ("ﬁne ﬁsh and chips", b"sixteen bytes of");
    let mut hash = [0; 32];
    let rounds = NonZeroU32::new(1_000).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, typed.as_bytes(), &mut hash);
    let foreign = Foreign::Pbkdf2 { digest: Digest::Sha256, rounds: 1_000, salt: salt.to_vec(), hash: hash.to_vec() };
    let verdict = hasher().verify(Sensitive::new(typed), Some(foreign.to_string())).await.unwrap();
    assert!(matches!(verdict, PasswordVerdict::Right { upgrade: Some(_) }), "{verdict:?}");
}

#[tokio::test]
async fn j08_an_imported_hash_cannot_ask_for_the_moon() {
    let hasher = hasher();
    for (hash, why) in [
        ("$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", TOO_MUCH),
        ("$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", TOO_MUCH),
        ("$scrypt$ln=20,r=8,p=1$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI", TOO_MUCH),
        ("$scrypt$ln=10,r=8,p=100000$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI", TOO_MUCH),
        ("$scrypt$ln=255,r=4294967295,p=4294967295$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI", TOO_MUCH),
        ("$scrypt$ln=10,r=0,p=1$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI", TOO_MUCH),
        ("$pbkdf2-sha256$i=4000001$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI", TOO_MUCH),
        ("$pbkdf2-sha256$i=0$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI", TOO_MUCH),
        ("$argon2id$v=19$m=1048576,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", TOO_MUCH),
    ] {
        let refused = hasher.imported(hash).unwrap_err().to_string();
        assert!(refused.contains(why), "{hash}: {refused}");
        // Somebody wrote it into the database: as unusable as any broken one, and nothing of it is computed.
        let began = std::time::Instant::now();
        assert!(hasher.verify(Sensitive::new("x"), Some(hash.to_owned())).await.is_err(), "{hash}");
        assert!(began.elapsed().as_secs() < 2, "{hash}");
    }
}

#[test]
fn what_is_no_hash_is_refused_and_never_panics() {
    for odd in [
        "",
        "$",
        "$$$$",
        "{",
        "{}",
        "plain",
        "$2b$",
        "$2b$05$",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$ab$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$ß",
        "$1$salt$hash",
        "$6$salt$hash",
        "$scrypt$",
        "$scrypt$ln=10$a$b",
        "$scrypt$ln=10,r=8,p=1$!$!",
        "$pbkdf2-md5$1$YQ$YQ",
        "$pbkdf2-sha256$x$YQ$YQ",
        "pbkdf2_sha256$",
        "pbkdf2_sha256$1$a$b$c",
        "scrypt$1000$a$8$1$YQ==",
        "sha1$a$b",
        "md5$a$b",
        "!",
        "bcrypt$",
        "argon2",
        "$pbkdf2-sha256$i=1$$",
        r#"{"secretData":"{}","credentialData":"{}"}"#,
        r#"{"secretData":"x","credentialData":"{}"}"#,
    ] {
        assert!(stored_form(odd).is_err(), "{odd:?}");
    }
}
