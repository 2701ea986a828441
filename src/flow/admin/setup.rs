//! Owns the first owner: the one-time link that an operator prints, and what is done with it. It does not own the page
//! behind the link (`http::sign_in::setup`) nor later administrators (`user`).

use serde_json::json;

use super::refusal::granted;
use super::user::{self, UserRefusal};
use super::user_access::hashed_for;
use super::user_document::UserDocument;
use super::{About, Actor, event};
use crate::flow::account::quality::Owner;
use crate::flow::{Cx, Fault};
use crate::identity::{RoleName, User};
use crate::secret::token::{Kind, check_shape, hash, make};
use crate::sensitive::Sensitive;
use crate::store::{setup_links, users};
use crate::time::Lifetime;

/// How long a link may be used.
pub const LINK_LIFETIME: Lifetime = Lifetime::from_hours(24);

/// What the form brought.
pub struct Setup {
    /// The secret of the link.
    pub token: Sensitive,
    /// Address to sign in with, as typed.
    pub email: String,
    /// Name for display; may be empty.
    pub name: String,
    /// Their password.
    pub password: Sensitive,
}

/// Why there is no new owner. The words say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupRefusal {
    /// Used, replaced, too old, or never made.
    #[error("this set-up link has expired or was used; run `vouchsafe admin link` for a new one")]
    DeadLink,
    /// Somebody was faster.
    #[error("there is an owner already; sign in as that person")]
    OwnerExists,
    /// What was typed.
    #[error(transparent)]
    Person(#[from] UserRefusal),
}

impl SetupRefusal {
    /// Whether another try with the same link is useless.
    pub fn is_dead_link(&self) -> bool {
        matches!(self, SetupRefusal::DeadLink | SetupRefusal::OwnerExists)
    }

    /// The id of the page's alert: it names the field the words are about.
    pub fn field_id(&self) -> &'static str {
        use UserRefusal as R;
        match self {
            SetupRefusal::Person(R::Email(_) | R::Taken(_)) => "problem-email",
            SetupRefusal::Person(R::Text(..)) => "problem-name",
            SetupRefusal::Person(
                R::PasswordTooShort(_)
                | R::PasswordTooLong(_)
                | R::PasswordIsEmail
                | R::PasswordWeak { .. }
                | R::PasswordBreached,
            ) => "problem-password",
            SetupRefusal::DeadLink | SetupRefusal::OwnerExists | SetupRefusal::Person(_) => "problem",
        }
    }
}

/// Makes a fresh link; earlier ones are void from now on. `None` when there is an owner.
///
/// # Errors
/// A [`Fault`].
pub async fn link(cx: &Cx) -> Result<Option<Sensitive>, Fault> {
    let token = make(Kind::SetupLink, &*cx.parts.chance);
    let (hashed, now, row) = (hash(token.expose()), cx.now, link_event(cx));
    let made = cx.db().write(move |c| {
        if users::count_owners(c)? > 0 {
            return Ok(false);
        }
        setup_links::replace(c, &hashed, now, now + LINK_LIFETIME)?;
        row.append(c)?;
        Ok(true)
    });
    Ok(made.await?.then_some(token))
}

fn link_event(cx: &Cx) -> crate::flow::audit::Entry {
    event(cx, &Actor::CommandLine, "setup_link_made", About::default(), json!({}))
}

/// Whether the link could still be used.
///
/// # Errors
/// A [`Fault`].
pub async fn is_live(cx: &Cx, token: &str) -> Result<bool, Fault> {
    if !check_shape(Kind::SetupLink, token) {
        return Ok(false);
    }
    let (hashed, now) = (hash(token), cx.now);
    let live = cx.db().read(move |c| Ok(setup_links::find_live(c, &hashed, now)? && users::count_owners(c)? == 0));
    Ok(live.await?)
}

/// Makes the first owner. Of two uses at once one makes an owner and the other is refused; a refused address or password
/// leaves the link as it was.
///
/// # Errors
/// Inner: a [`SetupRefusal`]. Outer: a [`Fault`].
pub async fn complete(cx: &Cx, setup: Setup) -> Result<Result<User, SetupRefusal>, Fault> {
    // Before the hash, which strangers must not have for nothing.
    if !is_live(cx, setup.token.expose()).await? {
        return Ok(Err(SetupRefusal::DeadLink));
    }
    let owner = UserDocument {
        email_verified: true,
        role: RoleName::OWNER.as_str().to_owned(),
        name: Some(setup.name),
        ..UserDocument::new(&setup.email)
    };
    let user = granted!(user::draft(cx, owner));
    let phc = granted!(hashed_for(cx, setup.password, Owner::from(&user)).await?);
    let (token_hash, saved, now) = (hash(setup.token.expose()), user.clone(), cx.now);
    let row = event(cx, &Actor::SetupLink, "owner_set_up", About::user(&user.id), json!({}));
    let done = cx.db().write(move |c| {
        if users::find_by_email_key(c, saved.email.key())?.is_some() {
            return Ok(Err(UserRefusal::Taken(saved.email.as_str().to_owned()).into()));
        }
        // Whoever takes the link first goes on; everybody else waits here for that transaction and then gets nothing.
        if !setup_links::take(c, &token_hash, now)? {
            return Ok(Err(SetupRefusal::DeadLink));
        }
        if users::count_owners(c)? > 0 {
            return Ok(Err(SetupRefusal::OwnerExists));
        }
        if !users::insert(c, &saved)? {
            return Ok(Err(UserRefusal::Taken(saved.email.as_str().to_owned()).into()));
        }
        users::password_set(c, &saved.id, &phc, now)?;
        row.append(c)?;
        Ok(Ok(()))
    });
    Ok(done.await?.map(|()| user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    fn setup(token: &Sensitive, email: &str) -> Setup {
        Setup {
            token: token.clone(),
            email: email.to_owned(),
            name: "Olga".to_owned(),
            password: Sensitive::new("correct horse battery"),
        }
    }

    #[tokio::test]
    async fn a_link_is_replaced_by_the_next_one_and_ends_after_a_day() {
        let house = bench::house().await;
        let first = link(&house.cx()).await.unwrap().unwrap();
        assert!(is_live(&house.cx(), first.expose()).await.unwrap());
        let second = link(&house.cx()).await.unwrap().unwrap();
        assert!(!is_live(&house.cx(), first.expose()).await.unwrap());
        assert!(is_live(&house.cx(), second.expose()).await.unwrap());
        assert!(!is_live(&house.cx(), "vs_su_nonsense").await.unwrap());
        house.clock.advance(LINK_LIFETIME);
        let late = complete(&house.cx(), setup(&second, "olga@example.com")).await.unwrap();
        assert_eq!(late.unwrap_err(), SetupRefusal::DeadLink);
    }

    #[tokio::test]
    async fn two_uses_at_once_make_one_owner_and_then_there_is_no_link() {
        let house = bench::house().await;
        let token = link(&house.cx()).await.unwrap().unwrap();
        let cx = house.cx();
        let (a, b) =
            tokio::join!(complete(&cx, setup(&token, "a@example.com")), complete(&cx, setup(&token, "b@example.com")));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        assert!(a.or(b).is_ok_and(|owner| owner.role == RoleName::OWNER && owner.email_verified));
        assert!(link(&cx).await.unwrap().is_none());
        let owners = house.parts.db.read(users::count_owners).await.unwrap();
        assert_eq!(owners, 1);
    }

    #[tokio::test]
    async fn a_taken_address_or_a_short_password_leaves_the_link_alive() {
        let house = bench::house().await;
        let token = link(&house.cx()).await.unwrap().unwrap();
        let cx = house.cx();
        house.person("bob@example.com").await;
        let taken = complete(&cx, setup(&token, "BOB@example.com")).await.unwrap().unwrap_err();
        assert_eq!((taken.field_id(), taken.is_dead_link()), ("problem-email", false));
        let short = Setup { password: Sensitive::new("short"), ..setup(&token, "olga@example.com") };
        let short = complete(&cx, short).await.unwrap().unwrap_err();
        assert_eq!((short.field_id(), short.is_dead_link()), ("problem-password", false));
        let owner = complete(&cx, setup(&token, "olga@example.com")).await.unwrap().unwrap();
        assert_eq!(owner.role, RoleName::OWNER);
        assert!(link(&cx).await.unwrap().is_none());
        let again = complete(&cx, setup(&token, "eve@example.com")).await.unwrap().unwrap_err();
        assert!(again.is_dead_link());
    }
}
