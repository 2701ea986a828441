//! Owns the table `leases`: of several nodes one does a job. It does not own the jobs.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::schema::leases;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = leases, treat_none_as_default_value = false)]
struct LeaseRow<'a> {
    name: &'a str,
    holder: &'a str,
    until: i64,
}

/// Takes the lease `name` for `holder` until `until`, or prolongs it. `false`: somebody else holds it at `now`.
pub fn take(c: &mut Conn, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool, Fault> {
    let taken = q!(c, |conn| diesel::update(
        leases::table
            .filter(leases::name.eq(name))
            .filter(leases::holder.eq(holder).or(leases::until.le(now.millis())))
    )
    .set((leases::holder.eq(holder), leases::until.eq(until.millis())))
    .execute(conn))?;
    if taken == 1 {
        return Ok(true);
    }
    let row = LeaseRow { name, holder, until: until.millis() };
    let first = q!(c, |conn| diesel::insert_into(leases::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(first == 1)
}

/// Gives the lease back before its end, if `holder` still has it.
pub fn release(c: &mut Conn, name: &str, holder: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(leases::table.filter(leases::name.eq(name)).filter(leases::holder.eq(holder)))
        .execute(conn))?;
    Ok(())
}
