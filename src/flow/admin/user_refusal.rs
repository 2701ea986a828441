//! Owns the words of everything that can be wrong with a person's record or password. It does not own the checks (`user`,
//! `user_document`).

use super::{AdminRefusal, TextRefusal};
use crate::identity::email::EmailRefusal;
use crate::secret::strength::Weakness;

/// Most groups of one person.
pub(super) const MAX_GROUPS: usize = 100;

/// Why nothing was done. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRefusal {
    /// The address.
    #[error("the e-mail address cannot be used: {0}")]
    Email(#[from] EmailRefusal),
    /// Another account has the address, in whatever spelling.
    #[error("there is an account with the address {0} already")]
    Taken(String),
    /// A name or another text of the profile.
    #[error("the {0} {1}")]
    Text(&'static str, TextRefusal),
    /// Something of the profile that has a form.
    #[error("the {0} cannot be used: write {1}")]
    Form(&'static str, &'static str),
    /// A group's name.
    #[error("the group {0:?} cannot be used: a name has 1 to 100 characters without line breaks")]
    Group(String),
    /// Too many groups.
    #[error("more than {MAX_GROUPS} groups")]
    TooManyGroups,
    /// No such role.
    #[error("there is no role {0:?}")]
    Role(String),
    /// Shorter than the configuration demands.
    #[error("the password is too short: use at least {0} characters; several unrelated words make a good one")]
    PasswordTooShort(usize),
    /// Longer than the configuration allows.
    #[error("the password is too long: use at most {0} bytes")]
    PasswordTooLong(usize),
    /// The first thing anybody would guess.
    #[error("the password must not be the e-mail address: choose another one")]
    PasswordIsEmail,
    /// Easy to guess.
    #[error("the password is easy to guess (strength {score} of 4): {}", weakness(*.why))]
    PasswordWeak {
        /// How hard it is to guess, up to 4.
        score: u8,
        /// What makes it weak.
        why: Option<Weakness>,
    },
    /// Others know it.
    #[error(
        "the password stands in lists of passwords that were stolen elsewhere or are tried first: choose another one, and change it wherever else you use it"
    )]
    PasswordBreached,
    /// A hash of another system.
    #[error("the password hash cannot be used: {0}; argon2, bcrypt, scrypt and PBKDF2 are known")]
    PasswordHash(&'static str),
    /// What had to be changed.
    #[error("this is the password that has to be changed: choose another one")]
    PasswordIsOld,
    /// There is nothing to change.
    #[error("this person has no password: invite them, or set one")]
    NoPassword,
    /// No such account.
    #[error("there is no account {0:?}")]
    Unknown(String),
    /// Nobody would be left to administer.
    #[error("{0} is the only owner: make somebody else an owner first, so that somebody is left who can administer")]
    LastOwner(String),
    /// Cannot sign in anyway.
    #[error("this account is disabled: enable it first")]
    Disabled,
}

/// What to do instead.
fn weakness(why: Option<Weakness>) -> &'static str {
    match why {
        Some(Weakness::Common) => {
            "it is a common password or nearly one; take several words that do not belong together"
        }
        Some(Weakness::Own) => "it holds your name, your address or the name of this place; leave these out",
        Some(Weakness::Keys) => "it follows the rows of the keyboard; take several words that do not belong together",
        Some(Weakness::Repeats) => "it says the same thing again and again; add other words",
        Some(Weakness::Sequence) => "it holds a row such as abcd or 6543; take words in place of it",
        Some(Weakness::Date) => "it holds a date or a year, which are guessed early; take words in place of it",
        Some(Weakness::Words) | None => "add another word or two; unusual ones are better",
    }
}

impl From<UserRefusal> for AdminRefusal {
    fn from(refusal: UserRefusal) -> Self {
        use UserRefusal as R;
        let words = refusal.to_string();
        match refusal {
            R::Email(_) => AdminRefusal::invalid("email", words).at("email"),
            R::Taken(_) => AdminRefusal::conflict("email_taken", words).at("email"),
            R::Text(field, _) | R::Form(field, _) => AdminRefusal::invalid("profile", words).at(field),
            R::Group(_) => AdminRefusal::invalid("group_name", words).at("groups"),
            R::TooManyGroups => AdminRefusal::invalid("too_many_groups", words).at("groups"),
            R::Role(_) => AdminRefusal::invalid("unknown_role", words).at("role"),
            R::PasswordTooShort(_) => AdminRefusal::invalid("password_too_short", words).at("password"),
            R::PasswordTooLong(_) => AdminRefusal::invalid("password_too_long", words).at("password"),
            R::PasswordIsEmail => AdminRefusal::invalid("password_is_email", words).at("password"),
            R::PasswordWeak { .. } => AdminRefusal::invalid("password_weak", words).at("password"),
            R::PasswordBreached => AdminRefusal::invalid("password_breached", words).at("password"),
            R::PasswordHash(_) => AdminRefusal::invalid("password_hash", words).at("password_hash"),
            R::PasswordIsOld => AdminRefusal::invalid("password_is_old", words).at("password"),
            R::NoPassword => AdminRefusal::conflict("no_password", words),
            R::Unknown(_) => AdminRefusal::unknown("unknown_user", words),
            R::LastOwner(_) => AdminRefusal::conflict("last_owner", words),
            R::Disabled => AdminRefusal::conflict("user_disabled", words),
        }
    }
}
