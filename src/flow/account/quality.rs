//! Owns judging a password that somebody chose: its length, how hard it is to guess, and whether it was stolen elsewhere. The
//! one place that all who set passwords come by (`admin::user_access::hashed`). It does not own the rule
//! (`identity::PasswordRule`), the estimate or the lists (`secret`).

use crate::flow::admin::user::UserRefusal;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::password_rule::BreachedCheck;
use crate::identity::{Email, User};
use crate::outbound;
use crate::secret::{PasswordError, breached};
use crate::sensitive::Sensitive;

/// Whose password it is going to be.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// Their address.
    pub email: &'a Email,
    /// Their name, if it is known.
    pub name: Option<&'a str>,
}

impl<'a> From<&'a User> for Owner<'a> {
    fn from(user: &'a User) -> Self {
        Self { email: &user.email, name: user.profile.name.as_deref() }
    }
}

/// The shortest password that may be set, in characters: for pages.
pub fn min_length(cx: &Cx) -> usize {
    cx.parts.settings.get().passwords.shortest(cx.policy().password_min_length)
}

/// Judges a password. The costly part runs in the crew that hashes, so strangers cannot keep the server busy with it.
///
/// # Errors
/// Inner: a [`UserRefusal`] about the password. Outer: a [`Fault`]; [`Fault::Busy`] when the crew has too much to do.
pub async fn judge(cx: &Cx, password: &Sensitive, owner: Owner<'_>) -> Result<Result<(), UserRefusal>, Fault> {
    let rule = cx.parts.settings.get().passwords;
    if let Err(refusal) = form(password, owner.email, min_length(cx)) {
        return Ok(Err(refusal));
    }
    let list = cx.parts.breached.clone().filter(|_| rule.breached != BreachedCheck::Off);
    let judged = match cx.parts.passwords.judge(password.clone(), own_words(cx, owner), list).await {
        Ok(judged) => judged,
        Err(PasswordError::TooLong { max_bytes }) => return Ok(Err(UserRefusal::PasswordTooLong(max_bytes))),
        Err(other) => return Err(other.into()),
    };
    let is_common = judged.strength.is_common && rule.breached != BreachedCheck::Off;
    if judged.is_breached || is_common {
        return Ok(Err(UserRefusal::PasswordBreached));
    }
    let (score, why) = (judged.strength.score, judged.strength.why);
    if score < rule.min_score {
        return Ok(Err(UserRefusal::PasswordWeak { score, why }));
    }
    if rule.breached == BreachedCheck::Online && is_breached_online(cx, password).await {
        return Ok(Err(UserRefusal::PasswordBreached));
    }
    Ok(Ok(()))
}

/// How hard a password is to guess, from 0 to 4, and what would be refused of it whoever took it: for somebody who is still
/// typing. It is not looked up among stolen ones elsewhere.
///
/// # Errors
/// A [`Fault`]; [`Fault::Busy`] when the crew that hashes has too much to do.
pub async fn estimate(cx: &Cx, password: &Sensitive) -> Result<(u8, Option<UserRefusal>), Fault> {
    let (rule, min) = (cx.parts.settings.get().passwords, min_length(cx));
    let judged = match cx.parts.passwords.judge(password.clone(), Vec::new(), None).await {
        Ok(judged) => judged,
        Err(PasswordError::TooLong { max_bytes }) => return Ok((0, Some(UserRefusal::PasswordTooLong(max_bytes)))),
        Err(other) => return Err(other.into()),
    };
    let (score, why) = (judged.strength.score, judged.strength.why);
    let is_short = password.expose().chars().count() < min;
    let refusal = match () {
        () if is_short => Some(UserRefusal::PasswordTooShort(min)),
        () if score < rule.min_score => Some(UserRefusal::PasswordWeak { score, why }),
        () => None,
    };
    Ok((score, refusal))
}

/// Its length in characters, and that it is not the address. The longest length is the hasher's business.
fn form(password: &Sensitive, email: &Email, min_length: usize) -> Result<(), UserRefusal> {
    // One pass over the characters, so that no copy of the password is left behind but this one, which is wiped.
    if password.expose().chars().count() < min_length {
        return Err(UserRefusal::PasswordTooShort(min_length));
    }
    let folded = Email::parse(password.expose()).ok();
    let is_address = folded.is_some_and(|folded| folded.key() == email.key());
    if is_address { Err(UserRefusal::PasswordIsEmail) } else { Ok(()) }
}

/// What somebody would try who knows the person or the place.
fn own_words(cx: &Cx, owner: Owner<'_>) -> Vec<String> {
    let settings = cx.parts.settings.get();
    let host = cx.issuer().split('/').nth(2).unwrap_or_default();
    let texts = [
        owner.email.as_str(),
        owner.name.unwrap_or_default(),
        settings.organisation.as_deref().unwrap_or_default(),
        host,
    ];
    let parted = texts.into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let (local, _) = owner.email.as_str().rsplit_once('@').unwrap_or_default();
    let mut words: Vec<String> = [local].into_iter().chain(parted).map(str::to_lowercase).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Fails open: whoever cannot reach the service must not be kept from changing a password.
async fn is_breached_online(cx: &Cx, password: &Sensitive) -> bool {
    let sha1 = breached::sha1(password.expose());
    let digits = breached::range(&sha1);
    match outbound::breached::range(&cx.parts.guarded, &cx.policy().breached_url, &digits).await {
        Ok(answer) => breached::is_in_range(&answer, &sha1),
        Err(why) => {
            tracing::warn!(%why, "a password could not be looked up online");
            cx.note(Note::new("password", format!("not looked up online among stolen passwords: {why}")));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_enough_and_not_the_address() {
        let email = Email::parse("Alice@Example.com").unwrap();
        for (password, is) in [
            ("correct horse battery", Ok(())),
            ("пароль-пароль", Ok(())),
            ("eleven char", Err(UserRefusal::PasswordTooShort(12))),
            ("пароль", Err(UserRefusal::PasswordTooShort(12))),
            ("alice@example.com", Err(UserRefusal::PasswordIsEmail)),
            ("ALICE@EXAMPLE.COM", Err(UserRefusal::PasswordIsEmail)),
            (" alice@example.com ", Err(UserRefusal::PasswordIsEmail)),
        ] {
            assert_eq!(form(&Sensitive::new(password), &email, 12), is, "{password}");
        }
    }
}
