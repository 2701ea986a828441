//! Owns people's pictures over HTTP: sending one in, taking it away, and handing it out to whoever knows its name. It does not
//! own drawing them anew (`picture`, `flow::account::picture`).

use super::profile;
use crate::flow::account::picture;
use crate::flow::admin::AdminRefusal;
use crate::http::call::Call;
use crate::http::own_app::desk::Desk;
use crate::http::pages::console::Part;
use crate::http::reply::{Cache, Reply};
use crate::picture::PictureRefusal;

const PATH: &str = "/account/profile";

/// The person's picture on a page.
pub(super) fn portrait(desk: &Desk, id: &str) -> Part {
    Part::Portrait(desk.href(&format!("/pictures/{id}")), desk.t("account-picture-alt").into())
}

/// `POST /account/profile/picture`
pub async fn set(desk: Desk) -> Reply {
    let refused = |words: String| Some(("picture", AdminRefusal::invalid("picture", words).at("file")));
    let Some(file) = &desk.file else {
        return profile::page(&desk, refused(desk.t("account-picture-none").into())).await;
    };
    match picture::set(desk.cx(), &desk.visit.user.id, file.to_vec()).await {
        Ok(Ok(())) => desk.done(PATH, desk.t("account-picture-saved")),
        Ok(Err(refusal)) => profile::page(&desk, refused(in_words(&desk, refusal))).await,
        Err(fault) => desk.fault(&fault),
    }
}

fn in_words(desk: &Desk, refusal: PictureRefusal) -> String {
    match refusal {
        PictureRefusal::TooLarge => desk.t("account-picture-too-large"),
        PictureRefusal::TooManyPixels => desk.t("account-picture-too-many-pixels"),
        PictureRefusal::NotAPicture => desk.t("account-picture-not-one"),
    }
    .into()
}

/// `POST /account/profile/picture/remove`
pub async fn remove(desk: Desk) -> Reply {
    match picture::remove(desk.cx(), &desk.visit.user.id).await {
        Ok(_) => desk.done(PATH, desk.t("account-picture-removed")),
        Err(fault) => desk.fault(&fault),
    }
}

/// `GET /pictures/{name}`: asks for no cookie and sets none. Another picture has another name, so this one may be kept.
pub async fn get(call: Call) -> Reply {
    let path = call.request.path();
    let path = path.strip_prefix(call.web.place.base.as_str()).unwrap_or(path);
    let name = path.split('/').nth(2).unwrap_or_default();
    match picture::named(&call.cx, name).await {
        Ok(Some(found)) => {
            let etag = format!("\"{}\"", found.id);
            Reply::image(found.bytes.into(), found.media_type).kept(Cache::Forever, &etag)
        }
        Ok(None) => Reply::text(404, "There is no picture here.\n"),
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}
