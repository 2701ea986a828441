//! Owns the table `account_links`: secrets of links that were mailed, each for one purpose and once. Only hashes are stored.
//! It does not own the pages behind them, nor what each purpose allows.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::account_links;
use crate::identity::UserId;
use crate::time::Timestamp;

/// The purpose of links in notices: "this wasn't me".
pub const NOT_ME: &str = "not_me";
/// The purpose of links by which somebody makes an account.
pub const SIGN_UP: &str = "sign_up";
/// The purpose of links by which somebody sets a password anew.
pub const RESET: &str = "reset";
/// The purpose of links by which somebody confirms that an address is theirs.
pub const NEW_ADDRESS: &str = "new_address";
/// The purpose of links by which somebody agrees, from the address they have, that the account gets another.
pub const OLD_ADDRESS: &str = "old_address";

/// How many links to an address are good at once, of a purpose that strangers can ask for.
pub const KEPT: usize = 3;

/// A link that can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLink {
    /// Whose; none while there is no account yet.
    pub user_id: Option<UserId>,
    /// Folded form of the address that it went to.
    pub email_key: String,
    /// What belongs to it, as its purpose wants it.
    pub detail: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// It is dead from this moment on.
    pub expires_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = account_links, treat_none_as_default_value = false)]
struct Row {
    user_id: Option<String>,
    email_key: String,
    detail: String,
    created_at: i64,
    expires_at: i64,
}

impl From<Row> for AccountLink {
    fn from(row: Row) -> Self {
        Self {
            user_id: row.user_id.map(UserId),
            email_key: row.email_key,
            detail: row.detail,
            created_at: row::at(row.created_at),
            expires_at: row::at(row.expires_at),
        }
    }
}

/// Stores a link of a kind that strangers can ask for: the last [`KEPT`] of this purpose and address stay good, so that nobody
/// makes a link void that another person is about to use.
pub fn add(c: &mut Conn, hash: &[u8], purpose: &str, link: &AccountLink) -> Result<(), Fault> {
    let older: Vec<Vec<u8>> = q!(c, |conn| account_links::table
        .filter(account_links::email_key.eq(&link.email_key))
        .filter(account_links::purpose.eq(purpose))
        .order((account_links::created_at.desc(), account_links::hash))
        .select(account_links::hash)
        .load(conn))?;
    for hash in older.iter().skip(KEPT - 1) {
        q!(c, |conn| diesel::delete(account_links::table.find(hash)).execute(conn))?;
    }
    insert(c, hash, purpose, link)
}

/// Makes the links to an address for one purpose void: one of them was used. How many it were.
pub fn delete_to(c: &mut Conn, email_key: &str, purpose: &str) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        account_links::table.filter(account_links::email_key.eq(email_key)).filter(account_links::purpose.eq(purpose))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Stores a link of a person; earlier ones of the same purpose and person are void from now on, whatever address they went to.
pub fn replace_of_user(
    c: &mut Conn,
    hash: &[u8],
    purpose: &str,
    user: &UserId,
    link: &AccountLink,
) -> Result<(), Fault> {
    delete_of_user_for(c, user, purpose)?;
    insert(c, hash, purpose, link)
}

/// The link of a person for this purpose, if one can still be used.
pub fn find_of_user(c: &mut Conn, user: &UserId, purpose: &str, now: Timestamp) -> Result<Option<AccountLink>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| account_links::table
        .filter(account_links::user_id.eq(user.as_str()))
        .filter(account_links::purpose.eq(purpose))
        .filter(account_links::expires_at.gt(now.millis()))
        .order(account_links::created_at.desc())
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().next().map(AccountLink::from))
}

/// The links of a person for this purpose that can still be used, the oldest first.
pub fn list_of_user(c: &mut Conn, user: &UserId, purpose: &str, now: Timestamp) -> Result<Vec<AccountLink>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| account_links::table
        .filter(account_links::user_id.eq(user.as_str()))
        .filter(account_links::purpose.eq(purpose))
        .filter(account_links::expires_at.gt(now.millis()))
        .order((account_links::created_at, account_links::hash))
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(AccountLink::from).collect())
}

/// Makes the links of a person for one purpose void. How many it were.
pub fn delete_of_user_for(c: &mut Conn, user: &UserId, purpose: &str) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        account_links::table
            .filter(account_links::user_id.eq(user.as_str()))
            .filter(account_links::purpose.eq(purpose))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Stores a link beside those that are there.
pub fn insert(c: &mut Conn, hash: &[u8], purpose: &str, link: &AccountLink) -> Result<(), Fault> {
    let row = Row {
        user_id: link.user_id.clone().map(|id| id.0),
        email_key: link.email_key.clone(),
        detail: link.detail.clone(),
        created_at: link.created_at.millis(),
        expires_at: link.expires_at.millis(),
    };
    q!(c, |conn| diesel::insert_into(account_links::table)
        .values((&row, account_links::hash.eq(hash), account_links::purpose.eq(purpose)))
        .execute(conn))?;
    Ok(())
}

/// The link of this secret and purpose, if it can still be used. Looking uses nothing up (security case J11).
pub fn find_live(c: &mut Conn, hash: &[u8], purpose: &str, now: Timestamp) -> Result<Option<AccountLink>, Fault> {
    let row: Option<Row> = q!(c, |conn| account_links::table
        .filter(account_links::hash.eq(hash))
        .filter(account_links::purpose.eq(purpose))
        .filter(account_links::expires_at.gt(now.millis()))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    Ok(row.map(AccountLink::from))
}

/// Stores what belongs to a link anew; whether it was there.
pub fn set_detail(c: &mut Conn, hash: &[u8], detail: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(account_links::table.find(hash))
        .set(account_links::detail.eq(detail))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Takes the link, once: it is gone afterwards.
pub fn take(c: &mut Conn, hash: &[u8], purpose: &str, now: Timestamp) -> Result<Option<AccountLink>, Fault> {
    let Some(link) = find_live(c, hash, purpose, now)? else { return Ok(None) };
    let rows = q!(c, |conn| diesel::delete(account_links::table.find(hash)).execute(conn))?;
    Ok((rows == 1).then_some(link))
}

/// Makes every link of a person void but those by which they say that something was not their doing: whoever took an account
/// over must not get rid of these by a reset or another change.
pub fn delete_of_user(c: &mut Conn, user: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        account_links::table.filter(account_links::user_id.eq(user.as_str())).filter(account_links::purpose.ne(NOT_ME))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Makes the links void by which a person says that something was not their doing, as far as they were made at `since` or
/// later.
pub fn delete_not_me(c: &mut Conn, user: &UserId, since: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        account_links::table
            .filter(account_links::user_id.eq(user.as_str()))
            .filter(account_links::purpose.eq(NOT_ME))
            .filter(account_links::created_at.ge(since.millis()))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Removes links that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM account_links WHERE hash IN (SELECT hash FROM account_links WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}

/// What links of a person are under way: for what, to which address, when made, and until when.
pub fn under_way(c: &mut Conn, user: &UserId, now: Timestamp) -> Result<Vec<(String, AccountLink)>, Fault> {
    let rows: Vec<(String, Row)> = q!(c, |conn| account_links::table
        .filter(account_links::user_id.eq(user.as_str()))
        .filter(account_links::expires_at.gt(now.millis()))
        .order(account_links::created_at)
        .select((account_links::purpose, Row::as_select()))
        .load(conn))?;
    Ok(rows.into_iter().map(|(purpose, row)| (purpose, AccountLink::from(row))).collect())
}
