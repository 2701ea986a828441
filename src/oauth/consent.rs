//! Owns what a person has allowed an app, and whether that covers a new request. It does not own the page that asks.

use crate::identity::UserId;
use crate::oauth::scope::ScopeSet;
use crate::time::Timestamp;

/// A remembered consent: one per person and client; new scopes are added to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// Who allowed it.
    pub user_id: UserId,
    /// Whom.
    pub client_id: String,
    /// Everything allowed so far.
    pub scopes: ScopeSet,
    /// Names of single claims allowed beyond the scopes (`claims` parameter), sorted.
    pub claims: Vec<String>,
    /// When it was first given.
    pub created_at: Timestamp,
    /// When the person last pressed "allow"; answers `prompt=consent`.
    pub granted_at: Timestamp,
}
