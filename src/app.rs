//! Owns building the house: every part is made once, here, and handed down. The only place where all parts meet. It does
//! not own commands (`command`) nor what any part does.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Config, MailTls};
use crate::flow::account::links;
use crate::flow::admin::settings::{self, CurrentSettings};
use crate::flow::cx::ClientLifetimes;
use crate::flow::mail::Post;
use crate::flow::ops::keys::{self, KeyRule};
use crate::flow::ops::mail as post;
use crate::flow::ops::stats::{self, Keeper};
use crate::flow::ops::sweep::{self, SweepRule};
use crate::flow::ops::webhooks::Courier;
use crate::flow::own_app;
use crate::flow::sign_in::upstream;
use crate::flow::trace::{self, TraceWriter};
use crate::flow::webhook;
use crate::flow::{Cx, Fault, Parts, Policy};
use crate::identity::session::SessionRule;
use crate::outbound::guarded::Rule;
use crate::outbound::{Guarded, Mailbox, Mailer, SmtpSettings, SmtpTls};
use crate::secret::breached::BreachedList;
use crate::secret::master::DatabaseAge;
use crate::secret::passkey::RelyingParty;
use crate::secret::random::{Chance, SystemChance};
use crate::secret::{KeysSource, Mac, MasterKey, PasswordHasher, PasswordRule, Sealer};
use crate::signing::{KeyLives, Keyring, RsaBits};
use crate::store::{self, DatabaseSettings, Db};
use crate::time::Lifetime;
use crate::upstream::Upstreams;

/// Why the house could not be built. The words say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Open(#[from] store::OpenError),
    /// The database, while reading from it.
    #[error("the database could not be read: {0}")]
    Store(#[from] store::Fault),
    /// The master key.
    #[error(transparent)]
    MasterKey(#[from] crate::secret::MasterKeyError),
    /// The master key is one, but not the one that this database was sealed with.
    #[error(
        "the master key is not the one this database was sealed with. Put the right master.key back (keys.dir), or set \
         VOUCHSAFE_MASTER_KEY to the right one; nothing was changed"
    )]
    WrongMasterKey,
    /// Anything of the keys or the passwords that cannot be used.
    #[error("{0}")]
    Parts(String),
}

/// Who opens the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// A server: one per SQLite file.
    Server,
    /// A command beside a server that may be running.
    Command,
    /// A server that sends no mail but shows it.
    Demo,
}

/// The house.
pub struct App {
    /// What use-cases share.
    pub parts: Arc<Parts>,
    /// The clock.
    pub clock: Clock,
    /// What keys there should be.
    pub key_rule: KeyRule,
    /// What is kept how long.
    pub sweep_rule: SweepRule,
    /// Whether the database was empty before.
    pub fresh: bool,
}

impl App {
    /// Opens database and keys, brings the tables up to date, makes what a first start needs, loads the key ring. Must run
    /// inside a tokio runtime, which carries the trace's writer.
    ///
    /// # Errors
    /// A [`StartError`]; nothing is served, and no key is ever made in place of a missing or wrong one.
    pub async fn open(config: &Config, opener: Opener, clock: Clock) -> Result<Self, StartError> {
        Self::open_with(config, opener, clock, Arc::new(SystemChance)).await
    }

    /// [`App::open`] with another source of chance, for tests.
    ///
    /// # Errors
    /// A [`StartError`].
    pub async fn open_with(
        config: &Config,
        opener: Opener,
        clock: Clock,
        chance: Arc<dyn Chance>,
    ) -> Result<Self, StartError> {
        let settings = database_settings(config, opener);
        let (db, report) = on_blocking_thread(move || {
            let db = Db::open(&settings)?;
            let report = db.migrate()?;
            Ok::<_, StartError>((db, report))
        })
        .await?;
        let master = master_key(config, &db, &*chance).await?;
        let (tracer, writer) = trace::channel();
        let key_rule = key_rule(config)?;
        let seal = |purpose: &str| Sealer::from(&master, purpose).map_err(|e| StartError::Parts(e.to_string()));
        let guarded = guarded(config)?;
        let parts = Arc::new(Parts {
            keyring: Keyring::new(seal(crate::signing::keyring::SEAL_PURPOSE)?, key_rule.lives),
            passwords: PasswordHasher::new(password_rule(config)).map_err(|e| StartError::Parts(e.to_string()))?,
            breached: breached(config)?,
            chance,
            requests: seal("requests under way")?,
            factors: seal("authenticator apps")?,
            passkeys: RelyingParty::of(&config.server.issuer),
            forms: Mac::from(&master, "form tokens").map_err(|e| StartError::Parts(e.to_string()))?,
            audit: Mac::from(&master, "security log").map_err(|e| StartError::Parts(e.to_string()))?,
            answers: seal("answers that are kept")?,
            tracer,
            post: Post::new(
                if opener == Opener::Demo { Mailer::Mailbox(Mailbox::default()) } else { mailer(config)? },
                seal("mail that waits")?,
            ),
            upstreams: Upstreams::new(guarded.clone()),
            providers: Default::default(),
            upstream_secrets: seal("secrets at providers")?,
            guarded,
            subscriptions: Default::default(),
            webhook_secrets: Arc::new(seal("webhook secrets")?),
            stats: Default::default(),
            usage: Default::default(),
            settings: CurrentSettings::default(),
            policy: policy(config),
            key_rule: key_rule.clone(),
            db: db.clone(),
        });
        tokio::spawn(TraceWriter::run(writer, db));
        let app = Self { parts, clock, key_rule, sweep_rule: sweep_rule(config), fresh: report.fresh };
        app.first_keys().await?;
        settings::reload(&app.parts).await.map_err(fault)?;
        upstream::reload(&app.parts).await.map_err(fault)?;
        webhook::reload(&app.parts).await.map_err(fault)?;
        if opener != Opener::Command {
            own_app::client::ensure(&app.program_cx()).await.map_err(fault)?;
        }
        Ok(app)
    }

    /// Makes sure that tokens can be signed. Another node may be making the first keys at this moment: then waits for it.
    async fn first_keys(&self) -> Result<(), StartError> {
        for _ in 0..50 {
            keys::tend(&self.parts, &self.key_rule, self.clock.now()).await.map_err(fault)?;
            if self.parts.keyring.algorithms(self.clock.now()).len() >= self.key_rule.algorithms.len() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(StartError::Parts("no signing keys were made within 10 s; another node holds the lease".to_owned()))
    }

    /// A context for a command: no browser, the operator at the keyboard.
    pub fn command_cx(&self) -> Cx {
        self.cx_of("command line")
    }

    /// A context for what the program does by itself.
    fn program_cx(&self) -> Cx {
        self.cx_of("program")
    }

    fn cx_of(&self, who: &str) -> Cx {
        Cx::of_the_house(self.parts.clone(), self.clock.now(), who)
    }

    /// Starts what the house does by itself: keys every ten seconds (other nodes' changes are seen as fast), what was
    /// counted every half minute, sweeping every five minutes. The tasks end with the runtime.
    pub fn start_jobs(&self) {
        let (parts, rule, clock) = (self.parts.clone(), self.key_rule.clone(), self.clock.clone());
        tokio::spawn(async move {
            let mut timer = tokio::time::interval(Duration::from_secs(10));
            loop {
                timer.tick().await;
                if let Err(fault) = keys::tend(&parts, &rule, clock.now()).await {
                    tracing::warn!(%fault, "the signing keys could not be tended; trying again in 10 s");
                }
                if let Err(fault) = settings::reload(&parts).await {
                    tracing::warn!(%fault, "the settings could not be read; trying again in 10 s");
                }
                if let Err(fault) = upstream::reload(&parts).await {
                    tracing::warn!(%fault, "the providers could not be read; trying again in 10 s");
                }
                if let Err(fault) = webhook::reload(&parts).await {
                    tracing::warn!(%fault, "the webhooks could not be read; trying again in 10 s");
                }
            }
        });
        let (parts, clock) = (self.parts.clone(), self.clock.clone());
        tokio::spawn(async move {
            loop {
                if let Err(fault) = links::write(&parts, clock.now()).await {
                    tracing::warn!(%fault, "letters that were asked for could not be written; trying again in 10 s");
                }
                if let Err(fault) = post::deliver(&parts, clock.now()).await {
                    tracing::warn!(%fault, "the outbox could not be read; trying again in 10 s");
                }
                let _ = tokio::time::timeout(Duration::from_secs(10), parts.post.wake.notified()).await;
            }
        });
        let (parts, clock, courier) = (self.parts.clone(), self.clock.clone(), Courier::default());
        tokio::spawn(async move {
            loop {
                match courier.round(&parts, &clock).await {
                    Ok(mut begun) => begun.detach_all(),
                    Err(fault) => tracing::warn!(%fault, "the webhooks could not be served; trying again in 5 s"),
                }
                let _ = tokio::time::timeout(Duration::from_secs(5), parts.subscriptions.wake.notified()).await;
                // Woken before the event is committed.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let (parts, clock) = (self.parts.clone(), self.clock.clone());
        tokio::spawn(async move {
            let mut timer = tokio::time::interval(Duration::from_secs(30));
            let mut keeper = Keeper::default();
            loop {
                timer.tick().await;
                if let Err(fault) = keeper.tick(&parts, clock.now()).await {
                    tracing::warn!(%fault, "what was counted could not be stored; trying again in 30 s");
                }
            }
        });
        let (parts, rule, clock) = (self.parts.clone(), self.sweep_rule, self.clock.clone());
        tokio::spawn(async move {
            let mut timer = tokio::time::interval(Duration::from_secs(300));
            loop {
                timer.tick().await;
                match sweep::run(&parts, rule, clock.now()).await {
                    Ok(gone) => tracing::debug!(gone, "swept"),
                    Err(fault) => tracing::warn!(%fault, "sweeping failed; trying again in 5 minutes"),
                }
            }
        });
    }

    /// Writes out what is still in memory and lets the database go.
    pub async fn close(&self) {
        self.parts.tracer.flush().await;
        if let Err(fault) = stats::flush(&self.parts, self.clock.now()).await {
            tracing::warn!(%fault, "what was counted in the last half minute could not be stored");
        }
        let db = self.parts.db.clone();
        let _ = tokio::task::spawn_blocking(move || db.close()).await;
    }
}

/// Under this name the database keeps the mark of the master key that it was sealed with.
pub const MARK: &str = "master_key_check";

/// Loads the master key, or makes it for a database that was never used; holds it against the mark in the database.
async fn master_key(config: &Config, db: &Db, chance: &dyn Chance) -> Result<MasterKey, StartError> {
    let marked = db.read(|c| store::meta::find(c, MARK)).await?;
    let age = if marked.is_some() { DatabaseAge::InUse } else { DatabaseAge::Fresh };
    let source = KeysSource { dir: config.keys.dir.clone(), secret: config.keys.master_key.clone() };
    let master = MasterKey::load_or_create(&source, age, chance)?;
    let mark = master.check_value().map_err(|e| StartError::Parts(e.to_string()))?;
    let own = mark.clone();
    let stored = match marked {
        Some(stored) => stored,
        None => db.write(move |c| store::meta::insert_if_absent(c, MARK, &own)).await?,
    };
    if stored == mark { Ok(master) } else { Err(StartError::WrongMasterKey) }
}

/// What the configuration says of the database.
pub fn database_settings(config: &Config, opener: Opener) -> DatabaseSettings {
    let database = &config.database;
    DatabaseSettings {
        url: database.url.expose().to_owned(),
        max_connections: database.max_connections,
        ca_file: database.ca_file.clone(),
        acquire_timeout: database.acquire_timeout(),
        busy_timeout: database.busy_timeout(),
        write_queue: database.write_queue,
        exclusive: opener != Opener::Command,
    }
}

/// What the configuration says of signing keys.
///
/// # Errors
/// [`StartError::Parts`] for a size of RSA keys that there is not.
pub fn key_rule(config: &Config) -> Result<KeyRule, StartError> {
    let keys = &config.keys;
    let bits = RsaBits::parse(keys.rsa_bits);
    Ok(KeyRule {
        lives: KeyLives {
            rotate_every: keys.rotate_every(),
            publish_ahead: keys.publish_ahead(),
            jwks_max_age: keys.jwks_max_age(),
            // A client's own policy may give its tokens up to a day.
            longest_token: config.tokens.longest_signed().max(Lifetime::from_days(1)),
        },
        algorithms: keys.algorithms.clone(),
        rsa_bits: bits.ok_or_else(|| StartError::Parts("keys.rsa_bits must be 2048, 3072 or 4096".to_owned()))?,
    })
}

/// The way out for letters.
fn mailer(config: &Config) -> Result<Mailer, StartError> {
    let mail = &config.mail;
    let (Some(host), Some(from)) = (mail.host.clone(), mail.from.clone()) else { return Ok(Mailer::Off) };
    let ca_pem = mail.ca_file.as_ref().map(|path| {
        std::fs::read(path).map_err(|e| StartError::Parts(format!("mail.ca_file {}: {e}", path.display())))
    });
    Mailer::smtp(SmtpSettings {
        host,
        port: mail.port(),
        tls: match mail.tls {
            MailTls::Implicit => SmtpTls::Implicit,
            MailTls::StartTls => SmtpTls::StartTls,
            MailTls::None => SmtpTls::None,
        },
        login: mail.username.clone().zip(mail.password.clone()),
        ca_pem: ca_pem.transpose()?,
        from,
        timeout: mail.timeout(),
    })
    .map_err(StartError::Parts)
}

/// The client for addresses that others chose.
///
/// # Errors
/// [`StartError::Parts`] when the certificate authority cannot be used.
pub fn guarded(config: &Config) -> Result<Guarded, StartError> {
    let outbound = &config.outbound;
    let trouble =
        |path: &std::path::Path, why: String| StartError::Parts(format!("outbound.ca_file {}: {why}", path.display()));
    let file = outbound.ca_file.as_deref();
    let ca_pem = file.map(|path| std::fs::read(path).map_err(|e| trouble(path, e.to_string()))).transpose()?;
    Guarded::new(Rule {
        allow: outbound.allow.clone(),
        allow_http: outbound.allow_http.clone(),
        ca_pem,
        timeout: outbound.timeout(),
        per_host: outbound.per_host,
    })
    .map_err(|why| file.map_or_else(|| StartError::Parts(why.clone()), |path| trouble(path, why.clone())))
}

/// The list of breached passwords, if one is named.
fn breached(config: &Config) -> Result<Option<Arc<BreachedList>>, StartError> {
    let Some(path) = &config.passwords.breached else { return Ok(None) };
    let list = BreachedList::open(path)
        .map_err(|why| StartError::Parts(format!("passwords.breached {}: {why}", path.display())))?;
    Ok(Some(Arc::new(list)))
}

fn password_rule(config: &Config) -> PasswordRule {
    let passwords = &config.passwords;
    PasswordRule {
        memory_kib: passwords.memory_kib,
        iterations: passwords.iterations,
        parallelism: passwords.parallelism,
        max_running: passwords.running(),
        max_waiting: passwords.max_waiting,
        wait: passwords.wait(),
        max_bytes: passwords.max_bytes,
    }
}

fn policy(config: &Config) -> Policy {
    let tokens = &config.tokens;
    Policy {
        issuer: config.server.issuer.clone(),
        sessions: SessionRule { idle: config.sessions.idle(), absolute: config.sessions.absolute() },
        console: SessionRule { idle: config.console.idle(), absolute: config.console.absolute() },
        request_lifetime: config.sessions.request(),
        reuse_window: tokens.reuse_window(),
        account_guesses: config.limits.account(),
        address_guesses: config.limits.address(),
        network_guesses: config.limits.network(),
        stuffing: config.limits.stuffing(),
        password_min_length: config.passwords.min_length,
        breached_url: config.passwords.breached_url.clone(),
        client_lifetimes: ClientLifetimes {
            access_token: tokens.access_token(),
            id_token: tokens.id_token(),
            code: tokens.code(),
            refresh_idle: tokens.refresh_idle(),
            refresh_absolute: tokens.refresh_absolute(),
        },
    }
}

fn sweep_rule(config: &Config) -> SweepRule {
    SweepRule {
        trace_keep: config.trace.keep(),
        trace_rows: config.trace.keep_rows,
        events_keep: Lifetime::from_days(365),
        guesses_keep: Lifetime::from_hours(config.limits.forget_after_hours.into()),
    }
}

fn fault(fault: Fault) -> StartError {
    match fault {
        Fault::Store(fault) => StartError::Store(fault),
        other => StartError::Parts(other.to_string()),
    }
}

async fn on_blocking_thread<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    tokio::task::spawn_blocking(f).await.map_err(|e| StartError::Parts(e.to_string()))?
}
