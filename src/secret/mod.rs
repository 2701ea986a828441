//! Everything that makes, compares, hashes or seals a secret: random values, opaque tokens, the master key, sealing at
//! rest, passwords and how hard they are to guess, one-time codes. The only room that names argon2, bcrypt, scrypt, zxcvbn and
//! totp-rs. It does not own signing keys (`signing`) nor where any of this is
//! stored (`store`).

pub mod breached;
pub mod compare;
pub mod master;
pub mod password;
pub mod random;
pub mod sealed;
pub mod strength;
pub mod token;
pub mod totp;
pub mod webhook;

pub use compare::equal;
pub use master::{DatabaseAge, KeysSource, MasterKey, MasterKeyError};
pub use password::{PasswordError, PasswordHasher, PasswordRule, PasswordVerdict};
pub use random::{Chance, SeededChance, SystemChance};
pub use sealed::{Mac, SealError, Sealer};
pub use webhook::WebhookSecret;
