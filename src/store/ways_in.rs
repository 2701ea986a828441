//! Owns the question what ways in people have: passwords and invitations, many people at once. It does not own the tables
//! (`users`, `invitations`).

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{invitations, passwords};
use crate::time::Timestamp;

/// What is known of a person's ways in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// `Some` if there is a password: whether it must be changed at the next sign-in.
    pub password: Option<bool>,
    /// When the invitation ends, if there is one that can still be used.
    pub invited_until: Option<Timestamp>,
}

/// The ways in of these people; who has none may be missing.
pub fn of_people(c: &mut Conn, ids: &[String], now: Timestamp) -> Result<HashMap<String, WaysIn>, Fault> {
    let mut known: HashMap<String, WaysIn> = HashMap::new();
    let found: Vec<(String, bool)> = q!(c, |conn| passwords::table
        .filter(passwords::user_id.eq_any(ids))
        .select((passwords::user_id, passwords::must_change))
        .load(conn))?;
    for (id, must_change) in found {
        known.entry(id).or_default().password = Some(must_change);
    }
    let invited: Vec<(String, i64)> = q!(c, |conn| invitations::table
        .filter(invitations::user_id.eq_any(ids))
        .filter(invitations::expires_at.gt(now.millis()))
        .select((invitations::user_id, invitations::expires_at))
        .load(conn))?;
    for (id, until) in invited {
        known.entry(id).or_default().invited_until = Some(row::at(until));
    }
    Ok(known)
}
