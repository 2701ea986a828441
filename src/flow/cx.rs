//! Owns what every use-case may reach: the shared [`Parts`], and the [`Cx`] of one request with its `now`, its correlation
//! id and where it came from. It does not own how the parts are built (`app`).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::flow::admin::settings::CurrentSettings;
use crate::flow::mail::Post;
use crate::flow::sign_in::upstream::CurrentProviders;
use crate::identity::User;
use crate::identity::guess::{GuessRule, StuffingRule};
use crate::identity::session::SessionRule;
use crate::messages::{self, Language};
use crate::oauth::error::Refusal;
use crate::outbound::Guarded;
use crate::secret::breached::BreachedList;
use crate::secret::passkey::RelyingParty;
use crate::secret::password::{PasswordError, PasswordHasher};
use crate::secret::random::Chance;
use crate::secret::sealed::{Mac, Sealer};
use crate::signing::{Keyring, SigningFault};
use crate::store::{self, Db};
use crate::time::{Lifetime, Timestamp};
use crate::upstream::Upstreams;

use super::ops::keys::KeyRule;
use super::stats::{Count, Stats};
use super::trace::{Note, Tracer};
use super::usage::Usage;
use super::webhook::Subscriptions;

/// Rules from the configuration that use-cases ask.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `iss`, and the base of every URL. No header can change it (security case I11).
    pub issuer: String,
    /// How long sessions live.
    pub sessions: SessionRule,
    /// How long sessions of the administration console live.
    pub console: SessionRule,
    /// How long a person may take from the authorization request to the code.
    pub request_lifetime: Lifetime,
    /// Within this span a replayed refresh token may be a lost answer.
    pub reuse_window: Lifetime,
    /// Tolerance for wrong passwords per account.
    pub account_guesses: GuessRule,
    /// Tolerance for wrong passwords per address.
    pub address_guesses: GuessRule,
    /// Tolerance for wrong passwords per network.
    pub network_guesses: GuessRule,
    /// When trying out many accounts is an attack.
    pub stuffing: StuffingRule,
    /// Shortest password that may be set, in characters.
    pub password_min_length: usize,
    /// Where passwords are looked up online, if the settings say so.
    pub breached_url: String,
    /// Lifetimes that new clients start with.
    pub client_lifetimes: ClientLifetimes,
}

/// Lifetimes that new clients start with.
#[derive(Clone, Copy, Debug)]
pub struct ClientLifetimes {
    /// Access tokens.
    pub access_token: Lifetime,
    /// ID tokens.
    pub id_token: Lifetime,
    /// Authorization codes.
    pub code: Lifetime,
    /// Refresh tokens, unused.
    pub refresh_idle: Lifetime,
    /// Grants.
    pub refresh_absolute: Lifetime,
}

/// What all requests share. Built once by `app` and handed down.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Signing keys.
    pub keyring: Keyring,
    /// The password pool.
    pub passwords: PasswordHasher,
    /// Passwords that were stolen elsewhere.
    pub breached: Option<Arc<BreachedList>>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// Seals authorization requests while a person signs in.
    pub requests: Sealer,
    /// Seals the secrets of authenticator apps.
    pub factors: Sealer,
    /// We, towards passkeys; none where the issuer's host is an address and no name.
    pub passkeys: Option<RelyingParty>,
    /// Makes form tokens.
    pub forms: Mac,
    /// Seals the security log.
    pub audit: Mac,
    /// Seals answers that are kept for requests that come again.
    pub answers: Sealer,
    /// Where traces go.
    pub tracer: Tracer,
    /// Where letters to people go.
    pub post: Post,
    /// Asks addresses that others chose.
    pub guarded: Guarded,
    /// The way to providers that people sign in through.
    pub upstreams: Upstreams,
    /// Which there are, for the buttons.
    pub providers: CurrentProviders,
    /// Seals our secrets at them.
    pub upstream_secrets: Sealer,
    /// Who subscribes to which events.
    pub subscriptions: Subscriptions,
    /// Seals the secrets of webhooks.
    pub webhook_secrets: Arc<Sealer>,
    /// What is counted.
    pub stats: Stats,
    /// Which clients and secrets were used.
    pub usage: Usage,
    /// What administrators set while the server runs.
    pub settings: CurrentSettings,
    /// Rules.
    pub policy: Policy,
    /// What signing keys there should be.
    pub key_rule: KeyRule,
}

/// One request: shared parts, one `now`, and where it came from.
#[derive(Clone)]
pub struct Cx {
    /// Shared parts.
    pub parts: Arc<Parts>,
    /// The one `now` of the whole request.
    pub now: Timestamp,
    /// Under this id the log and the trace show what happened.
    pub correlation_id: String,
    /// The client's address, for people to read.
    pub address: String,
    /// The client's address as a key for limits (IPv6 by /64).
    pub rate_key: String,
    /// `User-Agent`, cut to 256 characters.
    pub user_agent: String,
    /// The language of pages that answer it, and of letters to people whose own language is not known.
    pub language: Language,
}

impl Cx {
    /// A context for what nobody asked for over HTTP: a command, or what the program does by itself.
    pub fn of_the_house(parts: Arc<Parts>, now: Timestamp, who: &str) -> Self {
        Self {
            now,
            correlation_id: correlation_id(&*parts.chance),
            address: who.to_owned(),
            rate_key: who.to_owned(),
            user_agent: String::new(),
            language: Language::default(),
            parts,
        }
    }

    /// Rules.
    pub fn policy(&self) -> &Policy {
        &self.parts.policy
    }

    /// `iss`.
    pub fn issuer(&self) -> &str {
        &self.parts.policy.issuer
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.parts.db
    }

    /// The language of a letter to somebody: their own, if it is known and we have it (`locale`, OIDC Core section 5.1).
    pub fn language_of(&self, user: &User) -> Language {
        user.profile.locale.as_deref().and_then(messages::first_known).unwrap_or(self.language)
    }

    /// Goes on under the correlation id of the sign-in this request belongs to, so that one id shows the whole flow.
    pub fn adopt(&mut self, correlation_id: &str) {
        self.correlation_id = correlation_id.to_owned();
    }

    /// Notes a step that was taken.
    pub fn note(&self, note: Note) {
        self.parts.tracer.note(self, note);
    }

    /// Counts one.
    pub fn count(&self, what: Count) {
        self.parts.stats.count(what);
    }

    /// Notes a refusal with its finding, and hands it back.
    pub fn refuse(&self, step: &'static str, refusal: Refusal, note: Note) -> Refusal {
        match step {
            "authorize" => self.count(Count::AuthorizeRefusals),
            "token" => self.count(Count::TokenRefusals),
            _ => {}
        }
        self.parts.tracer.refused(self, step, &refusal, note);
        refusal
    }
}

/// What broke. Never a refusal: there is deliberately no way to turn one into the other, so `?` cannot mix them.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Fault),
    /// A key.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// The password pool is full.
    #[error("too many passwords are being checked at once")]
    Busy {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// A state that cannot be, with words for the log.
    #[error("{0}")]
    Internal(String),
}

impl From<PasswordError> for Fault {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded { retry_after_seconds } => Fault::Busy { retry_after: retry_after_seconds },
            other => Fault::Internal(other.to_string()),
        }
    }
}

/// A fresh correlation id: 80 random bits in four groups that can be read out over the telephone.
pub fn correlation_id(chance: &dyn Chance) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut random = [0_u8; 16];
    chance.fill(&mut random);
    let mut id = String::with_capacity(19);
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            id.push('-');
        }
        id.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    id
}

/// Base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding; `None` for anything else.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
