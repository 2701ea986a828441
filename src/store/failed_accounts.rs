//! Owns the table `failed_accounts`: at which accounts sign-ins failed from which network, and did not succeed since. Accounts
//! are hashes of addresses. It does not own how many are too many (`identity::guess`).

use diesel::prelude::*;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row;
use super::schema::failed_accounts;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = failed_accounts, treat_none_as_default_value = false)]
struct Row<'a> {
    network: &'a str,
    account: &'a str,
    last_at: i64,
}

/// Notes that a sign-in failed.
pub fn failed(c: &mut Conn, network: &str, account: &str, now: Timestamp) -> Result<(), Fault> {
    let row = Row { network, account, last_at: now.millis() };
    q!(c, |conn| diesel::insert_into(failed_accounts::table)
        .values(&row)
        .on_conflict((failed_accounts::network, failed_accounts::account))
        .do_update()
        .set(failed_accounts::last_at.eq(now.millis()))
        .returning(failed_accounts::network)
        .kept()
        .load::<String>(conn))?;
    Ok(())
}

/// Takes a failure back, since the same account was signed in to from there.
pub fn succeeded(c: &mut Conn, network: &str, account: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(failed_accounts::table.find((network, account))).execute(conn))?;
    Ok(())
}

/// At how many accounts sign-ins failed from a network since `since`; counts no further than `most`.
pub fn count(c: &mut Conn, network: &str, since: Timestamp, most: i64) -> Result<i64, Fault> {
    let found: Vec<String> = q!(c, |conn| failed_accounts::table
        .filter(failed_accounts::network.eq(network))
        .filter(failed_accounts::last_at.gt(since.millis()))
        .select(failed_accounts::account)
        .limit(most)
        .load(conn))?;
    Ok(row::count(found.len()))
}

/// Removes what is older than `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_older(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM failed_accounts WHERE (network, account) IN \
         (SELECT network, account FROM failed_accounts WHERE last_at < $1 LIMIT $2)",
        before.millis(),
    )
}
