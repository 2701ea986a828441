//! Owns the table `pictures`, one picture for each person at most, and the name of it that stands in the person's own row. It
//! does not own what may be a picture (`picture`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{pictures, users};
use crate::identity::UserId;
use crate::time::Timestamp;

/// A picture as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// Its name, which nobody can guess; a new one for every picture.
    pub id: String,
    /// Whose.
    pub user_id: UserId,
    /// `image/png` or `image/jpeg`.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// When it was put there.
    pub created_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pictures)]
struct Row {
    id: String,
    user_id: String,
    media_type: String,
    bytes: Vec<u8>,
    created_at: i64,
}

impl From<Row> for StoredPicture {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            user_id: UserId(row.user_id),
            media_type: row.media_type,
            bytes: row.bytes,
            created_at: row::at(row.created_at),
        }
    }
}

/// The picture of this name.
pub fn find(c: &mut Conn, id: &str) -> Result<Option<StoredPicture>, Fault> {
    if row::has_nul(id) {
        return Ok(None);
    }
    let row: Option<Row> = q!(c, |conn| pictures::table.find(id).select(Row::as_select()).get_result(conn).optional())?;
    Ok(row.map(StoredPicture::from))
}

/// The picture of this person.
pub fn find_of_user(c: &mut Conn, user: &UserId) -> Result<Option<StoredPicture>, Fault> {
    let row: Option<Row> = q!(c, |conn| pictures::table
        .filter(pictures::user_id.eq(user.as_str()))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    Ok(row.map(StoredPicture::from))
}

/// Stores the picture of a person whose record is locked, in place of the one they have.
pub fn put(c: &mut Conn, picture: &StoredPicture) -> Result<(), Fault> {
    let row = Row {
        id: picture.id.clone(),
        user_id: picture.user_id.0.clone(),
        media_type: picture.media_type.clone(),
        bytes: picture.bytes.clone(),
        created_at: picture.created_at.millis(),
    };
    q!(c, |conn| diesel::delete(pictures::table.filter(pictures::user_id.eq(&row.user_id))).execute(conn))?;
    q!(c, |conn| diesel::insert_into(pictures::table).values(&row).execute(conn))?;
    named(c, &picture.user_id, Some(&picture.id), picture.created_at)
}

/// Removes the picture of a person whose record is locked. `false`: there is none.
pub fn delete(c: &mut Conn, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(pictures::table.filter(pictures::user_id.eq(user.as_str()))).execute(conn))?;
    if rows == 1 {
        named(c, user, None, now)?;
    }
    Ok(rows == 1)
}

/// Writes the picture's name into the person's row: a change of what apps are told.
fn named(c: &mut Conn, user: &UserId, id: Option<&str>, now: Timestamp) -> Result<(), Fault> {
    let set = (users::picture.eq(id), users::updated_at.eq(now.millis()), users::version.eq(users::version + 1));
    q!(c, |conn| diesel::update(users::table.find(user.as_str())).set(set).execute(conn))?;
    Ok(())
}
