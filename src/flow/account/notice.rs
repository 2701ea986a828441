//! Owns the letters that tell people what happened to their account, each with a link that says "this wasn't me" unless an
//! administrator did it. A letter is put into the outbox by the transaction that it tells of. It does not own what the link does
//! (`not_me`).

use serde::{Deserialize, Serialize};

use crate::flow::account::links::NEW_ADDRESS_PATH;
use crate::flow::account::sessions::browser_in_words;
use crate::flow::{Cx, mail};
use crate::identity::{Email, User};
use crate::outbound::{Button, Letter};
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, AccountLink, NOT_ME, OLD_ADDRESS};
use crate::store::{self, Conn, factors, users};
use crate::time::Lifetime;

/// How long a link in a notice can be used.
pub const LIFETIME: Lifetime = Lifetime::from_days(7);

/// The kind of the letter to the address that an account had before.
const ADDRESS_CHANGED: &str = "address_changed";
/// At most this many earlier addresses are told.
const EARLIER: usize = 3;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody signed in on a device that was not used for this account before.
    NewDevice,
    /// A factor was added.
    FactorAdded {
        /// What the person calls it.
        name: String,
    },
    /// A factor was taken away.
    FactorRemoved {
        /// What the person called it.
        name: String,
    },
    /// The password was changed by somebody who was signed in.
    PasswordChanged,
    /// The password was set anew by a link in a letter.
    PasswordReset,
    /// Somebody gave the right password and was not let in all the same.
    PasswordKnown,
    /// The account has another address now; the letter goes to the old one.
    AddressChanged {
        /// The old one.
        old: Email,
    },
    /// Another address was asked for; nothing has changed yet.
    AddressAsked {
        /// The one that was asked for.
        new: Email,
    },
    /// There are new recovery codes.
    RecoveryCodesRenewed,
    /// A recovery code was used to sign in.
    RecoveryCodeUsed,
    /// A refresh token came a second time: two parties hold the tokens of an app.
    RefreshTokenReused {
        /// The app's name.
        client: String,
    },
    /// An account elsewhere can be used to sign in from now on.
    UpstreamLinked {
        /// What the other provider is called.
        name: String,
        /// The address that the account there has, if it was named by one.
        account: Option<Email>,
    },
    /// An account elsewhere can no longer be used to sign in.
    UpstreamUnlinked {
        /// What the other provider is called.
        name: String,
    },
}

impl Notice {
    /// Its name in the database and in the security log.
    fn kind(&self) -> &'static str {
        match self {
            Notice::NewDevice => "new_device",
            Notice::FactorAdded { .. } => "factor_added",
            Notice::FactorRemoved { .. } => "factor_removed",
            Notice::PasswordChanged => "password_changed",
            Notice::PasswordReset => "password_reset",
            Notice::PasswordKnown => "password_known",
            Notice::AddressChanged { .. } => ADDRESS_CHANGED,
            Notice::AddressAsked { .. } => "address_asked",
            Notice::RecoveryCodesRenewed => "recovery_codes_renewed",
            Notice::RecoveryCodeUsed => "recovery_code_used",
            Notice::RefreshTokenReused { .. } => "refresh_token_reused",
            Notice::UpstreamLinked { .. } => "upstream_linked",
            Notice::UpstreamUnlinked { .. } => "upstream_unlinked",
        }
    }

    /// Keys of the subject, and of what happened in a sentence. Names that people chose stand in the sentence only.
    fn keys(&self) -> (&'static str, &'static str) {
        match self {
            Notice::NewDevice => ("notice-new-device-subject", "notice-new-device"),
            Notice::FactorAdded { .. } => ("notice-factor-added-subject", "notice-factor-added"),
            Notice::FactorRemoved { .. } => ("notice-factor-removed-subject", "notice-factor-removed"),
            Notice::PasswordChanged => ("notice-password-changed-subject", "notice-password-changed"),
            Notice::PasswordReset => ("notice-password-reset-subject", "notice-password-reset"),
            Notice::PasswordKnown => ("notice-password-known-subject", "notice-password-known"),
            Notice::AddressChanged { .. } => ("notice-address-changed-subject", "notice-address-changed"),
            Notice::AddressAsked { .. } => ("notice-address-asked-subject", "notice-address-asked"),
            Notice::RecoveryCodesRenewed => ("notice-codes-renewed-subject", "notice-codes-renewed"),
            Notice::RecoveryCodeUsed => ("notice-code-used-subject", "notice-code-used"),
            Notice::RefreshTokenReused { .. } => ("notice-token-reused-subject", "notice-token-reused"),
            Notice::UpstreamLinked { account: Some(_), .. } => {
                ("notice-upstream-linked-subject", "notice-upstream-linked-account")
            }
            Notice::UpstreamLinked { .. } => ("notice-upstream-linked-subject", "notice-upstream-linked"),
            Notice::UpstreamUnlinked { .. } => ("notice-upstream-unlinked-subject", "notice-upstream-unlinked"),
        }
    }

    /// What it is about, as somebody named it.
    fn name(&self) -> Option<&str> {
        match self {
            Notice::FactorAdded { name }
            | Notice::FactorRemoved { name }
            | Notice::RefreshTokenReused { client: name }
            | Notice::UpstreamLinked { name, .. }
            | Notice::UpstreamUnlinked { name } => Some(name),
            Notice::AddressAsked { new } => Some(new.as_str()),
            _ => None,
        }
    }
}

/// What belongs to the link of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Detail {
    /// What happened.
    pub(super) notice: String,
    /// Where the letter went.
    pub(super) to: String,
    /// Whether the person had a second factor before it happened.
    pub(super) had_factor: bool,
}

/// What a letter needs of chance; drawn before the transaction, where nobody knows yet whether there will be a letter.
#[derive(Clone)]
pub struct Envelope {
    letter_id: String,
    secret: Sensitive,
}

impl Envelope {
    /// Draws it.
    pub fn new(cx: &Cx) -> Self {
        Self { letter_id: mail::letter_id(cx), secret: make(Kind::AccountLink, &*cx.parts.chance) }
    }

    /// A letter to this person.
    pub fn about(&self, user: &User, notice: Notice) -> Told {
        Told { envelope: self.clone(), user: user.clone(), notice, agree: None, by_administrator: false }
    }

    /// A letter to this person of what an administrator did. It has no link: what administrators do, they undo.
    pub fn of_administrator(&self, user: &User, notice: Notice) -> Told {
        Told { by_administrator: true, ..self.about(user, notice) }
    }
}

/// The link by which whoever gets the letter agrees to what it tells of.
#[derive(Clone)]
struct Agree {
    secret: Sensitive,
    link: AccountLink,
}

/// A letter that is ready to be posted.
#[derive(Clone)]
pub struct Told {
    envelope: Envelope,
    user: User,
    notice: Notice,
    agree: Option<Agree>,
    by_administrator: bool,
}

impl Told {
    /// A letter to this person; made before the transaction that it tells of.
    pub fn new(cx: &Cx, user: &User, notice: Notice) -> Self {
        Envelope::new(cx).about(user, notice)
    }

    /// The same letter with a second link: whoever gets it agrees to another address by it.
    pub(super) fn agreed_by(self, secret: Sensitive, link: AccountLink) -> Self {
        Self { agree: Some(Agree { secret, link }), ..self }
    }

    /// Posts the letter with its links, inside the transaction that it tells of. Where no mail is sent there is neither.
    ///
    /// # Errors
    /// A [`store::Fault`].
    pub fn post(&self, c: &mut Conn, cx: &Cx) -> Result<(), store::Fault> {
        let to = match &self.notice {
            Notice::AddressChanged { old } => old,
            _ => &self.user.email,
        };
        self.post_to(c, cx, to)
    }

    fn post_to(&self, c: &mut Conn, cx: &Cx, to: &Email) -> Result<(), store::Fault> {
        if !cx.parts.post.mailer.is_on() {
            return Ok(());
        }
        if self.by_administrator {
            return mail::post(c, cx, &self.envelope.letter_id, &self.letter(cx, to));
        }
        // What is being added is of this very moment; what was taken away is not in the list any more.
        let had_factor = matches!(self.notice, Notice::FactorRemoved { .. })
            || factors::list(c, &self.user.id)?.iter().any(|factor| factor.created_at < cx.now);
        let detail = Detail { notice: self.notice.kind().to_owned(), to: to.as_str().to_owned(), had_factor };
        let link = AccountLink {
            user_id: Some(self.user.id.clone()),
            email_key: to.key().to_owned(),
            detail: serde_json::json!(detail).to_string(),
            created_at: cx.now,
            expires_at: cx.now + LIFETIME,
        };
        account_links::insert(c, &hash(self.envelope.secret.expose()), NOT_ME, &link)?;
        if let Some(Agree { secret, link }) = &self.agree {
            account_links::replace_of_user(c, &hash(secret.expose()), OLD_ADDRESS, &self.user.id, link)?;
        }
        mail::post(c, cx, &self.envelope.letter_id, &self.letter(cx, to))
    }

    fn letter(&self, cx: &Cx, to: &Email) -> Letter {
        let (language, from_name) = (cx.language_of(&self.user), mail::from_name(cx));
        let (subject, happened) = self.notice.keys();
        let mut happened = language.say(happened).text("organisation", &from_name);
        if let Some(name) = self.notice.name() {
            happened = happened.text("name", name);
        }
        // An address and nothing else that somebody can choose freely elsewhere (security case B09).
        if let Notice::UpstreamLinked { account: Some(account), .. } = &self.notice {
            happened = happened.text("account", account.as_str());
        }
        let when = language.say("notice-when").text("when", language.moment(cx.now)).into();
        let why = language.say("notice-why").text("issuer", cx.issuer()).into();
        let subject = language.say(subject).into();
        if self.by_administrator {
            let by = language.say("notice-by-administrator").text("organisation", &from_name).into();
            let paragraphs = vec![mail::hello(language, &self.user), happened.into(), when, by];
            let to = to.as_str().to_owned();
            return Letter { language, to, subject, paragraphs, from_name, button: None, also: None, notes: vec![why] };
        }
        let browser = browser_in_words(language, &cx.user_agent);
        let place = language.say("notice-where").text("address", &cx.address).text("browser", browser);
        Letter {
            language,
            to: to.as_str().to_owned(),
            subject,
            paragraphs: vec![
                mail::hello(language, &self.user),
                happened.into(),
                when,
                place.into(),
                language.say(if self.agree.is_some() { "notice-agree" } else { "notice-was-it-you" }).into(),
            ],
            from_name,
            button: Some(Button {
                words: language.say("notice-button").into(),
                address: format!("{}/not-me?token={}", cx.issuer(), self.envelope.secret.expose()),
            }),
            also: self.agree.as_ref().map(|agree| Button {
                words: language.say("notice-agree-button").into(),
                address: format!("{}{NEW_ADDRESS_PATH}?token={}", cx.issuer(), agree.secret.expose()),
            }),
            notes: vec![language.say("notice-lifetime").number("days", LIFETIME.seconds() / 86_400).into(), why],
        }
    }
}

/// A letter to the address of a person and to those they had in the last seven days: whoever took an account over and moved it
/// to an address of theirs does not alone hear what becomes of it.
#[derive(Clone)]
pub struct ToldWidely {
    told: Told,
    spare: Vec<Envelope>,
}

impl ToldWidely {
    /// Letters to this person; made before the transaction that they tell of.
    pub fn new(cx: &Cx, user: &User, notice: Notice) -> Self {
        Self { told: Told::new(cx, user, notice), spare: (0..EARLIER).map(|_| Envelope::new(cx)).collect() }
    }

    /// Posts them, as [`Told::post`] does.
    ///
    /// # Errors
    /// A [`store::Fault`].
    pub fn post(&self, c: &mut Conn, cx: &Cx) -> Result<(), store::Fault> {
        let earlier = earlier_addresses(c, cx, &self.told.user)?;
        self.told.post(c, cx)?;
        for (envelope, to) in self.spare.iter().zip(&earlier) {
            Told { envelope: envelope.clone(), ..self.told.clone() }.post_to(c, cx, to)?;
        }
        Ok(())
    }
}

/// Confirmed addresses that the person had, the oldest first, as far as the letters tell that went there: these are good for seven
/// days. One that is another person's by now is left out.
fn earlier_addresses(c: &mut Conn, cx: &Cx, user: &User) -> Result<Vec<Email>, store::Fault> {
    let mut earlier: Vec<Email> = Vec::new();
    for link in account_links::list_of_user(c, &user.id, NOT_ME, cx.now)? {
        let Ok(detail) = serde_json::from_str::<Detail>(&link.detail) else { continue };
        let Ok(to) = Email::parse(&detail.to) else { continue };
        let is_new = detail.notice == ADDRESS_CHANGED && earlier.iter().all(|known| known.key() != to.key());
        if is_new && users::find_by_email_key(c, to.key())?.is_none() {
            earlier.push(to);
        }
    }
    Ok(earlier)
}
