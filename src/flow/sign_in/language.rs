//! Owns that a person chooses another language in the middle of a sign-in. It does not own which languages there are.

use crate::flow::Cx;
use crate::flow::sign_in::browser::Browser;
use crate::flow::sign_in::pending::Pending;
use crate::messages::Language;

/// The same request in another language: the choice takes the place of what the app asked for. `None` for a request that
/// cannot go on, which says so by itself when it is looked at.
pub fn chosen(cx: &mut Cx, sealed: &str, language: Language, browser: &Browser) -> Option<String> {
    let mut pending = Pending::open(cx, "language", sealed, browser.binding.as_deref()).ok()?;
    pending.request.ui_locales = Some(language.tag().to_owned());
    pending.seal(cx).ok()
}
