//! Owns what to call the people whose ids stand in lists, by their addresses, and whose address somebody looks for. It does not own the people (`user`).

use std::collections::BTreeMap;

use crate::flow::{Cx, Fault};
use crate::identity::{Email, UserId};
use crate::store::users;

/// The addresses of those of these ids who have an account. Other texts are passed over.
///
/// # Errors
/// A [`Fault`].
pub async fn of(cx: &Cx, ids: Vec<String>) -> Result<BTreeMap<String, String>, Fault> {
    let found = cx.db().read(move |c| {
        let mut named = BTreeMap::new();
        for id in &ids {
            // Actors that are no people are written in words.
            if id.contains([' ', '\0']) || named.contains_key(id) {
                continue;
            }
            if let Some(user) = users::find(c, &UserId(id.clone()))? {
                named.insert(id.clone(), user.email.as_str().to_owned());
            }
        }
        Ok(named)
    });
    Ok(found.await?)
}

/// The id of whoever has this address now; `None` if nobody does, or if it cannot be an address.
///
/// # Errors
/// A [`Fault`].
pub async fn id_of(cx: &Cx, address: &str) -> Result<Option<String>, Fault> {
    let Ok(email) = Email::parse(address) else { return Ok(None) };
    let found = cx.db().read(move |c| users::find_by_email_key(c, email.key())).await?;
    Ok(found.map(|user| user.id.as_str().to_owned()))
}
