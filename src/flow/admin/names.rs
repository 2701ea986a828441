//! Owns what to call the people whose ids stand in lists: their addresses. It does not own the people (`user`).

use std::collections::BTreeMap;

use crate::flow::{Cx, Fault};
use crate::identity::UserId;
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
