//! Owns the tables `settings` (what administrators set while the server runs) and `applied` (what files last said of each
//! object). It does not own what the values mean.

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row;
use super::schema::{applied, settings};
use crate::time::Timestamp;

/// A stored setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// JSON.
    pub value: String,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = settings)]
struct Row {
    value: String,
    version: i64,
    updated_at: i64,
}

impl From<Row> for Setting {
    fn from(row: Row) -> Self {
        Setting { value: row.value, version: row.version, updated_at: row::at(row.updated_at) }
    }
}

/// The setting of this name.
pub fn find(c: &mut Conn, name: &str) -> Result<Option<Setting>, Fault> {
    let found: Option<Row> =
        q!(c, |conn| settings::table.find(name).select(Row::as_select()).get_result(conn).optional())?;
    Ok(found.map(Setting::from))
}

/// [`find`], locked until the transaction ends.
pub fn find_for_update(c: &mut Conn, name: &str) -> Result<Option<Setting>, Fault> {
    let wanted = settings::table.find(name);
    let found: Option<Row> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(Row::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => wanted.select(Row::as_select()).for_update().get_result(conn).optional()?,
    };
    Ok(found.map(Setting::from))
}

/// Stores a setting.
pub fn put(c: &mut Conn, name: &str, setting: &Setting) -> Result<(), Fault> {
    let set = (
        settings::value.eq(&setting.value),
        settings::version.eq(setting.version),
        settings::updated_at.eq(setting.updated_at.millis()),
    );
    q!(c, |conn| diesel::insert_into(settings::table)
        .values((settings::name.eq(name), set))
        .on_conflict(settings::name)
        .do_update()
        .set(set)
        .execute(conn))?;
    Ok(())
}

/// What files last said of an object.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = applied)]
pub struct Applied {
    /// The kind's word.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The document as JSON.
    pub document: String,
    /// When, in milliseconds since 1970.
    pub applied_at: i64,
}

/// Everything that files own, in order of kind and name.
pub fn applied_all(c: &mut Conn) -> Result<Vec<Applied>, Fault> {
    Ok(q!(c, |conn| applied::table.order((applied::kind, applied::name)).select(Applied::as_select()).load(conn))?)
}

/// Names of the objects of one kind that files own, among these.
pub fn applied_among(c: &mut Conn, kind: &str, names: &[String]) -> Result<Vec<String>, Fault> {
    let names: Vec<&String> = names.iter().filter(|name| !row::has_nul(name)).collect();
    Ok(q!(c, |conn| applied::table
        .filter(applied::kind.eq(kind))
        .filter(applied::name.eq_any(&names))
        .select(applied::name)
        .load(conn))?)
}

/// Notes what files said of an object.
pub fn applied_put(c: &mut Conn, object: &Applied) -> Result<(), Fault> {
    let set = (applied::document.eq(&object.document), applied::applied_at.eq(object.applied_at));
    q!(c, |conn| diesel::insert_into(applied::table)
        .values(object)
        .on_conflict((applied::kind, applied::name))
        .do_update()
        .set(set)
        .execute(conn))?;
    Ok(())
}

/// Files no longer own the object.
pub fn applied_forget(c: &mut Conn, kind: &str, name: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(applied::table.find((kind, name))).execute(conn))?;
    Ok(())
}
