//! Owns a person's picture: setting it, taking it away, handing it out. It does not own how it is drawn (`picture`), nor what
//! apps are told (`identity::User::with_picture`).

use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;

use super::sessions::own_entry;
use crate::flow::{Cx, Fault};
use crate::identity::UserId;
use crate::picture::{self, PictureRefusal};
use crate::secret::random::token32;
use crate::store::pictures::{self, StoredPicture};
use crate::store::users;

/// One picture is drawn at a time: its pixels take more memory than everything else together.
static TURN: Semaphore = Semaphore::const_new(1);
/// Who waits longer is asked to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// Draws the picture anew and gives it to the person, under a new name.
///
/// # Errors
/// Inner: a [`PictureRefusal`]. Outer: a [`Fault`]; [`Fault::Busy`] when too many pictures come at once.
pub async fn set(cx: &Cx, user: &UserId, file: Vec<u8>) -> Result<Result<(), PictureRefusal>, Fault> {
    let Ok(Ok(turn)) = tokio::time::timeout(PATIENCE, TURN.acquire()).await else {
        return Err(Fault::Busy { retry_after: 5 });
    };
    // A library that stumbles over a hostile file ends its own thread and nothing else.
    let drawn = tokio::task::spawn_blocking(move || {
        // Whoever hangs up does not make room for the next one while this one is drawn.
        let _turn = turn;
        picture::small(&file)
    });
    let drawn = drawn.await;
    let small = match drawn.unwrap_or(Err(PictureRefusal::NotAPicture)) {
        Ok(small) => small,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let stored = StoredPicture {
        id: token32(&*cx.parts.chance),
        user_id: user.clone(),
        media_type: small.media_type.to_owned(),
        bytes: small.bytes,
        created_at: cx.now,
    };
    let entry = own_entry(cx, "picture_set", user, json!({ "bytes": stored.bytes.len() }));
    let done = cx.db().write(move |c| {
        if users::find_for_update(c, &stored.user_id)?.is_none() {
            return Ok(());
        }
        pictures::put(c, &stored)?;
        entry.append(c)
    });
    done.await?;
    Ok(Ok(()))
}

/// Takes the picture away. `false`: there is none.
///
/// # Errors
/// A [`Fault`].
pub async fn remove(cx: &Cx, user: &UserId) -> Result<bool, Fault> {
    let (id, now, entry) = (user.clone(), cx.now, own_entry(cx, "picture_removed", user, json!({})));
    let done = cx.db().write(move |c| {
        users::find_for_update(c, &id)?;
        if !pictures::delete(c, &id, now)? {
            return Ok(false);
        }
        entry.append(c)?;
        Ok(true)
    });
    Ok(done.await?)
}

/// The picture of this name, for anybody who knows it.
///
/// # Errors
/// A [`Fault`].
pub async fn named(cx: &Cx, name: &str) -> Result<Option<StoredPicture>, Fault> {
    let name = name.to_owned();
    Ok(cx.db().read(move |c| pictures::find(c, &name)).await?)
}
