//! Our own nouns: people, sessions, groups, and the rules about them that need no protocol.
//! It does not own OAuth (that is `oauth`), nor how anything is stored or shown.

pub mod account_rule;
pub mod attribute;
pub mod browser;
pub mod email;
pub mod event;
pub mod factor;
pub mod guess;
pub mod level;
pub mod notices;
pub mod password_rule;
pub mod permission;
pub mod session;
pub mod sign_up;
pub mod standing;
pub mod terms;
pub mod upstream;
pub mod user;
pub mod webhook;

pub use account_rule::AccountRule;
pub use email::Email;
pub use level::{Level, MailCodes, SecondFactorRule};
pub use notices::NoticeRule;
pub use password_rule::PasswordRule;
pub use permission::{Permission, Permissions, Role, RoleName};
pub use session::{Session, SessionId};
pub use sign_up::{SignUpMode, SignUpRule};
pub use standing::{Downfall, Standing};
pub use user::{User, UserId};
pub use webhook::{EventPattern, Webhook};
