//! Owns the step in which a person accepts the terms: at the first sign-in, and again when there is a newer version. It does not
//! own who has to (`identity::sign_up`, `oauth::step`) nor accepting them while an account is made (`flow::account::sign_up`).

use crate::flow::audit::Entry;
use crate::flow::oauth::authorize::reopen;
use crate::flow::sign_in::browser::{Browser, form_token_is_good, sessions_of};
use crate::flow::sign_in::consent::StepOutcome;
use crate::flow::sign_in::login::{cancelled, forged};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::{SignUpRule, UserId};
use crate::oauth::step::SignedIn;
use crate::store::{self, Conn, accepted_terms};

const STEP: &str = "terms";

/// Who of these has yet to accept the terms that hold now.
///
/// # Errors
/// A [`store::Fault`].
pub fn owed(c: &mut Conn, rule: &SignUpRule, people: &[SignedIn]) -> Result<Vec<UserId>, store::Fault> {
    let Some(version) = rule.demands_terms().filter(|_| !people.is_empty()) else { return Ok(Vec::new()) };
    let ids: Vec<String> = people.iter().map(|known| known.user.id.0.clone()).collect();
    let newest = accepted_terms::newest(c, &ids)?;
    let has_accepted = |id: &UserId| newest.get(id.as_str()).is_some_and(|accepted| *accepted >= version);
    Ok(people.iter().map(|known| known.user.id.clone()).filter(|id| !has_accepted(id)).collect())
}

/// What the form brought.
pub struct Submitted {
    /// The sealed request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
    /// The version that was shown.
    pub version: String,
    /// Whether the person accepts.
    pub accept: bool,
}

/// Handles the form. What is accepted is the version that was shown: if there is a newer one by now, that is shown next.
///
/// # Errors
/// A [`Fault`].
pub async fn submit(cx: &mut Cx, form: Submitted, browser: &Browser) -> Result<StepOutcome, Fault> {
    let (pending, client, callback) = match reopen(cx, &form.request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(StepOutcome::Page(Box::new(page))),
    };
    // As with consent, the token says whose page it was.
    let sessions = sessions_of(cx, browser).await?;
    let binding = browser.binding.as_deref();
    let bound_to = |known: &SignedIn| known.session.id.as_str().to_owned();
    let account = sessions
        .into_iter()
        .map(|f| f.signed_in)
        .find(|known| form_token_is_good(cx, &form.csrf, binding, STEP, &bound_to(known)));
    let (Some(account), Ok(version)) = (account, form.version.parse::<i64>()) else {
        let note = Note::default().client(&client.client_id);
        return Ok(StepOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note))));
    };
    if !form.accept {
        return Ok(StepOutcome::Answer(cancelled(cx, &callback, &client)));
    }
    let is_current = cx.parts.settings.get().sign_up.demands_terms() == Some(version);
    if is_current {
        let (id, now) = (account.user.id.clone(), cx.now);
        let mut entry = Entry::new(cx, "terms_accepted");
        entry.event.user_id = Some(id.as_str().to_owned());
        entry.event.client_id = Some(client.client_id.clone());
        entry.event.detail = serde_json::json!({ "version": version }).to_string();
        let stored = cx.db().write(move |c| {
            accepted_terms::put(c, &id, version, now)?;
            entry.append(c)
        });
        stored.await?;
        cx.note(Note::new(STEP, "accepted the terms").client(&client.client_id).user(account.user.id.as_str()));
    }
    Ok(StepOutcome::GoOn(pending.with_chosen(account.session.id).seal(cx)?))
}
