//! One file per grant, one RFC section each. A grant fills in only what is its own; client authentication, the question
//! whether the client may use it, saving and minting stand in the endpoint, so that no grant can forget them.

pub mod authorization_code;
pub mod client_credentials;
pub mod refresh_token;
