//! Owns searching people, at a cost that does not grow with their number. It does not own the words of a search
//! (`identity::terms`) nor keeping them in step (`user_terms`).
//!
//! A search is a walk along one index, the one with the fewest entries among those that its conditions allow, and each
//! stretch of it is then narrowed by the other conditions, with one question each. A walk looks at no more than
//! `FARTHEST` entries a page: two conditions that are wide each, and have hardly anybody in common, give short pages (even
//! empty ones) with a place to go on from, and never a slow one.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{group_members, invitations, user_terms, users};
use super::users::{find_many, has_a_role};
use crate::identity::terms::end_of;
use crate::identity::{RoleName, User, UserId};
use crate::time::Timestamp;

/// Entries of an index that one page may look at.
const FARTHEST: i64 = 600;
/// Entries of an index that are narrowed at once.
const STRETCH: i64 = 200;
/// An index with more entries than these is wide; which of two wide ones is wider makes no difference.
const WIDE: i64 = 300;

/// What to look for; all of it must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The id.
    pub id: Option<UserId>,
    /// Beginnings of words, as [`crate::identity::terms::of_search`] makes them.
    pub words: Vec<String>,
    /// In this group.
    pub group: Option<String>,
    /// With this role.
    pub role: Option<RoleName>,
    /// In this state.
    pub status: Option<Status>,
}

/// The states of an account that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Can sign in.
    Enabled,
    /// Was shut.
    Disabled,
    /// Has an invitation that can still be used.
    Invited,
}

/// An index to walk along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Walk {
    /// Words that begin with this one of the wanted ones.
    Word(usize),
    Group,
    Role,
    Disabled,
    Invited,
    Everybody,
}

/// Where a walk stands: behind this entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    walk: Walk,
    /// Word or folded address; empty where the index has neither.
    key: String,
    id: String,
}

/// People who fit, and the place behind the last one if there may be more.
pub type Found = (Vec<User>, Option<Place>);

/// An entry of an index: its key, and whose it is.
type Entry = (String, String);

/// Up to `limit` people who fit, in the order of the walk, each once, and the place behind the last one if there may be more.
/// There may be fewer than `limit`, and more behind them. `None`: the place is not of this search.
pub fn search(
    c: &mut Conn,
    wanted: &Wanted,
    after: Option<Place>,
    limit: i64,
    now: Timestamp,
) -> Result<Option<Found>, Fault> {
    if let Some(id) = &wanted.id {
        let found = narrowed(c, wanted, Walk::Everybody, vec![(String::new(), id.0.clone())], now)?;
        return Ok(Some((load(c, &found)?, None)));
    }
    let walk = match &after {
        Some(place) if !wanted.allows(place.walk) => return Ok(None),
        Some(place) => place.walk,
        None => choose(c, wanted, now)?,
    };
    let mut place = after.unwrap_or(Place { walk, key: String::new(), id: String::new() });
    let (mut found, mut seen) = (Vec::new(), 0);
    let wanted_rows = usize::try_from(limit).unwrap_or(0);
    // With nothing else to fit the first stretch is the page, and with wide conditions it often is, too.
    let mut stretch = if wanted.conditions() <= 1 { limit + 1 } else { 2 * limit + 1 };
    while seen < FARTHEST {
        let entries = entries(c, wanted, &place, stretch.min(FARTHEST - seen), now)?;
        let is_last = row::count(entries.len()) < stretch.min(FARTHEST - seen);
        seen += row::count(entries.len());
        let behind = entries.last().cloned();
        for entry in narrowed(c, wanted, walk, entries, now)? {
            if found.len() == wanted_rows {
                return Ok(Some((load(c, &found)?, Some(place))));
            }
            place = Place { walk, key: entry.0.clone(), id: entry.1.clone() };
            found.push(entry);
        }
        match behind {
            Some(entry) if !is_last => place = Place { walk, key: entry.0, id: entry.1 },
            _ => return Ok(Some((load(c, &found)?, None))),
        }
        stretch = STRETCH;
    }
    Ok(Some((load(c, &found)?, Some(place))))
}

/// The people of these entries, in their order.
fn load(c: &mut Conn, entries: &[Entry]) -> Result<Vec<User>, Fault> {
    let mut people: HashMap<String, User> =
        find_many(c, &ids(entries))?.into_iter().map(|user| (user.id.0.clone(), user)).collect();
    Ok(entries.iter().filter_map(|(_, id)| people.remove(id)).collect())
}

impl Wanted {
    fn conditions(&self) -> usize {
        self.words.len()
            + usize::from(self.group.is_some())
            + usize::from(self.role.is_some())
            + usize::from(self.status.is_some())
    }

    /// Whether this search can be made along this index. Somebody's cursor may be of another search.
    fn allows(&self, walk: Walk) -> bool {
        match walk {
            Walk::Word(at) => at < self.words.len(),
            Walk::Group => self.group.is_some(),
            Walk::Role => self.role.as_ref().is_some_and(|role| *role != RoleName::PERSON),
            Walk::Disabled => self.status == Some(Status::Disabled),
            Walk::Invited => self.status == Some(Status::Invited),
            Walk::Everybody => true,
        }
    }
}

/// The index with the fewest entries; counting stops where it makes no difference any more.
fn choose(c: &mut Conn, wanted: &Wanted, now: Timestamp) -> Result<Walk, Fault> {
    let mut walks = vec![Walk::Role, Walk::Disabled, Walk::Invited, Walk::Group];
    walks.extend((0..wanted.words.len()).map(Walk::Word));
    walks.retain(|walk| wanted.allows(*walk));
    if let [] | [_] = walks[..] {
        return Ok(walks.pop().unwrap_or(Walk::Everybody));
    }
    let mut least = (i64::MAX, Walk::Everybody);
    for walk in walks {
        let place = Place { walk, key: String::new(), id: String::new() };
        let count = row::count(entries(c, wanted, &place, WIDE, now)?.len());
        if count < least.0 {
            least = (count, walk);
        }
    }
    Ok(least.1)
}

/// Up to `limit` entries behind a place.
fn entries(c: &mut Conn, wanted: &Wanted, place: &Place, limit: i64, now: Timestamp) -> Result<Vec<Entry>, Fault> {
    let people = users::table
        .filter(users::email_key.gt(&place.key))
        .order(users::email_key)
        .limit(limit)
        .select((users::email_key, users::id));
    let without_key = |ids: Vec<String>| ids.into_iter().map(|id| (String::new(), id)).collect();
    match place.walk {
        Walk::Word(at) => words_behind(c, wanted.words.get(at).map_or("", String::as_str), place, limit),
        Walk::Group => {
            let ids: Vec<String> = q!(c, |conn| group_members::table
                .filter(group_members::group_name.eq(wanted.group.as_deref().unwrap_or_default()))
                .filter(group_members::user_id.gt(&place.id))
                .order(group_members::user_id)
                .limit(limit)
                .select(group_members::user_id)
                .load(conn))?;
            Ok(without_key(ids))
        }
        Walk::Invited => {
            // The sum keeps the engine from walking along the ends of invitations and sorting all of them.
            let ids: Vec<String> = q!(c, |conn| invitations::table
                .filter(invitations::user_id.gt(&place.id))
                .filter((invitations::expires_at + 0).gt(now.millis()))
                .order(invitations::user_id)
                .limit(limit)
                .select(invitations::user_id)
                .load(conn))?;
            Ok(without_key(ids))
        }
        Walk::Role => {
            let role = wanted.role.as_ref().map_or("", RoleName::as_str);
            Ok(q!(c, |conn| people.filter(users::role.eq(role)).filter(has_a_role()).load(conn))?)
        }
        Walk::Disabled => Ok(q!(c, |conn| people.filter(users::disabled_at.is_not_null()).load(conn))?),
        Walk::Everybody => Ok(q!(c, |conn| people.load(conn))?),
    }
}

/// Two questions, since no engine takes `(term, user_id) > (…)` for a place in an index under all circumstances: the rest of
/// the word at which the walk stands, and the words behind it.
fn words_behind(c: &mut Conn, word: &str, place: &Place, limit: i64) -> Result<Vec<Entry>, Fault> {
    let mut found: Vec<Entry> = Vec::new();
    if !place.key.is_empty() {
        found = q!(c, |conn| user_terms::table
            .filter(user_terms::term.eq(&place.key))
            .filter(user_terms::user_id.gt(&place.id))
            .order(user_terms::user_id)
            .limit(limit)
            .select((user_terms::term, user_terms::user_id))
            .load(conn))?;
    }
    let rest = limit - row::count(found.len());
    if rest > 0 {
        let begin = user_terms::table
            .filter(user_terms::term.lt(end_of(word)))
            .order((user_terms::term, user_terms::user_id))
            .limit(rest)
            .select((user_terms::term, user_terms::user_id));
        // One lower bound, never two: SQLite walks from one of them, and not from the one that is farther on.
        let behind: Vec<Entry> = match place.key.as_str() {
            key if key >= word && !key.is_empty() => q!(c, |conn| begin.filter(user_terms::term.gt(key)).load(conn))?,
            _ => q!(c, |conn| begin.filter(user_terms::term.ge(word)).load(conn))?,
        };
        found.extend(behind);
    }
    Ok(found)
}

/// Those of the entries whose people fit; the order stays.
fn narrowed(
    c: &mut Conn,
    wanted: &Wanted,
    walk: Walk,
    entries: Vec<Entry>,
    now: Timestamp,
) -> Result<Vec<Entry>, Fault> {
    let mut entries = entries;
    for (at, word) in wanted.words.iter().enumerate() {
        let least = least_words(c, &ids(&entries), word)?;
        match walk == Walk::Word(at) {
            // Several words of one person may begin with the wanted one: the first of them counts.
            true => entries.retain(|(term, id)| least.get(id) == Some(term)),
            false => entries.retain(|(_, id)| least.contains_key(id)),
        }
    }
    if let (Some(group), true) = (&wanted.group, walk != Walk::Group) {
        let members = members_among(c, &ids(&entries), group)?;
        entries.retain(|(_, id)| members.contains(id));
    }
    if wanted.status == Some(Status::Invited) && walk != Walk::Invited {
        let invited = invited_among(c, &ids(&entries), now)?;
        entries.retain(|(_, id)| invited.contains(id));
    }
    let is_plain = wanted.role.is_none() && matches!(wanted.status, None | Some(Status::Invited));
    if !is_plain {
        let fitting = fitting_among(c, &ids(&entries), wanted)?;
        entries.retain(|(_, id)| fitting.contains(id));
    }
    Ok(entries)
}

/// Who of these people has the role and is in the state that is wanted.
fn fitting_among(c: &mut Conn, ids: &[String], wanted: &Wanted) -> Result<HashSet<String>, Fault> {
    let rows: Vec<(String, String, Option<i64>)> = q!(c, |conn| users::table
        .filter(users::id.eq_any(ids))
        .select((users::id, users::role, users::disabled_at))
        .load(conn))?;
    let fits = |role: &str, is_disabled: bool| {
        let has_role = wanted.role.as_ref().is_none_or(|wanted| wanted.as_str() == role);
        let has_status = match wanted.status {
            Some(Status::Enabled) => !is_disabled,
            Some(Status::Disabled) => is_disabled,
            Some(Status::Invited) | None => true,
        };
        has_role && has_status
    };
    let fitting = rows.into_iter().filter(|(_, role, disabled_at)| fits(role, disabled_at.is_some()));
    Ok(fitting.map(|(id, _, _)| id).collect())
}

fn ids(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|(_, id)| id.clone()).collect()
}

/// Who of these people has a word that begins with `word`, and the first such.
fn least_words(c: &mut Conn, ids: &[String], word: &str) -> Result<HashMap<String, String>, Fault> {
    let rows: Vec<(String, String)> = q!(c, |conn| user_terms::table
        .filter(user_terms::user_id.eq_any(ids))
        .filter(user_terms::term.ge(word))
        .filter(user_terms::term.lt(end_of(word)))
        .select((user_terms::user_id, user_terms::term))
        .load(conn))?;
    let mut least: HashMap<String, String> = HashMap::new();
    for (id, term) in rows {
        let first = least.entry(id).or_insert_with(|| term.clone());
        if term < *first {
            *first = term;
        }
    }
    Ok(least)
}

fn members_among(c: &mut Conn, ids: &[String], group: &str) -> Result<HashSet<String>, Fault> {
    let rows: Vec<String> = q!(c, |conn| group_members::table
        .filter(group_members::user_id.eq_any(ids))
        .filter(group_members::group_name.eq(group))
        .select(group_members::user_id)
        .load(conn))?;
    Ok(rows.into_iter().collect())
}

fn invited_among(c: &mut Conn, ids: &[String], now: Timestamp) -> Result<HashSet<String>, Fault> {
    let rows: Vec<String> = q!(c, |conn| invitations::table
        .filter(invitations::user_id.eq_any(ids))
        .filter((invitations::expires_at + 0).gt(now.millis()))
        .select(invitations::user_id)
        .load(conn))?;
    Ok(rows.into_iter().collect())
}
