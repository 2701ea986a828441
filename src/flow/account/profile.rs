//! Owns what people write of themselves: their names, language and time zone, and the attributes that administrators left to
//! them. Nothing else of their record can be written this way (security case L13). It does not own what a good value is
//! (`admin::user_document`, `admin::attribute`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::sessions::own_entry;
use crate::flow::admin::change::differences;
use crate::flow::admin::refusal::{fresh, granted};
use crate::flow::admin::user_document::UserDocument;
use crate::flow::admin::{Done, attribute};
use crate::flow::{Cx, Fault};
use crate::identity::attribute::Attribute;
use crate::identity::{User, UserId};
use crate::store::{attributes, users};

/// What people write of themselves. Empty is nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileForm {
    /// Full name.
    pub name: Option<String>,
    /// Given name or names.
    pub given_name: Option<String>,
    /// Surname or surnames.
    pub family_name: Option<String>,
    /// Casual name.
    pub nickname: Option<String>,
    /// Language and region.
    pub locale: Option<String>,
    /// Time zone.
    pub zoneinfo: Option<String>,
    /// Values of attributes, by name; those that are not the person's to write are passed over.
    pub attributes: BTreeMap<String, Option<Value>>,
}

/// The attributes that people write themselves, in order of their names.
///
/// # Errors
/// A [`Fault`].
pub async fn own_attributes(cx: &Cx) -> Result<Vec<Attribute>, Fault> {
    let all = cx.db().read(attributes::list).await?;
    Ok(all.into_iter().map(|stored| stored.attribute).filter(|attribute| attribute.self_editable).collect())
}

/// Writes it, if the record still has this version.
///
/// # Errors
/// Inner: an [`AdminRefusal`](crate::flow::admin::AdminRefusal). Outer: a [`Fault`].
pub async fn save(cx: &Cx, user: &UserId, form: ProfileForm, expect: Option<i64>) -> Done<()> {
    let (id, now) = (user.clone(), cx.now);
    let made = own_entry(cx, "profile_changed", user, json!({}));
    let done = cx.db().write(move |c| {
        let Some(before) = users::find_for_update(c, &id)? else {
            return Ok(Err(crate::flow::admin::user::UserRefusal::Unknown(id.to_string()).into()));
        };
        granted!(fresh(expect, before.version));
        let mut defined = attributes::list(c)?;
        // What only administrators write they cannot give: that it is missing keeps nobody from the rest.
        defined.iter_mut().for_each(|stored| stored.attribute.required &= stored.attribute.self_editable);
        let mut after = granted!(written(&before, &form));
        for stored in defined.iter().map(|stored| &stored.attribute).filter(|a| a.self_editable) {
            match form.attributes.get(&stored.name) {
                Some(Some(value)) => after.attributes.insert(stored.name.clone(), value.clone()),
                Some(None) => after.attributes.remove(&stored.name),
                None => None,
            };
        }
        after.attributes = granted!(attribute::judged_values(after.attributes, &defined));
        if after == before {
            return Ok(Ok(()));
        }
        after.updated_at = now;
        users::update(c, &after)?;
        let shown = |user: &User| json!(UserDocument::of(user));
        let mut entry = made.clone();
        entry.event.detail = differences(Some(&shown(&before)), Some(&shown(&after))).to_string();
        entry.append(c)?;
        Ok(Ok(()))
    });
    Ok(done.await?)
}

/// The record with the six texts, judged as those that administrators write.
fn written(before: &User, form: &ProfileForm) -> Result<User, crate::flow::admin::user::UserRefusal> {
    let document = UserDocument {
        name: form.name.clone(),
        given_name: form.given_name.clone(),
        family_name: form.family_name.clone(),
        nickname: form.nickname.clone(),
        locale: form.locale.clone(),
        zoneinfo: form.zoneinfo.clone(),
        ..UserDocument::of(before)
    };
    let mut after = before.clone();
    document.write_into(&mut after)?;
    Ok(after)
}
