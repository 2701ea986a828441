//! Owns the columns that say when clients and their secrets were last used, and the questions asked of them. They stand beside
//! the client and not in it: a use is no change of its record. It does not own what counts as a use (`flow::usage`).

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row;
use super::schema::{client_secrets, clients};
use crate::time::Timestamp;

/// Last uses by id, in the order in which the rows are locked: the same on every node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Clients that authenticated.
    pub clients: BTreeMap<String, Timestamp>,
    /// Secrets they did it with.
    pub secrets: BTreeMap<String, Timestamp>,
    /// Clients that are switched off and were asked for all the same.
    pub disabled: BTreeMap<String, Timestamp>,
}

impl Uses {
    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.secrets.is_empty() && self.disabled.is_empty()
    }
}

/// When a client was last used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientUsage {
    /// When it last authenticated; `None`: never.
    pub last_used_at: Option<Timestamp>,
    /// When somebody last asked for it while it was switched off.
    pub asked_while_disabled_at: Option<Timestamp>,
}

/// A client and a time that says something about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAt {
    /// The client.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// The time.
    pub at: Timestamp,
}

/// A secret that ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingSecret {
    /// The secret.
    pub secret_id: String,
    /// Its client, and when the secret ends.
    pub client: ClientAt,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Whether another secret of the client lives longer.
    pub has_successor: bool,
}

/// Stores uses. A time never moves backwards; ids that are gone are passed over.
pub fn note(c: &mut Conn, uses: &Uses) -> Result<(), Fault> {
    for (id, at) in &uses.clients {
        let is_older = clients::last_used_at.is_null().or(clients::last_used_at.lt(at.millis()));
        q!(c, |conn| diesel::update(clients::table.filter(clients::client_id.eq(id)).filter(is_older))
            .set(clients::last_used_at.eq(Some(at.millis())))
            .returning(clients::client_id)
            .kept()
            .load::<String>(conn))?;
    }
    for (id, at) in &uses.disabled {
        let column = clients::asked_while_disabled_at;
        let is_older = column.is_null().or(column.lt(at.millis()));
        q!(c, |conn| diesel::update(clients::table.filter(clients::client_id.eq(id)).filter(is_older))
            .set(column.eq(Some(at.millis())))
            .returning(clients::client_id)
            .kept()
            .load::<String>(conn))?;
    }
    for (id, at) in &uses.secrets {
        let is_older = client_secrets::last_used_at.is_null().or(client_secrets::last_used_at.lt(at.millis()));
        q!(c, |conn| diesel::update(client_secrets::table.filter(client_secrets::id.eq(id)).filter(is_older))
            .set(client_secrets::last_used_at.eq(Some(at.millis())))
            .returning(client_secrets::id)
            .kept()
            .load::<String>(conn))?;
    }
    Ok(())
}

/// The usage of these clients; ids that there are not are left out.
pub fn of_clients(c: &mut Conn, ids: &[String]) -> Result<HashMap<String, ClientUsage>, Fault> {
    let known = ids.iter().filter(|id| !row::has_nul(id));
    let rows: Vec<(String, Option<i64>, Option<i64>)> = q!(c, |conn| clients::table
        .filter(clients::client_id.eq_any(known))
        .select((clients::client_id, clients::last_used_at, clients::asked_while_disabled_at))
        .load(conn))?;
    let usage =
        |used, asked| ClientUsage { last_used_at: row::at_opt(used), asked_while_disabled_at: row::at_opt(asked) };
    Ok(rows.into_iter().map(|(id, used, asked)| (id, usage(used, asked))).collect())
}

/// When each secret of a client was last used, by the secret's id; `None`: never.
pub fn of_secrets(c: &mut Conn, client_id: &str) -> Result<HashMap<String, Option<Timestamp>>, Fault> {
    if row::has_nul(client_id) {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, Option<i64>)> = q!(c, |conn| client_secrets::table
        .filter(client_secrets::client_id.eq(client_id))
        .select((client_secrets::id, client_secrets::last_used_at))
        .load(conn))?;
    Ok(rows.into_iter().map(|(id, at)| (id, row::at_opt(at))).collect())
}

#[derive(QueryableByName)]
struct ClientAtRow {
    #[diesel(sql_type = Text)]
    client_id: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

impl From<ClientAtRow> for ClientAt {
    fn from(row: ClientAtRow) -> Self {
        ClientAt { client_id: row.client_id, name: row.name, at: row::at(row.at) }
    }
}

/// Up to `limit` enabled clients that nobody has used since `before`, with their last use (or when they were registered), the
/// longest unused first.
pub fn unused(c: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<ClientAt>, Fault> {
    let rows: Vec<ClientAtRow> = q!(c, |conn| diesel::sql_query(
        "SELECT client_id, name, COALESCE(last_used_at, created_at) AS \"at\" FROM clients \
         WHERE disabled_at IS NULL AND COALESCE(last_used_at, created_at) < $1 ORDER BY 3, 1 LIMIT $2"
    )
    .bind::<BigInt, _>(before.millis())
    .bind::<BigInt, _>(limit)
    .load(conn))?;
    Ok(rows.into_iter().map(ClientAt::from).collect())
}

/// Up to `limit` clients that are switched off and were asked for after that and after `since`, with when, the latest first.
pub fn asked_while_disabled(c: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<ClientAt>, Fault> {
    let rows: Vec<ClientAtRow> = q!(c, |conn| diesel::sql_query(
        "SELECT client_id, name, asked_while_disabled_at AS \"at\" FROM clients \
         WHERE disabled_at IS NOT NULL AND asked_while_disabled_at >= disabled_at AND asked_while_disabled_at > $1 \
         ORDER BY 3 DESC, 1 LIMIT $2"
    )
    .bind::<BigInt, _>(since.millis())
    .bind::<BigInt, _>(limit)
    .load(conn))?;
    Ok(rows.into_iter().map(ClientAt::from).collect())
}

#[derive(QueryableByName)]
struct EndingRow {
    #[diesel(sql_type = Text)]
    secret_id: String,
    #[diesel(embed)]
    client: ClientAtRow,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_used_at: Option<i64>,
    #[diesel(sql_type = Bool)]
    has_successor: bool,
}

/// Up to `limit` live secrets of enabled clients that end before `until`, the earliest first.
pub fn secrets_ending(c: &mut Conn, now: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<EndingSecret>, Fault> {
    let rows: Vec<EndingRow> = q!(c, |conn| diesel::sql_query(
        "SELECT s.id AS secret_id, s.client_id, c.name, s.expires_at AS \"at\", s.last_used_at, \
                EXISTS (SELECT 1 FROM client_secrets o WHERE o.client_id = s.client_id AND o.id <> s.id \
                        AND (o.expires_at IS NULL OR o.expires_at > s.expires_at)) AS has_successor \
         FROM client_secrets s JOIN clients c ON c.client_id = s.client_id \
         WHERE c.disabled_at IS NULL AND s.expires_at > $1 AND s.expires_at < $2 ORDER BY 4, 1 LIMIT $3"
    )
    .bind::<BigInt, _>(now.millis())
    .bind::<BigInt, _>(until.millis())
    .bind::<BigInt, _>(limit)
    .load(conn))?;
    let ending = |row: EndingRow| EndingSecret {
        secret_id: row.secret_id,
        client: row.client.into(),
        last_used_at: row::at_opt(row.last_used_at),
        has_successor: row.has_successor,
    };
    Ok(rows.into_iter().map(ending).collect())
}
