//! Owns the page of what happened to a person's account, in words. It does not own what happened (`flow::account::activity`).

use serde_json::Value;

use super::words::ago;
use crate::flow::account::activity::{self, Happened};
use crate::flow::admin::page::{PAGE, Page};
use crate::http::own_app::desk::Desk;
use crate::http::pages::console::{Block, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::messages::Message;

const LIST: &str = "own activity";

/// `GET /account/activity`
pub async fn list(desk: Desk) -> Reply {
    let before = match desk.after(LIST) {
        Ok(after) => after.and_then(|key| key.as_i64()),
        Err(refusal) => return desk.refused(&refusal),
    };
    let (items, next) = match activity::list(desk.cx(), &desk.visit.user.id, before, PAGE).await {
        Ok(found) => found,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-activity"));
    page.lead = vec![Part::plain(desk.t("account-activity-lead"))];
    let caption = desk.t("account-activity").to_string();
    let (table, rows) = desk.table(&caption, &[], LIST, Page { items, next: next.map(Value::from) });
    let rows = rows.iter().map(|happened| line(&desk, happened)).collect();
    page.blocks.push(Block::Table(Table { head: head(&desk).head, rows, ..table }));
    desk.show(page)
}

/// A table of events, without rows.
pub fn head(desk: &Desk) -> Table {
    let head = [desk.t("account-head-what"), desk.t("account-head-from"), desk.t("account-head-when")];
    Table { head: head.map(String::from).to_vec(), ..Table::default() }
}

/// An event as a row of that table.
pub fn line(desk: &Desk, happened: &Happened) -> Vec<Vec<Part>> {
    let mut what = vec![Part::plain(words(desk, &happened.kind))];
    if happened.kind == "sign_in_failed" {
        what.extend([Part::plain(" "), Part::Badge(Tone::Bad, desk.t("account-failed").into())]);
    }
    if happened.new_device {
        what.extend([Part::plain(" "), Part::Badge(Tone::Caution, desk.t("account-new-browser").into())]);
    }
    what.extend(happened.client_id.clone().filter(|id| !crate::flow::own_app::client::is_own(id)).map(Part::Quiet));
    let from = match (&happened.address, happened.by_another) {
        (_, true) => Part::plain(desk.t("account-by-administrator")),
        (Some(address), _) => Part::text(address.as_str()),
        (None, _) => Part::plain(""),
    };
    vec![what, vec![from], vec![ago(desk, happened.at)]]
}

fn words(desk: &Desk, kind: &str) -> Message {
    match kind {
        "signed_in" => desk.t("event-signed-in"),
        "sign_in_failed" => desk.t("event-sign-in-failed"),
        "session_raised" => desk.t("event-session-raised"),
        "session_ended" => desk.t("event-session-ended"),
        "sessions_ended" => desk.t("event-sessions-ended"),
        "password_changed" => desk.t("event-password-changed"),
        "password_change_required" => desk.t("event-password-change-required"),
        "factor_added" => desk.t("event-factor-added"),
        "factor_removed" => desk.t("event-factor-removed"),
        "factors_removed" => desk.t("event-factors-removed"),
        "recovery_codes_renewed" => desk.t("event-recovery-codes-renewed"),
        "recovery_code_used" => desk.t("event-recovery-code-used"),
        "profile_changed" => desk.t("event-profile-changed"),
        "profile_synced" => desk.t("event-profile-synced"),
        "picture_set" => desk.t("event-picture-set"),
        "picture_removed" => desk.t("event-picture-removed"),
        "consent_withdrawn" | "grant_revoked" => desk.t("event-app-disconnected"),
        "upstream_linked" => desk.t("event-upstream-linked"),
        "upstream_link_disabled" => desk.t("event-upstream-link-disabled"),
        "upstream_link_enabled" => desk.t("event-upstream-link-enabled"),
        "address_change_agreed" => desk.t("event-address-change-agreed"),
        "upstream_unlinked" => desk.t("event-upstream-unlinked"),
        "user_added" => desk.t("event-user-added"),
        "user_changed" => desk.t("event-user-changed"),
        "user_disabled" => desk.t("event-user-disabled"),
        "user_enabled" => desk.t("event-user-enabled"),
        "user_invited" => desk.t("event-user-invited"),
        "invitation_accepted" => desk.t("event-invitation-accepted"),
        "data_downloaded" => desk.t("event-data-downloaded"),
        _ => desk.t("event-other"),
    }
}
