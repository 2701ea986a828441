//! Owns the table `mail_codes`: one-time codes that were mailed, each for one step of one person. It does not own how a code
//! is hashed, nor the letter.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::mail_codes;
use crate::identity::UserId;
use crate::time::Timestamp;

/// After this many tries a code is void.
pub const MAX_TRIES: i64 = 5;

/// A code that was mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailCode {
    /// Names it in the step that it belongs to.
    pub id: String,
    /// To whom.
    pub user_id: UserId,
    /// For what.
    pub purpose: &'static str,
    /// Hash of the code.
    pub hash: Vec<u8>,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was the code, which is used up now.
    Right,
    /// It was another.
    Wrong,
    /// There is no code to be tried: used, replaced, too old, tried too often, or another step's.
    Void,
}

/// Stores a code. An earlier one of this person for the same purpose is void.
pub fn replace(c: &mut Conn, code: &MailCode) -> Result<(), Fault> {
    let (user, purpose) = (code.user_id.as_str(), code.purpose);
    let of_person = mail_codes::table.filter(mail_codes::user_id.eq(user)).filter(mail_codes::purpose.eq(purpose));
    q!(c, |conn| diesel::delete(of_person).execute(conn))?;
    q!(c, |conn| diesel::insert_into(mail_codes::table)
        .values((
            mail_codes::id.eq(&code.id),
            mail_codes::user_id.eq(user),
            mail_codes::purpose.eq(purpose),
            mail_codes::hash.eq(&code.hash),
            mail_codes::tries.eq(0),
            mail_codes::expires_at.eq(code.expires_at.millis()),
        ))
        .execute(conn))?;
    Ok(())
}

/// Tries a code: the try is counted before the code is looked at, and the right one counts once (security case K11).
/// `expires_at` of `code` is not looked at.
pub fn take(c: &mut Conn, code: &MailCode, now: Timestamp) -> Result<Tried, Fault> {
    let live = mail_codes::table
        .filter(mail_codes::id.eq(&code.id))
        .filter(mail_codes::user_id.eq(code.user_id.as_str()))
        .filter(mail_codes::purpose.eq(code.purpose))
        .filter(mail_codes::tries.lt(MAX_TRIES))
        .filter(mail_codes::expires_at.gt(now.millis()));
    let counted = q!(c, |conn| diesel::update(live).set(mail_codes::tries.eq(mail_codes::tries + 1)).execute(conn))?;
    if counted == 0 {
        return Ok(Tried::Void);
    }
    let right = mail_codes::table.filter(mail_codes::id.eq(&code.id)).filter(mail_codes::hash.eq(&code.hash));
    let gone = q!(c, |conn| diesel::delete(right).execute(conn))?;
    Ok(if gone == 1 { Tried::Right } else { Tried::Wrong })
}

/// Removes codes that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM mail_codes WHERE id IN (SELECT id FROM mail_codes WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
