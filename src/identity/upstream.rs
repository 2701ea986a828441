//! Owns the link between a person and who they are at a provider. It does not own the provider (`oauth::upstream`).

use crate::identity::UserId;
use crate::time::Timestamp;

/// Who somebody is at a provider: issuer and subject, never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamIdentity {
    /// Its name for pages and forms; not a secret.
    pub id: String,
    /// The provider's id.
    pub provider: String,
    /// Issuer at the time of linking.
    pub issuer: String,
    /// The issuer's name for the person.
    pub subject: String,
    /// Whose account it opens.
    pub user_id: UserId,
    /// What to call it on a page: the address or name that the provider last told. Proves nothing.
    pub shown: String,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Option<Timestamp>,
    /// Set when an administrator shut it.
    pub disabled_at: Option<Timestamp>,
}
