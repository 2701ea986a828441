//! Owns what administrators do to groups: look, define, change, remove, and say who belongs to them. It does not own which
//! apps are told of groups (scope `groups`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::files::diff::Kind as FileKind;
use super::files::owned::is_owned;
use super::page::Page;
use super::refusal::{fresh, granted};
use super::user_document::UserView;
use super::user_refusal::UserRefusal;
use super::{About, Actor, AdminRefusal, Done, plain_text, rank, role, settings};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::store::groups::{self, Group};
use crate::store::{self, Conn, upstream_providers, users};

/// A group as an administrator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupDocument {
    /// Its name, as apps are told it: 1 to 100 characters on one line.
    pub name: String,
    /// What it is for, in words for administrators; at most 200 characters.
    #[serde(default)]
    pub description: String,
}

/// A group with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GroupView {
    /// What it is.
    #[serde(flatten)]
    pub document: GroupDocument,
    /// How many people are in it; counting stops at 1000.
    pub members: i64,
    /// Whether there are more than `members` says.
    pub more_members: bool,
    /// Goes up by one with each change; members come and go without.
    pub version: i64,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

impl GroupView {
    /// The number of members for people: `12`, `1000+`.
    pub fn members_words(&self) -> String {
        if self.more_members { format!("{}+", self.members) } else { self.members.to_string() }
    }
}

/// Providers that are read at a time.
const PROVIDERS: i64 = 100;
/// Counting members stops here.
pub(super) const MOST_COUNTED: i64 = 1_000;

pub(super) fn document(group: &Group) -> GroupDocument {
    GroupDocument { name: group.name.clone(), description: group.description.clone() }
}

fn view(c: &mut Conn, group: &Group) -> Result<GroupView, store::Fault> {
    let members = groups::count_members(c, &group.name, MOST_COUNTED + 1)?;
    Ok(GroupView {
        document: document(group),
        members: members.min(MOST_COUNTED),
        more_members: members > MOST_COUNTED,
        version: group.version,
        created_at: group.created_at.rfc3339(),
        updated_at: group.updated_at.rfc3339(),
        managed_by_files: is_owned(c, FileKind::Group, &group.name)?,
    })
}

fn unknown(name: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_group", format!("there is no group {name:?}"))
}

/// Groups whose names begin with `prefix`, in order of their names.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(cx: &Cx, actor: &Actor, prefix: &str, after: Option<Value>, limit: i64) -> Done<Page<GroupView>> {
    granted!(actor.needs(Permission::GroupsRead));
    let prefix = prefix.trim().to_owned();
    let page = cx.db().read(move |c| {
        let found = groups::list(c, &prefix, after.as_ref().and_then(Value::as_str), limit + 1)?;
        let page = Page::of(found, limit, |group| json!(group.name));
        let items = page.items.iter().map(|group| view(c, group)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    });
    Ok(Ok(page.await?))
}

/// The group of this name.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn find(cx: &Cx, actor: &Actor, name: &str) -> Done<GroupView> {
    granted!(actor.needs(Permission::GroupsRead));
    let name = name.to_owned();
    let found = cx.db().read(move |c| match groups::find(c, &name)? {
        Some(group) => Ok(Ok(view(c, &group)?)),
        None => Ok(Err(unknown(&name))),
    });
    Ok(found.await?)
}

/// Defines a group.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn create(cx: &Cx, actor: &Actor, document: GroupDocument) -> Done<GroupView> {
    let change = Change::new(cx, actor);
    let done = cx.db().write(move |c| {
        if groups::find_for_update(c, document.name.trim())?.is_some() {
            let words = format!("there is a group {:?} already", document.name.trim());
            return Ok(Err(AdminRefusal::conflict("group_taken", words).at("name")));
        }
        put_in(c, &change, document.clone(), None)
    });
    Ok(done.await?.map(|(_, view)| view))
}

/// Replaces a group; its name and its members stay.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    name: &str,
    document: GroupDocument,
    expect: Option<i64>,
) -> Done<GroupView> {
    if document.name != name {
        let words = "the name of a group stays, since apps know it: define another one, and move the people";
        return Ok(Err(AdminRefusal::invalid("name_stays", words).at("name")));
    }
    let (change, missing) = (Change::new(cx, actor), unknown(name));
    let done = cx.db().write(move |c| {
        if groups::find_for_update(c, &document.name)?.is_none() {
            return Ok(Err(missing.clone()));
        }
        put_in(c, &change, document.clone(), expect)
    });
    Ok(done.await?.map(|(_, view)| view))
}

fn judged(document: GroupDocument) -> Result<GroupDocument, AdminRefusal> {
    let name = plain_text(&document.name, 100).map_err(|_| {
        let words = UserRefusal::Group(document.name.clone()).to_string();
        AdminRefusal::invalid("group_name", words).at("name")
    })?;
    let description = match document.description.trim() {
        "" => String::new(),
        text => plain_text(text, 200)
            .map_err(|why| AdminRefusal::invalid("description", format!("the description {why}")).at("description"))?,
    };
    Ok(GroupDocument { name, description })
}

/// Puts a group in its place, new or not.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    wanted: GroupDocument,
    expect: Option<i64>,
) -> Judged<(Put, GroupView)> {
    granted!(change.actor.needs(Permission::GroupsWrite));
    let wanted = granted!(judged(wanted));
    let before = groups::find_for_update(c, &wanted.name)?;
    granted!(fresh(expect, before.as_ref().map_or(0, |group| group.version)));
    if let Some(before) = before.as_ref().filter(|before| document(before) == wanted) {
        return Ok(Ok((Put::Unchanged, view(c, before)?)));
    }
    let group = Group {
        name: wanted.name,
        description: wanted.description,
        version: before.as_ref().map_or(1, |group| group.version + 1),
        created_at: before.as_ref().map_or(change.now, |group| group.created_at),
        updated_at: change.now,
    };
    let (put, kind) = match before {
        Some(_) => (Put::Changed, "group_changed"),
        None => (Put::Created, "group_added"),
    };
    match put {
        Put::Created => groups::insert(c, &group)?,
        _ => groups::update(c, &group)?,
    };
    log(c, change, kind, before.as_ref(), Some(&group))?;
    Ok(Ok((put, view(c, &group)?)))
}

fn log(
    c: &mut Conn,
    change: &Change,
    kind: &str,
    before: Option<&Group>,
    after: Option<&Group>,
) -> Result<(), store::Fault> {
    let shown = |group: Option<&Group>| group.map(|group| json!(document(group)));
    let mut detail = differences(shown(before).as_ref(), shown(after).as_ref());
    detail["group"] = json!(after.or(before).map(|group| group.name.as_str()));
    change.log(c, kind, About::default(), detail)
}

/// Removes a group; its members stay without it. Whoever may not act on all of them may not do this either, and a group that a
/// rule names stays: the rule would hold for nobody, and whoever made a group of this name later would come under it.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, name: &str, expect: Option<i64>) -> Done<()> {
    let (change, name) = (Change::new(cx, actor), name.to_owned());
    Ok(cx.db().write(move |c| remove_in(c, &change, &name, expect)).await?)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, name: &str, expect: Option<i64>) -> Judged<()> {
    granted!(change.actor.needs(Permission::GroupsWrite));
    let Some(group) = groups::find_for_update(c, name)? else { return Ok(Err(unknown(name))) };
    granted!(fresh(expect, group.version));
    for (_, held) in groups::members_with_roles(c, name)? {
        let permissions = role::permissions_of(c, &held)?;
        granted!(change.actor.outranks(permissions));
    }
    let places = named_by(c, name)?;
    if !places.is_empty() {
        let words = format!("the group {name:?} is named by {}: change that first", places.join(", "));
        return Ok(Err(AdminRefusal::conflict("group_in_use", words)));
    }
    groups::delete(c, name)?;
    log(c, change, "group_removed", Some(&group), None)?;
    Ok(Ok(()))
}

/// The rules that name a group, in words.
fn named_by(c: &mut Conn, name: &str) -> Result<Vec<String>, store::Fault> {
    let (settings, _) = settings::read(c)?;
    let mut places = Vec::new();
    if settings.second_factor.groups.iter().any(|group| group == name) {
        places.push("the settings (who must have a second factor)".to_owned());
    }
    let mut after = None;
    loop {
        let page = upstream_providers::page(c, after.as_deref(), PROVIDERS)?;
        let Some(last) = page.last() else { return Ok(places) };
        after = Some(last.provider.id.clone());
        let naming = page.iter().filter(|stored| stored.provider.groups.iter().any(|rule| rule.group == name));
        places.extend(naming.map(|stored| format!("the provider {}", stored.provider.id)));
    }
}

/// Who is in a group, in order of their ids.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn members(cx: &Cx, actor: &Actor, name: &str, after: Option<Value>, limit: i64) -> Done<Page<UserView>> {
    granted!(actor.needs(Permission::GroupsRead));
    granted!(actor.needs(Permission::UsersRead));
    let (name, now) = (name.to_owned(), cx.now);
    let found = cx.db().read(move |c| {
        if groups::find(c, &name)?.is_none() {
            return Ok(Err(unknown(&name)));
        }
        let found = groups::members(c, &name, after.as_ref().and_then(Value::as_str), limit + 1)?;
        let page = Page::of(found, limit, |user| json!(user.id.as_str()));
        Ok(Ok(Page { items: UserView::of_all(c, page.items, now)?, next: page.next }))
    });
    Ok(found.await?)
}

/// Puts a person (address or id) into a group that exists. Being in it already is no mistake.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn add_member(cx: &Cx, actor: &Actor, name: &str, who: &str) -> Done<UserView> {
    membership(cx, actor, name, who, Membership::Begins).await
}

/// Takes a person (address or id) out of a group. Not being in it is no mistake.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove_member(cx: &Cx, actor: &Actor, name: &str, who: &str) -> Done<UserView> {
    membership(cx, actor, name, who, Membership::Ends).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Membership {
    Begins,
    Ends,
}

async fn membership(cx: &Cx, actor: &Actor, name: &str, who: &str, wanted: Membership) -> Done<UserView> {
    granted!(actor.needs(Permission::GroupsWrite));
    let (change, name, who) = (Change::new(cx, actor), name.to_owned(), who.trim().to_owned());
    let done = cx.db().write(move |c| {
        let Some(group) = groups::find(c, &name)? else { return Ok(Err(unknown(&name))) };
        let user = granted!(rank::target(c, &change.actor, &who)?);
        let (changed, kind) = match wanted {
            Membership::Begins if user.groups.len() >= super::user_refusal::MAX_GROUPS => {
                return Ok(Err(UserRefusal::TooManyGroups.into()));
            }
            Membership::Begins => (groups::member_add(c, &group.name, &user.id)?, "group_member_added"),
            Membership::Ends => (groups::member_remove(c, &group.name, &user.id)?, "group_member_removed"),
        };
        if changed {
            users::touched(c, &user.id, change.now)?;
            change.log(c, kind, About::user(&user.id), json!({ "group": group.name }))?;
        }
        UserView::of_id(c, &user.id, change.now)
            .map(|view| view.ok_or_else(|| UserRefusal::Unknown(who.clone()).into()))
    });
    Ok(done.await?)
}
