//! Owns the password step: admits a guess, lets the pool check it, and begins a session if nothing else is asked. It does not
//! own what comes after (`oauth::step` decides when the browser returns to `/authorize`).

use std::collections::HashMap;

use crate::flow::account::notice::{Notice, Told};
use crate::flow::audit::Entry;
use crate::flow::oauth::authorize::{OtherWays, PageRefusal, reopen};
use crate::flow::sign_in::attempts::{GuessKeys, admit, failed, forget_guesses, guess_keys};
use crate::flow::sign_in::begin::{Proven, SignedInNow, begin_session};
use crate::flow::sign_in::browser::{Browser, form_token_is_good};
use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::flow::sign_in::half::Half;
use crate::flow::sign_in::new_password::ChangeForm;
use crate::flow::sign_in::passkey;
use crate::flow::sign_in::second_factor::{self, SecondFactorForm, Waiting};
use crate::flow::sign_in::upstream::home;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::guess::Wait;
use crate::identity::level::{Method, with_method};
use crate::identity::{Email, Level, User, UserId};
use crate::oauth::authorize::{Answer, Callback};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::secret::password::PasswordVerdict;
use crate::sensitive::Sensitive;
use crate::store::{factors, users};

const STEP: &str = "login";

/// What the form brought.
pub struct Submitted {
    /// The sealed request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
    /// The address.
    pub login: String,
    /// The password; `None` where the address was asked for first.
    pub password: Option<Sensitive>,
    /// Whether the person wants to type a password, whatever the address belongs to.
    pub wants_password: bool,
    /// Whether the person pressed cancel.
    pub cancel: bool,
}

/// What came of it.
pub enum LoginOutcome {
    /// Signed in: set the cookies and go on with this sealed request.
    SignedIn(Box<SignedInNow>),
    /// Ask for the second factor.
    SecondFactor(Box<SecondFactorForm>),
    /// The password was right and has to be changed before anything else: show the form for another one.
    NewPassword(Box<ChangeForm>),
    /// Cancelled: tell the app.
    Answer(Answer),
    /// Show the form again.
    Again(Box<Again>),
    /// Show an error page.
    Page(Box<PageRefusal>),
    /// Go to this provider with this request.
    Upstream(String, String),
    /// The form was not ours: 403.
    Forged(Box<Refusal>),
}

/// The form once more.
pub struct Again {
    /// The client.
    pub client: Client,
    /// Where the person will be sent afterwards.
    pub redirect_uri: String,
    /// The same sealed request.
    pub request: String,
    /// What they typed as address.
    pub login: String,
    /// Whether the password is asked for, or the address alone.
    pub asks_password: bool,
    /// The question to a passkey, where there are passkeys.
    pub passkey: Option<PasskeyForm>,
    /// Why.
    pub why: Problem,
    /// Other ways in.
    pub others: OtherWays,
}

/// Why the form is shown again. One answer for everything that could tell whether an account exists (security case J01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Wrong address or password; or disabled, or without a password.
    WrongCredentials,
    /// A password longer than any that is looked at; says nothing of the account, which was not looked at either.
    TooLong,
    /// Too many attempts; seconds to wait.
    TooMany(i64),
    /// The passkey is not known here, or did not prove it; or, if `true`, the page lay open for too long.
    Passkey(bool),
    /// The address was asked for first, and is not one.
    NoAddress,
    /// Nothing is wrong: the password is asked for next.
    NowPassword,
    /// There is one way in for people of this address: the provider.
    OnlyThrough,
    /// Many accounts were tried from this network: whatever was typed, a new device needs a second factor now.
    Barred,
}

/// Handles the form.
///
/// # Errors
/// A [`Fault`]; [`Fault::Busy`] when the password pool is full.
pub async fn submit(cx: &mut Cx, form: Submitted, browser: &Browser) -> Result<LoginOutcome, Fault> {
    let (pending, client, callback) = match reopen(cx, &form.request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(LoginOutcome::Page(Box::new(page))),
    };
    let note = Note::default().client(&client.client_id);
    if !form_token_is_good(cx, &form.csrf, browser.binding.as_deref(), "login", "") {
        return Ok(LoginOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note))));
    }
    if form.cancel {
        return Ok(LoginOutcome::Answer(cancelled(cx, &callback, &client)));
    }
    let others = OtherWays::of(cx, &pending);
    let again = |why| {
        let asks_password = why != Problem::NoAddress;
        if why != Problem::NowPassword {
            cx.count(Count::FailedSignIns);
        }
        let (client, redirect_uri) = (client.clone(), callback.redirect_uri().to_owned());
        let (request, login) = (form.request.clone(), form.login.clone());
        let passkey = passkey::ask(cx, &pending)?;
        let others = if why == Problem::OnlyThrough { others.clone().with_home(cx, &login) } else { others.clone() };
        let again = Again { client, redirect_uri, request, login, asks_password, passkey, why, others };
        Ok(LoginOutcome::Again(Box::new(again)))
    };
    if form.password.is_none() && home::is_asked_first(cx) {
        return match Email::parse(&form.login) {
            Err(_) => again(Problem::NoAddress),
            Ok(email) => match home::of(cx, &email).filter(|_| !form.wants_password) {
                Some(home) => Ok(LoginOutcome::Upstream(home.way.id, pending.with_login_hint(&email).seal(cx)?)),
                None => again(Problem::NowPassword),
            },
        };
    }
    let password = form.password.clone().unwrap_or_else(|| Sensitive::new(""));
    if cx.parts.passwords.is_too_long(&password) {
        cx.note(
            Note::new(STEP, "refused: the password is longer than any that is looked at").client(&client.client_id),
        );
        return again(Problem::TooLong);
    }
    let Ok(email) = Email::parse(&form.login) else {
        cx.note(Note::new(STEP, "refused: the text is no e-mail address").client(&client.client_id));
        return again(Problem::WrongCredentials);
    };
    let proven = match prove(cx, &email, password, browser).await? {
        Ok(proven) if home::only_for(cx, &proven.user, &pending).await?.is_some() => {
            let words = "refused: the password was right, but a provider is the only way in for this person";
            cx.note(Note::new(STEP, words).client(&client.client_id).user(proven.user.id.as_str()));
            return again(Problem::OnlyThrough);
        }
        Ok(proven) => proven,
        Err(denied) => {
            let mut note = Note::new(STEP, denied.words()).client(&client.client_id);
            note.user_id = denied.user_id().map(|id| id.as_str().to_owned());
            cx.note(note);
            note_failure(cx, &denied, &client).await?;
            // The right password of most people there would be answered like this, so the wrong one is as well.
            return again(match denied.problem() {
                Problem::WrongCredentials if home::is_shut(cx, &email, &pending) => Problem::OnlyThrough,
                problem => problem,
            });
        }
    };
    let user_id = proven.user.id.clone();
    let note = |words: &str| cx.note(Note::new(STEP, words).client(&client.client_id).user(user_id.as_str()));
    if proven.is_final() {
        let (user, amr) = (proven.user, with_method(&[], Method::Password));
        let proven = Proven { keys: Some(proven.keys), upgrade: proven.upgrade, ..Proven::by(user, amr) };
        let Some(signed_in) = begin_session(cx, proven, browser, pending).await? else {
            return Err(Fault::Internal("a sign-in from the beginning raises no session".to_owned()));
        };
        cx.count(Count::SignIns);
        note("signed in with a password");
        return Ok(LoginOutcome::SignedIn(Box::new(signed_in)));
    }
    let (user, half) = proven.settle(cx, form.request.clone()).await?;
    note("the password was right, and more is to be done");
    let request = &pending.request;
    let waiting = Waiting { client: &client, redirect_uri: callback.redirect_uri(), user: &user, request };
    second_factor::next(cx, half, waiting).await
}

/// A failed attempt belongs into the sign-in history of its person. Where there is none the entry is nobody's: the work is the
/// same, so that its time tells nothing (security case J01).
async fn note_failure(cx: &Cx, denied: &Denied, client: &Client) -> Result<(), Fault> {
    if matches!(denied, Denied::Waiting(_)) {
        return Ok(());
    }
    let mut entry = Entry::new(cx, "sign_in_failed");
    entry.event.user_id = denied.user_id().map(|id| id.as_str().to_owned());
    entry.event.client_id = Some(client.client_id.clone());
    entry.event.detail = serde_json::json!({ "why": denied.words() }).to_string();
    Ok(cx.db().write(move |c| entry.append(c)).await?)
}

/// The refusal of a form that was not ours.
pub fn forged() -> Refusal {
    let words = "the form is out of date or did not come from this page; go back and try again";
    Refusal::new(ErrorCode::InvalidRequest, "form.token", "RFC 6749 section 10.12", words)
        .because("the token of this browser's form", "another token")
}

pub(super) fn cancelled(cx: &Cx, callback: &Callback, client: &Client) -> Answer {
    let words = "the person cancelled the sign-in";
    let refusal = Refusal::new(ErrorCode::AccessDenied, "person.goes_on", "RFC 6749 section 4.1.2.1", words)
        .because("a sign-in", "cancel");
    let refusal = cx.refuse(STEP, refusal, Note::default().client(&client.client_id));
    callback.error(&refusal, &cx.correlation_id)
}

/// Why a proof was denied; for the trace.
pub enum Denied {
    /// A limit.
    Waiting(Wait),
    /// No such account.
    Unknown,
    /// Wrong password.
    Wrong(UserId),
    /// The account is disabled.
    Disabled(UserId),
    /// Any of the last three, or a right password without a second factor, from a network from which many accounts were tried:
    /// told alike (security case J01).
    Barred(Box<Barred>),
}

/// Why, behind a raised bar.
pub enum Barred {
    /// For one of the ordinary reasons.
    Denied(Denied),
    /// The password was right.
    Right(Box<User>),
}

impl Denied {
    fn words(&self) -> String {
        match self {
            Denied::Waiting(wait) => format!("refused: too many attempts, {} s to wait", wait.0.seconds() + 1),
            Denied::Unknown => "refused: no account has this address".to_owned(),
            Denied::Wrong(_) => "refused: wrong password, or the account has none".to_owned(),
            Denied::Disabled(_) => "refused: the account is disabled".to_owned(),
            Denied::Barred(why) => match &**why {
                Barred::Denied(denied) => denied.words(),
                Barred::Right(_) => {
                    "refused: the password was right, but many accounts were tried from this network, the \
                                     device is new, and there is no second factor"
                        .to_owned()
                }
            },
        }
    }

    fn user_id(&self) -> Option<&UserId> {
        match self {
            Denied::Wrong(id) | Denied::Disabled(id) => Some(id),
            Denied::Barred(why) => match &**why {
                Barred::Denied(denied) => denied.user_id(),
                Barred::Right(user) => Some(&user.id),
            },
            Denied::Waiting(_) | Denied::Unknown => None,
        }
    }

    /// What to tell whoever tried.
    pub(in crate::flow) fn problem(&self) -> Problem {
        match self {
            Denied::Waiting(wait) => Problem::TooMany(wait.0.seconds() + 1),
            Denied::Barred(_) => Problem::Barred,
            _ => Problem::WrongCredentials,
        }
    }
}

/// Somebody who knew the password.
pub struct RightPassword {
    user: User,
    keys: GuessKeys,
    phc: String,
    upgrade: Option<(String, String)>,
    must_change: bool,
    reach: Level,
}

impl RightPassword {
    /// Whether nothing but the password is asked of this person.
    fn is_final(&self) -> bool {
        !self.must_change && self.reach == Level::Password
    }

    /// The stored hash, for whoever replaces it, and what counted the attempt.
    pub(in crate::flow) fn into_stored(self) -> (String, GuessKeys) {
        (self.phc, self.keys)
    }

    /// The attempt was a good one, though no session comes of it yet.
    async fn settle(self, cx: &Cx, request: String) -> Result<(User, Half), Fault> {
        let Self { user, keys, phc, upgrade, must_change, .. } = self;
        let (id, better) = (user.id.clone(), upgrade);
        let phc = cx.db().write(move |c| {
            forget_guesses(c, &keys)?;
            match &better {
                Some((old, new)) if users::password_upgrade(c, &id, old, new)? => Ok(new.clone()),
                _ => Ok(phc.clone()),
            }
        });
        let half = Half::after_password(cx, user.id.clone(), &phc.await?, must_change, request);
        Ok((user, half))
    }
}

/// Checks an address and a password: limits first, then the hash, whether or not there is such a person.
///
/// # Errors
/// Inner: why not. Outer: a [`Fault`].
pub async fn prove(
    cx: &Cx,
    email: &Email,
    password: Sensitive,
    browser: &Browser,
) -> Result<Result<RightPassword, Denied>, Fault> {
    let (key, device, own) = (email.key().to_owned(), browser.device_hash(), cx.clone());
    let admitted = cx.db().write(move |c| {
        let user = users::find_by_email_key(c, &key)?;
        let keys = guess_keys(c, &key, user.as_ref(), device.as_deref(), &own.rate_key)?;
        // The same questions to the database whether there is such a person or not.
        let id = user.as_ref().map_or_else(|| UserId(String::new()), |user| user.id.clone());
        let (password, reach) = (users::password_with_duty(c, &id)?, factors::reach(c, std::slice::from_ref(&id.0))?);
        let admitted = admit(c, &own, &keys)?;
        Ok(admitted.map(|admitted| Candidate { user, keys, password, reach, is_barred: admitted.is_barred }))
    });
    let candidate = match admitted.await? {
        Ok(candidate) => candidate,
        Err(wait) => return Ok(Err(Denied::Waiting(wait))),
    };
    let stored = candidate.password.as_ref().map(|(phc, _)| phc.clone());
    let verdict = cx.parts.passwords.verify(password, stored).await?;
    let (keys, is_barred) = (candidate.keys.clone(), candidate.is_barred);
    match candidate.judged(verdict) {
        Ok(right) if is_barred && right.reach == Level::Password => {
            fail(cx, keys, Some(&right.user)).await?;
            Ok(Err(Denied::Barred(Box::new(Barred::Right(Box::new(right.user))))))
        }
        Ok(right) => Ok(Ok(right)),
        Err(denied) => {
            fail(cx, keys, None).await?;
            Ok(Err(if is_barred { Denied::Barred(Box::new(Barred::Denied(denied))) } else { denied }))
        }
    }
}

/// Whoever is to be signed in, before the password was looked at.
struct Candidate {
    user: Option<User>,
    keys: GuessKeys,
    /// The stored hash, and whether the password must be changed.
    password: Option<(String, bool)>,
    reach: HashMap<String, Level>,
    is_barred: bool,
}

impl Candidate {
    fn judged(self, verdict: PasswordVerdict) -> Result<RightPassword, Denied> {
        let Some(user) = self.user else { return Err(Denied::Unknown) };
        let (upgrade, phc, must_change) = match (verdict, self.password) {
            (PasswordVerdict::Wrong, _) | (_, None) => return Err(Denied::Wrong(user.id)),
            (PasswordVerdict::Right { upgrade }, Some((phc, must_change))) => {
                (upgrade.map(|new| (phc.clone(), new)), phc, must_change)
            }
        };
        if user.disabled_at.is_some() {
            return Err(Denied::Disabled(user.id));
        }
        let reach = self.reach.get(user.id.as_str()).copied().unwrap_or(Level::Password);
        Ok(RightPassword { user, keys: self.keys, phc, upgrade, must_change, reach })
    }
}

/// Counts a failure. Whose password was right although they were not let in is told: somebody else may know it.
async fn fail(cx: &Cx, keys: GuessKeys, known_by: Option<&User>) -> Result<(), Fault> {
    let (own, told) = (cx.clone(), known_by.map(|user| Told::new(cx, user, Notice::PasswordKnown)));
    let counted = cx.db().write(move |c| {
        if let Some(told) = &told {
            told.post(c, &own)?;
        }
        failed(c, &own, &keys)
    });
    Ok(counted.await?)
}
