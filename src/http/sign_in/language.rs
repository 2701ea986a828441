//! Owns `POST /language`: the person chooses another language, and the page they were on comes once more. The form has no token:
//! nobody gains anything by another's language, and other sites' forms are refused by the route.

use crate::flow::sign_in::language;
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::is_own_path;
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::{forged_page, unreadable_form};
use crate::messages::{Language, first_known};

/// Remembers the language and goes back.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, "language", refusal),
    };
    let again = form.find("again").unwrap_or_default().to_owned();
    let chosen = form.find("language").and_then(first_known).filter(|chosen| Language::all().any(|l| l == *chosen));
    let Some(language) = chosen else {
        return forged_page(&call.cx, &call.web.place, call.cx.refuse("language", forged(), Note::default()));
    };
    let cookie = cookies::set(Jar::Language, language.tag().to_owned(), &call.web.place);
    Reply::redirect(back(&mut call, &again, language)).cookie(cookie)
}

/// The page that the person was on. What the app asked for (`ui_locales`) counts no more once the person has chosen.
fn back(call: &mut Call, again: &str, language: Language) -> String {
    let base = call.web.place.base.clone();
    let inside = again.strip_prefix(&base).filter(|rest| rest.starts_with('/') && is_own_path(again));
    let Some(inside) = inside else { return format!("{base}/") };
    let Some((path, query)) = inside.split_once('?') else { return again.to_owned() };
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    let sealed = pairs().find(|(name, _)| name == "request").filter(|_| path == ENDPOINTS.authorize);
    if let Some((_, sealed)) = sealed {
        let browser = call.browser();
        let request = language::chosen(&mut call.cx, &sealed, language, &browser);
        return request.map_or_else(|| again.to_owned(), |request| format!("{base}{path}?request={request}"));
    }
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    kept.extend_pairs(pairs().filter(|(name, _)| name != "ui_locales"));
    format!("{base}{path}?{}", kept.finish())
}
