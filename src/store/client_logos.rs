//! Owns the table `client_logos`. It does not own what may be a logo (`oauth::logo`), nor the tag of it that stands in the
//! client's own row (`clients`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::{client_logos, clients};
use crate::oauth::logo::{Image, ImageFormat};
use crate::time::Timestamp;

/// A logo as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLogo {
    /// Whose.
    pub client_id: String,
    /// What its bytes say of it.
    pub image: Image,
    /// The file.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// When it was put there.
    pub updated_at: Timestamp,
}

impl StoredLogo {
    /// The short name of its content, which stands in its address.
    pub fn tag(&self) -> String {
        self.sha256.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = client_logos)]
struct Row {
    client_id: String,
    media_type: String,
    width: i64,
    height: i64,
    bytes: Vec<u8>,
    sha256: Vec<u8>,
    updated_at: i64,
}

impl TryFrom<Row> for StoredLogo {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let side = |name, pixels: i64| {
            u32::try_from(pixels).map_err(|_| Column("client_logos", name).corrupt("a number of pixels out of bounds"))
        };
        let image = Image {
            format: Column("client_logos", "media_type").word(&row.media_type, ImageFormat::parse)?,
            width: side("width", row.width)?,
            height: side("height", row.height)?,
        };
        let updated_at = row::at(row.updated_at);
        Ok(StoredLogo { client_id: row.client_id, image, bytes: row.bytes, sha256: row.sha256, updated_at })
    }
}

/// The logo of this client.
pub fn find(c: &mut Conn, client_id: &str) -> Result<Option<StoredLogo>, Fault> {
    if row::has_nul(client_id) {
        return Ok(None);
    }
    let row: Option<Row> =
        q!(c, |conn| client_logos::table.find(client_id).select(Row::as_select()).get_result(conn).optional())?;
    row.map(StoredLogo::try_from).transpose()
}

/// The logo of this client, unless the client is switched off.
pub fn find_of_enabled(c: &mut Conn, client_id: &str) -> Result<Option<StoredLogo>, Fault> {
    if row::has_nul(client_id) {
        return Ok(None);
    }
    let row: Option<Row> = q!(c, |conn| client_logos::table
        .inner_join(clients::table)
        .filter(client_logos::client_id.eq(client_id))
        .filter(clients::disabled_at.is_null())
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    row.map(StoredLogo::try_from).transpose()
}

/// Stores the logo of a client whose record is locked, in place of the one it has.
pub fn put(c: &mut Conn, logo: &StoredLogo) -> Result<(), Fault> {
    let row = Row {
        client_id: logo.client_id.clone(),
        media_type: logo.image.format.media_type().to_owned(),
        width: logo.image.width.into(),
        height: logo.image.height.into(),
        bytes: logo.bytes.clone(),
        sha256: logo.sha256.clone(),
        updated_at: logo.updated_at.millis(),
    };
    q!(c, |conn| diesel::insert_into(client_logos::table)
        .values(&row)
        .on_conflict(client_logos::client_id)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

/// Removes the logo of a client. `false`: it has none.
pub fn delete(c: &mut Conn, client_id: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(client_logos::table.find(client_id)).execute(conn))?;
    Ok(rows == 1)
}
