//! Owns the table `meta`: single values about the database itself. It does not own what they mean.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::schema::meta;

#[derive(Insertable)]
#[diesel(table_name = meta, treat_none_as_default_value = false)]
struct MetaRow<'a> {
    name: &'a str,
    value: &'a str,
}

/// The value of this name.
pub fn find(c: &mut Conn, name: &str) -> Result<Option<String>, Fault> {
    Ok(q!(c, |conn| meta::table.find(name).select(meta::value).get_result(conn).optional())?)
}

/// Stores a value unless there is one; the one that is there now, whoever put it there. To be called inside a write.
pub fn insert_if_absent(c: &mut Conn, name: &str, value: &str) -> Result<String, Fault> {
    let row = MetaRow { name, value };
    q!(c, |conn| diesel::insert_into(meta::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(q!(c, |conn| meta::table.find(name).select(meta::value).get_result(conn))?)
}

/// Stores or replaces a value.
pub fn put(c: &mut Conn, name: &str, value: &str) -> Result<(), Fault> {
    let row = MetaRow { name, value };
    q!(c, |conn| diesel::insert_into(meta::table)
        .values(&row)
        .on_conflict(meta::name)
        .do_update()
        .set(meta::value.eq(value))
        .execute(conn))?;
    Ok(())
}
