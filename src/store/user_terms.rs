//! Owns the table `user_terms`: the words by which each person is found, kept in step with the record by `users`. It does not
//! own which words those are (`identity::terms`) nor searching (`user_search`).

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::schema::user_terms;
use crate::identity::{User, terms};

#[derive(Insertable)]
#[diesel(table_name = user_terms, treat_none_as_default_value = false)]
struct TermRow<'a> {
    term: &'a str,
    user_id: &'a str,
}

/// Makes a person's words those of the record.
pub(super) fn put(c: &mut Conn, user: &User) -> Result<(), Fault> {
    let wanted = terms::of_user(user);
    let stored: Vec<String> = q!(c, |conn| user_terms::table
        .filter(user_terms::user_id.eq(user.id.as_str()))
        .select(user_terms::term)
        .load(conn))?;
    let stored: BTreeSet<String> = stored.into_iter().collect();
    let gone: Vec<&String> = stored.difference(&wanted).collect();
    if !gone.is_empty() {
        q!(c, |conn| diesel::delete(
            user_terms::table.filter(user_terms::user_id.eq(user.id.as_str())).filter(user_terms::term.eq_any(&gone))
        )
        .execute(conn))?;
    }
    let new: Vec<TermRow<'_>> =
        wanted.difference(&stored).map(|term| TermRow { term, user_id: user.id.as_str() }).collect();
    if !new.is_empty() {
        q!(c, |conn| diesel::insert_into(user_terms::table).values(&new).on_conflict_do_nothing().execute(conn))?;
    }
    Ok(())
}

/// Whether anybody has a value of this attribute.
pub fn any_with_attribute(c: &mut Conn, name: &str) -> Result<bool, Fault> {
    let found: Option<String> = q!(c, |conn| user_terms::table
        .filter(user_terms::term.eq(terms::attribute_mark(name)))
        .select(user_terms::user_id)
        .limit(1)
        .get_result(conn)
        .optional())?;
    Ok(found.is_some())
}
