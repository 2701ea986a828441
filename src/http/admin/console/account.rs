//! Owns the page of one person's account: the ways in to it, switching it off and on, and its end. It does not own the other
//! pages of a person (`person`).

use super::desk::{Desk, Failed, answer, tried};
use super::people::invited;
use super::person::{at, found, frame};
use crate::flow::admin::factor::{self, FactorsView};
use crate::flow::admin::user::{self, RemovalEffects};
use crate::flow::admin::{AdminRefusal, invitation, user_access};
use crate::http::pages::console::{Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::sensitive::Sensitive;

/// `GET /admin/people/{id}/account`.
pub async fn account(desk: Desk) -> Reply {
    account_page(&desk, None).await
}

async fn account_page(desk: &Desk, failed: Failed) -> Reply {
    let user = match found(desk).await {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    let effects = answer!(desk, user::what_removal_means(desk.cx(), &desk.actor, &user.id).await);
    let mut page = frame(desk, &user);
    if !user.may(desk, Permission::UsersWrite) {
        return desk.show_tried(page, &failed);
    }
    let base = format!("{}/account", at(&user.id));
    let form = |id: &'static str, heading: &str, words: &str, submit: &str| Form {
        heading: heading.to_owned(),
        words: vec![Part::plain(words)],
        ..desk.post(id, &format!("{base}/{id}"), submit)
    };
    if !user.disabled {
        let words = "A link under which they choose a password. The old password goes on until they do. An earlier link is void.";
        page.blocks.push(desk.block(form("invite", "Invitation", words, "Make a link"), &failed));
        let mut password = form(
            "password",
            "Set a password",
            "Everything that was begun with the old one ends: sessions, codes, tokens.",
            "Set the password",
        );
        password.fields = vec![
            Field::line("password", "New password", "")
                .kind(FieldKind::Password)
                .required()
                .hint(format!("At least {} characters.", crate::flow::account::quality::min_length(desk.cx()))),
            Field::line("must_change", "They must choose another one at the next sign-in", "true")
                .kind(FieldKind::Switch),
        ];
        password.fields[0].autocomplete = "new-password";
        page.blocks.push(desk.block(password, &failed));
        if user.has_password && !user.must_change_password {
            let words = "At the next sign-in they must choose another password before anything else.";
            page.blocks.push(desk.block(form("must-change", "Ask for a new password", words, "Ask for it"), &failed));
        }
        let words =
            "Nobody can sign in to the account any more; its sessions and tokens end now. It can be enabled again.";
        let disable = desk.danger("disable", &format!("{base}/disable"), "Disable", &user.document.email);
        let (heading, words) = ("Disable the account".to_owned(), vec![Part::plain(words)]);
        page.blocks.push(desk.block(Form { heading, words, ..disable }, &failed));
    } else {
        let words = "They can sign in again. What had ended stays ended.";
        page.blocks.push(desk.block(form("enable", "Enable the account", words, "Enable"), &failed));
    }
    let kept = answer!(desk, factor::list(desk.cx(), &desk.actor, &user.id).await);
    if !kept.factors.is_empty() {
        let remove = desk.danger("factors", &format!("{base}/factors"), "Take them away", &user.document.email);
        let (heading, words) = ("Take the second factors away".to_owned(), factors_words(&kept));
        page.blocks.push(desk.block(Form { heading, words, ..remove }, &failed));
    }
    let delete = desk.danger("delete", &format!("{base}/delete"), "Delete for ever", &user.document.email);
    let words = vec![Part::Plain(meaning(&effects))];
    page.blocks.push(desk.block(Form { heading: "Delete the person".to_owned(), words, ..delete }, &failed));
    desk.show_tried(page, &failed)
}

fn factors_words(kept: &FactorsView) -> Vec<Part> {
    let mut words = vec![Part::plain("For somebody who lost them. There is: ")];
    for (index, factor) in kept.factors.iter().enumerate() {
        if index > 0 {
            words.push(Part::plain(", "));
        }
        words.push(Part::text(factor.name.clone()));
        words.push(Part::plain(if factor.kind == "passkey" { " (passkey)" } else { " (authenticator app)" }));
    }
    let codes = kept.recovery_codes_left;
    words.push(Part::plain(format!(
        "; {codes} recovery codes are left. All of it goes; the password alone opens the account afterwards, unless a second \
         factor is required: then they set one up at the next sign-in. Make sure that it is them who ask."
    )));
    words
}

fn meaning(effects: &RemovalEffects) -> String {
    let some = |count: i64, one: &str, many: &str| match count {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        n if n >= 1_000 => format!("1000 or more {many}"),
        n => format!("{n} {many}"),
    };
    format!(
        "The person and everything of theirs is removed and cannot be brought back: {}, {}, {}. Apps may keep what they were told. The security log keeps its entries.",
        some(effects.sessions, "session", "sessions"),
        some(effects.grants, "grant with its tokens", "grants with their tokens"),
        some(effects.consents, "consent", "consents"),
    )
}

/// `POST /admin/people/{id}/account/{what}`.
pub async fn change_account(desk: Desk) -> Reply {
    let user = match found(&desk).await {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    let (cx, actor, id) = (desk.cx(), &desk.actor, user.id.as_str());
    let account = format!("{}/account", at(id));
    match desk.segment(3).as_str() {
        "invite" => {
            let invited_now = tried!(desk, "invite", account_page, invitation::invite(cx, actor, id).await);
            invited(&desk, &invited_now.user, &invited_now.token, invited_now.mailed)
        }
        "password" => {
            let password = Sensitive::new(desk.form.find("password").unwrap_or_default());
            let set = user_access::set_password(cx, actor, id, password, desk.form.has("must_change")).await;
            tried!(desk, "password", account_page, set);
            desk.done(&account, "The password was set. Tell it to them in a way that nobody else reads.")
        }
        "must-change" => {
            tried!(desk, "must-change", account_page, user_access::require_password_change(cx, actor, id).await);
            desk.done(&account, "They will be asked for a new password.")
        }
        "disable" => {
            let confirmed = desk.confirmed(&user.document.email);
            tried!(desk, "disable", account_page, Ok::<_, crate::flow::Fault>(confirmed));
            tried!(desk, "disable", account_page, user::disable(cx, actor, id, None).await);
            desk.done(&account, "The account was disabled.")
        }
        "enable" => {
            tried!(desk, "enable", account_page, user::enable(cx, actor, id, None).await);
            desk.done(&account, "The account was enabled.")
        }
        "factors" => {
            let confirmed = desk.confirmed(&user.document.email);
            tried!(desk, "factors", account_page, Ok::<_, crate::flow::Fault>(confirmed));
            tried!(desk, "factors", account_page, factor::remove(cx, actor, id, None).await);
            desk.done(&account, "The second factors were taken away.")
        }
        "delete" => {
            let confirmed = desk.confirmed(&user.document.email);
            tried!(desk, "delete", account_page, Ok::<_, crate::flow::Fault>(confirmed));
            tried!(desk, "delete", account_page, user::remove(cx, actor, id, None).await);
            desk.done("/admin/people", format!("{} was deleted.", user.document.email))
        }
        _ => desk.refused(&AdminRefusal::unknown("unknown_page", "there is nothing at this address")),
    }
}
