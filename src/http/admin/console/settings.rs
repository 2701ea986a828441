//! Owns the page of what administrators set while the server runs. It does not own the settings (`flow::admin::settings`).

use super::desk::{Desk, Failed, answer, tried};
use super::files;
use super::words::ago_text;
use crate::flow::admin::settings::{self, SettingsDocument};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::level::RequiredFor;
use crate::identity::{AccountRule, NoticeRule, Permission as P, SecondFactorRule};

const PATH: &str = "/admin/settings";

/// `GET /admin/settings`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let view = answer!(desk, settings::find(desk.cx(), &desk.actor).await);
    let mut page = desk.page("Settings", "Settings");
    page.lead = vec![Part::plain("What people see on every page. It counts at once, on every node within seconds.")];
    files::mark(&mut page, view.managed_by_files);
    let d = &view.document;
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = vec![
        Field::line("organisation", "Organisation", some(&d.organisation))
            .hint("At the top of every page that people see; at most 60 characters. Empty: Vouchsafe."),
        Field::line("support", "Whom people ask", some(&d.support))
            .hint("Shown when something fails: an e-mail address, or the address of a help page (https://…)."),
        Field::line("second_factor", "Who must have a second factor", d.second_factor.required_for.as_str())
            .kind(FieldKind::Choice(required_for()))
            .hint("Whoever has one is asked for it in any case. The others set one up at their next sign-in."),
        Field::line("second_factor_groups", "Groups that must have one", d.second_factor.groups.join(" "))
            .hint("Names of groups, parted by spaces."),
        Field::line(
            "people_may_delete",
            "People may delete their own account",
            d.accounts.people_may_delete.to_string(),
        )
        .kind(FieldKind::Switch)
        .hint("On their account pages. The last owner cannot in any case."),
        Field::line("new_device", "Letters about new devices", on_off(d.notices.new_device))
            .kind(FieldKind::Choice(["on", "off"].map(|word| (word.to_owned(), word.to_owned())).to_vec()))
            .hint("To people, when somebody signs in to their account on a device that was not used for it before."),
    ];
    if desk.may(P::SettingsWrite) {
        let mut form = Form { fields, ..desk.post("settings", PATH, "Save") };
        form.hidden = vec![("version".to_owned(), view.version.to_string())];
        page.blocks.push(desk.block(form, &failed));
    } else {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("not set") } else { Part::Text(f.value) }]);
        page.blocks.push(Block::Facts(fields.into_iter().map(shown).collect()));
    }
    let changed = view.updated_at.as_deref().map_or_else(|| Part::plain("not yet"), |at| ago_text(at, desk.cx().now));
    page.blocks.push(Block::Facts(vec![("Last changed".to_owned(), vec![changed])]));
    desk.show_tried(page, &failed)
}

fn required_for() -> Vec<(String, String)> {
    let label = |who| match who {
        RequiredFor::Nobody => "Nobody",
        RequiredFor::Administrators => "Everybody who may use this console",
        RequiredFor::Everyone => "Everybody",
    };
    RequiredFor::ALL.into_iter().map(|who| (who.as_str().to_owned(), label(who).to_owned())).collect()
}

fn on_off(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

/// `POST /admin/settings`.
pub async fn save(desk: Desk) -> Reply {
    let groups = desk.field("second_factor_groups").split_whitespace().map(str::to_owned).collect();
    let required_for = RequiredFor::parse(&desk.field("second_factor")).unwrap_or_default();
    let document = SettingsDocument {
        organisation: desk.some("organisation"),
        support: desk.some("support"),
        second_factor: SecondFactorRule { required_for, groups },
        accounts: AccountRule { people_may_delete: desk.form.has("people_may_delete") },
        notices: NoticeRule { new_device: desk.field("new_device") != "off" },
    };
    let version = desk.field("version").parse().ok();
    tried!(desk, "settings", show_page, settings::replace(desk.cx(), &desk.actor, document, version).await);
    desk.done(PATH, "The settings were saved.")
}
