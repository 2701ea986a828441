//! Owns how the account pages write times, and which text stands for which refusal. It does not own the texts (`messages`).

use crate::flow::admin::AdminRefusal;
use crate::http::own_app::desk::Desk;
use crate::http::pages::console::Part;
use crate::time::Timestamp;

/// How long ago, with the moment itself behind it.
pub fn ago(desk: &Desk, at: Timestamp) -> Part {
    let words = match desk.cx().now.since(at).seconds() {
        ..60 => desk.t("account-ago-now"),
        seconds @ 60..3_600 => desk.t("account-ago-minutes").number("minutes", seconds / 60),
        seconds @ 3_600..86_400 => desk.t("account-ago-hours").number("hours", seconds / 3_600),
        seconds @ 86_400..2_592_000 => desk.t("account-ago-days").number("days", seconds / 86_400),
        _ => return Part::Ago(at, desk.language().day(at)),
    };
    Part::Ago(at, words.into())
}

/// A refusal in the person's language; one that has no text of its own stays as the operation put it.
pub fn refused(desk: &Desk, refusal: AdminRefusal) -> AdminRefusal {
    let words = match refusal.code {
        "version_is_stale" => desk.t("account-stale"),
        "profile" => desk.t("account-profile-unusable"),
        "attribute" | "attribute_missing" | "attribute_value" => desk.t("account-profile-unusable"),
        "last_owner" => desk.t("account-last-owner"),
        "deletion_is_off" => desk.t("account-deletion-off"),
        _ => return refusal,
    };
    AdminRefusal { words: words.into(), ..refusal }
}
