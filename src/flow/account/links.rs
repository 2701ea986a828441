//! Owns letters with links that people ask for: counting how many, and writing them. Whoever asks gets the same answer after
//! the same work, whether there is such an account or not: what was asked for is stored, and only whoever writes the letters
//! looks up whose address it is (security case J03). It does not own what stands behind a link (`sign_up`, `recovery`,
//! `address`) nor the words of the letters (`letters`).

use crate::flow::account::notice::Told;
use crate::flow::account::{address, recovery, sign_up};
use crate::flow::{Cx, Fault, Parts, mail};
use crate::identity::guess::{GuessRule, Wait};
use crate::identity::{Email, UserId};
use crate::messages;
use crate::secret::random::uuid;
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, AccountLink};
use crate::store::link_requests::{self, LinkRequest};
use crate::store::{self, Conn, devices, guesses, users};
use crate::time::{Lifetime, Timestamp};

/// How many letters one address gets: three at once, then at growing intervals. Nobody waits longer than the shortest-lived link
/// can be used: whoever is held up by a stranger's requests has a letter that works.
const TO_ONE_ADDRESS: GuessRule = GuessRule {
    free: 3,
    first_delay: Lifetime::from_minutes(1),
    longest_delay: Purpose::Reset.lifetime(),
    forget_after: Lifetime::from_hours(24),
};
/// Letters that are written in one go.
const BATCH: i64 = 20;

/// The page behind the two links of a change of address, the one to the new address and the one to the old.
pub(super) const NEW_ADDRESS_PATH: &str = "/new-address";

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Making an account.
    SignUp,
    /// Setting a password anew.
    Reset,
    /// Confirming an address.
    NewAddress,
}

impl Purpose {
    const ALL: [Purpose; 3] = [Purpose::SignUp, Purpose::Reset, Purpose::NewAddress];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::SignUp => account_links::SIGN_UP,
            Purpose::Reset => account_links::RESET,
            Purpose::NewAddress => account_links::NEW_ADDRESS,
        }
    }

    /// How long its links can be used.
    pub const fn lifetime(self) -> Lifetime {
        match self {
            Purpose::SignUp | Purpose::NewAddress => Lifetime::from_hours(24),
            Purpose::Reset => Lifetime::from_hours(1),
        }
    }

    /// The page behind its links.
    const fn path(self) -> &'static str {
        match self {
            Purpose::SignUp => "/sign-up/link",
            Purpose::Reset => "/recovery/link",
            Purpose::NewAddress => NEW_ADDRESS_PATH,
        }
    }
}

/// Whether letters are sent at all.
pub fn is_on(cx: &Cx) -> bool {
    cx.parts.post.mailer.is_on()
}

/// What somebody wants a letter for.
pub(super) struct Wanted {
    pub(super) purpose: Purpose,
    pub(super) email: Email,
    /// Who asks, if they are signed in.
    pub(super) user: Option<UserId>,
    /// The sealed authorization request to go on with.
    pub(super) request: String,
    /// Hash of the device token of whoever asks.
    pub(super) device: Option<Vec<u8>>,
    /// A letter to whoever should know of it at once.
    pub(super) told: Option<Told>,
}

/// Counts the letter and stores that it was asked for.
pub(super) async fn ask(cx: &Cx, wanted: Wanted) -> Result<Result<(), Wait>, Fault> {
    let asked = LinkRequest {
        id: uuid(&*cx.parts.chance, cx.now),
        purpose: wanted.purpose.as_str().to_owned(),
        user_id: wanted.user,
        email: wanted.email.as_str().to_owned(),
        request: wanted.request,
        language: cx.language.tag().to_owned(),
        address: cx.address.clone(),
        correlation_id: cx.correlation_id.clone(),
        created_at: cx.now,
    };
    let (own, email, device, told) = (cx.clone(), wanted.email, wanted.device, wanted.told);
    let stored = cx.db().write(move |c| {
        if let Err(wait) = admit(c, &own, &email, device.as_deref())? {
            return Ok(Err(wait));
        }
        link_requests::insert(c, &asked)?;
        if let Some(told) = &told {
            told.post(c, &own)?;
        }
        Ok(Ok(()))
    });
    let stored = stored.await?;
    cx.parts.post.wake.notify_one();
    Ok(stored)
}

fn key_of(email: &Email) -> String {
    format!("letters:{}", crate::flow::cx::base64url(&hash(email.key())))
}

/// Whether this is a device from which the owner of the address has signed in before. Asks the same of the database whether the
/// address has an owner or not.
fn known_device(c: &mut Conn, email: &Email, device: Option<&[u8]>) -> Result<Option<String>, store::Fault> {
    let owner = users::find_by_email_key(c, email.key())?.map_or_else(|| UserId(String::new()), |user| user.id);
    let Some(device) = device else { return Ok(None) };
    Ok(devices::is_known(c, &owner, device)?.then(|| crate::flow::cx::base64url(device)))
}

/// Both the address and the network must admit it, or neither counts (security case J13). A device from which the owner has
/// signed in before counts for itself alone: strangers who ask for letters to an address do not hold up whose it is.
fn admit(c: &mut Conn, cx: &Cx, email: &Email, device: Option<&[u8]>) -> Result<Result<(), Wait>, store::Fault> {
    if let Some(device) = known_device(c, email, device)? {
        let own = format!("{}:{device}", key_of(email));
        return match TO_ONE_ADDRESS.admit(guesses::for_update(c, &own)?, cx.now) {
            Ok(counter) => guesses::put(c, &own, &counter).map(Ok),
            Err(wait) => Ok(Err(wait)),
        };
    }
    let (to, from) = (key_of(email), format!("letters-from:{}", cx.rate_key));
    let one_address = TO_ONE_ADDRESS.admit(guesses::for_update(c, &to)?, cx.now);
    let one_network = cx.policy().address_guesses.admit(guesses::for_update(c, &from)?, cx.now);
    match (one_address, one_network) {
        (Ok(address), Ok(network)) => {
            guesses::put(c, &to, &address)?;
            guesses::put(c, &from, &network)?;
            Ok(Ok(()))
        }
        (Err(a), Err(b)) => Ok(Err(Wait(a.0.max(b.0)))),
        (Err(wait), Ok(_)) | (Ok(_), Err(wait)) => Ok(Err(wait)),
    }
}

/// Whoever used a link reads what comes to the address: nobody is writing to a stranger.
pub(super) fn forget_letters(c: &mut Conn, email: &Email) -> Result<(), store::Fault> {
    guesses::forget(c, &key_of(email))
}

/// What a letter needs of chance; drawn before the transaction.
#[derive(Clone)]
pub(super) struct Drawn {
    /// The secret of the link.
    pub(super) secret: Sensitive,
    /// The letter's id.
    pub(super) letter_id: String,
}

impl Drawn {
    pub(super) fn new(cx: &Cx) -> Self {
        Self { secret: make(Kind::AccountLink, &*cx.parts.chance), letter_id: mail::letter_id(cx) }
    }

    /// Hash of the secret.
    pub(super) fn hash(&self) -> Vec<u8> {
        hash(self.secret.expose())
    }

    /// The address of the page behind the link.
    pub(super) fn address(&self, cx: &Cx, purpose: Purpose) -> String {
        format!("{}{}?token={}", cx.issuer(), purpose.path(), self.secret.expose())
    }
}

/// Writes the letters that were asked for. How many requests were done with. One that cannot be done holds up none of the
/// others of its batch.
///
/// # Errors
/// The first [`Fault`].
pub async fn write(parts: &std::sync::Arc<Parts>, now: Timestamp) -> Result<usize, Fault> {
    let mut done = 0;
    loop {
        let waiting = parts.db.read(|c| link_requests::oldest(c, BATCH)).await?;
        if waiting.is_empty() {
            return Ok(done);
        }
        let mut failed = None;
        for asked in waiting {
            let cx = Cx {
                parts: parts.clone(),
                now,
                correlation_id: asked.correlation_id.clone(),
                rate_key: asked.address.clone(),
                address: asked.address.clone(),
                user_agent: String::new(),
                language: messages::first_known(&asked.language).unwrap_or_default(),
            };
            match write_one(&cx, asked).await {
                Ok(()) => done += 1,
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        if let Some(fault) = failed {
            return Err(fault);
        }
    }
}

async fn write_one(cx: &Cx, asked: LinkRequest) -> Result<(), Fault> {
    let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == asked.purpose);
    let (own, drawn) = (cx.clone(), Drawn::new(cx));
    let written = cx.db().write(move |c| {
        // Another node may be at it too.
        if !link_requests::take(c, &asked.id)? {
            return Ok(());
        }
        let Ok(email) = Email::parse(&asked.email) else { return Ok(()) };
        match purpose {
            Some(Purpose::SignUp) => sign_up::write(c, &own, &asked, email, &drawn),
            Some(Purpose::Reset) => recovery::write(c, &own, &asked, email, &drawn),
            Some(Purpose::NewAddress) => address::write(c, &own, &asked, email, &drawn),
            None => Ok(()),
        }
    });
    Ok(written.await?)
}

/// A link that ends when its purpose says.
pub(super) fn link(cx: &Cx, purpose: Purpose, user: Option<UserId>, email: &Email, detail: String) -> AccountLink {
    AccountLink {
        user_id: user,
        email_key: email.key().to_owned(),
        detail,
        created_at: cx.now,
        expires_at: cx.now + purpose.lifetime(),
    }
}
