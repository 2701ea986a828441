//! Owns the page on which a client gets its logo or loses it. It does not own what may be a logo (`oauth::logo`).

use super::client::{at, found, frame};
use super::clients::logo;
use super::desk::{Desk, Failed, tried};
use crate::flow::Fault;
use crate::flow::admin::{AdminRefusal, client_logo};
use crate::http::pages::console::{Block, Field, FieldKind, Part};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::oauth::logo::ImageFormat;

/// `GET /admin/clients/{id}/logo`.
pub async fn show(desk: Desk) -> Reply {
    page(&desk, None).await
}

async fn page(desk: &Desk, failed: Failed) -> Reply {
    let (id, view) = match found(desk).await {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let mut page = frame(desk, &id, &view);
    let base = format!("{}/logo", at(&id));
    let logo = logo(desk, &view);
    let has_one = logo.is_some();
    page.blocks.push(match logo {
        Some(logo) => {
            Block::Facts(vec![("Logo".to_owned(), vec![logo, Part::Quiet("As the sign-in pages show it.".to_owned())])])
        }
        None => Block::Words(vec![Part::plain("It has no logo: the sign-in pages show the first letter of its name.")]),
    });
    if !desk.may(P::ClientsWrite) || view.built_in {
        return desk.show(page);
    }
    let version = vec![("version".to_owned(), view.version.to_string())];
    let mut form = desk.post("logo", &base, if has_one { "Replace the logo" } else { "Set the logo" });
    form.hidden = version.clone();
    let types = ImageFormat::ALL.map(ImageFormat::media_type).join(",");
    let hint = "A PNG, JPEG or WebP image of at most 64 KiB, 16 to 1024 pixels in each direction. It is shown as a square \
                of 56 pixels: 256 by 256 are good.";
    form.fields = vec![Field::line("logo", "Image", "").kind(FieldKind::File(types)).required().hint(hint)];
    page.blocks.push(desk.block(form, &failed));
    if has_one {
        let mut form = desk.danger("remove", &format!("{base}/remove"), "Remove the logo", &id);
        form.heading = "Remove the logo".to_owned();
        form.hidden = version;
        page.blocks.push(desk.block(form, &failed));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/clients/{id}/logo`.
pub async fn set(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let missing = || AdminRefusal::invalid("logo_missing", "choose a file first").at("logo");
    let chosen = desk.file.as_ref().map(|file| file.to_vec()).ok_or_else(missing);
    let bytes = tried!(desk, "logo", page, Ok::<_, Fault>(chosen));
    let version = desk.field("version").parse().ok();
    tried!(desk, "logo", page, client_logo::set(desk.cx(), &desk.actor, &id, bytes, version).await);
    desk.done(&format!("{}/logo", at(&id)), "The logo is set. People see it from now on.")
}

/// `POST /admin/clients/{id}/logo/remove`.
pub async fn remove(desk: Desk) -> Reply {
    let id = desk.segment(1);
    tried!(desk, "remove", page, Ok::<_, Fault>(desk.confirmed(&id)));
    let version = desk.field("version").parse().ok();
    tried!(desk, "remove", page, client_logo::remove(desk.cx(), &desk.actor, &id, version).await);
    desk.done(&format!("{}/logo", at(&id)), "The logo was removed.")
}
