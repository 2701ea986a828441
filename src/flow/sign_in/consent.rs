//! Owns the consent step: remembers what the person allowed, or tells the app that they did not.

use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::oauth::scopes;
use crate::flow::sign_in::browser::{Browser, form_token_is_good, sessions_of};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::oauth::authorize::Answer;
use crate::oauth::consent::Consent;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::step::SignedIn;
use crate::store::consents;

const STEP: &str = "consent";

/// What the person pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allow.
    Approve,
    /// Do not allow.
    Deny,
    /// Use another account.
    Switch,
}

impl Decision {
    /// Reads the form's value.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "approve" => Some(Self::Approve),
            "deny" => Some(Self::Deny),
            "switch" => Some(Self::Switch),
            _ => None,
        }
    }
}

/// What came of a step that leads back to `/authorize`.
pub enum StepOutcome {
    /// Go on with this sealed request.
    GoOn(String),
    /// Tell the app.
    Answer(Answer),
    /// Show an error page.
    Page(Box<PageRefusal>),
    /// The form was not ours: 403.
    Forged(Box<Refusal>),
}

/// Handles the form.
///
/// # Errors
/// A [`Fault`].
pub async fn submit(
    cx: &mut Cx,
    sealed: &str,
    csrf: &str,
    decision: Option<Decision>,
    browser: &Browser,
) -> Result<StepOutcome, Fault> {
    let (pending, client, callback) = match reopen(cx, sealed, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(StepOutcome::Page(Box::new(page))),
    };
    let note = || Note::default().client(&client.client_id);
    // The token binds the form to one session: find whose. A page that is older than a change of account finds none.
    let sessions = sessions_of(cx, browser).await?;
    let binding = browser.binding.as_deref();
    let account = sessions
        .into_iter()
        .map(|f| f.signed_in)
        .find(|known| form_token_is_good(cx, csrf, binding, "consent", known.session.id.as_str()));
    let (Some(account), Some(decision)) = (account, decision) else {
        return Ok(StepOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note()))));
    };
    let user_id = account.user.id.as_str();
    match decision {
        Decision::Switch => Ok(StepOutcome::GoOn(pending.with_choice_open().seal(cx)?)),
        Decision::Deny => {
            let words = "the person did not allow it";
            let refusal = Refusal::new(ErrorCode::AccessDenied, "person.allows", "RFC 6749 section 4.1.2.1", words)
                .because("consent", "the person pressed deny");
            let refusal = cx.refuse(STEP, refusal, note().user(user_id));
            Ok(StepOutcome::Answer(callback.error(&refusal, &cx.correlation_id)))
        }
        Decision::Approve => {
            remember(cx, &account, &pending.request, &client.client_id).await?;
            cx.note(Note::new(STEP, "the person consented").client(&client.client_id).user(user_id));
            Ok(StepOutcome::GoOn(pending.with_consent(account.session.id).seal(cx)?))
        }
    }
}

async fn remember(
    cx: &Cx,
    account: &SignedIn,
    request: &crate::oauth::authorize::ValidRequest,
    client_id: &str,
) -> Result<(), Fault> {
    let (request, now, issuer) = (request.clone(), cx.now, cx.issuer().to_owned());
    let consent = Consent {
        user_id: account.user.id.clone(),
        client_id: client_id.to_owned(),
        scopes: request.scope.clone(),
        claims: Vec::new(),
        created_at: now,
        granted_at: now,
    };
    let saved = cx.db().write(move |c| {
        let claims = match request.claims.is_empty() {
            true => Vec::new(),
            false => request.claims.beyond(&request.scope, &scopes::defined(c, &issuer)?),
        };
        consents::grant(c, &Consent { claims, ..consent.clone() })
    });
    Ok(saved.await?)
}
