//! Owns the letters that tell people what happened to their account, each with a link that says "this wasn't me". A letter is
//! put into the outbox by the transaction that it tells of. It does not own what the link does (`not_me`).

use serde::{Deserialize, Serialize};

use crate::flow::{Cx, mail};
use crate::identity::{Email, User, browser};
use crate::outbound::{Button, Letter};
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, AccountLink, NOT_ME};
use crate::store::{self, Conn, factors};
use crate::time::Lifetime;

/// How long a link in a notice can be used.
pub const LIFETIME: Lifetime = Lifetime::from_days(7);

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
    /// The account has another address now; the letter goes to the old one.
    AddressChanged {
        /// The old one.
        old: Email,
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
            Notice::AddressChanged { .. } => "address_changed",
            Notice::RecoveryCodesRenewed => "recovery_codes_renewed",
            Notice::RecoveryCodeUsed => "recovery_code_used",
            Notice::RefreshTokenReused { .. } => "refresh_token_reused",
            Notice::UpstreamLinked { .. } => "upstream_linked",
            Notice::UpstreamUnlinked { .. } => "upstream_unlinked",
        }
    }

    /// Subject, and what happened in a sentence. Names that people chose stand in the sentence only.
    fn words(&self, at: &str) -> (&'static str, String) {
        match self {
            Notice::NewDevice => (
                "New sign-in to your account",
                format!("somebody signed in to your account at {at} on a device that was not used for it before."),
            ),
            Notice::FactorAdded { name } => (
                "A way to sign in was added",
                format!("a way to prove who you are was added to your account at {at}: “{name}”."),
            ),
            Notice::FactorRemoved { name } => (
                "A way to sign in was removed",
                format!("a way to prove who you are was removed from your account at {at}: “{name}”."),
            ),
            Notice::PasswordChanged => {
                ("Your password was changed", format!("the password of your account at {at} was changed."))
            }
            Notice::PasswordReset => (
                "Your password was reset",
                format!("the password of your account at {at} was set anew with a link that was mailed to you."),
            ),
            Notice::AddressChanged { .. } => (
                "Your address was changed",
                format!("your account at {at} has another e-mail address now. This letter goes to the old one."),
            ),
            Notice::RecoveryCodesRenewed => (
                "You have new recovery codes",
                format!("new recovery codes were made for your account at {at}. The old ones work no more."),
            ),
            Notice::RecoveryCodeUsed => (
                "A recovery code was used",
                format!("somebody signed in to your account at {at} with one of your recovery codes."),
            ),
            Notice::RefreshTokenReused { client } => (
                "An app was signed out for your safety",
                format!(
                    "the app “{client}” was signed out of your account at {at}: a key that it may use once was used twice. \
                     Somebody may have copied it from a device of yours; a faulty app does the same. To use the app again, sign in to it again."
                ),
            ),
            Notice::UpstreamLinked { name } => (
                "A sign-in was connected",
                format!("your account at {at} can be opened with an account at “{name}” from now on."),
            ),
            Notice::UpstreamUnlinked { name } => (
                "A sign-in was disconnected",
                format!("your account at {at} can no longer be opened with the account at “{name}”."),
            ),
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
        Told { envelope: self.clone(), user: user.clone(), notice }
    }
}

/// A letter that is ready to be posted.
#[derive(Clone)]
pub struct Told {
    envelope: Envelope,
    user: User,
    notice: Notice,
}

impl Told {
    /// A letter to this person; made before the transaction that it tells of.
    pub fn new(cx: &Cx, user: &User, notice: Notice) -> Self {
        Envelope::new(cx).about(user, notice)
    }

    /// Posts the letter with its link, inside the transaction that it tells of. Where no mail is sent there is neither.
    ///
    /// # Errors
    /// A [`store::Fault`].
    pub fn post(&self, c: &mut Conn, cx: &Cx) -> Result<(), store::Fault> {
        if !cx.parts.post.mailer.is_on() {
            return Ok(());
        }
        let to = match &self.notice {
            Notice::AddressChanged { old } => old,
            _ => &self.user.email,
        };
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
        mail::post(c, cx, &self.envelope.letter_id, &self.letter(cx, to))
    }

    fn letter(&self, cx: &Cx, to: &Email) -> Letter {
        let from_name = mail::from_name(cx);
        let (subject, happened) = self.notice.words(&from_name);
        let name = self.user.profile.name.as_deref();
        Letter {
            language: crate::messages::Language::ENGLISH,
            to: to.as_str().to_owned(),
            subject: subject.to_owned(),
            paragraphs: vec![
                name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},")),
                happened,
                format!("When: {}", cx.now.to_the_minute()),
                format!("From: {}, {}", cx.address, browser::in_words(&cx.user_agent)),
                "Was it you? Then there is nothing to do. If not, press the button: you will see what happens next before \
                 anything does."
                    .to_owned(),
            ],
            from_name,
            button: Some(Button {
                words: "This wasn't me".to_owned(),
                address: format!("{}/not-me?token={}", cx.issuer(), self.envelope.secret.expose()),
            }),
            notes: vec![
                "The link works once and for seven days.".to_owned(),
                format!("This letter goes to the address of your account at {}.", cx.issuer()),
            ],
        }
    }
}
