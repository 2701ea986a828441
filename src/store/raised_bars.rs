//! Owns the table `raised_bars`: networks from which too many accounts were tried, and until when more is asked of whoever
//! signs in from there. It does not own what that is (`flow::sign_in`).

use diesel::prelude::*;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row;
use super::schema::raised_bars;
use crate::time::Timestamp;

/// A network from which too many accounts were tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaisedBar {
    /// The network, as in `203.0.113.0/24`.
    pub network: String,
    /// Since when.
    pub raised_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// At so many accounts sign-ins had failed.
    pub accounts: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = raised_bars, treat_none_as_default_value = false)]
struct Row {
    network: String,
    raised_at: i64,
    expires_at: i64,
    accounts: i64,
}

impl From<Row> for RaisedBar {
    fn from(row: Row) -> Self {
        Self {
            network: row.network,
            raised_at: row::at(row.raised_at),
            expires_at: row::at(row.expires_at),
            accounts: row.accounts,
        }
    }
}

/// Raises the bar for a network. Call it with no bar in force: one whose time is over is replaced.
pub fn raise(c: &mut Conn, bar: &RaisedBar) -> Result<(), Fault> {
    let row = Row {
        network: bar.network.clone(),
        raised_at: bar.raised_at.millis(),
        expires_at: bar.expires_at.millis(),
        accounts: bar.accounts,
    };
    let set = (
        raised_bars::raised_at.eq(row.raised_at),
        raised_bars::expires_at.eq(row.expires_at),
        raised_bars::accounts.eq(row.accounts),
    );
    q!(c, |conn| diesel::insert_into(raised_bars::table)
        .values(&row)
        .on_conflict(raised_bars::network)
        .do_update()
        .set(set)
        .returning(raised_bars::network)
        .kept()
        .load::<String>(conn))?;
    Ok(())
}

/// The bar that is in force for a network.
pub fn find_live(c: &mut Conn, network: &str, now: Timestamp) -> Result<Option<RaisedBar>, Fault> {
    let row: Option<Row> = q!(c, |conn| raised_bars::table
        .filter(raised_bars::network.eq(network))
        .filter(raised_bars::expires_at.gt(now.millis()))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    Ok(row.map(RaisedBar::from))
}

/// The bars in force, at most `limit`, those of the most accounts first.
pub fn list_live(c: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<RaisedBar>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| raised_bars::table
        .filter(raised_bars::expires_at.gt(now.millis()))
        .order((raised_bars::accounts.desc(), raised_bars::network))
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(RaisedBar::from).collect())
}

/// Removes bars that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM raised_bars WHERE network IN (SELECT network FROM raised_bars WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
