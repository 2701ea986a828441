//! Owns the step in which a person shows a second factor: a code of an authenticator app or a recovery code. It comes after
//! the password and before any session (security case K04), or raises a session that was not proven well enough. It does not
//! own setting factors up (`flow::account::factors`) nor when one is asked for (`oauth::step`).

use crate::flow::account::notice::{Notice, Told};
use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::attempts::{admit, factor_keys, forget_guesses};
use crate::flow::sign_in::begin::{Proven, about, begin_session};
use crate::flow::sign_in::browser::{Browser, form_token_is_good};
use crate::flow::sign_in::half::Half;
use crate::flow::sign_in::login::{LoginOutcome, cancelled, forged};
use crate::flow::sign_in::new_password::PasswordChange;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault, account};
use crate::identity::factor::{Factor, FactorId, FactorKind};
use crate::identity::guess::Wait;
use crate::identity::level::Method;
use crate::identity::{Level, User};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::step::SignedIn;
use crate::secret::token::hash;
use crate::secret::totp;
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, factors, recovery_codes};

const STEP: &str = "second_factor";

/// The form.
pub struct SecondFactorForm {
    /// The client that waits.
    pub client: Client,
    /// Where the person will be sent afterwards.
    pub redirect_uri: String,
    /// The sealed half.
    pub half: String,
    /// Whose account it is.
    pub email: String,
    /// Whether there is an authenticator app.
    pub has_app: bool,
    /// Whether there is a recovery code that was not used yet.
    pub has_recovery_code: bool,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// Why the form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Wrong, too old, or used before.
    WrongCode,
    /// Too many attempts; seconds to wait.
    TooMany(i64),
}

/// What the form brought.
pub struct Submitted {
    /// The sealed half.
    pub half: String,
    /// The form's token.
    pub csrf: String,
    /// The code, of either kind: six digits are an app's.
    pub code: Sensitive,
    /// Whether the person pressed cancel.
    pub cancel: bool,
}

/// For whom and what the form is.
pub struct Waiting<'a> {
    /// The client.
    pub client: &'a Client,
    /// Where the person will be sent afterwards.
    pub redirect_uri: &'a str,
    /// The person.
    pub user: &'a User,
}

/// What a person has to show.
struct Kept {
    factors: Vec<Factor>,
    codes: i64,
}

impl Kept {
    async fn by(cx: &Cx, user: &User) -> Result<Self, Fault> {
        let id = user.id.clone();
        let found = cx.db().read(move |c| Ok((factors::list(c, &id)?, recovery_codes::left(c, &id)?)));
        let (factors, codes) = found.await?;
        Ok(Self { factors, codes })
    }

    fn form(&self, cx: &Cx, half: &Half, waiting: &Waiting<'_>) -> Result<SecondFactorForm, Fault> {
        Ok(SecondFactorForm {
            client: waiting.client.clone(),
            redirect_uri: waiting.redirect_uri.to_owned(),
            half: half.seal(cx)?,
            email: waiting.user.email.as_str().to_owned(),
            has_app: self.factors.iter().any(|factor| factor.kind == FactorKind::Totp),
            has_recovery_code: self.codes > 0,
            problem: None,
        })
    }
}

/// What comes after what was proven so far: the second factor, or another password.
///
/// # Errors
/// A [`Fault`].
pub async fn next(cx: &Cx, half: Half, waiting: Waiting<'_>) -> Result<LoginOutcome, Fault> {
    let kept = Kept::by(cx, waiting.user).await?;
    if Level::reached(&half.amr) == Level::Password && !kept.factors.is_empty() {
        return Ok(LoginOutcome::SecondFactor(Box::new(kept.form(cx, &half, &waiting)?)));
    }
    let change = PasswordChange::begin(cx, &half);
    Ok(LoginOutcome::NewPassword(Box::new(change.form(cx, waiting.client, waiting.user)?)))
}

/// The form for a session that is to be raised.
///
/// # Errors
/// A [`Fault`].
pub async fn raise(
    cx: &Cx,
    account: &SignedIn,
    client: &Client,
    redirect_uri: &str,
    request: String,
) -> Result<SecondFactorForm, Fault> {
    let half = Half::of_session(cx, account, request);
    let waiting = Waiting { client, redirect_uri, user: &account.user };
    Kept::by(cx, &account.user).await?.form(cx, &half, &waiting)
}

/// Handles the form.
///
/// # Errors
/// A [`Fault`].
pub async fn submit(cx: &mut Cx, submitted: Submitted, browser: &Browser) -> Result<LoginOutcome, Fault> {
    if !form_token_is_good(cx, &submitted.csrf, browser.binding.as_deref(), STEP, &submitted.half) {
        return Ok(LoginOutcome::Forged(Box::new(cx.refuse(STEP, forged(), Note::default()))));
    }
    let Some(half) = Half::open(cx, &submitted.half) else { return Ok(out_of_date(cx)) };
    let (pending, client, callback) = match reopen(cx, &half.request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(LoginOutcome::Page(Box::new(page))),
    };
    if submitted.cancel {
        return Ok(LoginOutcome::Answer(cancelled(cx, &callback, &client)));
    }
    let Some(user) = half.still_holds(cx, browser).await? else { return Ok(out_of_date(cx)) };
    let note = |words: &str| cx.note(Note::new(STEP, words).client(&client.client_id).user(user.id.as_str()));
    if let Err(denied) = prove(cx, &user, submitted.code, &client, browser).await? {
        cx.count(Count::FailedSignIns);
        note(&denied.words());
        let waiting = Waiting { client: &client, redirect_uri: callback.redirect_uri(), user: &user };
        let form = Kept::by(cx, &user).await?.form(cx, &half, &waiting)?;
        let problem = Some(denied.problem());
        return Ok(LoginOutcome::SecondFactor(Box::new(SecondFactorForm { half: submitted.half, problem, ..form })));
    }
    let half = half.with(Method::Code);
    if half.must_change {
        return next(cx, half, Waiting { client: &client, redirect_uri: callback.redirect_uri(), user: &user }).await;
    }
    let raises = half.raises.clone();
    let proven = Proven { raises: raises.clone(), ..Proven::by(user.clone(), half.amr) };
    let Some(signed_in) = begin_session(cx, proven, browser, pending).await? else { return Ok(out_of_date(cx)) };
    if raises.is_none() {
        cx.count(Count::SignIns);
    }
    note("showed a second factor");
    Ok(LoginOutcome::SignedIn(Box::new(signed_in)))
}

/// Why a code was not taken.
enum Denied {
    Waiting(Wait),
    Wrong,
    Replayed,
}

impl Denied {
    fn words(&self) -> String {
        match self {
            Denied::Waiting(wait) => format!("refused: too many attempts, {} s to wait", wait.0.seconds() + 1),
            Denied::Wrong => "refused: a wrong code".to_owned(),
            Denied::Replayed => "refused: a code that was used before".to_owned(),
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Denied::Waiting(wait) => Problem::TooMany(wait.0.seconds() + 1),
            Denied::Wrong | Denied::Replayed => Problem::WrongCode,
        }
    }
}

/// What a code may be.
#[derive(Clone)]
struct Candidates {
    /// Authenticator apps that show it, with the time step.
    steps: Vec<(FactorId, i64)>,
    /// Hash of it as a recovery code.
    recovery: Option<Vec<u8>>,
}

/// Counts the attempt, then takes the code: each counts once (security cases K01 and K08).
async fn prove(
    cx: &Cx,
    user: &User,
    code: Sensitive,
    client: &Client,
    browser: &Browser,
) -> Result<Result<(), Denied>, Fault> {
    let id = user.id.clone();
    let known = cx.db().read(move |c| factors::list(c, &id)).await?;
    let apps = known.iter().filter(|factor| factor.kind == FactorKind::Totp);
    let steps = apps.filter_map(|factor| {
        let secret = account::factors::opened(cx, factor)?;
        totp::step_of(&secret, code.expose(), cx.now).map(|step| (factor.id.clone(), step))
    });
    let candidates = Candidates {
        steps: steps.collect(),
        recovery: totp::folded_recovery_code(code.expose()).map(|code| hash(code.expose())),
    };
    let (told, device) = (Told::new(cx, user, Notice::RecoveryCodeUsed), browser.device_hash());
    let (own, user, client_id) = (cx.clone(), user.clone(), client.client_id.clone());
    let judged = cx.db().write(move |c| {
        let keys = factor_keys(c, &own, &user.id, device.as_deref())?;
        if let Err(wait) = admit(c, &own, &keys)? {
            return Ok(Err(Denied::Waiting(wait)));
        }
        let taken = take(c, &own, &user, &candidates, &told)?;
        if taken.is_ok() {
            forget_guesses(c, &keys)?;
            return Ok(Ok(()));
        }
        let mut entry = about("sign_in_failed", &own, &user.id);
        entry.event.client_id = Some(client_id.clone());
        let why = taken.as_ref().err().map(Denied::words);
        entry.event.detail = serde_json::json!({ "why": why }).to_string();
        entry.append(c)?;
        Ok(taken)
    });
    Ok(judged.await?)
}

fn take(
    c: &mut Conn,
    cx: &Cx,
    user: &User,
    candidates: &Candidates,
    told: &Told,
) -> Result<Result<(), Denied>, store::Fault> {
    for (id, step) in &candidates.steps {
        if factors::take_step(c, id, *step, cx.now)? {
            return Ok(Ok(()));
        }
    }
    if let Some(hash) = &candidates.recovery
        && recovery_codes::take(c, &user.id, hash, cx.now)?
    {
        told.post(c, cx)?;
        let mut entry = about("recovery_code_used", cx, &user.id);
        let left = recovery_codes::left(c, &user.id)?;
        entry.event.detail = serde_json::json!({ "left": left }).to_string();
        entry.append(c)?;
        return Ok(Ok(()));
    }
    Ok(Err(if candidates.steps.is_empty() { Denied::Wrong } else { Denied::Replayed }))
}

fn out_of_date(cx: &Cx) -> LoginOutcome {
    let words = "this page is out of date; go back to the app and sign in again";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "sign_in.half", "none", words)
        .because("a password that was given on this browser in the last five minutes", "another state");
    let refusal = cx.refuse(STEP, refusal, Note::default());
    LoginOutcome::Page(Box::new(PageRefusal { refusal, facts: Vec::new() }))
}
