//! The protocol endpoints over HTTP: read, ask the flow, reply.

pub mod authorize;
pub mod discovery;
pub mod logout;
pub mod token;
pub mod userinfo;
