//! Our signing keys: their life, their ring, and the JWTs made and believed with them. The only room that names
//! jsonwebtoken and rsa, and with `secret` the only one that names aws-lc-rs. It does not own which claims a token holds
//! (`flow`, `oauth`), nor the rows of the keys (`store::keys`).
//!
//! Architecture invariant: aws-lc-rs generates every key and performs every private-key operation. The rsa crate only
//! reads, checks and rewrites key files, because its private-key operations leak timing (RUSTSEC-2023-0071).

use crate::time::Lifetime;

pub mod client_key;
pub mod export;
pub mod generate;
pub mod import;
pub mod keyring;
pub mod life;
pub mod verify;

mod jwk;
mod pair;
mod strict;

pub use client_key::ClientKey;
pub use export::public_pem;
pub use generate::{NewKey, RsaBits, generate};
pub use import::{import_jwk, import_pem};
pub use jwk::KeyError;
pub use keyring::{Jwks, Keyring, KeyringError, SigningFault};
pub use life::{KeyLives, KeyState, Rotation, Step, StoredKey};
pub use verify::{Expect, ExpectedAudience, TokenRefusal, Verified};

/// How far the clocks of two machines may differ before a token counts as made in the future, and how much longer a
/// retired key stays than its last token.
pub const SKEW: Lifetime = Lifetime::from_seconds(60);

#[cfg(test)]
mod tests;
