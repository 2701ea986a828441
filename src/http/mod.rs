//! FLOOR 4: the only room that names actix and askama. This file owns the list of its parts and nothing else.

pub mod assets;
pub mod pages;
