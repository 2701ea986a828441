//! Owns what administrators do to people's accounts: add, look, set a password, disable, enable, remove. It does not own
//! signing in, nor the first owner (`setup`).

use serde_json::json;

use super::{About, Actor, TextRefusal, event, plain_text};
use crate::flow::{Cx, Fault};
use crate::identity::email::EmailRefusal;
use crate::identity::user::Profile;
use crate::identity::{Email, RoleName, User, UserId};
use crate::secret::PasswordError;
use crate::secret::random::uuid;
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, codes, grants, sessions, users};
use crate::time::Timestamp;

/// Most groups of one person.
const MAX_GROUPS: usize = 100;

/// An account to be made.
pub struct NewUser {
    /// Address to sign in with, as typed.
    pub email: String,
    /// Name for display.
    pub name: Option<String>,
    /// Whether the administrator vouches for the address.
    pub email_verified: bool,
    /// What they may do to the provider.
    pub role: RoleName,
    /// Groups; made when new.
    pub groups: Vec<String>,
    /// Their first password.
    pub password: Sensitive,
}

/// Why nothing was done. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRefusal {
    /// The address.
    #[error("the e-mail address cannot be used: {0}")]
    Email(#[from] EmailRefusal),
    /// Another account has the address, in whatever spelling.
    #[error("there is an account with the address {0} already")]
    Taken(String),
    /// The name.
    #[error("the name {0}")]
    Name(TextRefusal),
    /// A group's name.
    #[error("the group {0:?} cannot be used: a name has 1 to 100 characters without line breaks")]
    Group(String),
    /// Too many groups.
    #[error("more than {MAX_GROUPS} groups")]
    TooManyGroups,
    /// Shorter than the configuration demands.
    #[error("the password is too short: use at least {0} characters; several unrelated words make a good one")]
    PasswordTooShort(usize),
    /// Longer than the configuration allows.
    #[error("the password is too long: use at most {0} bytes")]
    PasswordTooLong(usize),
    /// The first thing anybody would guess.
    #[error("the password must not be the e-mail address: choose another one")]
    PasswordIsEmail,
    /// No such account.
    #[error("there is no account {0:?}; `vouchsafe user list` shows all")]
    Unknown(String),
    /// Nobody would be left to administer.
    #[error(
        "{0} is the only owner: add another one first (`vouchsafe user add --owner`), so that somebody is left who can administer"
    )]
    LastOwner(String),
}

/// Judges a new password: its length in characters, and that it is not the address.
///
/// # Errors
/// A [`UserRefusal`] about the password. The longest length is the hasher's business (see [`hashed`]).
fn judge_password(password: &Sensitive, email: &Email, min_length: usize) -> Result<(), UserRefusal> {
    // One pass over the characters, so that no copy of the password is left behind but this one, which is wiped.
    if password.expose().chars().count() < min_length {
        return Err(UserRefusal::PasswordTooShort(min_length));
    }
    let folded = Email::parse(password.expose()).ok();
    let is_address = folded.is_some_and(|folded| folded.key() == email.key());
    if is_address { Err(UserRefusal::PasswordIsEmail) } else { Ok(()) }
}

/// Judges and hashes a password that an administrator, or the first owner, chose.
pub(super) async fn hashed(cx: &Cx, password: Sensitive, email: &Email) -> Result<Result<String, UserRefusal>, Fault> {
    if let Err(refusal) = judge_password(&password, email, cx.policy().password_min_length) {
        return Ok(Err(refusal));
    }
    match cx.parts.passwords.hash(password).await {
        Ok(phc) => Ok(Ok(phc)),
        Err(PasswordError::TooLong { max_bytes }) => Ok(Err(UserRefusal::PasswordTooLong(max_bytes))),
        Err(other) => Err(other.into()),
    }
}

/// The record of a new person.
pub(super) fn draft(cx: &Cx, new: &NewUser) -> Result<User, UserRefusal> {
    let email = Email::parse(&new.email)?;
    let name = new.name.as_deref().map(|name| plain_text(name, 200)).transpose().map_err(UserRefusal::Name)?;
    Ok(User {
        id: UserId(uuid(&*cx.parts.chance, cx.now)),
        email,
        email_verified: new.email_verified,
        role: new.role.clone(),
        profile: Profile { name, ..Profile::default() },
        groups: judged_groups(&new.groups)?,
        disabled_at: None,
        valid_from: cx.now,
        created_at: cx.now,
        updated_at: cx.now,
    })
}

fn judged_groups(names: &[String]) -> Result<Vec<String>, UserRefusal> {
    let mut groups = Vec::new();
    for name in names {
        groups.push(plain_text(name, 100).map_err(|_| UserRefusal::Group(name.clone()))?);
    }
    groups.sort();
    groups.dedup();
    if groups.len() > MAX_GROUPS { Err(UserRefusal::TooManyGroups) } else { Ok(groups) }
}

/// Adds a person.
///
/// # Errors
/// Inner: a [`UserRefusal`]. Outer: a [`Fault`].
pub async fn add(cx: &Cx, actor: &Actor, new: NewUser) -> Result<Result<User, UserRefusal>, Fault> {
    let user = match draft(cx, &new) {
        Ok(user) => user,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let phc = match hashed(cx, new.password, &user.email).await? {
        Ok(phc) => phc,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let detail = json!({ "role": user.role.as_str(), "groups": user.groups, "email_verified": user.email_verified });
    let row = event(cx, actor, "user_added", About::user(&user.id), detail);
    let (saved, now) = (user.clone(), cx.now);
    let inserted = cx.db().write(move |c| {
        if !users::insert(c, &saved)? {
            return Ok(false);
        }
        users::password_set(c, &saved.id, &phc, now)?;
        row.append(c)?;
        Ok(true)
    });
    let taken = UserRefusal::Taken(user.email.as_str().to_owned());
    Ok(if inserted.await? { Ok(user) } else { Err(taken) })
}

/// Up to `limit` people in order of their addresses, beginning behind the folded address `after`.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx, after: Option<String>, limit: i64) -> Result<Vec<User>, Fault> {
    Ok(cx.db().read(move |c| users::list(c, after.as_deref(), limit)).await?)
}

/// The person of this address or id.
///
/// # Errors
/// Inner: [`UserRefusal::Unknown`]. Outer: a [`Fault`].
pub async fn find(cx: &Cx, who: &str) -> Result<Result<User, UserRefusal>, Fault> {
    let wanted = who.trim().to_owned();
    let found = cx.db().read(move |c| find_in(c, &wanted)).await?;
    Ok(found.ok_or_else(|| UserRefusal::Unknown(who.to_owned())))
}

/// [`find`] inside a transaction. A text with `@` is an address, any other an id.
pub(super) fn find_in(c: &mut Conn, who: &str) -> Result<Option<User>, store::Fault> {
    if who.contains('@') {
        return match Email::parse(who) {
            Ok(email) => users::find_by_email_key(c, email.key()),
            Err(_) => Ok(None),
        };
    }
    // No id of ours has a NUL, and PostgreSQL takes none.
    if who.contains('\0') { Ok(None) } else { users::find(c, &UserId(who.to_owned())) }
}

/// Gives a person a new password and ends everything that was begun with the old one: sessions, codes, grants.
///
/// # Errors
/// Inner: a [`UserRefusal`]. Outer: a [`Fault`].
pub async fn set_password(
    cx: &Cx,
    actor: &Actor,
    who: &str,
    password: Sensitive,
) -> Result<Result<User, UserRefusal>, Fault> {
    let user = match find(cx, who).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let phc = match hashed(cx, password, &user.email).await? {
        Ok(phc) => phc,
        Err(refusal) => return Ok(Err(refusal)),
    };
    change(cx, actor, who, "password_changed", move |c, user, now| {
        users::password_set(c, &user.id, &phc, now)?;
        end_everything(c, &user.id, "the password was changed", now)?;
        Ok(Ok(()))
    })
    .await
}

/// Shuts an account: it cannot sign in, and sessions, codes and grants end at once.
///
/// # Errors
/// Inner: a [`UserRefusal`]. Outer: a [`Fault`].
pub async fn disable(cx: &Cx, actor: &Actor, who: &str) -> Result<Result<User, UserRefusal>, Fault> {
    change(cx, actor, who, "user_disabled", |c, user, now| {
        if is_last_owner(c, user)? {
            return Ok(Err(UserRefusal::LastOwner(user.email.as_str().to_owned())));
        }
        if user.disabled_at.is_none() {
            users::set_disabled(c, &user.id, Some(now), now)?;
        }
        end_everything(c, &user.id, "the account was disabled", now)?;
        Ok(Ok(()))
    })
    .await
}

/// Opens an account again. What had ended stays ended.
///
/// # Errors
/// Inner: a [`UserRefusal`]. Outer: a [`Fault`].
pub async fn enable(cx: &Cx, actor: &Actor, who: &str) -> Result<Result<User, UserRefusal>, Fault> {
    change(cx, actor, who, "user_enabled", |c, user, now| {
        users::set_disabled(c, &user.id, None, now)?;
        Ok(Ok(()))
    })
    .await
}

/// Removes a person with everything that is theirs. The security log keeps the id.
///
/// # Errors
/// Inner: a [`UserRefusal`]. Outer: a [`Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, who: &str) -> Result<Result<User, UserRefusal>, Fault> {
    change(cx, actor, who, "user_removed", |c, user, _| {
        if is_last_owner(c, user)? {
            return Ok(Err(UserRefusal::LastOwner(user.email.as_str().to_owned())));
        }
        users::delete(c, &user.id)?;
        Ok(Ok(()))
    })
    .await
}

/// One transaction: find the person, do it, note it. Gives the person as they are afterwards (or were, if they are gone).
async fn change(
    cx: &Cx,
    actor: &Actor,
    who: &str,
    kind: &'static str,
    mut step: impl FnMut(&mut Conn, &User, Timestamp) -> Result<Result<(), UserRefusal>, store::Fault> + Send + 'static,
) -> Result<Result<User, UserRefusal>, Fault> {
    let (who, now) = (who.trim().to_owned(), cx.now);
    let mut row = event(cx, actor, kind, About::default(), json!({}));
    let changed = cx.db().write(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(UserRefusal::Unknown(who.clone()))) };
        if let Err(refusal) = step(c, &user, now)? {
            return Ok(Err(refusal));
        }
        row.event.user_id = Some(user.id.as_str().to_owned());
        row.append(c)?;
        Ok(Ok(users::find(c, &user.id)?.unwrap_or(user)))
    });
    Ok(changed.await?)
}

fn is_last_owner(c: &mut Conn, user: &User) -> Result<bool, store::Fault> {
    Ok(user.role == RoleName::OWNER && user.disabled_at.is_none() && users::count_owners(c)? <= 1)
}

/// Ends whatever depends on the person being who they were: sessions, codes not yet used, grants and so their tokens.
fn end_everything(c: &mut Conn, id: &UserId, why: &str, now: Timestamp) -> Result<(), store::Fault> {
    users::set_valid_from(c, id, now)?;
    sessions::end_all_of_user(c, id, None, now)?;
    codes::delete_of_user(c, id)?;
    grants::revoke_of_user(c, id, why, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

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
            assert_eq!(judge_password(&Sensitive::new(password), &email, 12), is, "{password}");
        }
    }

    #[test]
    fn groups_are_plain_sorted_and_single() {
        let names = |names: &[&str]| judged_groups(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["b", " a ", "b"]), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(names(&["a\nb"]), Err(UserRefusal::Group("a\nb".to_owned())));
        assert_eq!(names(&[""]), Err(UserRefusal::Group(String::new())));
        let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        assert_eq!(judged_groups(&many), Err(UserRefusal::TooManyGroups));
    }

    fn alice(role: RoleName) -> NewUser {
        NewUser {
            email: "Alice@Example.com".to_owned(),
            name: Some("Alice".to_owned()),
            email_verified: true,
            role,
            groups: vec!["staff".to_owned()],
            password: Sensitive::new("correct horse battery"),
        }
    }

    #[tokio::test]
    async fn an_account_is_made_once_and_found_by_address_and_id() {
        let house = bench::house().await;
        let cx = house.cx();
        let user = add(&cx, &Actor::CommandLine, alice(RoleName::PERSON)).await.unwrap().unwrap();
        assert_eq!(user.groups, ["staff"]);
        for who in ["alice@example.com", " ALICE@example.com", user.id.as_str()] {
            assert_eq!(find(&cx, who).await.unwrap().unwrap().id, user.id, "{who}");
        }
        let again = add(&cx, &Actor::CommandLine, alice(RoleName::PERSON)).await.unwrap();
        assert!(matches!(again, Err(UserRefusal::Taken(_))));
        for nobody in ["bob@example.com", "x@y@z", "nobody", "a\0b"] {
            assert!(matches!(find(&cx, nobody).await.unwrap(), Err(UserRefusal::Unknown(_))), "{nobody}");
        }
        assert_eq!(house.events().await, ["user_added by command line"]);
    }

    #[tokio::test]
    async fn a_password_too_long_is_refused_before_it_is_hashed() {
        let house = bench::house().await;
        let mut long = alice(RoleName::PERSON);
        long.password = Sensitive::new("x".repeat(1025));
        let refused = add(&house.cx(), &Actor::CommandLine, long).await.unwrap();
        assert_eq!(refused.unwrap_err(), UserRefusal::PasswordTooLong(1024));
    }

    #[tokio::test]
    async fn password_change_and_disabling_end_sessions_and_grants() {
        for disables in [false, true] {
            let house = bench::house().await;
            let cx = house.cx();
            let user = add(&cx, &Actor::CommandLine, alice(RoleName::PERSON)).await.unwrap().unwrap();
            let session = house.session_of(&user).await;
            let grant = house.grant_of(&user, &session).await;
            house.clock.advance(crate::time::Lifetime::from_seconds(5));
            let cx = house.cx();
            if disables {
                let shut = disable(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap().unwrap();
                assert_eq!(shut.disabled_at, Some(cx.now));
                let open = enable(&cx, &Actor::CommandLine, user.id.as_str()).await.unwrap().unwrap();
                assert_eq!(open.disabled_at, None);
                assert_eq!(open.valid_from, cx.now, "opening an account brings nothing back");
            } else {
                let new = Sensitive::new("another long password");
                let user = set_password(&cx, &Actor::CommandLine, user.id.as_str(), new).await.unwrap().unwrap();
                assert_eq!(user.valid_from, cx.now);
            }
            assert!(house.session(&session).await.ended_at.is_some());
            assert!(house.grant(&grant).await.revoked_at.is_some());
        }
    }

    #[tokio::test]
    async fn the_last_owner_can_neither_be_disabled_nor_removed() {
        let house = bench::house().await;
        let cx = house.cx();
        add(&cx, &Actor::CommandLine, alice(RoleName::OWNER)).await.unwrap().unwrap();
        let last = Err(UserRefusal::LastOwner("Alice@Example.com".to_owned()));
        assert_eq!(disable(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap(), last);
        assert_eq!(remove(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap(), last);
        let second = NewUser { email: "bob@example.com".to_owned(), ..alice(RoleName::OWNER) };
        add(&cx, &Actor::CommandLine, second).await.unwrap().unwrap();
        remove(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap().unwrap();
        assert!(find(&cx, "alice@example.com").await.unwrap().is_err());
    }
}
