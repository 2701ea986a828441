//! Owns the tables `clients` and `client_secrets`. It does not own what a client may do: that is `oauth::client_policy`.

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::{client_secrets, clients, consents, grants};
use crate::oauth::client::{Client, ClientAuthMethod, ClientSecret};
use crate::oauth::client_policy::Profile;
use crate::time::Timestamp;

diesel::define_sql_function! {
    /// The text in lower case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = clients, treat_none_as_default_value = false)]
pub(super) struct ClientRow {
    client_id: String,
    name: String,
    profile: String,
    auth_method: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    grants: String,
    scopes: String,
    policy: String,
    about: String,
    disabled_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    version: i64,
}

impl TryFrom<ClientRow> for Client {
    type Error = Fault;

    fn try_from(row: ClientRow) -> Result<Self, Fault> {
        let column = |name| Column("clients", name);
        Ok(Client {
            profile: column("profile").word(&row.profile, Profile::parse)?,
            auth_method: column("auth_method").word(&row.auth_method, ClientAuthMethod::parse)?,
            redirect_uris: column("redirect_uris").json(&row.redirect_uris)?,
            post_logout_redirect_uris: column("post_logout_redirect_uris").json(&row.post_logout_redirect_uris)?,
            grants: column("grants").json(&row.grants)?,
            scopes: column("scopes").scopes(&row.scopes)?,
            policy: column("policy").json(&row.policy)?,
            about: column("about").json(&row.about)?,
            client_id: row.client_id,
            name: row.name,
            disabled_at: row::at_opt(row.disabled_at),
            created_at: row::at(row.created_at),
            updated_at: row::at(row.updated_at),
            version: row.version,
        })
    }
}

impl TryFrom<&Client> for ClientRow {
    type Error = Fault;

    fn try_from(client: &Client) -> Result<Self, Fault> {
        Ok(ClientRow {
            client_id: client.client_id.clone(),
            name: client.name.clone(),
            profile: client.profile.as_str().to_owned(),
            auth_method: client.auth_method.as_str().to_owned(),
            redirect_uris: row::to_json(&client.redirect_uris)?,
            post_logout_redirect_uris: row::to_json(&client.post_logout_redirect_uris)?,
            grants: row::to_json(&client.grants)?,
            scopes: client.scopes.to_string(),
            policy: row::to_json(&client.policy)?,
            about: row::to_json(&client.about)?,
            disabled_at: row::millis(client.disabled_at),
            created_at: client.created_at.millis(),
            updated_at: client.updated_at.millis(),
            version: client.version,
        })
    }
}

/// What [`update`] may change.
#[derive(AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
struct ClientChange {
    name: String,
    profile: String,
    auth_method: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    grants: String,
    scopes: String,
    policy: String,
    about: String,
    updated_at: i64,
    version: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = client_secrets, treat_none_as_default_value = false)]
struct SecretRow {
    id: String,
    client_id: String,
    hash: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
}

impl From<SecretRow> for ClientSecret {
    fn from(row: SecretRow) -> Self {
        ClientSecret {
            id: row.id,
            client_id: row.client_id,
            hash: row.hash,
            created_at: row::at(row.created_at),
            expires_at: row::at_opt(row.expires_at),
        }
    }
}

/// Adds a client. `false`: the id is taken, nothing was changed.
pub fn insert(c: &mut Conn, client: &Client) -> Result<bool, Fault> {
    let row = ClientRow::try_from(client)?;
    let rows = q!(c, |conn| diesel::insert_into(clients::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// The client of this id.
pub fn find(c: &mut Conn, client_id: &str) -> Result<Option<Client>, Fault> {
    if row::has_nul(client_id) {
        return Ok(None);
    }
    let row = q!(c, |conn| clients::table.find(client_id).select(ClientRow::as_select()).get_result(conn).optional())?;
    row.map(Client::try_from).transpose()
}

/// [`find`], locked until the transaction ends.
pub fn find_for_update(c: &mut Conn, client_id: &str) -> Result<Option<Client>, Fault> {
    if row::has_nul(client_id) {
        return Ok(None);
    }
    let wanted = clients::table.find(client_id);
    let row: Option<ClientRow> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(ClientRow::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => wanted.select(ClientRow::as_select()).for_update().get_result(conn).optional()?,
    };
    row.map(Client::try_from).transpose()
}

/// The client with all of its secrets, expired ones included, in one round trip.
pub fn find_with_secrets(c: &mut Conn, client_id: &str) -> Result<Option<(Client, Vec<ClientSecret>)>, Fault> {
    if row::has_nul(client_id) {
        return Ok(None);
    }
    let rows: Vec<(ClientRow, Option<SecretRow>)> = q!(c, |conn| clients::table
        .left_join(client_secrets::table)
        .filter(clients::client_id.eq(client_id))
        .order(client_secrets::created_at.desc())
        .select((ClientRow::as_select(), Option::<SecretRow>::as_select()))
        .load(conn))?;
    let mut found = None;
    let mut secrets = Vec::new();
    for (client, secret) in rows {
        found.get_or_insert(client);
        secrets.extend(secret.map(ClientSecret::from));
    }
    Ok(found.map(Client::try_from).transpose()?.map(|client| (client, secrets)))
}

/// Up to `limit` clients in order of their ids, beginning behind `after`.
pub fn list(c: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<Client>, Fault> {
    let rows: Vec<ClientRow> = q!(c, |conn| clients::table
        .filter(clients::client_id.gt(after.unwrap_or("")))
        .order(clients::client_id)
        .limit(limit)
        .select(ClientRow::as_select())
        .load(conn))?;
    rows.into_iter().map(Client::try_from).collect()
}

/// What to look for; `None` is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientSearch {
    /// How the id or the name begins; upper and lower case are one.
    pub begins: Option<String>,
    /// What kind of program it is.
    pub profile: Option<Profile>,
    /// Whether it is switched off.
    pub disabled: Option<bool>,
}

/// Up to `limit` clients that fit, in order of their ids, beginning behind `after`.
pub fn search(c: &mut Conn, wanted: &ClientSearch, after: Option<&str>, limit: i64) -> Result<Vec<Client>, Fault> {
    if [after, wanted.begins.as_deref()].into_iter().flatten().any(row::has_nul) {
        return Ok(Vec::new());
    }
    let rows: Vec<ClientRow> = q!(c, |conn| {
        let mut query = clients::table
            .select(ClientRow::as_select())
            .filter(clients::client_id.gt(after.unwrap_or("")))
            .order(clients::client_id)
            .limit(limit)
            .into_boxed();
        if let Some(begins) = &wanted.begins {
            let pattern = format!("{}%", row::like_literal(&begins.to_lowercase()));
            let id = lower(clients::client_id).like(pattern.clone()).escape('\\');
            query = query.filter(id.or(lower(clients::name).like(pattern).escape('\\')));
        }
        if let Some(profile) = wanted.profile {
            query = query.filter(clients::profile.eq(profile.as_str()));
        }
        match wanted.disabled {
            Some(true) => query = query.filter(clients::disabled_at.is_not_null()),
            Some(false) => query = query.filter(clients::disabled_at.is_null()),
            None => {}
        }
        query.load(conn)
    })?;
    rows.into_iter().map(Client::try_from).collect()
}

/// Clients that may ask for this scope, in order of their ids.
pub fn with_scope(c: &mut Conn, scope: &str) -> Result<Vec<String>, Fault> {
    // The column is a text of tokens; which of them is meant is decided here, on the few that could.
    let pattern = format!("%{}%", row::like_literal(scope));
    let rows: Vec<(String, String)> = q!(c, |conn| clients::table
        .filter(clients::scopes.like(&pattern).escape('\\'))
        .order(clients::client_id)
        .select((clients::client_id, clients::scopes))
        .load(conn))?;
    Ok(rows.into_iter().filter(|(_, scopes)| scopes.split(' ').any(|s| s == scope)).map(|(id, _)| id).collect())
}

/// Clients whose policy has this text somewhere, in order of their ids. What it means there is for the caller to see.
pub fn naming_in_policy(c: &mut Conn, text: &str) -> Result<Vec<Client>, Fault> {
    let pattern = format!("%{}%", row::like_literal(text));
    let rows: Vec<ClientRow> = q!(c, |conn| clients::table
        .filter(clients::policy.like(&pattern).escape('\\'))
        .order(clients::client_id)
        .select(ClientRow::as_select())
        .load(conn))?;
    rows.into_iter().map(Client::try_from).collect()
}

/// Replaces everything but the id, `created_at` and `disabled_at` (which has a verb of its own, so that an edited form cannot
/// switch a client on again). `false`: there is no such client.
pub fn update(c: &mut Conn, client: &Client) -> Result<bool, Fault> {
    let row = ClientRow::try_from(client)?;
    let change = ClientChange {
        name: row.name,
        profile: row.profile,
        auth_method: row.auth_method,
        redirect_uris: row.redirect_uris,
        post_logout_redirect_uris: row.post_logout_redirect_uris,
        grants: row.grants,
        scopes: row.scopes,
        policy: row.policy,
        about: row.about,
        updated_at: row.updated_at,
        version: row.version,
    };
    let rows = q!(c, |conn| diesel::update(clients::table.find(&client.client_id)).set(&change).execute(conn))?;
    Ok(rows == 1)
}

/// Switches a client off (`Some`: since when) or on again (`None`). `false`: there is no such client.
pub fn set_disabled(
    c: &mut Conn,
    client_id: &str,
    disabled_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let set = (clients::disabled_at.eq(row::millis(disabled_at)), clients::updated_at.eq(now.millis()));
    let rows = q!(c, |conn| diesel::update(clients::table.find(client_id)).set(set).execute(conn))?;
    Ok(rows == 1)
}

/// Removes a client with its secrets, consents, codes, grants and refresh tokens. `false`: there was none.
pub fn delete(c: &mut Conn, client_id: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(clients::table.find(client_id)).execute(conn))?;
    Ok(rows == 1)
}

/// Adds a secret.
pub fn secret_insert(c: &mut Conn, secret: &ClientSecret) -> Result<(), Fault> {
    let row = SecretRow {
        id: secret.id.clone(),
        client_id: secret.client_id.clone(),
        hash: secret.hash.clone(),
        created_at: secret.created_at.millis(),
        expires_at: row::millis(secret.expires_at),
    };
    q!(c, |conn| diesel::insert_into(client_secrets::table).values(&row).execute(conn))?;
    Ok(())
}

/// Lets a secret of this client end now. `false`: this client has no such secret that is still good.
pub fn secret_end(c: &mut Conn, client_id: &str, id: &str, now: Timestamp) -> Result<bool, Fault> {
    use client_secrets as s;
    if row::has_nul(id) || row::has_nul(client_id) {
        return Ok(false);
    }
    let is_live = s::expires_at.is_null().or(s::expires_at.gt(now.millis()));
    let rows =
        q!(c, |conn| diesel::update(s::table.filter(s::id.eq(id)).filter(s::client_id.eq(client_id)).filter(is_live))
            .set(s::expires_at.eq(Some(now.millis())))
            .execute(conn))?;
    Ok(rows == 1)
}

/// Secrets of these clients, newest first.
pub fn secrets_of(c: &mut Conn, client_ids: &[String]) -> Result<Vec<ClientSecret>, Fault> {
    let rows: Vec<SecretRow> = q!(c, |conn| client_secrets::table
        .filter(client_secrets::client_id.eq_any(client_ids))
        .order(client_secrets::created_at.desc())
        .select(SecretRow::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(ClientSecret::from).collect())
}

/// What hangs on a client and goes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientBelongings {
    /// People who allowed it something.
    pub consents: i64,
    /// Grants that live at this time.
    pub grants: i64,
    /// Secrets that are good at this time.
    pub secrets: i64,
}

/// Counts what hangs on a client.
pub fn belongings(c: &mut Conn, client_id: &str, now: Timestamp) -> Result<ClientBelongings, Fault> {
    if row::has_nul(client_id) {
        return Ok(ClientBelongings::default());
    }
    let live = grants::table
        .filter(grants::client_id.eq(client_id))
        .filter(grants::revoked_at.is_null())
        .filter(grants::expires_at.gt(now.millis()));
    let good = client_secrets::table
        .filter(client_secrets::client_id.eq(client_id))
        .filter(client_secrets::expires_at.is_null().or(client_secrets::expires_at.gt(now.millis())));
    Ok(ClientBelongings {
        consents: q!(c, |conn| consents::table.filter(consents::client_id.eq(client_id)).count().get_result(conn))?,
        grants: q!(c, |conn| live.count().get_result(conn))?,
        secrets: q!(c, |conn| good.count().get_result(conn))?,
    })
}

/// Lets every other secret of the client end at `at`, unless it ends earlier anyway. How many it were.
pub fn secrets_expire_others(c: &mut Conn, client_id: &str, keep_id: &str, at: Timestamp) -> Result<i64, Fault> {
    use client_secrets as s;
    let rows = q!(c, |conn| diesel::update(
        s::table
            .filter(s::client_id.eq(client_id))
            .filter(s::id.ne(keep_id))
            .filter(s::expires_at.is_null().or(s::expires_at.gt(at.millis())))
    )
    .set(s::expires_at.eq(Some(at.millis())))
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Removes secrets that have ended. How many.
pub fn secrets_delete_expired(c: &mut Conn, now: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(client_secrets::table.filter(client_secrets::expires_at.le(now.millis())))
        .execute(conn))?;
    Ok(row::count(rows))
}
