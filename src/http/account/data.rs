//! Owns the page on which people take everything that is stored about them, or are forgotten. It does not own what is stored
//! (`flow::account::data`).

use actix_web::web::Bytes;
use tokio::sync::mpsc;

use super::words::refused;
use crate::flow::account::data::{self, Place};
use crate::flow::admin::AdminRefusal;
use crate::http::cookies;
use crate::http::own_app::desk::{Desk, Failed};
use crate::http::pages::console::{Block, Field, Part};
use crate::http::pages::{Chrome, GonePage};
use crate::http::reply::{Lines, Reply};

const DOWNLOAD: &str = "/account/data/download";
const DELETE: &str = "/account/data/delete";

/// `GET /account/data`
pub async fn show(desk: Desk) -> Reply {
    page(&desk, None)
}

fn page(desk: &Desk, failed: Failed) -> Reply {
    let mut page = desk.page_of(desk.t("account-data"));
    page.lead = vec![Part::plain(desk.t("account-data-lead"))];
    let mut download = desk.post("download", DOWNLOAD, &desk.t("account-download-submit").to_string());
    download.heading = desk.t("account-download").into();
    download.words = vec![Part::plain(desk.t("account-download-words"))];
    page.blocks.push(desk.block(download, &failed));
    let deletion = desk.call.web.parts.settings.get().accounts.people_may_delete;
    if !deletion {
        page.blocks
            .push(Block::Heading(desk.t("account-delete").into(), vec![Part::plain(desk.t("account-deletion-off"))]));
        return desk.show_tried(page, &failed);
    }
    let mut delete = desk.post("delete", DELETE, &desk.t("account-delete-submit").to_string());
    delete.danger = true;
    delete.heading = desk.t("account-delete").into();
    delete.words = vec![Part::plain(desk.t("account-delete-words"))];
    let label = desk.t("account-delete-confirm").text("email", desk.visit.user.email.as_str()).to_string();
    delete.fields = vec![Field::line("confirm", &label, "").required()];
    page.blocks.push(desk.block(delete, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /account/data/download`: the file, piece by piece.
pub async fn download(desk: Desk) -> Reply {
    let (cx, user) = (desk.cx().clone(), desk.visit.user.id.clone());
    // The first piece is read before anything is sent: until then a fault can still be told.
    let (first, mut place) = match data::piece(&cx, &user, Place::Beginning).await {
        Ok(piece) => piece,
        Err(fault) => return desk.fault(&fault),
    };
    let (pieces, body) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut piece = first;
        while pieces.send(Ok(Bytes::from(piece))).await.is_ok() {
            let Some(next) = place else { return };
            (piece, place) = match data::piece(&cx, &user, next).await {
                Ok(found) => found,
                Err(fault) => {
                    tracing::warn!(%fault, correlation_id = %cx.correlation_id, "a download of one's data broke off");
                    let _ = pieces.send(Err(std::io::Error::other("the data could not be read further"))).await;
                    return;
                }
            };
        }
    });
    Reply::streamed(Lines(body), "application/json", "my-account.json")
}

/// `POST /account/data/delete`
pub async fn delete(desk: Desk) -> Reply {
    let email = desk.visit.user.email.as_str();
    if !desk.field("confirm").eq_ignore_ascii_case(email) {
        let refusal = AdminRefusal::invalid("confirm", desk.t("account-delete-mistyped")).at("confirm");
        return page(&desk, Some(("delete", refusal)));
    }
    match data::remove(desk.cx(), &desk.visit).await {
        Ok(Ok(())) => gone(&desk),
        Ok(Err(refusal)) => page(&desk, Some(("delete", refused(&desk, refusal)))),
        Err(fault) => desk.fault(&fault),
    }
}

/// The last page of an account.
fn gone(desk: &Desk) -> Reply {
    let place = &desk.call.web.place;
    let mailed = desk.call.web.parts.post.mailer.is_on();
    let page = GonePage { chrome: Chrome::speaking(desk.language(), "account-gone", place), mailed };
    // The session's own token is dead, and falls out of its cookie at the next sign-in.
    Reply::page(200, &page, &[]).cookie(cookies::clear(desk.shell.jars.session, place))
}
