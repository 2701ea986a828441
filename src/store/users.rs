//! Owns the tables `users` and `passwords`, and which groups a person is in. It does not own hashing (`secret::password`), the
//! folding of addresses (`identity::email`), the groups themselves (`groups`) nor searching (`user_search`).

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::{group_members, groups, passwords, users};
use super::user_terms;
use crate::identity::{Email, RoleName, User, UserId};
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(super) struct UserRow {
    id: String,
    email: String,
    email_key: String,
    email_verified: bool,
    role: String,
    profile: String,
    disabled_at: Option<i64>,
    valid_from: i64,
    created_at: i64,
    updated_at: i64,
    version: i64,
    attributes: String,
    last_sign_in_at: Option<i64>,
    picture: Option<String>,
}

impl UserRow {
    pub(super) fn into_user(self, groups: Vec<String>) -> Result<User, Fault> {
        let column = |name| Column("users", name);
        let email = Email::parse(&self.email).map_err(|e| column("email").corrupt(e))?;
        if email.key() != self.email_key {
            return Err(column("email_key").corrupt("it is not the folded form of the address"));
        }
        Ok(User {
            id: UserId(self.id),
            email,
            email_verified: self.email_verified,
            role: column("role").word(&self.role, RoleName::parse)?,
            profile: column("profile").json(&self.profile)?,
            groups,
            disabled_at: row::at_opt(self.disabled_at),
            valid_from: row::at(self.valid_from),
            created_at: row::at(self.created_at),
            updated_at: row::at(self.updated_at),
            version: self.version,
            attributes: column("attributes").json(&self.attributes)?,
            last_sign_in_at: row::at_opt(self.last_sign_in_at),
            picture: self.picture,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = passwords, treat_none_as_default_value = false)]
struct PasswordRow<'a> {
    user_id: &'a str,
    phc: &'a str,
    changed_at: i64,
    must_change: bool,
}

#[derive(Insertable)]
#[diesel(table_name = groups, treat_none_as_default_value = false)]
struct GroupRow<'a> {
    name: &'a str,
    created_at: i64,
    updated_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = group_members, treat_none_as_default_value = false)]
struct MemberRow<'a> {
    group_name: &'a str,
    user_id: &'a str,
}

/// Adds a person with their groups (which are made when new). `false`: the address (or the id) is taken, nothing was changed.
pub fn insert(c: &mut Conn, user: &User) -> Result<bool, Fault> {
    let row = UserRow {
        id: user.id.0.clone(),
        email: user.email.as_str().to_owned(),
        email_key: user.email.key().to_owned(),
        email_verified: user.email_verified,
        role: user.role.as_str().to_owned(),
        profile: row::to_json(&user.profile)?,
        disabled_at: row::millis(user.disabled_at),
        valid_from: user.valid_from.millis(),
        created_at: user.created_at.millis(),
        updated_at: user.updated_at.millis(),
        version: user.version,
        attributes: row::to_json(&user.attributes)?,
        last_sign_in_at: row::millis(user.last_sign_in_at),
        picture: user.picture.clone(),
    };
    let rows = q!(c, |conn| diesel::insert_into(users::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    if rows == 1 {
        members_insert(c, &user.id, &user.groups, user.created_at)?;
        user_terms::put(c, user)?;
    }
    Ok(rows == 1)
}

/// The person of this id, with groups.
pub fn find(c: &mut Conn, id: &UserId) -> Result<Option<User>, Fault> {
    let rows: Vec<(UserRow, Option<String>)> = q!(c, |conn| users::table
        .left_join(group_members::table)
        .filter(users::id.eq(id.as_str()))
        .order(group_members::group_name)
        .select((UserRow::as_select(), group_members::group_name.nullable()))
        .load(conn))?;
    gathered(rows)
}

/// [`find`], and nobody else changes the record until the transaction ends.
pub fn find_for_update(c: &mut Conn, id: &UserId) -> Result<Option<User>, Fault> {
    if let Link::Postgres(conn) = &mut c.0 {
        let _: Option<String> =
            users::table.find(id.as_str()).select(users::id).for_update().get_result(conn).optional()?;
    }
    find(c, id)
}

/// The person of this folded address ([`Email::key`]), with groups.
pub fn find_by_email_key(c: &mut Conn, email_key: &str) -> Result<Option<User>, Fault> {
    if row::has_nul(email_key) {
        return Ok(None);
    }
    let rows: Vec<(UserRow, Option<String>)> = q!(c, |conn| users::table
        .left_join(group_members::table)
        .filter(users::email_key.eq(email_key))
        .order(group_members::group_name)
        .select((UserRow::as_select(), group_members::group_name.nullable()))
        .load(conn))?;
    gathered(rows)
}

/// One row per group, or one without any.
fn gathered(rows: Vec<(UserRow, Option<String>)>) -> Result<Option<User>, Fault> {
    let mut found = None;
    let mut groups = Vec::new();
    for (user, group) in rows {
        found.get_or_insert(user);
        groups.extend(group);
    }
    found.map(|user| user.into_user(groups)).transpose()
}

/// Up to `limit` people in order of their folded addresses, beginning behind the folded address `after`; with groups.
pub fn list(c: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<User>, Fault> {
    let rows: Vec<UserRow> = q!(c, |conn| users::table
        .filter(users::email_key.gt(after.unwrap_or("")))
        .order(users::email_key)
        .limit(limit)
        .select(UserRow::as_select())
        .load(conn))?;
    with_groups(c, rows)
}

/// The people of these ids, in no order, with groups.
pub fn find_many(c: &mut Conn, ids: &[String]) -> Result<Vec<User>, Fault> {
    let rows: Vec<UserRow> =
        q!(c, |conn| users::table.filter(users::id.eq_any(ids)).select(UserRow::as_select()).load(conn))?;
    with_groups(c, rows)
}

/// Puts people and the names of their groups together; the order stays.
fn with_groups(c: &mut Conn, rows: Vec<UserRow>) -> Result<Vec<User>, Fault> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let members: Vec<(String, String)> = q!(c, |conn| group_members::table
        .filter(group_members::user_id.eq_any(&ids))
        .order(group_members::group_name)
        .select((group_members::user_id, group_members::group_name))
        .load(conn))?;
    let mut groups: HashMap<String, Vec<String>> = HashMap::new();
    for (user, group) in members {
        groups.entry(user).or_default().push(group);
    }
    rows.into_iter()
        .map(|row| {
            let own = groups.remove(&row.id).unwrap_or_default();
            row.into_user(own)
        })
        .collect()
}

/// Replaces address, `email_verified`, role, profile, attributes and `updated_at`, and raises the version. Not `disabled_at`, `valid_from`, the picture and the groups: they
/// have verbs of their own, so that an edited form cannot bring an account back to life. `false`: there is no such person.
/// The new address must be free: if it is not, that is a [`Fault`] and the transaction is lost, so look before.
pub fn update(c: &mut Conn, user: &User) -> Result<bool, Fault> {
    let set = (
        users::email.eq(user.email.as_str()),
        users::email_key.eq(user.email.key()),
        users::email_verified.eq(user.email_verified),
        users::role.eq(user.role.as_str()),
        users::profile.eq(row::to_json(&user.profile)?),
        users::attributes.eq(row::to_json(&user.attributes)?),
        users::updated_at.eq(user.updated_at.millis()),
        users::version.eq(users::version + 1),
    );
    let rows = q!(c, |conn| diesel::update(users::table.find(user.id.as_str())).set(set).execute(conn))?;
    if rows == 1 {
        user_terms::put(c, user)?;
    }
    Ok(rows == 1)
}

/// Shuts the account (`Some`: since when) or opens it again (`None`). `false`: there is no such person.
pub fn set_disabled(c: &mut Conn, id: &UserId, disabled_at: Option<Timestamp>, now: Timestamp) -> Result<bool, Fault> {
    let set = (
        users::disabled_at.eq(row::millis(disabled_at)),
        users::updated_at.eq(now.millis()),
        users::version.eq(users::version + 1),
    );
    let rows = q!(c, |conn| diesel::update(users::table.find(id.as_str())).set(set).execute(conn))?;
    Ok(rows == 1)
}

/// Makes everything void that began before `valid_from`. It only ever moves forward. `false`: there is no such person, or a
/// later moment stands there already.
pub fn set_valid_from(c: &mut Conn, id: &UserId, valid_from: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(
        users::table.filter(users::id.eq(id.as_str())).filter(users::valid_from.lt(valid_from.millis()))
    )
    .set(users::valid_from.eq(valid_from.millis()))
    .execute(conn))?;
    Ok(rows == 1)
}

/// Removes a person with everything that is theirs. `false`: there was none.
pub fn delete(c: &mut Conn, id: &UserId) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(users::table.find(id.as_str())).execute(conn))?;
    Ok(rows == 1)
}

/// How many owners there are, shut accounts not counted.
pub fn count_owners(c: &mut Conn) -> Result<i64, Fault> {
    Ok(q!(c, |conn| users::table
        .filter(users::role.eq(RoleName::OWNER.as_str()))
        .filter(users::disabled_at.is_null())
        .count()
        .get_result(conn))?)
}

/// [`count_owners`], and nobody makes one of them anything else until the transaction ends: of two who take their roles from
/// each other at once, one is left.
pub fn count_owners_for_update(c: &mut Conn) -> Result<i64, Fault> {
    if let Link::Postgres(conn) = &mut c.0 {
        let owners: Vec<String> = users::table
            .filter(users::role.eq(RoleName::OWNER.as_str()))
            .filter(users::disabled_at.is_null())
            .order(users::id)
            .select(users::id)
            .for_update()
            .load(conn)?;
        return Ok(row::count(owners.len()));
    }
    count_owners(c)
}

/// Whether anybody has this role, shut accounts included.
pub fn any_with_role(c: &mut Conn, role: &RoleName) -> Result<bool, Fault> {
    let found: Option<String> = q!(c, |conn| users::table
        .filter(users::role.eq(role.as_str()))
        .filter(has_a_role())
        .select(users::id)
        .limit(1)
        .get_result(conn)
        .optional())?;
    Ok(found.is_some())
}

/// The condition of the index `users_by_role`, in the words it was made with: bound values would not match it.
pub(super) fn has_a_role() -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
    diesel::dsl::sql::<diesel::sql_types::Bool>("users.role <> 'person'")
}

/// How many people there are.
pub fn count(c: &mut Conn) -> Result<i64, Fault> {
    Ok(q!(c, |conn| users::table.count().get_result(conn))?)
}

/// The stored password hash (PHC string), if the person has a password.
pub fn password_find(c: &mut Conn, id: &UserId) -> Result<Option<String>, Fault> {
    Ok(q!(c, |conn| passwords::table.find(id.as_str()).select(passwords::phc).get_result(conn).optional())?)
}

/// [`password_find`], and whether the password must be changed before it opens anything else.
pub fn password_with_duty(c: &mut Conn, id: &UserId) -> Result<Option<(String, bool)>, Fault> {
    Ok(q!(c, |conn| passwords::table
        .find(id.as_str())
        .select((passwords::phc, passwords::must_change))
        .get_result(conn)
        .optional())?)
}

/// Sets or replaces the password hash. The person need not change it at the next sign-in.
pub fn password_set(c: &mut Conn, id: &UserId, phc: &str, now: Timestamp) -> Result<(), Fault> {
    password_put(c, &PasswordRow { user_id: id.as_str(), phc, changed_at: now.millis(), must_change: false })
}

/// Sets or replaces the password hash; the person must choose another one at the next sign-in.
pub fn password_set_to_be_changed(c: &mut Conn, id: &UserId, phc: &str, now: Timestamp) -> Result<(), Fault> {
    password_put(c, &PasswordRow { user_id: id.as_str(), phc, changed_at: now.millis(), must_change: true })
}

fn password_put(c: &mut Conn, row: &PasswordRow<'_>) -> Result<(), Fault> {
    let set = (
        passwords::phc.eq(row.phc),
        passwords::changed_at.eq(row.changed_at),
        passwords::must_change.eq(row.must_change),
    );
    q!(c, |conn| diesel::insert_into(passwords::table)
        .values(row)
        .on_conflict(passwords::user_id)
        .do_update()
        .set(set)
        .execute(conn))?;
    Ok(())
}

/// Takes the password away: none fits from now on, until another one is set. `false`: there was none.
pub fn password_delete(c: &mut Conn, id: &UserId) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(passwords::table.find(id.as_str())).execute(conn))?;
    Ok(rows == 1)
}

/// Replaces the hash by another one, if it is still `old_phc` and was to be changed. `false`: somebody was faster.
pub fn password_change(c: &mut Conn, id: &UserId, old_phc: &str, new_phc: &str, now: Timestamp) -> Result<bool, Fault> {
    let set = (passwords::phc.eq(new_phc), passwords::changed_at.eq(now.millis()), passwords::must_change.eq(false));
    let rows = q!(c, |conn| diesel::update(
        passwords::table.filter(passwords::user_id.eq(id.as_str())).filter(passwords::phc.eq(old_phc))
    )
    .set(set)
    .execute(conn))?;
    Ok(rows == 1)
}

/// Demands another password at the next sign-in. `false`: the person has none.
pub fn password_must_change(c: &mut Conn, id: &UserId) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(passwords::table.find(id.as_str()))
        .set(passwords::must_change.eq(true))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Replaces the hash by a stronger one of the same password; `false` if the password was changed meanwhile.
pub fn password_upgrade(c: &mut Conn, id: &UserId, old_phc: &str, new_phc: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(
        passwords::table.filter(passwords::user_id.eq(id.as_str())).filter(passwords::phc.eq(old_phc))
    )
    .set(passwords::phc.eq(new_phc))
    .execute(conn))?;
    Ok(rows == 1)
}

/// Puts the person into exactly these groups; groups that do not exist are made.
pub fn groups_set(c: &mut Conn, id: &UserId, names: &[String], now: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(group_members::table.filter(group_members::user_id.eq(id.as_str()))).execute(conn))?;
    members_insert(c, id, names, now)
}

/// One statement a row, in order of the names: two people put into the same new groups at once must not wait for each other
/// in a circle.
fn members_insert(c: &mut Conn, id: &UserId, names: &[String], now: Timestamp) -> Result<(), Fault> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let group = GroupRow { name, created_at: now.millis(), updated_at: now.millis() };
        let member = MemberRow { group_name: name, user_id: id.as_str() };
        q!(c, |conn| diesel::insert_into(groups::table).values(&group).on_conflict_do_nothing().execute(conn))?;
        q!(c, |conn| diesel::insert_into(group_members::table).values(&member).on_conflict_do_nothing().execute(conn))?;
    }
    Ok(())
}

/// Notes when a person last signed in. Their record's version stays: nothing that anybody edits has changed.
pub fn signed_in(c: &mut Conn, id: &UserId, now: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(users::table.find(id.as_str()))
        .set(users::last_sign_in_at.eq(Some(now.millis())))
        .execute(conn))?;
    Ok(())
}

/// Raises the version of a record of which something changed that stands in another table.
pub fn touched(c: &mut Conn, id: &UserId, now: Timestamp) -> Result<(), Fault> {
    let set = (users::updated_at.eq(now.millis()), users::version.eq(users::version + 1));
    q!(c, |conn| diesel::update(users::table.find(id.as_str())).set(set).execute(conn))?;
    Ok(())
}
