//! Owns the one answer to "is this principal still good?" (architecture, rule 8). Every path that makes or reads a token
//! loads a [`Standing`] and asks it. It does not own the loading: `store::standing` fills it from one query.

use crate::identity::session::SessionRule;
use crate::time::{Lifetime, Timestamp};

/// Everything that can end a principal, as it stands in the database at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// The client, unless it is not part of the question.
    pub client: Option<Switch>,
    /// The person; `None` for a client acting for itself.
    pub user: Option<UserStanding>,
    /// The session the grant came from; `None` where the grant outlives sessions (`offline_access`) or has none.
    pub session: Option<SessionStanding>,
    /// The grant; `None` before there is one.
    pub grant: Option<GrantStanding>,
}

/// Something that an administrator can switch off or remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// In use.
    Enabled,
    /// Switched off.
    Disabled,
    /// No longer in the database.
    Gone,
}

/// What there is to know of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserStanding {
    /// Enabled, disabled or removed.
    pub switch: Switch,
    /// Whatever began before this moment is void.
    pub valid_from: Timestamp,
    /// When the session or grant in question began.
    pub began_at: Timestamp,
}

/// What there is to know of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStanding {
    /// When it was ended early, if so. A removed session counts as ended at the epoch.
    pub ended_at: Option<Timestamp>,
    /// Absolute end.
    pub expires_at: Timestamp,
    /// Last use.
    pub last_seen_at: Timestamp,
}

/// What there is to know of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantStanding {
    /// When it was revoked, if so.
    pub revoked_at: Option<Timestamp>,
    /// Absolute end.
    pub expires_at: Timestamp,
}

/// Why a principal is no longer good. The words go to the trace, never to a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Downfall {
    /// The client was switched off.
    #[error("the client is disabled")]
    ClientDisabled,
    /// The client was removed.
    #[error("the client no longer exists")]
    ClientGone,
    /// The account was switched off.
    #[error("the account is disabled")]
    UserDisabled,
    /// The account was removed.
    #[error("the account no longer exists")]
    UserGone,
    /// A password change or "end everything" came after.
    #[error("the account's sessions and tokens were ended after this one began")]
    UserReset,
    /// Logout, or an administrator.
    #[error("the session was ended")]
    SessionEnded,
    /// Too old, or unused for too long.
    #[error("the session expired")]
    SessionExpired,
    /// Revoked by its owner, by reuse detection or by withdrawn consent.
    #[error("the grant was revoked")]
    GrantRevoked,
    /// Past its absolute end.
    #[error("the grant expired")]
    GrantExpired,
}

impl Standing {
    /// Whether the principal is still good at `now`; the first reason that says no.
    ///
    /// # Errors
    /// The [`Downfall`] to write into the trace.
    pub fn judge(&self, idle: SessionRule, now: Timestamp) -> Result<(), Downfall> {
        match self.client {
            Some(Switch::Disabled) => return Err(Downfall::ClientDisabled),
            Some(Switch::Gone) => return Err(Downfall::ClientGone),
            Some(Switch::Enabled) | None => {}
        }
        if let Some(user) = self.user {
            user.judge()?;
        }
        if let Some(session) = self.session {
            session.judge(idle.idle, now)?;
        }
        if let Some(grant) = self.grant {
            grant.judge(now)?;
        }
        Ok(())
    }
}

impl UserStanding {
    fn judge(self) -> Result<(), Downfall> {
        match self.switch {
            Switch::Disabled => Err(Downfall::UserDisabled),
            Switch::Gone => Err(Downfall::UserGone),
            Switch::Enabled if self.began_at < self.valid_from => Err(Downfall::UserReset),
            Switch::Enabled => Ok(()),
        }
    }
}

impl SessionStanding {
    fn judge(self, idle: Lifetime, now: Timestamp) -> Result<(), Downfall> {
        if self.ended_at.is_some() {
            return Err(Downfall::SessionEnded);
        }
        if now >= self.expires_at || now >= self.last_seen_at + idle {
            return Err(Downfall::SessionExpired);
        }
        Ok(())
    }
}

impl GrantStanding {
    fn judge(self, now: Timestamp) -> Result<(), Downfall> {
        if self.revoked_at.is_some() {
            return Err(Downfall::GrantRevoked);
        }
        if now >= self.expires_at {
            return Err(Downfall::GrantExpired);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
