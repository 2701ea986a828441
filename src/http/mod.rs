//! FLOOR 4: the only room that names actix and askama. This file owns the list of its parts and nothing else.

pub mod account;
pub mod admin;
pub mod assets;
pub mod call;
pub mod cookies;
pub mod oauth;
pub mod ops;
pub mod own_app;
pub mod pages;
pub mod reply;
pub mod routes;
pub mod server;
pub mod sign_in;
pub mod state;
pub mod upload;
