//! Owns the page on which a person changes their password. It does not own the change (`flow::account::password`).

use crate::flow::account::password::{self, PasswordRefusal, Renewed, Submitted};
use crate::flow::admin::AdminRefusal;
use crate::http::cookies;
use crate::http::own_app::desk::{Desk, Failed};
use crate::http::own_app::door::prove_first;
use crate::http::pages::console::{Field, FieldKind, Part};
use crate::http::reply::Reply;
use crate::http::sign_in::words;
use crate::secret::token::hash;
use crate::sensitive::Sensitive;

const PATH: &str = "/account/password";

/// `GET /account/password`
pub async fn show(desk: Desk) -> Reply {
    page(&desk, None).await
}

async fn page(desk: &Desk, failed: Failed) -> Reply {
    let has_one = match password::has_one(desk.cx(), &desk.visit).await {
        Ok(has_one) => has_one,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-password"));
    page.lead = vec![Part::plain(match has_one {
        true => desk.t("account-password-lead"),
        false => desk.t("account-password-lead-none"),
    })];
    let field = |name: &str, label: String, autocomplete| Field {
        autocomplete,
        ..Field::line(name, &label, "").kind(FieldKind::Password).required()
    };
    let mut form = desk.post("password", PATH, &desk.t("account-password-submit").to_string());
    if has_one {
        form.fields.push(field("old_password", desk.t("account-password-old").into(), "current-password"));
    }
    let hint = desk.t("password-hint").number("min", desk.cx().policy().password_min_length);
    form.fields.push(field("password", desk.t("field-new-password").into(), "new-password").hint(hint));
    page.blocks.push(desk.block(form, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /account/password`
pub async fn change(desk: Desk) -> Reply {
    let secret = |name: &str| Sensitive::new(desk.form.find(name).unwrap_or_default());
    let submitted = Submitted { old: secret("old_password"), new: secret("password") };
    match password::has_one(desk.cx(), &desk.visit).await {
        // Without an old password, a fresh proof stands in its place.
        Ok(false) if !desk.visit.is_fresh(desk.cx().now) => return prove_first(desk),
        Ok(_) => {}
        Err(fault) => return desk.fault(&fault),
    }
    match password::change(desk.cx(), &desk.visit, &desk.call.browser(), submitted).await {
        Ok(Ok(renewed)) => {
            let reply = desk.done(PATH, desk.t("account-password-changed"));
            with_cookies(&desk, reply, &renewed)
        }
        Ok(Err(refusal)) => page(&desk, Some(("password", in_words(&desk, &refusal)))).await,
        Err(fault) => desk.fault(&fault),
    }
}

fn in_words(desk: &Desk, refusal: &PasswordRefusal) -> AdminRefusal {
    let at = |field, words: String| AdminRefusal::invalid("password", words).at(field);
    match refusal {
        PasswordRefusal::Wrong => at("old_password", desk.t("account-password-wrong").into()),
        PasswordRefusal::TooMany(seconds) => at("old_password", words::wait(desk.language(), *seconds)),
        PasswordRefusal::Rule(refusal) => at("password", words::of_person(desk.language(), refusal)),
        PasswordRefusal::OutOfDate => AdminRefusal::conflict("out_of_date", desk.t("account-stale")),
    }
}

/// The browser goes on with the new tokens; those of others who are signed in here stay.
fn with_cookies(desk: &Desk, reply: Reply, renewed: &Renewed) -> Reply {
    let place = &desk.call.web.place;
    let others = desk.call.browser().session_tokens.into_iter().filter(|token| Some(hash(token)) != renewed.replaced);
    let tokens: Vec<String> = std::iter::once(renewed.session_token.expose().to_owned()).chain(others).collect();
    let own = cookies::set(desk.shell.jars.session, renewed.own_token.expose().to_owned(), place);
    reply.cookie(cookies::sessions(&tokens, place)).cookie(own)
}
