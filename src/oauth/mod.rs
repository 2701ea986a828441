//! The protocol, pure: values in, decision out. No async, no I/O, no clock, no chance. A reader with the RFC beside them
//! needs nothing else to check what stands here. It does not own storage, signatures, pages or HTTP.

pub mod authorization;
pub mod authorize;
pub mod bearer;
pub mod claims;
pub mod client;
pub mod client_auth;
pub mod client_policy;
pub mod consent;
pub mod diagnosis;
pub mod error;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod grant;
pub mod introspection;
pub mod jose;
pub mod logo;
pub mod logout;
pub mod mapping;
pub mod metadata;
pub mod params;
pub mod pkce;
pub mod prompt;
pub mod redirect_uri;
pub mod resource;
pub mod scope;
pub mod step;
pub mod token;
pub mod upstream;
