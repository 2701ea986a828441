//! Owns the table `stats`: numbers under a name, added up over a bucket of time. It does not own the names nor how long a
//! bucket is (`flow::stats`).

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::upsert::excluded;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row;
use super::schema::stats;
use crate::time::{Lifetime, Timestamp};

#[derive(Insertable)]
#[diesel(table_name = stats, treat_none_as_default_value = false)]
struct StatRow<'a> {
    bucket: i64,
    name: &'a str,
    value: i64,
}

/// What stands under one name in one span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Where the span begins.
    pub from: Timestamp,
    /// The name.
    pub name: String,
    /// All values of the span added up: for what is counted.
    pub sum: i64,
    /// The highest value of any bucket of the span: for what is measured.
    pub highest: i64,
}

#[derive(QueryableByName)]
struct TotalRow {
    #[diesel(sql_type = BigInt)]
    span: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    highest: i64,
}

/// Adds to the values of a bucket; several nodes may add to the same one. The names must be in order: so two nodes lock the
/// rows in the same order and never wait for one another in a circle.
pub fn add(c: &mut Conn, bucket: Timestamp, values: &[(String, i64)]) -> Result<(), Fault> {
    for (name, value) in values {
        let row = StatRow { bucket: bucket.millis(), name, value: *value };
        q!(c, |conn| diesel::insert_into(stats::table)
            .values(&row)
            .on_conflict((stats::bucket, stats::name))
            .do_update()
            .set(stats::value.eq(stats::value + excluded(stats::value)))
            .returning(stats::name)
            .kept()
            .load::<String>(conn))?;
    }
    Ok(())
}

/// Sets a value of a bucket, whatever it was.
pub fn put(c: &mut Conn, bucket: Timestamp, name: &str, value: i64) -> Result<(), Fault> {
    let row = StatRow { bucket: bucket.millis(), name, value };
    q!(c, |conn| diesel::insert_into(stats::table)
        .values(&row)
        .on_conflict((stats::bucket, stats::name))
        .do_update()
        .set(stats::value.eq(value))
        .execute(conn))?;
    Ok(())
}

/// The values from `from` up to but not including `until`, in spans of `step` that begin at whole multiples of it, by time and
/// name. Spans and names without a value are left out.
pub fn range(c: &mut Conn, from: Timestamp, until: Timestamp, step: Lifetime) -> Result<Vec<Total>, Fault> {
    let rows: Vec<TotalRow> = q!(c, |conn| diesel::sql_query(
        "SELECT bucket - bucket % $1 AS span, name, CAST(SUM(value) AS BIGINT) AS total, MAX(value) AS highest \
         FROM stats WHERE bucket >= $2 AND bucket < $3 GROUP BY 1, 2 ORDER BY 1, 2"
    )
    .bind::<BigInt, _>(step.millis().max(1))
    .bind::<BigInt, _>(from.millis())
    .bind::<BigInt, _>(until.millis())
    .load(conn))?;
    let total = |row: TotalRow| Total { from: row::at(row.span), name: row.name, sum: row.total, highest: row.highest };
    Ok(rows.into_iter().map(total).collect())
}

/// Removes buckets that began before `before`; at most 5000 rows a call, so repeat until it answers 0.
pub fn delete_older(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM stats WHERE (bucket, name) IN (SELECT bucket, name FROM stats WHERE bucket < $1 LIMIT $2)",
        before.millis(),
    )
}
