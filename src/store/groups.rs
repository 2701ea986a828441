//! Owns the tables `groups` and `group_members`, seen from the group. It does not own which groups one person is in
//! (`users`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row;
use super::schema::{group_members, groups, users};
use super::users::{find_many, has_a_role};
use crate::identity::{RoleName, User, UserId};
use crate::time::Timestamp;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = groups)]
struct Row {
    name: String,
    created_at: i64,
    description: String,
    version: i64,
    updated_at: i64,
}

/// A group as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name; unique.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Goes up by one with each change; members come and go without.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl From<Row> for Group {
    fn from(row: Row) -> Self {
        Group {
            name: row.name,
            description: row.description,
            version: row.version,
            created_at: row::at(row.created_at),
            updated_at: row::at(row.updated_at),
        }
    }
}

fn row_of(group: &Group) -> Row {
    Row {
        name: group.name.clone(),
        created_at: group.created_at.millis(),
        description: group.description.clone(),
        version: group.version,
        updated_at: group.updated_at.millis(),
    }
}

/// Up to `limit` groups whose names begin with `prefix`, in order of their names, beginning behind the name `after`.
pub fn list(c: &mut Conn, prefix: &str, after: Option<&str>, limit: i64) -> Result<Vec<Group>, Fault> {
    if row::has_nul(prefix) {
        return Ok(Vec::new());
    }
    let end = crate::identity::terms::end_of(prefix);
    // One lower bound, not two: an index is entered at one place.
    let rows: Vec<Row> = match after {
        None => q!(c, |conn| groups::table
            .filter(groups::name.ge(prefix).and(groups::name.lt(&end)))
            .order(groups::name)
            .limit(limit)
            .select(Row::as_select())
            .load(conn))?,
        Some(after) => q!(c, |conn| groups::table
            .filter(groups::name.gt(after).and(groups::name.lt(&end)))
            .order(groups::name)
            .limit(limit)
            .select(Row::as_select())
            .load(conn))?,
    };
    Ok(rows.into_iter().map(Group::from).collect())
}

/// The group of this name.
pub fn find(c: &mut Conn, name: &str) -> Result<Option<Group>, Fault> {
    if row::has_nul(name) {
        return Ok(None);
    }
    let row: Option<Row> = q!(c, |conn| groups::table.find(name).select(Row::as_select()).get_result(conn).optional())?;
    Ok(row.map(Group::from))
}

/// [`find`], and nobody else changes it until the transaction ends.
pub fn find_for_update(c: &mut Conn, name: &str) -> Result<Option<Group>, Fault> {
    if let Link::Postgres(conn) = &mut c.0
        && !row::has_nul(name)
    {
        let _: Option<String> =
            groups::table.find(name).select(groups::name).for_update().get_result(conn).optional()?;
    }
    find(c, name)
}

/// Adds a group. `false`: there is one of this name.
pub fn insert(c: &mut Conn, group: &Group) -> Result<bool, Fault> {
    let row = row_of(group);
    let rows = q!(c, |conn| diesel::insert_into(groups::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Replaces a group; its members stay. `false`: there is none.
pub fn update(c: &mut Conn, group: &Group) -> Result<bool, Fault> {
    let row = row_of(group);
    let rows = q!(c, |conn| diesel::update(groups::table.find(&row.name)).set(&row).execute(conn))?;
    Ok(rows == 1)
}

/// Removes a group; its members stay without it. `false`: there was none.
pub fn delete(c: &mut Conn, name: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(groups::table.find(name)).execute(conn))?;
    Ok(rows == 1)
}

/// How many people are in a group; counting stops at `most`.
pub fn count_members(c: &mut Conn, name: &str, most: i64) -> Result<i64, Fault> {
    let counted: Vec<i32> = q!(c, |conn| group_members::table
        .filter(group_members::group_name.eq(name))
        .limit(most)
        .select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"))
        .load(conn))?;
    Ok(row::count(counted.len()))
}

/// Up to `limit` members in order of their ids, beginning behind the id `after`.
pub fn members(c: &mut Conn, name: &str, after: Option<&str>, limit: i64) -> Result<Vec<User>, Fault> {
    // Two questions: of a join in order PostgreSQL makes a walk through all people.
    let ids: Vec<String> = q!(c, |conn| group_members::table
        .filter(group_members::group_name.eq(name))
        .filter(group_members::user_id.gt(after.unwrap_or("")))
        .order(group_members::user_id)
        .limit(limit)
        .select(group_members::user_id)
        .load(conn))?;
    let mut people = find_many(c, &ids)?;
    people.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(people)
}

/// Puts a person into a group that exists. `false`: they are in it already.
pub fn member_add(c: &mut Conn, name: &str, user: &UserId) -> Result<bool, Fault> {
    let values = (group_members::group_name.eq(name), group_members::user_id.eq(user.as_str()));
    let rows =
        q!(c, |conn| diesel::insert_into(group_members::table).values(values).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Takes a person out of a group. `false`: they are not in it.
pub fn member_remove(c: &mut Conn, name: &str, user: &UserId) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(group_members::table.find((name, user.as_str()))).execute(conn))?;
    Ok(rows == 1)
}

/// Those members of a group who have a role other than `person`.
pub fn members_with_roles(c: &mut Conn, name: &str) -> Result<Vec<(UserId, RoleName)>, Fault> {
    let rows: Vec<(String, String)> = q!(c, |conn| users::table
        .inner_join(group_members::table)
        .filter(group_members::group_name.eq(name))
        .filter(has_a_role())
        .select((users::id, users::role))
        .load(conn))?;
    let role = |word: &str| row::Column("users", "role").word(word, RoleName::parse);
    rows.into_iter().map(|(id, word)| Ok((UserId(id), role(&word)?))).collect()
}
