//! Owns the account chooser: which of the signed-in accounts goes on, or another one.

use crate::flow::oauth::authorize::reopen;
use crate::flow::sign_in::browser::{Browser, form_token_is_good};
use crate::flow::sign_in::consent::StepOutcome;
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::SessionId;
use crate::oauth::error::{ErrorCode, Refusal};

const STEP: &str = "choose_account";

/// What the person pressed.
pub enum Choice {
    /// This session's account.
    Session(String),
    /// One that is not signed in yet.
    Another,
    /// None at all.
    Cancel,
}

/// Handles the form. Whether the session is one of this browser is asked when the request goes on: an unknown one counts as
/// no choice.
///
/// # Errors
/// A [`Fault`].
pub async fn submit(
    cx: &mut Cx,
    sealed: &str,
    csrf: &str,
    choice: Choice,
    browser: &Browser,
) -> Result<StepOutcome, Fault> {
    let (pending, client, callback) = match reopen(cx, sealed, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(StepOutcome::Page(Box::new(page))),
    };
    let note = || Note::default().client(&client.client_id);
    if !form_token_is_good(cx, csrf, browser.binding.as_deref(), "choose", "") {
        return Ok(StepOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note()))));
    }
    match choice {
        Choice::Session(id) => Ok(StepOutcome::GoOn(pending.with_chosen(SessionId(id)).seal(cx)?)),
        Choice::Another => Ok(StepOutcome::GoOn(pending.with_another_account().seal(cx)?)),
        Choice::Cancel => {
            let words = "the person cancelled the sign-in";
            let refusal = Refusal::new(ErrorCode::AccessDenied, "person.goes_on", "RFC 6749 section 4.1.2.1", words)
                .because("an account", "cancel");
            let refusal = cx.refuse(STEP, refusal, note());
            Ok(StepOutcome::Answer(callback.error(&refusal, &cx.correlation_id)))
        }
    }
}
