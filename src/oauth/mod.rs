//! The protocol, pure: values in, decision out. No async, no I/O, no clock, no chance. A reader with the RFC beside them
//! needs nothing else to check what stands here. It does not own storage, signatures, pages or HTTP.

pub mod authorization;
pub mod claims;
pub mod client;
pub mod client_policy;
pub mod consent;
pub mod jose;
pub mod scope;
