//! The guest house: a relying party ([`app`], the "demo app") and a resource server ([`api`], the "demo API") that know
//! Vouchsafe by its wire only. `vouchsafe demo` runs them in its own process, on ports of their own.
//!
//! **Architecture invariant:** nothing in here imports anything from the rest of the crate; what they learn about the
//! provider they learn by HTTP, as any stranger would. That is why this room has its own clock, its own secret wrapper and
//! its own HTTP client, and why it is the one place beside `http` that names actix and askama, beside `upstream` that
//! names openidconnect, beside `signing` that names jsonwebtoken, and beside `outbound` that names reqwest: sharing those
//! rooms would let the demo work against our internals where a real client could not.
//!
//! It owns no rule of the protocol's server side, keeps nothing on disk and is not meant to be reachable by the world:
//! its home page shows a working password.

pub mod api;
pub mod app;
mod clock;
mod headers;
mod secret;
mod wire;

pub use secret::Secret;
