//! The protocol endpoints as use-cases.

pub mod authorize;
pub mod client;
pub mod discovery;
pub mod introspect;
pub mod issue;
pub mod logout;
pub mod revoke;
pub mod scopes;
pub mod token;
pub mod userinfo;
