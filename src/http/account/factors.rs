//! Owns the pages on which a person looks after what protects their account beside the password: authenticator apps,
//! passkeys and recovery codes. It does not own setting them up (`flow::account::factors`), nor the page that adds a passkey
//! (`passkeys`).

use super::overview::when;
use super::passkeys;
use super::words::ago;
use crate::flow::account::factors::{self, FactorRefusal, Own};
use crate::flow::admin::AdminRefusal;
use crate::http::own_app::desk::{Desk, Failed, encoded};
use crate::http::own_app::door::prove_more;
use crate::http::pages::console::{Block, Field, Offer, Part, Table};
use crate::http::pages::{AppCard, Problem};
use crate::http::reply::Reply;
use crate::http::sign_in::words::of_factor;
use crate::identity::factor::{Factor, FactorId, FactorKind};
use crate::sensitive::Sensitive;

pub(super) const PATH: &str = "/account/factors";
const APP: &str = "/account/factors/app";
/// A sign-in from the beginning, where a recovery code may stand in for what was lost.
const LOST: &str = "/account/login?to=%2Faccount%2Ffactors&ask=proof";

async fn own(desk: &Desk) -> Result<Own, Reply> {
    factors::of(desk.cx(), &desk.visit.user.id).await.map_err(|fault| desk.fault(&fault))
}

/// `GET /account/factors`
pub async fn list(desk: Desk) -> Reply {
    let own = match own(&desk).await {
        Ok(own) => own,
        Err(reply) => return reply,
    };
    let mut page = desk.page_of(desk.t("account-factors"));
    page.lead = vec![Part::plain(desk.t("account-factors-lead"))];
    page.actions = vec![desk.link(&desk.t("account-factor-add-app").to_string(), APP)];
    if desk.cx().parts.passkeys.is_some() {
        let words = desk.t("account-factor-add-passkey").to_string();
        page.actions.insert(0, desk.main_link(&words, passkeys::ADD));
    }
    if own.factors.is_empty() {
        page.blocks.push(Block::Empty {
            heading: desk.t("account-factors-none").into(),
            words: vec![Part::plain(desk.t("account-factors-none-words"))],
            action: None,
        });
        return desk.show(page);
    }
    page.actions.push(desk.link(&desk.t("account-factor-lost").to_string(), LOST));
    let head =
        [desk.t("field-name"), desk.t("account-head-kind"), desk.t("account-head-added"), desk.t("account-head-used")];
    page.blocks.push(Block::Table(Table {
        caption: desk.t("account-factors").into(),
        head: head.map(String::from).to_vec(),
        rows: own.factors.iter().map(|factor| line(&desk, factor)).collect(),
        ..Table::default()
    }));
    page.blocks.push(Block::Heading(
        desk.t("account-codes").into(),
        vec![Part::plain(desk.t("account-codes-words").number("left", own.codes_left))],
    ));
    let mut form = desk.post("codes", "/account/factors/recovery-codes", &desk.t("account-codes-renew").to_string());
    form.words = vec![Part::plain(desk.t("account-codes-renew-words"))];
    page.blocks.push(desk.block(form, &None));
    desk.show(page)
}

fn line(desk: &Desk, factor: &Factor) -> Vec<Vec<Part>> {
    let path = format!("{PATH}/{}", encoded(&factor.id.0));
    vec![
        vec![Part::Link(factor.name.clone(), desk.href(&path))],
        vec![Part::plain(kind(desk, factor.kind))],
        vec![ago(desk, factor.created_at)],
        vec![when(desk, factor.last_used_at)],
    ]
}

fn kind(desk: &Desk, kind: FactorKind) -> String {
    match kind {
        FactorKind::Totp => desk.t("account-factor-app"),
        FactorKind::Passkey => desk.t("account-factor-passkey"),
    }
    .into()
}

/// Whoever did not prove themselves as well as they can is asked for the rest: somebody with the password alone, or who reads
/// the mail, adds no factor and takes none away (security case K06), not even one that was added a moment ago from elsewhere.
pub(super) async fn proven(desk: Desk) -> Result<Desk, Reply> {
    match factors::missing(desk.cx(), &desk.visit).await {
        Ok(None) => Ok(desk),
        Ok(Some(missing)) => Err(prove_more(desk, missing)),
        Err(fault) => Err(desk.fault(&fault)),
    }
}

/// `GET /account/factors/app`
pub async fn offer(desk: Desk) -> Reply {
    let desk = match proven(desk).await {
        Ok(desk) => desk,
        Err(reply) => return reply,
    };
    match factors::offer_app(desk.cx(), &desk.visit.user, &desk.visit.session.id) {
        Ok(offer) => offered(&desk, AppCard::of(&offer), None),
        Err(fault) => desk.fault(&fault),
    }
}

fn offered(desk: &Desk, app: AppCard, problem: Option<FactorRefusal>) -> Reply {
    let mut page = desk.page_of(desk.t("account-factor-add-app"));
    page.crumbs = vec![desk.link(&desk.t("account-factors").to_string(), PATH)];
    let form = desk.post("app", APP, "");
    let problem = problem.map(|why| Problem { id: "problem-code", words: of_factor(desk.language(), why) });
    let status = if problem.is_some() { 422 } else { 200 };
    let submit = desk.t("account-factor-confirm").into();
    page.blocks.push(Block::Offer(Box::new(Offer { action: form.action, csrf: form.csrf, app, problem, submit })));
    desk.show_as(status, page)
}

/// `POST /account/factors/app`
pub async fn confirm(desk: Desk) -> Reply {
    let desk = match proven(desk).await {
        Ok(desk) => desk,
        Err(reply) => return reply,
    };
    let (user, bound_to, sealed) = (&desk.visit.user, &desk.visit.session.id, desk.field("enrolment"));
    let code = Sensitive::new(desk.field("code"));
    match factors::confirm_app(desk.cx(), user, bound_to, &sealed, &code).await {
        Ok(Ok(added)) if added.recovery_codes.is_empty() => desk.done(PATH, desk.t("account-factor-added")),
        Ok(Ok(added)) => codes(&desk, &added.recovery_codes),
        Ok(Err(FactorRefusal::WrongCode)) => match factors::offer_again(desk.cx(), user, bound_to, &sealed) {
            Ok(Ok(offer)) => offered(&desk, AppCard::of(&offer), Some(FactorRefusal::WrongCode)),
            Ok(Err(refusal)) => not_done(&desk, refusal),
            Err(fault) => desk.fault(&fault),
        },
        Ok(Err(refusal)) => not_done(&desk, refusal),
        Err(fault) => desk.fault(&fault),
    }
}

pub(super) fn not_done(desk: &Desk, refusal: FactorRefusal) -> Reply {
    desk.undone(PATH, &AdminRefusal::invalid("factor", of_factor(desk.language(), refusal)))
}

/// Fresh recovery codes, shown once.
pub(super) fn codes(desk: &Desk, codes: &[Sensitive]) -> Reply {
    let mut page = desk.page_of(desk.t("recovery-title"));
    page.lead = vec![Part::plain(desk.t("recovery-what"))];
    page.blocks.push(Block::Codes(codes.iter().map(|code| code.expose().to_owned()).collect()));
    page.actions = vec![desk.main_link(&desk.t("recovery-kept").to_string(), PATH)];
    desk.show(page)
}

/// `POST /account/factors/recovery-codes`
pub async fn renew_codes(desk: Desk) -> Reply {
    let own = match own(&desk).await {
        Ok(own) => own,
        Err(reply) => return reply,
    };
    if own.factors.is_empty() {
        return desk.undone(PATH, &AdminRefusal::conflict("no_factor", desk.t("account-codes-no-factor")));
    }
    let desk = match proven(desk).await {
        Ok(desk) => desk,
        Err(reply) => return reply,
    };
    match factors::renew_recovery_codes(desk.cx(), &desk.visit.user).await {
        Ok(fresh) => codes(&desk, &fresh),
        Err(fault) => desk.fault(&fault),
    }
}

/// The factor that stands in the address, if it is the person's own.
async fn wanted(desk: &Desk) -> Result<Factor, Reply> {
    let id = FactorId(desk.segment(1));
    let found = own(desk).await?.factors.into_iter().find(|factor| factor.id == id);
    let words = || of_factor(desk.language(), FactorRefusal::Unknown);
    found.ok_or_else(|| desk.refused(&AdminRefusal::unknown("unknown_factor", words())))
}

/// `GET /account/factors/{id}`
pub async fn show(desk: Desk) -> Reply {
    match wanted(&desk).await {
        Ok(factor) => page_of(&desk, &factor, None),
        Err(reply) => reply,
    }
}

fn page_of(desk: &Desk, factor: &Factor, failed: Failed) -> Reply {
    let path = format!("{PATH}/{}", encoded(&factor.id.0));
    let mut page = desk.page(&desk.t("account-factors").to_string(), factor.name.as_str());
    page.crumbs = vec![desk.link(&desk.t("account-factors").to_string(), PATH)];
    page.blocks.push(Block::Facts(vec![
        (desk.t("account-head-kind").into(), vec![Part::plain(kind(desk, factor.kind))]),
        (desk.t("account-head-added").into(), vec![ago(desk, factor.created_at)]),
        (desk.t("account-head-used").into(), vec![when(desk, factor.last_used_at)]),
    ]));
    let mut rename = desk.post("rename", &path, &desk.t("account-factor-rename").to_string());
    rename.fields = vec![Field::line("name", &desk.t("field-name").to_string(), factor.name.as_str()).required()];
    page.blocks.push(desk.block(rename, &failed));
    let mut remove = desk.post("remove", &format!("{path}/remove"), &desk.t("account-factor-remove").to_string());
    remove.danger = true;
    remove.words = vec![Part::plain(desk.t("account-factor-remove-words"))];
    page.blocks.push(desk.block(remove, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /account/factors/{id}`
pub async fn rename(desk: Desk) -> Reply {
    let factor = match wanted(&desk).await {
        Ok(factor) => factor,
        Err(reply) => return reply,
    };
    match factors::rename(desk.cx(), &desk.visit.user, &factor.id, &desk.field("name")).await {
        Ok(Ok(())) => desk.done(PATH, desk.t("account-saved")),
        Ok(Err(refusal)) => {
            let refusal = AdminRefusal::invalid("factor", of_factor(desk.language(), refusal)).at("name");
            page_of(&desk, &factor, Some(("rename", refusal)))
        }
        Err(fault) => desk.fault(&fault),
    }
}

/// `POST /account/factors/{id}/remove`
pub async fn remove(desk: Desk) -> Reply {
    let factor = match wanted(&desk).await {
        Ok(factor) => factor,
        Err(reply) => return reply,
    };
    let desk = match proven(desk).await {
        Ok(desk) => desk,
        Err(reply) => return reply,
    };
    match factors::remove(desk.cx(), &desk.visit.user, &factor.id).await {
        Ok(Ok(())) => desk.done(PATH, desk.t("account-factor-removed")),
        Ok(Err(refusal)) => not_done(&desk, refusal),
        Err(fault) => desk.fault(&fault),
    }
}
