//! Owns the step in which a person who must have a second factor sets one up before they go on: the session is there, but was
//! proven by a password only. It does not own who must have one (`identity::level`) nor storing it (`flow::account::factors`).

use crate::flow::account::factors::{self, AppOffer, FactorRefusal};
use crate::flow::account::passkeys::{self, NewPasskey};
use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::begin::{Proven, SignedInNow, begin_session};
use crate::flow::sign_in::browser::{Browser, form_token_is_good, sessions_of};
use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::Level;
use crate::identity::level::{CodeKind, Method, with_method};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::step::{self, SignedIn};
use crate::sensitive::Sensitive;

const STEP: &str = "enrol";

/// The form.
pub struct EnrolForm {
    /// The client that waits.
    pub client: Client,
    /// The sealed request.
    pub request: String,
    /// Whose account it is.
    pub account: SignedIn,
    /// What the person's app needs, where an app will do.
    pub offer: Option<AppOffer>,
    /// The question for a new passkey, where there are passkeys.
    pub passkey: Option<PasskeyForm>,
    /// What was wrong with the last try.
    pub problem: Option<FactorRefusal>,
}

/// What came of it.
pub enum EnrolOutcome {
    /// Set up: show the recovery codes, then go on.
    Done(Box<SignedInNow>, Vec<Sensitive>),
    /// Show the form again.
    Again(Box<EnrolForm>),
    /// Go on with this request: somebody did it in the meantime, or the session is gone.
    GoOn(String),
    /// Show an error page.
    Page(Box<PageRefusal>),
    /// The form was not ours: 403.
    Forged(Box<Refusal>),
}

/// The form, at first.
///
/// # Errors
/// A [`Fault`].
pub async fn offer(
    cx: &Cx,
    account: &SignedIn,
    client: &Client,
    request: String,
    needed: Level,
) -> Result<EnrolForm, Fault> {
    let bound_to = account.session.id.as_str();
    let offer = match needed {
        Level::PhishingResistant => None,
        Level::Password | Level::SecondFactor => Some(factors::offer_app(cx, &account.user, bound_to)?),
    };
    let passkey = passkeys::offer(cx, &account.user, bound_to).await?;
    Ok(EnrolForm { client: client.clone(), request, account: account.clone(), offer, passkey, problem: None })
}

/// A passkey is demanded where there are none.
pub fn impossible() -> Refusal {
    let words = "the app demands a passkey, and there are no passkeys at this address of the provider";
    Refusal::new(ErrorCode::UnmetAuthenticationRequirements, "acr.client", "OIDC Core section 2", words)
        .because("an issuer with https, or on localhost", "another address")
}

/// What the form brought.
pub struct Submitted {
    /// The sealed request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
    /// The factor.
    pub new: New,
}

/// A factor that a person sets up.
pub enum New {
    /// An authenticator app: its sealed state and its first code.
    App(String, Sensitive),
    /// A passkey.
    Passkey(NewPasskey),
}

/// Handles the form.
///
/// # Errors
/// A [`Fault`].
pub async fn submit(cx: &mut Cx, form: Submitted, browser: &Browser) -> Result<EnrolOutcome, Fault> {
    let (pending, client, _) = match reopen(cx, &form.request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(EnrolOutcome::Page(Box::new(page))),
    };
    let binding = browser.binding.as_deref();
    let sessions = sessions_of(cx, browser).await?;
    let account = sessions
        .into_iter()
        .map(|f| f.signed_in)
        .find(|known| form_token_is_good(cx, &form.csrf, binding, STEP, known.session.id.as_str()));
    let Some(account) = account else {
        let note = Note::default().client(&client.client_id);
        return Ok(EnrolOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note))));
    };
    // Whoever has a factor by now is asked for that one; this page must not be a way round it.
    if account.reach > account.level() {
        return Ok(EnrolOutcome::GoOn(form.request));
    }
    let (user, bound_to) = (&account.user, account.session.id.as_str());
    let note = |words: &str| cx.note(Note::new(STEP, words).client(&client.client_id).user(user.id.as_str()));
    let (added, words) = match &form.new {
        New::App(enrolment, code) => {
            (factors::confirm_app(cx, user, bound_to, enrolment, code).await?, "set up an authenticator app")
        }
        New::Passkey(new) => (passkeys::confirm(cx, user, bound_to, new).await?, "set up a passkey"),
    };
    match added {
        Ok(added) => {
            note(words);
            let amr = with_method(&account.session.amr, added.method);
            let raises = Some(account.session.id.clone());
            // The first code of an app is one of the person's own.
            let code = (added.method == Method::Code).then_some(CodeKind::App);
            let proven = Proven { raises, code, ..Proven::by(account.user.clone(), amr) };
            match begin_session(cx, proven, browser, pending).await? {
                Some(now) => Ok(EnrolOutcome::Done(Box::new(now), added.recovery_codes)),
                None => Ok(EnrolOutcome::GoOn(form.request)),
            }
        }
        Err(refusal) => {
            note(&format!("refused: {refusal}"));
            let rule = step::least(&cx.parts.settings.get().second_factor, &client, user);
            let needed = step::needed(&pending.request, rule, account.reach);
            let again = offer(cx, &account, &client, form.request, needed).await?;
            let app = match &form.new {
                New::App(enrolment, _) => factors::offer_again(cx, user, bound_to, enrolment)?.ok(),
                New::Passkey(_) => None,
            };
            let offer = again.offer.map(|fresh| app.unwrap_or(fresh));
            Ok(EnrolOutcome::Again(Box::new(EnrolForm { offer, problem: Some(refusal), ..again })))
        }
    }
}
