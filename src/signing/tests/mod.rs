//! Tests of the room, named by the cases of the security list where there is one. This file owns what they share: keys made
//! once, a ring, and a forge that signs any header and payload validly.

mod import;
mod keyring;
mod life;
mod verify;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::keyring::SEAL_PURPOSE;
use super::pair::Pair;
use super::*;
use crate::oauth::jose::{Algorithm, TokenType};
use crate::secret::{MasterKey, Sealer};
use crate::time::{Lifetime, Timestamp};

const ISSUER: &str = "https://id.example.org";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn lives() -> KeyLives {
    KeyLives {
        rotate_every: Lifetime::from_days(90),
        publish_ahead: Lifetime::from_hours(24),
        jwks_max_age: Lifetime::from_hours(1),
        longest_token: Lifetime::from_minutes(15),
    }
}

/// Key number `number` of this algorithm; made once for all tests, because RSA keys take their time.
fn key(alg: Algorithm, number: usize) -> Arc<NewKey> {
    type Shelf = Mutex<HashMap<(Algorithm, usize), Arc<NewKey>>>;
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    let mut shelf = SHELF.get_or_init(Shelf::default).lock().unwrap();
    shelf.entry((alg, number)).or_insert_with(|| Arc::new(generate(alg, RsaBits::default()).unwrap())).clone()
}

fn keyring(master: u8) -> Keyring {
    Keyring::new(Sealer::from(&MasterKey::for_tests(master), SEAL_PURPOSE).unwrap(), lives())
}

fn row(alg: Algorithm, number: usize, signs_from: Timestamp) -> StoredKey {
    keyring(1).seal(&key(alg, number), signs_from, signs_from).unwrap()
}

/// A ring with one key of every algorithm, all signing since yesterday.
fn full_ring() -> Keyring {
    let rows: Vec<_> = Algorithm::ALL.into_iter().map(|alg| row(alg, 0, NOW - Lifetime::from_days(1))).collect();
    let ring = keyring(1);
    ring.load(&rows).unwrap();
    ring
}

fn access_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ISSUER, "sub": "u1", "client_id": "app", "jti": "j1",
        "iat": NOW.seconds(), "exp": NOW.seconds() + 900, "scope": "openid",
    })
}

fn header(key: &NewKey) -> Value {
    json!({ "alg": key.alg.as_str(), "typ": "at+jwt", "kid": key.kid })
}

/// Signs whatever it is given, validly.
fn forge(key: &NewKey, header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = Pair::from_pkcs8(key.alg, &key.private_pkcs8).unwrap().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
