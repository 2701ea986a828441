//! Owns which letters people get about their accounts where that can be chosen. It does not own the letters
//! (`flow::account::notice`).

use serde::{Deserialize, Serialize};

/// Which letters go out. Those about changes to an account cannot be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeRule {
    /// Whether people get a letter when somebody signs in to their account on a device that was not used for it before. The
    /// very first sign-in of an account is none of these.
    pub new_device: bool,
}

impl Default for NoticeRule {
    fn default() -> Self {
        Self { new_device: true }
    }
}
