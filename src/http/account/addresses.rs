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
    let mut page = desk.page_of(desk.t("account-addresses"));
    page.lead = vec![Part::plain(desk.t("account-addresses-lead"))];
    let mark = match user.email_verified {
        true => Part::Badge(Tone::Good, desk.t("account-confirmed").into()),
        false => Part::Badge(Tone::Caution, desk.t("account-unconfirmed").into()),
    };
    let value = vec![Part::text(user.email.as_str()), Part::plain(" "), mark];
    let mut facts = vec![(desk.t("account-address-yours").into(), value)];
    if let Some(new) = &pending {
        let waits = Part::Badge(Tone::Caution, desk.t("account-address-waits").into());
        let value = vec![Part::text(new.as_str()), Part::plain(" "), waits];
        facts.push((desk.t("account-address-new").into(), value));
    }
    page.blocks.push(Block::Facts(facts));
    if pending.is_some() {
        let withdraw = Form {
            heading: desk.t("account-address-under-way").into(),
            words: vec![Part::plain(desk.t("account-address-open-link"))],
            ..desk.post("withdraw", "/account/addresses/withdraw", &desk.t("account-address-withdraw").to_string())
        };
        page.blocks.push(desk.block(withdraw, &failed));
    }
    let mut change = Form {
        heading: desk.t("account-address-change").into(),
        words: vec![Part::plain(desk.t("account-address-change-words"))],
        ..desk.post("change", PATH, &desk.t("account-address-send").to_string())
    };
    change.fields =
        vec![Field::line("email", &desk.t("account-address-new").to_string(), "").kind(FieldKind::Email).required()];
    change.fields[0].autocomplete = "email";
    page.blocks.push(desk.block(change, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /account/addresses`
pub async fn change(desk: Desk) -> Reply {
    match address::ask(desk.cx(), &desk.visit.user, &desk.field("email")).await {
        Ok(Ok(_)) => desk.done(PATH, desk.t("account-address-sent")),
        Ok(Err(refusal)) => {
            let failed = AdminRefusal::invalid("address", words(&desk, &refusal)).at("email");
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
        Ok(()) => desk.done(PATH, desk.t("account-address-withdrawn")),
        Err(fault) => desk.fault(&fault),
    }
}

fn words(desk: &Desk, refusal: &AddressRefusal) -> String {
    let key = match refusal {
        AddressRefusal::Off => "account-address-off",
        AddressRefusal::Email(_) => "account-address-malformed",
        AddressRefusal::Same => "account-address-same",
        AddressRefusal::Domain => "account-address-domain",
        AddressRefusal::TooMany(_) => "account-address-too-many",
        AddressRefusal::DeadLink => "account-address-dead-link",
        AddressRefusal::NotSignedIn => "account-address-not-signed-in",
        AddressRefusal::Taken => "account-address-taken",
    };
    desk.t(key).into()
}
