//! Owns the table `attributes`: which attributes people can have. It does not own the values: those stand in `users`.

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::attributes;
use crate::identity::attribute::{Attribute, AttributeKind};
use crate::time::Timestamp;

/// An attribute as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAttribute {
    /// The attribute.
    pub attribute: Attribute,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = attributes)]
struct Row {
    name: String,
    title: String,
    kind: String,
    required: bool,
    version: i64,
    created_at: i64,
    updated_at: i64,
    self_editable: bool,
}

impl TryFrom<Row> for StoredAttribute {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let attribute = Attribute {
            kind: Column("attributes", "kind").word(&row.kind, AttributeKind::parse)?,
            name: row.name,
            title: row.title,
            required: row.required,
            self_editable: row.self_editable,
        };
        let (created_at, updated_at) = (row::at(row.created_at), row::at(row.updated_at));
        Ok(StoredAttribute { attribute, version: row.version, created_at, updated_at })
    }
}

fn row_of(stored: &StoredAttribute) -> Row {
    Row {
        name: stored.attribute.name.clone(),
        title: stored.attribute.title.clone(),
        kind: stored.attribute.kind.as_str().to_owned(),
        required: stored.attribute.required,
        version: stored.version,
        created_at: stored.created_at.millis(),
        updated_at: stored.updated_at.millis(),
        self_editable: stored.attribute.self_editable,
    }
}

/// All of them, in order of their names.
pub fn list(c: &mut Conn) -> Result<Vec<StoredAttribute>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| attributes::table.order(attributes::name).select(Row::as_select()).load(conn))?;
    rows.into_iter().map(StoredAttribute::try_from).collect()
}

/// The attribute of this name.
pub fn find(c: &mut Conn, name: &str) -> Result<Option<StoredAttribute>, Fault> {
    if row::has_nul(name) {
        return Ok(None);
    }
    let row: Option<Row> =
        q!(c, |conn| attributes::table.find(name).select(Row::as_select()).get_result(conn).optional())?;
    row.map(StoredAttribute::try_from).transpose()
}

/// [`find`], and nobody else changes it until the transaction ends.
pub fn find_for_update(c: &mut Conn, name: &str) -> Result<Option<StoredAttribute>, Fault> {
    if let Link::Postgres(conn) = &mut c.0
        && !row::has_nul(name)
    {
        let _: Option<String> =
            attributes::table.find(name).select(attributes::name).for_update().get_result(conn).optional()?;
    }
    find(c, name)
}

/// Adds an attribute. `false`: there is one of this name.
pub fn insert(c: &mut Conn, stored: &StoredAttribute) -> Result<bool, Fault> {
    let row = row_of(stored);
    let rows =
        q!(c, |conn| diesel::insert_into(attributes::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Replaces an attribute. `false`: there is none.
pub fn update(c: &mut Conn, stored: &StoredAttribute) -> Result<bool, Fault> {
    let row = row_of(stored);
    let rows = q!(c, |conn| diesel::update(attributes::table.find(&row.name)).set(&row).execute(conn))?;
    Ok(rows == 1)
}

/// Removes an attribute. `false`: there was none.
pub fn delete(c: &mut Conn, name: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(attributes::table.find(name)).execute(conn))?;
    Ok(rows == 1)
}
