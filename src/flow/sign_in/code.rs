//! Owns judging a code that a person types as second factor: of an authenticator app, a recovery code, or one that was mailed.
//! Each counts once (security cases K01, K08 and K11). It does not own the form (`second_factor`).

use crate::flow::account::notice::{Notice, Told};
use crate::flow::sign_in::attempts::{admit, factor_keys, forget_guesses};
use crate::flow::sign_in::begin::about;
use crate::flow::sign_in::browser::Browser;
use crate::flow::{Cx, Fault, account};
use crate::identity::User;
use crate::identity::factor::{Factor, FactorId, FactorKind};
use crate::identity::guess::Wait;
use crate::identity::level::CodeKind;
use crate::oauth::client::Client;
use crate::secret::token::hash;
use crate::secret::totp;
use crate::sensitive::Sensitive;
use crate::store::mail_codes::{self, MailCode, Tried};
use crate::store::{self, Conn, factors, recovery_codes};

/// Why a code was not taken.
pub(super) enum Denied {
    /// A limit.
    Waiting(Wait),
    /// It is nobody's.
    Wrong,
    /// It was right, once.
    Replayed,
}

impl Denied {
    pub(super) fn words(&self) -> String {
        match self {
            Denied::Waiting(wait) => format!("refused: too many attempts, {} s to wait", wait.0.seconds() + 1),
            Denied::Wrong => "refused: a wrong code".to_owned(),
            Denied::Replayed => "refused: a code that was used before".to_owned(),
        }
    }
}

/// What a code may be.
#[derive(Clone)]
pub(super) struct Candidates {
    /// Authenticator apps that show it, with the time step.
    steps: Vec<(FactorId, i64)>,
    /// Hash of it as a recovery code.
    recovery: Option<Vec<u8>>,
    /// It as a code that was mailed.
    mailed: Option<MailCode>,
}

impl Candidates {
    /// What `code` may be of a person who has these factors. `mailed` is what it is as a mailed code.
    pub(super) fn of(cx: &Cx, factors: &[Factor], code: &Sensitive, mailed: Option<MailCode>) -> Self {
        let apps = factors.iter().filter(|factor| factor.kind == FactorKind::Totp);
        let steps = apps.filter_map(|factor| {
            let secret = account::factors::opened(cx, factor)?;
            totp::step_of(&secret, code.expose(), cx.now).map(|step| (factor.id.clone(), step))
        });
        Self {
            steps: steps.collect(),
            recovery: totp::folded_recovery_code(code.expose()).map(|code| hash(code.expose())),
            mailed,
        }
    }
}

/// Counts the attempt, then takes the code. What it was.
pub(super) async fn prove(
    cx: &Cx,
    user: &User,
    candidates: Candidates,
    client: &Client,
    browser: &Browser,
) -> Result<Result<CodeKind, Denied>, Fault> {
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
            return Ok(taken);
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
) -> Result<Result<CodeKind, Denied>, store::Fault> {
    for (id, step) in &candidates.steps {
        if factors::take_step(c, id, *step, cx.now)? {
            return Ok(Ok(CodeKind::App));
        }
    }
    if let Some(code) = &candidates.mailed {
        return Ok(match mail_codes::take(c, code, cx.now)? {
            Tried::Right => Ok(CodeKind::Mail),
            Tried::Wrong => Err(Denied::Wrong),
            Tried::Void => Err(Denied::Replayed),
        });
    }
    if let Some(hash) = &candidates.recovery
        && recovery_codes::take(c, &user.id, hash, cx.now)?
    {
        told.post(c, cx)?;
        let mut entry = about("recovery_code_used", cx, &user.id);
        let left = recovery_codes::left(c, &user.id)?;
        entry.event.detail = serde_json::json!({ "left": left }).to_string();
        entry.append(c)?;
        return Ok(Ok(CodeKind::Recovery));
    }
    Ok(Err(if candidates.steps.is_empty() { Denied::Wrong } else { Denied::Replayed }))
}
