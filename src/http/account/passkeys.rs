//! Owns the page on which a person adds a passkey to their account. It does not own adding it (`flow::account::passkeys`), nor
//! naming and removing it, which is the same for all factors (`factors`).

use super::factors::{PATH, codes, not_done, proven};
use crate::flow::account::factors::FactorRefusal;
use crate::flow::account::passkeys::{self, NewPasskey};
use crate::flow::admin::AdminRefusal;
use crate::http::own_app::desk::Desk;
use crate::http::pages::Problem;
use crate::http::pages::console::{Block, PasskeyOffer};
use crate::http::reply::Reply;
use crate::http::sign_in::words::of_factor;

pub(super) const ADD: &str = "/account/factors/passkey";

/// `GET /account/factors/passkey`
pub async fn offer(desk: Desk) -> Reply {
    match proven(desk).await {
        Ok(desk) => offered(&desk, None).await,
        Err(reply) => reply,
    }
}

async fn offered(desk: &Desk, problem: Option<FactorRefusal>) -> Reply {
    let form = match passkeys::offer(desk.cx(), &desk.visit.user, &desk.visit.session.id).await {
        Ok(Some(form)) => form,
        Ok(None) => {
            return desk.undone(PATH, &AdminRefusal::conflict("no_passkeys", desk.t("account-passkey-none-here")));
        }
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-factor-add-passkey"));
    page.crumbs = vec![desk.link(&desk.t("account-factors").to_string(), PATH)];
    let problem = problem.map(|why| Problem {
        id: if why == FactorRefusal::Name { "problem-name" } else { "problem-passkey" },
        words: of_factor(desk.language(), why),
    });
    let status = if problem.is_some() { 422 } else { 200 };
    let post = desk.post("passkey", ADD, "");
    let name = desk.field("name");
    page.blocks.push(Block::Passkey(Box::new(PasskeyOffer {
        action: post.action,
        csrf: post.csrf,
        form,
        name,
        problem,
    })));
    desk.show_as(status, page)
}

/// `POST /account/factors/passkey`
pub async fn confirm(desk: Desk) -> Reply {
    let desk = match proven(desk).await {
        Ok(desk) => desk,
        Err(reply) => return reply,
    };
    let new = NewPasskey { ceremony: desk.field("ceremony"), answer: desk.field("answer"), name: desk.field("name") };
    match passkeys::confirm(desk.cx(), &desk.visit.user, &desk.visit.session.id, &new).await {
        Ok(Ok(added)) if added.recovery_codes.is_empty() => desk.done(PATH, desk.t("account-factor-added")),
        Ok(Ok(added)) => codes(&desk, &added.recovery_codes),
        Ok(Err(FactorRefusal::TooMany)) => not_done(&desk, FactorRefusal::TooMany),
        Ok(Err(refusal)) => offered(&desk, Some(refusal)).await,
        Err(fault) => desk.fault(&fault),
    }
}
