//! Owns what people may do with their own accounts, as far as administrators decide. It does not own doing it
//! (`flow::account`).

use serde::{Deserialize, Serialize};

/// What people may do with their own accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccountRule {
    /// Whether people may delete their own account. The last owner cannot in any case.
    pub people_may_delete: bool,
}

impl Default for AccountRule {
    fn default() -> Self {
        Self { people_may_delete: true }
    }
}
