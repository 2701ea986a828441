//! Owns the part of the settings page about who may make an account. It does not own the rule (`identity::sign_up`).

use super::desk::Desk;
use crate::http::pages::console::{Field, FieldKind};
use crate::identity::{SignUpMode, SignUpRule};

/// The fields.
pub(super) fn fields(rule: &SignUpRule) -> Vec<Field> {
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        Field::group("New accounts", "Whoever makes one proves by a letter that the address is theirs."),
        Field::line("sign_up", "Who may make an account", rule.mode.as_str())
            .kind(FieldKind::Choice(modes()))
            .hint("Administrators may add and invite people in any case."),
        Field::line("domains", "Domains", rule.domains.join("\n"))
            .kind(FieldKind::Lines(3))
            .hint("Whose addresses may, one a line, as in example.com. A domain does not stand for those below it."),
        Field::line("asks_name", "Ask people for their name", if rule.asks_name { "true" } else { "" })
            .kind(FieldKind::Switch),
        Field::line("terms", "Terms", some(&rule.terms))
            .hint("Their address (https://…). Everybody has to accept them; empty: nobody is asked."),
        Field::line("terms_version", "Version of the terms", rule.terms_version.to_string())
            .kind(FieldKind::Number)
            .hint("Make it a higher number, and everybody is asked again at their next sign-in."),
        Field::line("privacy_policy", "Privacy policy", some(&rule.privacy_policy))
            .hint("Its address (https://…), shown beside the terms."),
    ]
}

fn modes() -> Vec<(String, String)> {
    let label = |mode| match mode {
        SignUpMode::Closed => "Nobody: administrators make accounts",
        SignUpMode::Invitation => "Nobody, and the page says that people are invited",
        SignUpMode::Domains => "Whoever has an address in one of the domains",
        SignUpMode::Open => "Everybody",
    };
    SignUpMode::ALL.into_iter().map(|mode| (mode.as_str().to_owned(), label(mode).to_owned())).collect()
}

/// What the form says.
pub(super) fn read(desk: &Desk) -> SignUpRule {
    // A version that is no number is refused like one that is too low.
    let version = desk.some("terms_version").map_or(1, |text| text.parse().unwrap_or(0));
    SignUpRule {
        mode: SignUpMode::parse(&desk.field("sign_up")).unwrap_or_default(),
        domains: desk.lines("domains"),
        asks_name: desk.field("asks_name") == "true",
        terms: desk.some("terms"),
        terms_version: version,
        privacy_policy: desk.some("privacy_policy"),
    }
}
