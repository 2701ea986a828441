//! Owns the page of what administrators set while the server runs. It does not own the settings (`flow::admin::settings`).

use super::desk::{Desk, Failed, answer, tried};
use super::words::ago_text;
use super::{files, settings_sign_up};
use crate::flow::admin::settings::{self, SettingsDocument};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::level::RequiredFor;
use crate::identity::password_rule::{BreachedCheck, MOST_SCORE, PasswordRule};
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
    let mut fields = vec![
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
        Field::line(
            "min_length",
            "Shortest password",
            d.passwords.min_length.map(|n| n.to_string()).unwrap_or_default(),
        )
        .hint("In characters, 8 to 64. Empty: what the configuration says (passwords.min_length)."),
        Field::line("min_score", "How hard to guess a password must be", d.passwords.min_score.to_string())
            .kind(FieldKind::Choice(scores()))
            .hint(
                "An estimate that knows common passwords, words, names, dates, keyboards, and the person's own name.",
            ),
        Field::line("breached", "Passwords that were stolen elsewhere", d.passwords.breached.as_str())
            .kind(FieldKind::Choice(breached_checks()))
            .hint("Where a new password is looked up. Online, five digits of its SHA-1 leave this server."),
        Field::line("new_device", "Letters about new devices", on_off(d.notices.new_device))
            .kind(FieldKind::Choice(["on", "off"].map(|word| (word.to_owned(), word.to_owned())).to_vec()))
            .hint("To people, when somebody signs in to their account on a device that was not used for it before."),
    ];
    fields.extend(settings_sign_up::fields(&d.sign_up));
    if desk.may(P::SettingsWrite) {
        let mut form = Form { fields, ..desk.post("settings", PATH, "Save") };
        form.hidden = vec![("version".to_owned(), view.version.to_string())];
        page.blocks.push(desk.block(form, &failed));
    } else {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("not set") } else { Part::Text(f.value) }]);
        let fields = fields.into_iter().filter(|field| field.kind != FieldKind::Group);
        page.blocks.push(Block::Facts(fields.map(shown).collect()));
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

fn scores() -> Vec<(String, String)> {
    let label = |score| match score {
        0 => "0: anything of the right length",
        1 => "1: more than the first guesses",
        2 => "2: withstands guessing at the sign-in",
        3 => "3: withstands somebody who stole the hashes",
        _ => "4: not within reach",
    };
    (0..=MOST_SCORE).map(|score| (score.to_string(), label(score).to_owned())).collect()
}

fn breached_checks() -> Vec<(String, String)> {
    let label = |check| match check {
        BreachedCheck::Off => "Not looked up",
        BreachedCheck::Offline => "Looked up on this server",
        BreachedCheck::Online => "Looked up on this server, then online",
    };
    BreachedCheck::ALL.into_iter().map(|check| (check.as_str().to_owned(), label(check).to_owned())).collect()
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
        passwords: PasswordRule {
            // What is no number is refused as one that cannot be.
            min_length: desk.some("min_length").map(|text| text.trim().parse().unwrap_or_default()),
            min_score: desk.field("min_score").parse().unwrap_or(PasswordRule::default().min_score),
            breached: BreachedCheck::parse(&desk.field("breached")).unwrap_or_default(),
        },
        notices: NoticeRule { new_device: desk.field("new_device") != "off" },
        sign_up: settings_sign_up::read(&desk),
    };
    let version = desk.field("version").parse().ok();
    tried!(desk, "settings", show_page, settings::replace(desk.cx(), &desk.actor, document, version).await);
    desk.done(PATH, "The settings were saved.")
}
