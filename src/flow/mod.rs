//! The use-cases: each file loads, asks a pure decision, saves and answers. It does not own HTTP (that is `http`), rules
//! (`oauth`, `identity`) or statements (`store`).

pub mod account;
pub mod admin;
pub mod audit;
pub mod cx;
pub mod latency;
pub mod mail;
pub mod oauth;
pub mod ops;
pub mod own_app;
pub mod sign_in;
pub mod stats;
pub mod trace;
pub mod usage;
pub mod webhook;

pub use cx::{Cx, Fault, Parts, Policy};
