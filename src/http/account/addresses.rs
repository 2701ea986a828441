//! Owns the page on a person's e-mail address: which it is, and the form that asks for another one. It does not own changing it
//! (`flow::account::address`) nor the page behind the letter (`http::sign_in::new_address`).

use crate::flow::account::address::{self, AddressRefusal};
use crate::flow::admin::AdminRefusal;
use crate::http::own_app::desk::{Desk, Failed};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part, Tone};
use crate::http::reply::Reply;

const PATH: &str = "/account/addresses";

/// `GET /account/addresses`
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let user = &desk.visit.user;
    let pending = match address::pending(desk.cx(), &user.id).await {
        Ok(pending) => pending,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page("E-mail address", "E-mail address");
    page.lead = vec![Part::plain("You sign in with it, and letters about your account go there.")];
    let mark = match user.email_verified {
        true => Part::Badge(Tone::Good, "confirmed".to_owned()),
        false => Part::Badge(Tone::Caution, "not confirmed".to_owned()),
    };
    let mut facts = vec![("Your address".to_owned(), vec![Part::text(user.email.as_str()), Part::plain(" "), mark])];
    if let Some(new) = &pending {
        let waits = Part::Badge(Tone::Caution, "waits to be confirmed".to_owned());
        facts.push(("New address".to_owned(), vec![Part::text(new.as_str()), Part::plain(" "), waits]));
    }
    page.blocks.push(Block::Facts(facts));
    if pending.is_some() {
        let words = "Open the link in the letter that went there, in a browser in which you are signed in. It works for 24 \
                     hours.";
        let withdraw = Form {
            heading: "Change under way".to_owned(),
            words: vec![Part::plain(words)],
            ..desk.post("withdraw", "/account/addresses/withdraw", "Give the change up")
        };
        page.blocks.push(desk.block(withdraw, &failed));
    }
    let mut change = Form {
        heading: "Change your address".to_owned(),
        words: vec![Part::plain(
            "We send a letter to the new address. Nothing changes until you open its link; then the old address is told.",
        )],
        ..desk.post("change", PATH, "Send the letter")
    };
    change.fields = vec![Field::line("email", "New address", "").kind(FieldKind::Email).required()];
    change.fields[0].autocomplete = "email";
    page.blocks.push(desk.block(change, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /account/addresses`
pub async fn change(desk: Desk) -> Reply {
    match address::ask(desk.cx(), &desk.visit.user, &desk.field("email")).await {
        Ok(Ok(_)) => desk.done(PATH, "A letter is on its way to the new address. Open its link to confirm it."),
        Ok(Err(refusal)) => {
            let failed = AdminRefusal::invalid("address", refusal.to_string()).at("email");
            let page = show_page(&desk, Some(("change", failed))).await;
            match refusal {
                AddressRefusal::TooMany(seconds) => page.with_status(429).retry_after(u64::try_from(seconds).ok()),
                _ => page,
            }
        }
        Err(fault) => desk.fault(&fault),
    }
}

/// `POST /account/addresses/withdraw`
pub async fn withdraw(desk: Desk) -> Reply {
    match address::withdraw(desk.cx(), &desk.visit.user.id).await {
        Ok(()) => desk.done(PATH, "The change was given up. Your address stays as it is."),
        Err(fault) => desk.fault(&fault),
    }
}
