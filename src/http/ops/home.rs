//! Owns the start page and the files beside the pages.

use crate::flow::sign_in::browser::sessions_of;
use crate::http::assets;
use crate::http::call::Call;
use crate::http::pages::HomePage;
use crate::http::reply::Reply;
use crate::http::routes::WELL_KNOWN;
use crate::http::sign_in::cards;
use crate::identity::RoleName;

/// The start page.
pub async fn get(call: Call) -> Reply {
    let sessions = match sessions_of(&call.cx, &call.browser()).await {
        Ok(sessions) => sessions,
        Err(fault) => return call.fault_page(&fault),
    };
    let place = &call.web.place;
    let first = sessions.first().map(|f| &f.signed_in);
    let page = HomePage {
        chrome: call.chrome("start-title").wide(),
        issuer: place.issuer.clone(),
        discovery: format!("{}{}", place.issuer, WELL_KNOWN[0]),
        account: first.map(|known| cards::account(known, &call.cx)),
        is_owner: first.is_some_and(|known| known.user.role == RoleName::OWNER),
        administers: first.is_some_and(|known| known.user.role != RoleName::PERSON),
    };
    Reply::page(200, &page, &[])
}

/// `/assets/…`: the name has a hash of the content in it.
pub async fn asset(call: Call) -> Reply {
    let path = call.request.path();
    match assets::find(path.strip_prefix(call.web.place.base.as_str()).unwrap_or(path)) {
        Some(asset) => Reply::file(asset.body, asset.content_type),
        None => Reply::text(404, "There is nothing here.\n"),
    }
}

/// Browsers ask for it unbidden.
pub async fn favicon(call: Call) -> Reply {
    Reply::redirect(assets::href(&call.web.place.base, "favicon.svg"))
}

/// Nothing here is for search engines.
pub async fn robots(_call: Call) -> Reply {
    Reply::text(200, "User-agent: *\nDisallow: /\n")
}
