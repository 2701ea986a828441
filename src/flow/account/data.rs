//! Owns a person's way to everything that is stored about them, and to being forgotten. It does not own removing people as an
//! administrator (`admin::user`).

use serde_json::{Map, Value, json};

use super::sessions::own_entry;
use crate::flow::admin::rank::somebody_else_owns;
use crate::flow::admin::refusal::granted;
use crate::flow::admin::user_document::UserDocument;
use crate::flow::admin::{AdminRefusal, Done};
use crate::flow::own_app::Visit;
use crate::flow::{Cx, Fault, mail};
use crate::identity::{User, UserId};
use crate::store::grants::{self, GrantSearch};
use crate::store::{
    self, Conn, accepted_terms, account_links, consents, devices, events, factors, pictures, recovery_codes, sessions,
    upstream_identities, upstream_tokens, users,
};
use crate::time::Timestamp;

/// Rows that are read at once.
const STRETCH: i64 = 500;
/// Sessions and grants that are told at most; nobody has as many.
const MOST: i64 = 10_000;

/// A part of what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everything but the history.
    Beginning,
    /// The history, behind this entry.
    History(Option<i64>),
}

/// A piece of the file with everything that is stored about a person, in JSON, and where the next one begins. Hashes and
/// secrets are left out: nobody could use them but a thief.
///
/// # Errors
/// A [`Fault`].
pub async fn piece(cx: &Cx, user: &UserId, place: Place) -> Result<(String, Option<Place>), Fault> {
    let (user, now) = (user.clone(), cx.now);
    match place {
        Place::Beginning => {
            let entry = own_entry(cx, "data_downloaded", &user, json!({}));
            cx.db().write(move |c| entry.append(c)).await?;
            let all = cx.db().read(move |c| everything(c, &user, now)).await?;
            let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
            // The history follows as the last member.
            text.truncate(text.trim_end_matches(['}', '\n']).len());
            text.push_str(",\n  \"history\": [");
            Ok((text, Some(Place::History(None))))
        }
        Place::History(before) => {
            let rows = cx.db().read(move |c| {
                let wanted = events::EventSearch { user_id: Some(user.0.clone()), ..Default::default() };
                events::search(c, &wanted, before, STRETCH)
            });
            let rows = rows.await?;
            let mut text = String::new();
            for (at, row) in rows.iter().enumerate() {
                text.push_str(if before.is_none() && at == 0 { "\n    " } else { ",\n    " });
                text.push_str(&happened(&row.event).to_string());
            }
            let next = rows.last().filter(|_| rows.len() >= usize::try_from(STRETCH).unwrap_or(usize::MAX));
            let next = next.map(|row| Place::History(Some(row.id)));
            if next.is_none() {
                text.push_str("\n  ]\n}\n");
            }
            Ok((text, next))
        }
    }
}

/// An entry of the security log as the person may see it: without who acted in an office, and from where.
fn happened(event: &events::EventRow) -> Value {
    let by_another = event.actor.is_some() && event.actor != event.user_id;
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    json!({
        "at": event.at.rfc3339(),
        "kind": event.kind,
        "by": if by_another { "an administrator or a program" } else { "the account itself" },
        "client_id": event.client_id,
        "address": event.address.as_ref().filter(|_| !by_another),
        "detail": detail,
    })
}

fn everything(c: &mut Conn, id: &UserId, now: Timestamp) -> Result<Value, store::Fault> {
    let mut all = Map::new();
    let Some(user) = users::find(c, id)? else { return Ok(Value::Object(all)) };
    all.insert("exported_at".to_owned(), now.rfc3339().into());
    all.insert("account".to_owned(), account(c, &user)?);
    let picture = pictures::find_of_user(c, id)?.map(|picture| {
        json!({
            "media_type": picture.media_type,
            "uploaded_at": picture.created_at.rfc3339(),
            "base64": crate::flow::cx::base64(&picture.bytes),
        })
    });
    all.insert("picture".to_owned(), picture.unwrap_or_default());
    all.insert("second_factors".to_owned(), second_factors(c, id)?);
    let sessions = sessions::list(c, Some(id), now, MOST)?.into_iter().map(|s| {
        json!({
            "id": s.id.as_str(), "began_at": s.created_at.rfc3339(), "signed_in_at": s.auth_time.rfc3339(),
            "last_seen_at": s.last_seen_at.rfc3339(), "expires_at": s.expires_at.rfc3339(),
            "methods": s.amr, "browser": s.user_agent, "address": s.address,
        })
    });
    all.insert("sessions".to_owned(), sessions.collect());
    let allowed = consents::list_of_user(c, id)?.into_iter().map(|consent| {
        json!({
            "client_id": consent.client_id, "scopes": consent.scopes, "claims": consent.claims,
            "first_at": consent.created_at.rfc3339(), "last_at": consent.granted_at.rfc3339(),
        })
    });
    all.insert("consents".to_owned(), allowed.collect());
    let wanted = GrantSearch { user_id: Some(id.clone()), client_id: None };
    let grants = grants::page(c, &wanted, now, None, MOST)?.into_iter().map(|grant| {
        json!({
            "id": grant.id, "client_id": grant.authorization.client_id, "scopes": grant.authorization.scope,
            "offline": grant.offline, "began_at": grant.created_at.rfc3339(), "expires_at": grant.expires_at.rfc3339(),
        })
    });
    all.insert("grants".to_owned(), grants.collect());
    let accepted = accepted_terms::list(c, id)?.into_iter();
    let accepted = accepted.map(|(version, at)| json!({ "version": version, "at": at.rfc3339() }));
    all.insert("accepted_terms".to_owned(), accepted.collect());
    all.insert("signed_in_through_others".to_owned(), elsewhere(c, id)?);
    let devices = devices::list(c, id, MOST)?.into_iter();
    let devices = devices.map(|(first, last)| json!({ "first_at": first.rfc3339(), "last_at": last.rfc3339() }));
    all.insert("known_devices".to_owned(), devices.collect());
    let links = account_links::under_way(c, id, now)?.into_iter().map(|(purpose, link)| {
        json!({
            "for": purpose, "address": link.email_key, "made_at": link.created_at.rfc3339(),
            "until": link.expires_at.rfc3339(),
        })
    });
    all.insert("links_in_letters".to_owned(), links.collect());
    Ok(Value::Object(all))
}

/// Who they are at providers. Tokens of these are secrets, as passwords are: only whether there are some is told.
fn elsewhere(c: &mut Conn, id: &UserId) -> Result<Value, store::Fault> {
    let mut all = Vec::new();
    for link in upstream_identities::of_user(c, id)? {
        all.push(json!({
            "provider": link.provider, "issuer": link.issuer, "subject": link.subject, "shown_as": link.shown,
            "linked_at": link.created_at.rfc3339(), "last_used_at": link.last_used_at.map(Timestamp::rfc3339),
            "disabled": link.disabled_at.is_some(),
            "keeps_tokens": upstream_tokens::find(c, &link.id)?.is_some(),
        }));
    }
    Ok(all.into())
}

fn account(c: &mut Conn, user: &User) -> Result<Value, store::Fault> {
    let mut account = json!(UserDocument::of(user));
    account["id"] = user.id.as_str().into();
    account["created_at"] = user.created_at.rfc3339().into();
    account["updated_at"] = user.updated_at.rfc3339().into();
    account["last_sign_in_at"] = user.last_sign_in_at.map(Timestamp::rfc3339).into();
    account["has_password"] = users::password_find(c, &user.id)?.is_some().into();
    Ok(account)
}

fn second_factors(c: &mut Conn, id: &UserId) -> Result<Value, store::Fault> {
    let list: Vec<Value> = factors::list(c, id)?
        .iter()
        .map(|factor| {
            json!({
                "kind": factor.kind.as_str(), "name": factor.name, "added_at": factor.created_at.rfc3339(),
                "last_used_at": factor.last_used_at.map(Timestamp::rfc3339),
            })
        })
        .collect();
    Ok(json!({ "list": list, "recovery_codes_left": recovery_codes::left(c, id)? }))
}

/// Removes the account of the person themselves, with everything that is theirs. The security log keeps that there was one,
/// under its id.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn remove(cx: &Cx, visit: &Visit) -> Done<()> {
    if !cx.parts.settings.get().accounts.people_may_delete {
        let words = "an administrator has to delete accounts here: ask for it";
        return Ok(Err(AdminRefusal::forbidden("deletion_is_off", words)));
    }
    let (id, context) = (visit.user.id.clone(), cx.clone());
    let (letter, letter_id) = (mail::farewell(cx, &visit.user), mail::letter_id(cx));
    let entry = own_entry(cx, "user_removed", &id, json!({ "by": "the person" }));
    let done = cx.db().write(move |c| {
        let Some(user) = users::find_for_update(c, &id)? else { return Ok(Ok(())) };
        granted!(somebody_else_owns(c, &user)?);
        users::delete(c, &id)?;
        if context.parts.post.mailer.is_on() {
            mail::post(c, &context, &letter_id, &letter)?;
        }
        entry.append(c)?;
        Ok(Ok(()))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    Ok(done)
}
