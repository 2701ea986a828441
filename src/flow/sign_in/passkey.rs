//! Owns signing in with a passkey alone: no address, no password. The passkey says whose it is, and its PIN or finger is the
//! second factor. It also owns judging a passkey that is shown, which the second factor's step does too. It does not own the
//! question (`ceremony`), nor adding passkeys (`flow::account::passkeys`).

use crate::flow::audit::Entry;
use crate::flow::oauth::authorize::{OtherWays, reopen};
use crate::flow::sign_in::begin::{Proven, about, begin_session};
use crate::flow::sign_in::browser::{Browser, form_token_is_good};
use crate::flow::sign_in::ceremony::{self, Asked, PasskeyForm, Purpose};
use crate::flow::sign_in::login::{Again, LoginOutcome, Problem, forged};
use crate::flow::sign_in::pending::Pending;
use crate::flow::sign_in::upstream::home;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::factor::{Factor, FactorKind};
use crate::identity::level::{Method, with_method};
use crate::identity::{User, UserId};
use crate::secret::passkey::{Answer, Handle, PasskeyError, StoredPasskey};
use crate::store::{factors, users};

const STEP: &str = "passkey";

/// What the form brought.
pub struct Submitted {
    /// The sealed request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
    /// What the passkey says.
    pub shown: ShownPasskey,
}

/// What a passkey's form brings.
#[derive(Clone, Debug)]
pub struct ShownPasskey {
    /// The sealed question.
    pub ceremony: String,
    /// The browser's answer: JSON.
    pub answer: String,
}

/// The question on the sign-in page. It is to nobody in particular: it tells nothing of any account (security case J03).
///
/// # Errors
/// A [`Fault`].
pub fn ask(cx: &Cx, pending: &Pending) -> Result<Option<PasskeyForm>, Fault> {
    ceremony::ask(cx, Purpose::SignIn, &pending.correlation_id, &[])
}

/// Handles the form.
///
/// # Errors
/// A [`Fault`].
pub async fn submit(cx: &mut Cx, form: Submitted, browser: &Browser) -> Result<LoginOutcome, Fault> {
    let (pending, client, callback) = match reopen(cx, &form.request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(LoginOutcome::Page(Box::new(page))),
    };
    let note = Note::default().client(&client.client_id);
    if !form_token_is_good(cx, &form.csrf, browser.binding.as_deref(), "login", "") {
        return Ok(LoginOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note))));
    }
    let place = Place { purpose: Purpose::SignIn, bound_to: &pending.correlation_id, client_id: &client.client_id };
    let proven = prove(cx, &form.shown, &place).await?;
    let shut_out = match &proven {
        Ok((user, _)) => home::only_for(cx, user, &pending).await?,
        Err(_) => None,
    };
    let again = |why, others| {
        let (redirect_uri, passkey) = (callback.redirect_uri().to_owned(), ask(cx, &pending)?);
        let (client, request, login) = (client.clone(), form.request.clone(), String::new());
        let asks_password = !home::is_asked_first(cx);
        let again = Again { client, redirect_uri, request, login, asks_password, passkey, why, others };
        Ok(LoginOutcome::Again(Box::new(again)))
    };
    match proven {
        Ok((user, _)) if shut_out.is_some() => {
            cx.count(Count::FailedSignIns);
            let words = "refused: the passkey is theirs, but a provider is the only way in for this person";
            cx.note(Note::new(STEP, words).client(&client.client_id).user(user.id.as_str()));
            again(Problem::OnlyThrough, OtherWays::of(cx, &pending).with_home(cx, user.email.as_str()))
        }
        Ok((user, method)) => {
            let note = Note::new(STEP, "signed in with a passkey").client(&client.client_id).user(user.id.as_str());
            let proven = Proven::by(user, with_method(&[], method));
            let Some(signed_in) = begin_session(cx, proven, browser, pending).await? else {
                return Err(Fault::Internal("a sign-in from the beginning raises no session".to_owned()));
            };
            cx.count(Count::SignIns);
            cx.note(note);
            Ok(LoginOutcome::SignedIn(Box::new(signed_in)))
        }
        Err(denied) => {
            cx.count(Count::FailedSignIns);
            cx.note(Note {
                user_id: denied.user_id().map(str::to_owned),
                ..Note::new(STEP, denied.words()).client(&client.client_id)
            });
            again(Problem::Passkey(denied.is_late()), OtherWays::of(cx, &pending))
        }
    }
}

/// For what a passkey is shown, and where.
pub(super) struct Place<'a> {
    pub(super) purpose: Purpose,
    pub(super) bound_to: &'a str,
    pub(super) client_id: &'a str,
}

/// Why a passkey was not taken. A person is told the same of all but the first.
#[derive(Debug)]
pub(super) enum Denied {
    /// The question is too old, was answered before, or was asked elsewhere.
    Late,
    /// No passkey of ours, or not this person's.
    Unknown,
    /// Its person is disabled.
    Disabled(UserId),
    /// The answer is no good.
    Bad(Option<UserId>, PasskeyError),
}

impl Denied {
    pub(super) fn is_late(&self) -> bool {
        matches!(self, Denied::Late)
    }

    pub(super) fn words(&self) -> String {
        match self {
            Denied::Late => "refused: the question is too old, was answered before, or was asked elsewhere".to_owned(),
            Denied::Unknown => "refused: no passkey that is known for this".to_owned(),
            Denied::Disabled(_) => "refused: the account is disabled".to_owned(),
            Denied::Bad(_, why) => format!("refused: {why}"),
        }
    }

    fn user_id(&self) -> Option<&str> {
        match self {
            Denied::Disabled(id) | Denied::Bad(Some(id), _) => Some(id.as_str()),
            Denied::Late | Denied::Unknown | Denied::Bad(None, _) => None,
        }
    }
}

/// Judges a passkey that is shown: whose it is and how it proves them. The answer is taken once and the passkey's counter is
/// moved on, in one transaction.
pub(super) async fn prove(
    cx: &Cx,
    shown: &ShownPasskey,
    place: &Place<'_>,
) -> Result<Result<(User, Method), Denied>, Fault> {
    let denied = match judge(cx, shown, place).await? {
        Ok(judged) => match take(cx, judged).await? {
            Ok(proven) => return Ok(Ok(proven)),
            Err(denied) => denied,
        },
        Err(denied) => denied,
    };
    note_failure(cx, &denied, place.client_id).await?;
    Ok(Err(denied))
}

/// A good answer that was not taken yet.
#[derive(Clone)]
struct Judged {
    asked: Asked,
    factor: Factor,
    user: User,
    data: Vec<u8>,
    method: Method,
}

async fn judge(cx: &Cx, shown: &ShownPasskey, place: &Place<'_>) -> Result<Result<Judged, Denied>, Fault> {
    let Some(asked) = Asked::open(cx, &shown.ceremony, &place.purpose, place.bound_to) else {
        return Ok(Err(Denied::Late));
    };
    let answer = match Answer::read(&shown.answer) {
        Ok(answer) => answer,
        Err(why) => return Ok(Err(Denied::Bad(None, why))),
    };
    let id = answer.credential_id().to_vec();
    let found = cx.db().read(move |c| match factors::find_by_credential(c, &id)? {
        Some(factor) => Ok(users::find(c, &factor.user_id)?.map(|user| (factor, user))),
        None => Ok(None),
    });
    let Some((factor, user)) = found.await? else { return Ok(Err(Denied::Unknown)) };
    let handle = match &place.purpose {
        Purpose::SignIn => Handle::Required,
        Purpose::SecondFactor(id) if *id == user.id => Handle::Optional,
        // Another person's passkey is as unknown here as nobody's (security case K05).
        _ => return Ok(Err(Denied::Unknown)),
    };
    let stored =
        StoredPasskey { credential_id: factor.credential_id.clone().unwrap_or_default(), data: factor.data.clone() };
    let judged =
        ceremony::party(cx).and_then(|party| party.judge(&asked.state, &answer, &stored, (user.id.as_str(), handle)));
    let good = match judged {
        Ok(good) => good,
        Err(why) => return Ok(Err(Denied::Bad(Some(user.id), why))),
    };
    if user.disabled_at.is_some() {
        return Ok(Err(Denied::Disabled(user.id)));
    }
    let method = if good.is_synced { Method::SyncedPasskey } else { Method::DevicePasskey };
    Ok(Ok(Judged { asked, factor, user, data: good.data, method }))
}

async fn take(cx: &Cx, judged: Judged) -> Result<Result<(User, Method), Denied>, Fault> {
    let now = cx.now;
    let taken = cx.db().write(move |c| {
        let j = &judged;
        if !j.asked.take(c)? {
            return Ok(Err(Denied::Late));
        }
        // Another use was faster and moved the counter on, or the passkey was taken away.
        if !factors::used(c, &j.factor.id, (&j.factor.data, &j.data), now)? {
            return Ok(Err(Denied::Bad(Some(j.user.id.clone()), PasskeyError::Copied)));
        }
        Ok(Ok((j.user.clone(), j.method)))
    });
    Ok(taken.await?)
}

/// A failed attempt with a passkey that is known belongs into that person's sign-in history.
async fn note_failure(cx: &Cx, denied: &Denied, client_id: &str) -> Result<(), Fault> {
    let Some(user_id) = denied.user_id() else { return Ok(()) };
    let mut entry: Entry = about("sign_in_failed", cx, &UserId(user_id.to_owned()));
    entry.event.client_id = Some(client_id.to_owned());
    entry.event.detail = serde_json::json!({ "why": denied.words() }).to_string();
    Ok(cx.db().write(move |c| entry.append(c)).await?)
}

/// The names of a person's passkeys.
pub(super) fn credentials(factors: &[Factor]) -> Vec<&[u8]> {
    let passkeys = factors.iter().filter(|factor| factor.kind == FactorKind::Passkey);
    passkeys.filter_map(|factor| factor.credential_id.as_deref()).collect()
}
