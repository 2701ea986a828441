//! Owns a small house for the tests of this room: a database file, seeded chance, a clock that stands still, two kinds of
//! keys, cheap password hashes, one client. Tests only.

use std::sync::Arc;

use crate::clock::Clock;
use crate::flow::cx::{ClientLifetimes, correlation_id};
use crate::flow::ops::keys::{self, KeyRule};
use crate::flow::{Cx, Parts, Policy, trace};
use crate::identity::guess::{GuessRule, StuffingRule};
use crate::identity::session::SessionRule;
use crate::identity::user::Profile as Person;
use crate::identity::{Email, RoleName, Session, SessionId, User, UserId};
use crate::messages::Language;
use crate::oauth::authorization::{Authorization, Grant};
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::client_policy::Profile;
use crate::oauth::jose::Algorithm;
use crate::oauth::scope::ScopeSet;
use crate::secret::master::MasterKey;
use crate::secret::passkey::RelyingParty;
use crate::secret::random::uuid;
use crate::secret::{Mac, PasswordHasher, PasswordRule, Sealer, SeededChance};
use crate::signing::{KeyLives, Keyring, RsaBits};
use crate::store::{DatabaseSettings, Db, clients, events, grants, sessions, users};
use crate::time::{Lifetime, Timestamp};

/// The client that is there from the start: a public one.
pub(in crate::flow) const CLIENT: &str = "app";

/// A private key that somebody made elsewhere, as a file holds it.
pub(in crate::flow) fn pem(alg: crate::oauth::jose::Algorithm) -> String {
    use base64::Engine;
    let made = crate::signing::generate(alg, RsaBits::Bits2048).unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode(made.private_pkcs8.as_slice());
    format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n")
}

pub(in crate::flow) struct House {
    pub(in crate::flow) parts: Arc<Parts>,
    pub(in crate::flow) clock: Clock,
    pub(in crate::flow) rule: KeyRule,
    _folder: tempfile::TempDir,
}

pub(in crate::flow) async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&DatabaseSettings::new(format!("sqlite://{}/v.db", folder.path().display()))).unwrap();
    db.migrate().unwrap();
    let master = MasterKey::for_tests(7);
    let lives = KeyLives {
        rotate_every: Lifetime::from_days(90),
        publish_ahead: Lifetime::from_hours(24),
        jwks_max_age: Lifetime::from_hours(1),
        longest_token: Lifetime::from_days(1),
    };
    let passwords = PasswordRule { memory_kib: 64, iterations: 1, max_running: 1, ..PasswordRule::default() };
    let clock = Clock::fixed(Timestamp::from_seconds(1_800_000_000));
    let parts = Arc::new(Parts {
        keyring: Keyring::new(Sealer::from(&master, "signing keys").unwrap(), lives),
        passwords: PasswordHasher::new(passwords).unwrap(),
        breached: None,
        chance: Arc::new(SeededChance::new(1)),
        factors: Sealer::from(&master, "authenticator apps").unwrap(),
        requests: Sealer::from(&master, "requests under way").unwrap(),
        passkeys: RelyingParty::of(&policy().issuer),
        forms: Mac::from(&master, "form tokens").unwrap(),
        audit: Mac::from(&master, "security log").unwrap(),
        answers: Sealer::from(&master, "answers that are kept").unwrap(),
        tracer: trace::channel().0,
        post: crate::flow::mail::Post::new(
            crate::outbound::Mailer::Mailbox(crate::outbound::Mailbox::default()),
            Sealer::from(&master, "mail that waits").unwrap(),
        ),
        upstreams: crate::upstream::Upstreams::new(
            crate::outbound::Guarded::new(crate::outbound::guarded::Rule::default()).unwrap(),
        ),
        providers: Default::default(),
        upstream_secrets: Sealer::from(&master, "secrets at providers").unwrap(),
        guarded: crate::outbound::Guarded::new(crate::outbound::guarded::Rule::default()).unwrap(),
        subscriptions: Default::default(),
        webhook_secrets: Arc::new(Sealer::from(&master, "webhook secrets").unwrap()),
        stats: Default::default(),
        usage: Default::default(),
        settings: crate::flow::admin::settings::CurrentSettings::default(),
        policy: policy(),
        key_rule: KeyRule { lives, algorithms: vec![Algorithm::RS256, Algorithm::ES256], rsa_bits: RsaBits::Bits2048 },
        db,
    });
    let rule = parts.key_rule.clone();
    keys::tend(&parts, &rule, clock.now()).await.unwrap();
    let house = House { parts, clock, rule, _folder: folder };
    let mut client = super::client_document::draft(Profile::Spa, CLIENT.to_owned(), house.clock.now());
    client.name = "App".to_owned();
    client.redirect_uris = vec!["https://app.test/cb".to_owned()];
    house.parts.db.write(move |c| clients::insert(c, &client)).await.unwrap();
    house
}

fn policy() -> Policy {
    let guesses = GuessRule {
        free: 5,
        first_delay: Lifetime::from_seconds(30),
        longest_delay: Lifetime::from_minutes(15),
        forget_after: Lifetime::from_hours(24),
    };
    Policy {
        issuer: "https://id.test".to_owned(),
        sessions: SessionRule { idle: Lifetime::from_hours(2), absolute: Lifetime::from_hours(24) },
        console: SessionRule { idle: Lifetime::from_minutes(15), absolute: Lifetime::from_hours(8) },
        request_lifetime: Lifetime::from_minutes(30),
        reuse_window: Lifetime::from_seconds(10),
        account_guesses: guesses,
        address_guesses: guesses,
        network_guesses: guesses,
        stuffing: StuffingRule { accounts: 20, window: Lifetime::from_hours(1), bar: Lifetime::from_hours(1) },
        password_min_length: 12,
        breached_url: "https://breached.test/range/".to_owned(),
        client_lifetimes: ClientLifetimes {
            access_token: Lifetime::from_minutes(10),
            id_token: Lifetime::from_minutes(10),
            code: Lifetime::from_seconds(30),
            refresh_idle: Lifetime::from_days(7),
            refresh_absolute: Lifetime::from_days(30),
        },
    }
}

impl House {
    pub(in crate::flow) fn cx(&self) -> Cx {
        Cx {
            parts: self.parts.clone(),
            now: self.clock.now(),
            correlation_id: correlation_id(&*self.parts.chance),
            address: "command line".to_owned(),
            rate_key: "command line".to_owned(),
            user_agent: String::new(),
            language: Language::ENGLISH,
        }
    }

    pub(in crate::flow) async fn person(&self, email: &str) -> User {
        let now = self.clock.now();
        let user = User {
            id: UserId(uuid(&*self.parts.chance, now)),
            email: Email::parse(email).unwrap(),
            email_verified: true,
            role: RoleName::PERSON,
            profile: Person::default(),
            groups: Vec::new(),
            disabled_at: None,
            valid_from: now,
            created_at: now,
            updated_at: now,
            version: 1,
            attributes: Default::default(),
            last_sign_in_at: None,
            picture: None,
        };
        let saved = user.clone();
        assert!(self.parts.db.write(move |c| users::insert(c, &saved)).await.unwrap());
        user
    }

    pub(in crate::flow) async fn person_with_role(&self, email: &str, role: &str) -> User {
        let person = self.person(email).await;
        let changed = User { role: RoleName::parse(role).unwrap(), ..person };
        let saved = changed.clone();
        self.parts.db.write(move |c| users::update(c, &saved)).await.unwrap();
        changed
    }

    pub(in crate::flow) async fn session_of(&self, user: &User) -> SessionId {
        let now = self.clock.now();
        let session = Session {
            id: SessionId(uuid(&*self.parts.chance, now)),
            user_id: user.id.clone(),
            created_at: now,
            auth_time: now,
            last_seen_at: now,
            expires_at: now + Lifetime::from_hours(24),
            ended_at: None,
            acr: "urn:vouchsafe:acr:password".to_owned(),
            amr: vec!["pwd".to_owned()],
            user_agent: "test".to_owned(),
            address: "127.0.0.1".to_owned(),
        };
        let (saved, hash) = (session.clone(), session.id.as_str().as_bytes().to_vec());
        self.parts.db.write(move |c| sessions::insert(c, &saved, &hash)).await.unwrap();
        session.id
    }

    pub(in crate::flow) async fn session(&self, id: &SessionId) -> Session {
        let id = id.clone();
        self.parts.db.read(move |c| sessions::find(c, &id)).await.unwrap().unwrap()
    }

    pub(in crate::flow) async fn grant_of(&self, user: &User, session: &SessionId) -> String {
        let now = self.clock.now();
        let authorization = Authorization {
            client_id: CLIENT.to_owned(),
            user_id: Some(user.id.clone()),
            session_id: Some(session.clone()),
            scope: ScopeSet::of(["openid"]),
            auth_time: Some(now),
            acr: None,
            amr: Vec::new(),
            nonce: None,
            claims: ClaimsRequest::default(),
            resources: Vec::new(),
        };
        let grant = Grant {
            id: uuid(&*self.parts.chance, now),
            authorization,
            offline: false,
            created_at: now,
            expires_at: now + Lifetime::from_days(1),
            revoked_at: None,
            correlation_id: "test".to_owned(),
        };
        let saved = grant.clone();
        self.parts.db.write(move |c| grants::insert(c, &saved)).await.unwrap();
        grant.id
    }

    pub(in crate::flow) async fn grant(&self, id: &str) -> Grant {
        let id = id.to_owned();
        self.parts.db.read(move |c| grants::find(c, &id)).await.unwrap().unwrap()
    }

    pub(in crate::flow) async fn give_scope(&self, name: &str) {
        let name = name.to_owned();
        let given = self.parts.db.write(move |c| {
            let mut client = clients::find(c, CLIENT)?.unwrap();
            client.scopes = client.scopes.union(&ScopeSet::of([name.as_str()]));
            clients::update(c, &client)
        });
        assert!(given.await.unwrap());
    }

    pub(in crate::flow) async fn take_scopes(&self) {
        let taken = self.parts.db.write(move |c| {
            let mut client = clients::find(c, CLIENT)?.unwrap();
            client.scopes = ScopeSet::default();
            clients::update(c, &client)
        });
        assert!(taken.await.unwrap());
    }

    /// The details of the newest event.
    pub(in crate::flow) async fn last_detail(&self) -> serde_json::Value {
        let rows = self.parts.db.read(|c| events::list(c, 0, 100)).await.unwrap();
        serde_json::from_str(&rows.last().unwrap().event.detail).unwrap()
    }

    /// `KIND by ACTOR`, oldest first.
    pub(in crate::flow) async fn events(&self) -> Vec<String> {
        let rows = self.parts.db.read(|c| events::list(c, 0, 100)).await.unwrap();
        rows.into_iter().map(|l| format!("{} by {}", l.event.kind, l.event.actor.unwrap_or_default())).collect()
    }
}
