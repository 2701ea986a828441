//! Owns the page on a person's e-mail address: which it is, and the form that asks for another one. It does not own changing it
//! (`flow::account::address`) nor the page behind the letter (`http::sign_in::new_address`).

use crate::flow::account::address::{self, AddressRefusal};
use crate::flow::admin::AdminRefusal;
use crate::http::own_app::desk::{Desk, Failed};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part, Tone};
use crate::http::reply::Reply;
use crate::http::sign_in::words;

const PATH: &str = "/account/addresses";
const WITHDRAW: &str = "/account/addresses/withdraw";

/// `GET /account/addresses`
pub async fn show(desk: Desk) -> Reply {
    page(&desk, None).await
}

async fn page(desk: &Desk, failed: Failed) -> Reply {
    let user = &desk.visit.user;
    let pending = match address::pending(desk.cx(), user).await {
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
    if let Some(pending) = &pending {
        let agreed = |agreed: bool| match agreed {
            true => Part::Badge(Tone::Good, desk.t("change-address-agreed").into()),
            false => Part::Badge(Tone::Caution, desk.t("change-address-waits").into()),
        };
        let value = vec![Part::text(pending.new.as_str()), Part::plain(" "), agreed(pending.new_agreed)];
        facts.push((desk.t("change-address-new").into(), value));
        if let Some(old) = pending.old_agreed {
            let value = vec![Part::text(user.email.as_str()), Part::plain(" "), agreed(old)];
            facts.push((desk.t("change-address-old").into(), value));
        }
    }
    page.blocks.push(Block::Facts(facts));
    if let Some(pending) = &pending {
        let open = if pending.old_agreed.is_some() { "change-address-open-both" } else { "change-address-open" };
        let withdraw = Form {
            heading: desk.t("change-address-under-way").into(),
            words: vec![Part::plain(desk.t(open))],
            ..desk.post("withdraw", WITHDRAW, &desk.t("change-address-withdraw").to_string())
        };
        page.blocks.push(desk.block(withdraw, &failed));
    }
    let new = desk.t("change-address-new").to_string();
    let change = Form {
        heading: desk.t("new-address-title").into(),
        words: vec![Part::plain(desk.t(if user.email_verified {
            "change-address-both"
        } else {
            "change-address-what"
        }))],
        fields: vec![Field {
            autocomplete: "email",
            ..Field::line("email", &new, "").kind(FieldKind::Email).required()
        }],
        ..desk.post("change", PATH, &desk.t("sign-up-ask").to_string())
    };
    page.blocks.push(desk.block(change, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /account/addresses`
pub async fn change(desk: Desk) -> Reply {
    match address::ask(desk.cx(), &desk.visit.user, &desk.field("email")).await {
        Ok(Ok(_)) => desk.done(PATH, desk.t("change-address-sent")),
        Ok(Err(refusal)) => {
            let failed = AdminRefusal::invalid("address", in_words(&desk, &refusal)).at("email");
            let page = page(&desk, Some(("change", failed))).await;
            match refusal {
                AddressRefusal::TooMany(seconds) => page.with_status(429).retry_after(u64::try_from(seconds).ok()),
                _ => page,
            }
        }
        Err(fault) => desk.fault(&fault),
    }
}

fn in_words(desk: &Desk, refusal: &AddressRefusal) -> String {
    match refusal {
        AddressRefusal::Off => desk.t("change-address-off").into(),
        AddressRefusal::Same => desk.t("change-address-same").into(),
        AddressRefusal::Domain => desk.t("change-address-domain").into(),
        AddressRefusal::Through(provider) => {
            desk.language().say("change-address-through").text("provider", provider).into()
        }
        AddressRefusal::TooMany(seconds) => words::wait(desk.language(), *seconds),
        _ => desk.t("email-unusable").into(),
    }
}

/// `POST /account/addresses/withdraw`
pub async fn withdraw(desk: Desk) -> Reply {
    match address::withdraw(desk.cx(), &desk.visit.user.id).await {
        Ok(()) => desk.done(PATH, desk.t("change-address-withdrawn")),
        Err(fault) => desk.fault(&fault),
    }
}
