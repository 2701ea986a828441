//! Owns the step in which a person shows a second factor: a passkey, a code of an authenticator app, a recovery code, or a code
//! that was mailed. It comes after the password and before any session (security case K04), or raises a session that was not
//! proven well enough. It does not own judging what is shown (`code`, `passkey`), setting factors up
//! (`flow::account::factors`), nor when one is asked for (`oauth::step`).

use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::begin::{Proven, begin_session};
use crate::flow::sign_in::browser::{Browser, form_token_is_good};
use crate::flow::sign_in::ceremony::{self, PasskeyForm, Purpose};
use crate::flow::sign_in::code::{self, Candidates};
use crate::flow::sign_in::half::Half;
use crate::flow::sign_in::login::{LoginOutcome, cancelled, forged};
use crate::flow::sign_in::mail_code;
use crate::flow::sign_in::new_password::PasswordChange;
use crate::flow::sign_in::passkey::{self, Place, ShownPasskey};
use crate::flow::sign_in::pending::Pending;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::factor::{Factor, FactorKind};
use crate::identity::level::{CodeKind, Method};
use crate::identity::{Level, MailCodes, SecondFactorRule, User};
use crate::oauth::authorize::{Callback, ValidRequest};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::step::{self, SignedIn};
use crate::sensitive::Sensitive;
use crate::store::{factors, recovery_codes};

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
    /// What the person may show.
    pub ways: Ways,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// What a person may show.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Whether there is an authenticator app.
    pub app: bool,
    /// Whether there is a recovery code that was not used yet.
    pub recovery_code: bool,
    /// The question to their passkeys.
    pub passkey: Option<PasskeyForm>,
    /// Whether a passkey comes first: it was used last, or nothing else will do.
    pub passkey_first: bool,
    /// Whether a code by mail will do.
    pub mail: Mail,
}

impl Ways {
    /// Whether there is a code to be typed.
    pub fn has_code(&self) -> bool {
        self.app || self.recovery_code || self.mail == Mail::Sent
    }
}

/// Whether a code by mail will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    /// No.
    No,
    /// Yes, if the person asks for one.
    Offered,
    /// One is on its way.
    Sent,
}

/// Why the form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Wrong, too old, or used before.
    WrongCode,
    /// The passkey is not this person's, or did not prove it; or, if `true`, the page lay open for too long.
    Passkey(bool),
    /// Too many attempts; seconds to wait.
    TooMany(i64),
}

/// What the form brought.
pub struct Submitted {
    /// The sealed half.
    pub half: String,
    /// The form's token.
    pub csrf: String,
    /// What was shown, or asked for.
    pub shown: Shown,
    /// Whether the person pressed cancel.
    pub cancel: bool,
}

/// What a person shows, or asks for.
pub enum Shown {
    /// A code, of any kind; its form tells which.
    Code(Sensitive),
    /// A passkey.
    Passkey(ShownPasskey),
    /// A letter with a code.
    PleaseMail,
}

/// For whom and what the form is.
pub struct Waiting<'a> {
    /// The client.
    pub client: &'a Client,
    /// Where the person will be sent afterwards.
    pub redirect_uri: &'a str,
    /// The person.
    pub user: &'a User,
    /// What the client asks for.
    pub request: &'a ValidRequest,
}

/// Who must have a second factor, and what will do. Where no letter can be sent, no code by mail will.
pub fn rule(cx: &Cx) -> SecondFactorRule {
    let mut rule = cx.parts.settings.get().second_factor.clone();
    if !cx.parts.post.mailer.is_on() {
        rule.mail_codes = MailCodes::Never;
    }
    rule
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

    /// What their own factors reach.
    fn reach(&self) -> Level {
        self.factors.iter().map(|factor| factor.kind.level()).max().unwrap_or(Level::Password)
    }

    /// What will do up to this level.
    fn ways(&self, cx: &Cx, half: &Half, user: &User, needed: Level) -> Result<Ways, Fault> {
        let is_met_by_codes = needed <= Level::SecondFactor;
        let latest = self.factors.iter().max_by_key(|factor| (factor.last_used_at, factor.kind == FactorKind::Passkey));
        let credentials = passkey::credentials(&self.factors);
        let passkey = match credentials.is_empty() {
            true => None,
            false => ceremony::ask(cx, Purpose::SecondFactor(user.id.clone()), &cx.correlation_id, &credentials)?,
        };
        let mail = match rule(cx).mails_codes_to(user, self.reach()) && is_met_by_codes {
            false => Mail::No,
            true if half.mail_code.is_some() => Mail::Sent,
            true => Mail::Offered,
        };
        let is_latest = latest.is_some_and(|factor| factor.kind == FactorKind::Passkey);
        Ok(Ways {
            app: is_met_by_codes && self.factors.iter().any(|factor| factor.kind == FactorKind::Totp),
            recovery_code: is_met_by_codes && self.codes > 0,
            passkey_first: passkey.is_some() && (is_latest || !is_met_by_codes) && mail != Mail::Sent,
            passkey,
            mail,
        })
    }

    fn form(&self, cx: &Cx, half: &Half, waiting: &Waiting<'_>, needed: Level) -> Result<SecondFactorForm, Fault> {
        Ok(SecondFactorForm {
            client: waiting.client.clone(),
            redirect_uri: waiting.redirect_uri.to_owned(),
            half: half.seal(cx)?,
            email: waiting.user.email.as_str().to_owned(),
            ways: self.ways(cx, half, waiting.user, needed)?,
            problem: None,
        })
    }

    fn needed(&self, cx: &Cx, waiting: &Waiting<'_>) -> Level {
        let rule = rule(cx);
        let reach = rule.reach(waiting.user, self.reach());
        // What they cannot reach they set up afterwards; first they show what they have.
        step::needed(waiting.request, step::least(&rule, waiting.client, waiting.user), reach).min(reach)
    }
}

/// What comes after what was proven so far: the second factor, or another password.
///
/// # Errors
/// A [`Fault`].
pub async fn next(cx: &Cx, half: Half, waiting: Waiting<'_>) -> Result<LoginOutcome, Fault> {
    let kept = Kept::by(cx, waiting.user).await?;
    if Level::reached(&half.amr) == Level::Password && !kept.factors.is_empty() {
        let needed = kept.needed(cx, &waiting);
        return Ok(LoginOutcome::SecondFactor(Box::new(kept.form(cx, &half, &waiting, needed)?)));
    }
    let change = PasswordChange::begin(cx, &half);
    Ok(LoginOutcome::NewPassword(Box::new(change.form(cx, waiting.client, waiting.user)?)))
}

/// The form for a session that is to be raised to this level.
///
/// # Errors
/// A [`Fault`].
pub async fn raise(
    cx: &Cx,
    account: &SignedIn,
    request: String,
    waiting: &Waiting<'_>,
    needed: Level,
) -> Result<SecondFactorForm, Fault> {
    let half = Half::of_session(cx, account, request);
    Kept::by(cx, &account.user).await?.form(cx, &half, waiting, needed)
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
    let at = Tried { half, pending, client, callback, user };
    match at.judge(cx, submitted.shown, browser).await? {
        Judged::Proven(shown) => at.go_on(cx, shown, browser).await,
        Judged::Sent(id) => {
            let half = at.half.clone().with_mail_code(cx, id);
            at.again(cx, &half, None).await
        }
        Judged::Not(problem) => at.again(cx, &at.half, Some(problem)).await,
    }
}

/// A form that came in, with all that it stands on.
struct Tried {
    half: Half,
    pending: Pending,
    client: Client,
    callback: Callback,
    user: User,
}

enum Judged {
    /// By this method; what the code was, if it was one.
    Proven((Method, Option<CodeKind>)),
    /// A code was mailed; its id.
    Sent(String),
    Not(Problem),
}

impl Tried {
    fn waiting(&self) -> Waiting<'_> {
        Waiting {
            client: &self.client,
            redirect_uri: self.callback.redirect_uri(),
            user: &self.user,
            request: &self.pending.request,
        }
    }

    fn note(&self, cx: &Cx, words: &str) {
        cx.note(Note::new(STEP, words).client(&self.client.client_id).user(self.user.id.as_str()));
    }

    async fn judge(&self, cx: &Cx, shown: Shown, browser: &Browser) -> Result<Judged, Fault> {
        let (words, problem) = match shown {
            Shown::Code(code) => match self.code(cx, &code, browser).await? {
                Ok(kind) => return Ok(Judged::Proven((Method::Code, Some(kind)))),
                Err(denied) => (denied.words(), problem_of(&denied)),
            },
            Shown::Passkey(shown) => {
                let purpose = Purpose::SecondFactor(self.user.id.clone());
                let bound_to = &self.pending.correlation_id;
                let place = Place { purpose, bound_to, client_id: &self.client.client_id };
                match passkey::prove(cx, &shown, &place).await? {
                    Ok((_, method)) => return Ok(Judged::Proven((method, None))),
                    Err(denied) => (denied.words(), Problem::Passkey(denied.is_late())),
                }
            }
            Shown::PleaseMail => return self.mail(cx).await,
        };
        cx.count(Count::FailedSignIns);
        self.note(cx, &words);
        Ok(Judged::Not(problem))
    }

    async fn code(
        &self,
        cx: &Cx,
        code: &Sensitive,
        browser: &Browser,
    ) -> Result<Result<CodeKind, code::Denied>, Fault> {
        let kept = Kept::by(cx, &self.user).await?;
        let id = self.half.mail_code.as_deref().filter(|_| rule(cx).mails_codes_to(&self.user, kept.reach()));
        let mailed = id.and_then(|id| mail_code::typed(cx, id, &self.user.id, code));
        code::prove(cx, &self.user, Candidates::of(cx, &kept.factors, code, mailed), &self.client, browser).await
    }

    async fn mail(&self, cx: &Cx) -> Result<Judged, Fault> {
        let kept = Kept::by(cx, &self.user).await?;
        if kept.ways(cx, &self.half, &self.user, kept.needed(cx, &self.waiting()))?.mail == Mail::No {
            self.note(cx, "refused: no code is mailed to this person");
            return Ok(Judged::Not(Problem::WrongCode));
        }
        match mail_code::send(cx, &self.user, &self.client).await? {
            Ok(id) => {
                self.note(cx, "a code was mailed");
                Ok(Judged::Sent(id))
            }
            Err(wait) => {
                self.note(cx, "refused: too many codes were mailed");
                Ok(Judged::Not(Problem::TooMany(wait.0.seconds() + 1)))
            }
        }
    }

    /// The form once more.
    async fn again(&self, cx: &Cx, half: &Half, problem: Option<Problem>) -> Result<LoginOutcome, Fault> {
        let kept = Kept::by(cx, &self.user).await?;
        let form = kept.form(cx, half, &self.waiting(), kept.needed(cx, &self.waiting()))?;
        Ok(LoginOutcome::SecondFactor(Box::new(SecondFactorForm { problem, ..form })))
    }

    /// It is them.
    async fn go_on(
        self,
        cx: &Cx,
        (method, code): (Method, Option<CodeKind>),
        browser: &Browser,
    ) -> Result<LoginOutcome, Fault> {
        let half = self.half.clone().with(method);
        if half.must_change {
            return next(cx, half, self.waiting()).await;
        }
        self.note(cx, "showed a second factor");
        let raises = half.raises.clone();
        let origin = half.origin();
        let proven = Proven { raises: raises.clone(), origin, code, ..Proven::by(self.user, half.amr) };
        let Some(signed_in) = begin_session(cx, proven, browser, self.pending).await? else {
            return Ok(out_of_date(cx));
        };
        if raises.is_none() {
            cx.count(Count::SignIns);
        }
        Ok(LoginOutcome::SignedIn(Box::new(signed_in)))
    }
}

fn problem_of(denied: &code::Denied) -> Problem {
    match denied {
        code::Denied::Waiting(wait) => Problem::TooMany(wait.0.seconds() + 1),
        code::Denied::Wrong | code::Denied::Replayed => Problem::WrongCode,
    }
}

fn out_of_date(cx: &Cx) -> LoginOutcome {
    let words = "this page is out of date; go back to the app and sign in again";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "sign_in.half", "none", words)
        .because("a password that was given on this browser in the last five minutes", "another state");
    let refusal = cx.refuse(STEP, refusal, Note::default());
    LoginOutcome::Page(Box::new(PageRefusal { refusal, facts: Vec::new() }))
}
