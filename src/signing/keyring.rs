//! Owns the ring: every key of the database parsed once, kept by kid, and swapped as a whole. Signs, verifies, and writes
//! the JWKS. It does not own when keys come and go (`life`), nor their rows (`store::keys`).

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Serialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::generate::NewKey;
use super::jwk::{self, KeyError};
use super::life::{KeyLives, KeyState, StoredKey};
use super::pair::Pair;
use super::verify::{self, Expect, MAX_TOKEN_LEN, TokenRefusal, Verified};
use crate::oauth::jose::{Algorithm, TokenType};
use crate::secret::{SealError, Sealer};
use crate::time::Timestamp;

/// The purpose under which private keys are sealed: `Sealer::from(&master, SEAL_PURPOSE)`.
pub const SEAL_PURPOSE: &str = "signing keys";

/// Why the ring cannot be used. The ring that was there before stays.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyringError {
    /// The master key is not the one the key was sealed with, or the row was changed.
    #[error("the signing key {kid} cannot be opened: {why}. Put the right master key back; no new keys are made")]
    Sealed {
        /// The key.
        kid: String,
        /// What the seal says.
        why: SealError,
    },
    /// It opens, but it is no key of that algorithm.
    #[error("the signing key {kid} is damaged: {why}")]
    Damaged {
        /// The key.
        kid: String,
        /// What is wrong.
        why: KeyError,
    },
    /// The public half in the row is not that of the private key.
    #[error("the signing key {0} is stored with the public half of another key")]
    OtherPublicKey(String),
    /// Signing and verifying once did not work.
    #[error("the signing key {0} failed its test: what it signs cannot be verified")]
    SelfTest(String),
    /// Two rows of one name.
    #[error("there are two signing keys named {0}")]
    Twice(String),
}

/// Why a token could not be signed: always our own fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SigningFault {
    /// No key of this algorithm signs at this time.
    #[error("no {} key signs at this time", .0.as_str())]
    NoKey(Algorithm),
    /// The claims are not JSON.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(String),
    /// More than [`MAX_TOKEN_LEN`] bytes: nobody would accept it.
    #[error("the token would have {0} bytes; {max} are allowed", max = MAX_TOKEN_LEN)]
    TooLong(usize),
    /// The library failed.
    #[error("the key {0} could not sign")]
    Failed(String),
}

/// The JSON Web Key Set, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwks {
    /// The JSON text.
    pub body: String,
    /// A strong entity tag, with its quotes.
    pub etag: String,
    /// For `Cache-Control: max-age`.
    pub max_age_seconds: i64,
}

/// All keys of this provider. Clones share one ring.
#[derive(Clone)]
pub struct Keyring {
    inner: Arc<Inner>,
}

struct Inner {
    sealer: Sealer,
    lives: KeyLives,
    ring: RwLock<Arc<Ring>>,
}

#[derive(Default)]
struct Ring {
    /// The newest first, by [`StoredKey::seniority`].
    keys: Vec<Arc<RingKey>>,
    by_kid: HashMap<String, Arc<RingKey>>,
    jwks: RwLock<Option<TimedJwks>>,
}

/// The set and the span of time in which it stays the same.
struct TimedJwks {
    from: Timestamp,
    until: Timestamp,
    jwks: Arc<Jwks>,
}

struct RingKey {
    row: StoredKey,
    parsed: Arc<ParsedKey>,
}

/// The costly part of a key; goes from ring to ring unchanged.
struct ParsedKey {
    pair: Pair,
    decoding: DecodingKey,
    public_jwk: Value,
    /// `base64url(header).` for ID tokens and userinfo, and for access tokens.
    jwt_head: String,
    access_head: String,
}

impl Keyring {
    /// A ring without keys; [`Keyring::load`] fills it. The sealer is the one for [`SEAL_PURPOSE`].
    pub fn new(sealer: Sealer, lives: KeyLives) -> Self {
        let ring = RwLock::new(Arc::new(Ring::default()));
        Self { inner: Arc::new(Inner { sealer, lives, ring }) }
    }

    /// How long its keys live.
    pub fn lives(&self) -> KeyLives {
        self.inner.lives
    }

    /// Puts these rows in place of the present ring, all or nothing. A key that is already here is not parsed again; a new
    /// one must sign and verify once.
    pub fn load(&self, rows: &[StoredKey]) -> Result<(), KeyringError> {
        let old = self.ring();
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let known = old.by_kid.get(&row.kid).filter(|key| key.row.is_same_key(row));
            let parsed = match known {
                Some(key) => key.parsed.clone(),
                None => Arc::new(self.parse(row)?),
            };
            keys.push(Arc::new(RingKey { row: row.clone(), parsed }));
        }
        keys.sort_by(|a, b| b.row.seniority().cmp(&a.row.seniority()));
        let by_kid: HashMap<_, _> = keys.iter().map(|key| (key.row.kid.clone(), key.clone())).collect();
        if by_kid.len() < keys.len() {
            let twice = rows.iter().find(|row| rows.iter().filter(|other| other.kid == row.kid).count() > 1);
            return Err(KeyringError::Twice(twice.map(|row| row.kid.clone()).unwrap_or_default()));
        }
        let ring = Arc::new(Ring { keys, by_kid, jwks: RwLock::new(None) });
        *self.inner.ring.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = ring;
        Ok(())
    }

    /// The row of a new key, its private half sealed.
    pub fn seal(&self, key: &NewKey, created_at: Timestamp, signs_from: Timestamp) -> Result<StoredKey, KeyringError> {
        let place = place(&key.kid, key.alg);
        let sealed = self.inner.sealer.seal(&key.private_pkcs8, place.as_bytes());
        Ok(StoredKey {
            kid: key.kid.clone(),
            alg: key.alg,
            sealed_private: sealed.map_err(|why| KeyringError::Sealed { kid: key.kid.clone(), why })?,
            public_jwk: key.public_jwk.to_string(),
            created_at,
            signs_from,
            retires_at: None,
            gone_at: None,
        })
    }

    /// Signs claims as a compact JWS with the header `{alg, typ, kid}`, by the newest key of the algorithm that signs at `now`.
    pub fn sign(
        &self,
        alg: Algorithm,
        typ: TokenType,
        claims: &impl Serialize,
        now: Timestamp,
    ) -> Result<String, SigningFault> {
        let ring = self.ring();
        let key = ring.signer(alg, now).ok_or(SigningFault::NoKey(alg))?;
        let claims = serde_json::to_vec(claims).map_err(|error| SigningFault::Claims(error.to_string()))?;
        let head = key.parsed.head(typ);
        // 344 characters of base64 are an RSA signature of 2048 bits.
        let mut token = String::with_capacity(head.len() + claims.len().div_ceil(3) * 4 + 345);
        token.push_str(head);
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
        let signature =
            key.parsed.pair.sign(token.as_bytes()).map_err(|_| SigningFault::Failed(key.row.kid.clone()))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        if token.len() > MAX_TOKEN_LEN { Err(SigningFault::TooLong(token.len())) } else { Ok(token) }
    }

    /// Believes a token or says why not: ours, unchanged, of the expected kind, for the expected audience, at `now`.
    pub fn verify(
        &self,
        token: &str,
        expect: &Expect<'_>,
        now: Timestamp,
    ) -> Result<Verified<Map<String, Value>>, TokenRefusal> {
        let opened = verify::open(token, expect.typ)?;
        let ring = self.ring();
        let key = ring.by_kid.get(&opened.kid).filter(|key| key.row.state(now) != KeyState::Gone);
        let key = key.ok_or(TokenRefusal::UnknownKey)?;
        if key.row.alg != opened.alg {
            return Err(TokenRefusal::KeyIsFor(key.row.alg.as_str()));
        }
        if !key.parsed.has_signed(opened.signature, opened.signed.as_bytes(), opened.alg) {
            return Err(TokenRefusal::Signature);
        }
        let claims = verify::claims(opened.payload, expect, now)?;
        Ok(Verified::new(claims, opened.kid, opened.alg))
    }

    /// The public keys that are not gone at `now` (RFC 7517 section 5); those that sign come first. Written once, not for
    /// each request.
    pub fn jwks(&self, now: Timestamp) -> Arc<Jwks> {
        let ring = self.ring();
        {
            let written = ring.jwks.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(timed) = written.as_ref().filter(|timed| timed.from <= now && now < timed.until) {
                return timed.jwks.clone();
            }
        }
        let timed = ring.write_jwks(&self.inner.lives, now);
        let jwks = timed.jwks.clone();
        *ring.jwks.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(timed);
        jwks
    }

    /// The algorithms that can sign at `now`, in the order of [`Algorithm::ALL`].
    pub fn algorithms(&self, now: Timestamp) -> Vec<Algorithm> {
        let ring = self.ring();
        Algorithm::ALL.into_iter().filter(|alg| ring.signer(*alg, now).is_some()).collect()
    }

    /// The public JWK of a key of ours.
    pub fn export_jwk(&self, kid: &str) -> Option<Value> {
        self.ring().by_kid.get(kid).map(|key| key.parsed.public_jwk.clone())
    }

    /// The public half of a key of ours as PEM (`-----BEGIN PUBLIC KEY-----`).
    pub fn export_pem(&self, kid: &str) -> Option<String> {
        super::public_pem(&self.export_jwk(kid)?).ok()
    }

    fn ring(&self) -> Arc<Ring> {
        self.inner.ring.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn parse(&self, row: &StoredKey) -> Result<ParsedKey, KeyringError> {
        let kid = || row.kid.clone();
        let damaged = |why| KeyringError::Damaged { kid: kid(), why };
        let private = self
            .inner
            .sealer
            .open(&row.sealed_private, place(&row.kid, row.alg).as_bytes())
            .map_err(|why| KeyringError::Sealed { kid: kid(), why })?;
        let pair = Pair::from_pkcs8(row.alg, &private).map_err(damaged)?;
        let public = pair.public().map_err(damaged)?;
        let stored: Value = serde_json::from_str(&row.public_jwk).unwrap_or_default();
        if !public.is_described_by(&stored, &row.kid, row.alg) {
            return Err(KeyringError::OtherPublicKey(kid()));
        }
        let public_jwk = public.jwk(&row.kid, row.alg);
        let decoding = jwk::parse(&public_jwk)
            .and_then(|jwk| DecodingKey::from_jwk(&jwk).map_err(|error| KeyError::Unreadable(error.to_string())))
            .map_err(damaged)?;
        let jwt_head = head(row.alg, TokenType::IdToken, &row.kid);
        let access_head = head(row.alg, TokenType::AccessToken, &row.kid);
        let parsed = ParsedKey { pair, decoding, public_jwk, jwt_head, access_head };
        if parsed.passes_test(row.alg) { Ok(parsed) } else { Err(KeyringError::SelfTest(kid())) }
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ring = self.ring();
        f.debug_set().entries(ring.keys.iter().map(|key| &key.row.kid)).finish()
    }
}

impl StoredKey {
    /// Whether two rows hold one and the same key; the dates may differ.
    fn is_same_key(&self, other: &StoredKey) -> bool {
        self.kid == other.kid
            && self.alg == other.alg
            && self.sealed_private == other.sealed_private
            && self.public_jwk == other.public_jwk
    }
}

impl Ring {
    fn signer(&self, alg: Algorithm, now: Timestamp) -> Option<&RingKey> {
        let signs = |key: &&Arc<RingKey>| key.row.alg == alg && key.row.state(now) == KeyState::Signing;
        self.keys.iter().find(signs).map(Arc::as_ref)
    }

    fn write_jwks(&self, lives: &KeyLives, now: Timestamp) -> TimedJwks {
        let mut shown: Vec<_> = self.keys.iter().filter(|key| key.row.state(now) != KeyState::Gone).collect();
        shown.sort_by_key(|key| (key.row.state(now) != KeyState::Signing, key.row.alg));
        let keys: Vec<_> = shown.into_iter().map(|key| &key.parsed.public_jwk).collect();
        let body = json!({ "keys": keys }).to_string();
        let etag = digest::digest(&digest::SHA256, body.as_bytes());
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&etag.as_ref()[..16]));
        let jwks = Arc::new(Jwks { body, etag, max_age_seconds: lives.jwks_max_age.seconds() });

        let dates = || self.keys.iter().flat_map(|key| key.row.dates());
        let from = dates().filter(|at| *at <= now).max().unwrap_or(Timestamp::from_millis(i64::MIN));
        let until = dates().filter(|at| *at > now).min().unwrap_or(Timestamp::from_millis(i64::MAX));
        TimedJwks { from, until, jwks }
    }
}

impl StoredKey {
    /// The moments at which the state changes.
    fn dates(&self) -> impl Iterator<Item = Timestamp> {
        [Some(self.signs_from), self.retires_at, self.gone_at].into_iter().flatten()
    }
}

impl ParsedKey {
    fn head(&self, typ: TokenType) -> &str {
        match typ {
            TokenType::IdToken | TokenType::Userinfo => &self.jwt_head,
            TokenType::AccessToken => &self.access_head,
        }
    }

    fn has_signed(&self, signature: &str, message: &[u8], alg: Algorithm) -> bool {
        jsonwebtoken::crypto::verify(signature, message, &self.decoding, library_name(alg)).unwrap_or(false)
    }

    /// Signs and verifies once, so that a missing or wrong backend of a library shows at the start and not at the first
    /// sign-in.
    fn passes_test(&self, alg: Algorithm) -> bool {
        const MESSAGE: &[u8] = b"test of a signing key";
        self.pair.sign(MESSAGE).is_ok_and(|signature| {
            let signature = URL_SAFE_NO_PAD.encode(signature);
            self.has_signed(&signature, MESSAGE, alg) && !self.has_signed(&signature, b"another message", alg)
        })
    }
}

fn head(alg: Algorithm, typ: TokenType, kid: &str) -> String {
    let header = json!({ "alg": alg.as_str(), "typ": typ.as_str(), "kid": kid }).to_string();
    let mut head = URL_SAFE_NO_PAD.encode(header);
    head.push('.');
    head
}

/// Binds a sealed key to its row: it does not open under another name or for another algorithm.
fn place(kid: &str, alg: Algorithm) -> String {
    format!("{} {kid}", alg.as_str())
}

fn library_name(alg: Algorithm) -> jsonwebtoken::Algorithm {
    match alg {
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
    }
}
