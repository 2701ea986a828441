//! Owns the password step: admits a guess, lets the pool check it, and begins or renews a session. It does not own what
//! comes after (`oauth::step` decides when the browser returns to `/authorize`).

use crate::flow::audit::Entry;
use crate::flow::oauth::authorize::PageRefusal;
use crate::flow::oauth::authorize::reopen;
use crate::flow::sign_in::browser::{Browser, form_token_is_good, live_sessions};
use crate::flow::sign_in::new_password::{ChangeForm, PasswordChange};
use crate::flow::sign_in::pending::Pending;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::guess::{GuessCounter, GuessRule, Wait};
use crate::identity::{Email, Session, SessionId, User, UserId};
use crate::oauth::authorize::{Answer, Callback};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::metadata::ACR_PASSWORD;
use crate::secret;
use crate::secret::password::PasswordVerdict;
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, devices, guesses, sessions, users};
use crate::time::Timestamp;

const STEP: &str = "login";

/// What the form brought.
pub struct Submitted {
    /// The sealed request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
    /// The address.
    pub login: String,
    /// The password.
    pub password: Sensitive,
    /// Whether the person pressed cancel.
    pub cancel: bool,
}

/// What came of it.
pub enum LoginOutcome {
    /// Signed in: set the cookies and go on with this sealed request.
    SignedIn(Box<SignedInNow>),
    /// The password was right and has to be changed before anything else: show the form for another one.
    NewPassword(Box<ChangeForm>),
    /// Cancelled: tell the app.
    Answer(Answer),
    /// Show the form again.
    Again(Box<Again>),
    /// Show an error page.
    Page(Box<PageRefusal>),
    /// The form was not ours: 403.
    Forged(Box<Refusal>),
}

/// A session began or was renewed.
pub struct SignedInNow {
    /// The request to go on with.
    pub request: String,
    /// New token of the session.
    pub session_token: Sensitive,
    /// Token it replaces on this browser, if the session was there before.
    pub replaced: Option<Vec<u8>>,
    /// New device token; it takes the place of the one the browser had.
    pub device_token: Sensitive,
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
    /// Why.
    pub why: Problem,
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
    let again = |why| {
        cx.count(Count::FailedSignIns);
        let (client, redirect_uri) = (client.clone(), callback.redirect_uri().to_owned());
        let (request, login) = (form.request.clone(), form.login.clone());
        Ok(LoginOutcome::Again(Box::new(Again { client, redirect_uri, request, login, why })))
    };
    if cx.parts.passwords.is_too_long(&form.password) {
        cx.note(
            Note::new(STEP, "refused: the password is longer than any that is looked at").client(&client.client_id),
        );
        return again(Problem::TooLong);
    }
    let Ok(email) = Email::parse(&form.login) else {
        cx.note(Note::new(STEP, "refused: the text is no e-mail address").client(&client.client_id));
        return again(Problem::WrongCredentials);
    };
    let proven = match prove(cx, &email, form.password.clone(), browser).await? {
        Ok(proven) => proven,
        Err(denied) => {
            let mut note = Note::new(STEP, denied.words()).client(&client.client_id);
            note.user_id = denied.user_id().map(|id| id.as_str().to_owned());
            cx.note(note);
            note_failure(cx, &denied, &client).await?;
            return again(denied.problem());
        }
    };
    if let Some(phc) = &proven.to_be_changed {
        let change = PasswordChange::begin(cx, proven.user.id.clone(), phc, form.request.clone());
        forget_attempts(cx, proven.keys.clone()).await?;
        let user_id = proven.user.id.as_str();
        cx.note(Note::new(STEP, "the password has to be changed first").client(&client.client_id).user(user_id));
        return Ok(LoginOutcome::NewPassword(Box::new(change.form(cx, &client, &proven.user)?)));
    }
    let user_id = proven.user.id.clone();
    let signed_in = begin_session(cx, proven, browser, pending).await?;
    cx.count(Count::SignIns);
    cx.note(Note::new(STEP, "signed in with a password").client(&client.client_id).user(user_id.as_str()));
    Ok(LoginOutcome::SignedIn(Box::new(signed_in)))
}

/// A failed attempt at an account that exists belongs into that person's sign-in history.
async fn note_failure(cx: &Cx, denied: &Denied, client: &Client) -> Result<(), Fault> {
    let Some(user_id) = denied.user_id() else { return Ok(()) };
    let mut entry = about("sign_in_failed", cx, user_id);
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

fn cancelled(cx: &Cx, callback: &Callback, client: &Client) -> Answer {
    let words = "the person cancelled the sign-in";
    let refusal = Refusal::new(ErrorCode::AccessDenied, "person.goes_on", "RFC 6749 section 4.1.2.1", words)
        .because("a sign-in", "cancel");
    let refusal = cx.refuse(STEP, refusal, Note::default().client(&client.client_id));
    callback.error(&refusal, &cx.correlation_id)
}

/// A person who proved who they are.
pub struct Proven {
    user: User,
    /// Keys whose counters are to be cleared or given back, unless that was done.
    keys: Option<GuessKeys>,
    upgrade: Option<(String, String)>,
    /// The hash of the password, if it opens nothing but the form for another one.
    to_be_changed: Option<String>,
}

impl Proven {
    /// Somebody who has just chosen another password, having proven the old one.
    pub(super) fn by_new_password(user: User) -> Self {
        Self { user, keys: None, upgrade: None, to_be_changed: None }
    }
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
}

impl Denied {
    fn words(&self) -> String {
        match self {
            Denied::Waiting(wait) => format!("refused: too many attempts, {} s to wait", wait.0.seconds() + 1),
            Denied::Unknown => "refused: no account has this address".to_owned(),
            Denied::Wrong(_) => "refused: wrong password, or the account has none".to_owned(),
            Denied::Disabled(_) => "refused: the account is disabled".to_owned(),
        }
    }

    fn user_id(&self) -> Option<&UserId> {
        match self {
            Denied::Wrong(id) | Denied::Disabled(id) => Some(id),
            Denied::Waiting(_) | Denied::Unknown => None,
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Denied::Waiting(wait) => Problem::TooMany(wait.0.seconds() + 1),
            _ => Problem::WrongCredentials,
        }
    }
}

#[derive(Clone)]
struct GuessKeys {
    account: String,
    address: String,
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
) -> Result<Result<Proven, Denied>, Fault> {
    let (key, device) = (email.key().to_owned(), browser.device_hash());
    let (account_rule, address_rule) = (cx.policy().account_guesses, cx.policy().address_guesses);
    let (rate_key, now) = (cx.rate_key.clone(), cx.now);
    let admitted = cx.db().write(move |c| {
        let user = users::find_by_email_key(c, &key)?;
        let keys = guess_keys(c, &key, user.as_ref(), device.as_deref(), &rate_key)?;
        let (phc, must_change) = match &user {
            Some(user) => users::password_with_duty(c, &user.id)?.unzip(),
            None => (None, None),
        };
        let admitted = admit(c, &keys, account_rule, address_rule, now)?;
        Ok(admitted.map(|()| (user, keys, phc, must_change.unwrap_or(false))))
    });
    let (user, keys, phc, must_change) = match admitted.await? {
        Ok(admitted) => admitted,
        Err(wait) => return Ok(Err(Denied::Waiting(wait))),
    };
    let verdict = cx.parts.passwords.verify(password, phc.clone()).await?;
    let Some(user) = user else { return Ok(Err(Denied::Unknown)) };
    let upgrade = match verdict {
        PasswordVerdict::Wrong => return Ok(Err(Denied::Wrong(user.id))),
        PasswordVerdict::Right { upgrade } => phc.clone().zip(upgrade),
    };
    if user.disabled_at.is_some() {
        return Ok(Err(Denied::Disabled(user.id)));
    }
    Ok(Ok(Proven { user, keys: Some(keys), upgrade, to_be_changed: phc.filter(|_| must_change) }))
}

/// A device the person has signed in from counts for itself, so that a stranger's guesses cannot lock the person out there.
fn guess_keys(
    c: &mut Conn,
    email_key: &str,
    user: Option<&User>,
    device: Option<&[u8]>,
    rate_key: &str,
) -> Result<GuessKeys, store::Fault> {
    let known_device = match (user, device) {
        (Some(user), Some(device)) => devices::is_known(c, &user.id, device)?.then_some(device),
        _ => None,
    };
    let hashed = |text: &str| crate::flow::cx::base64url(&hash(text));
    let account = match known_device {
        Some(device) => format!("device:{}:{}", hashed(email_key), crate::flow::cx::base64url(device)),
        None => format!("account:{}", hashed(email_key)),
    };
    Ok(GuessKeys { account, address: format!("address:{rate_key}") })
}

/// Counts the attempt before the password is looked at (security case J05). Both keys must admit it, or neither counts.
fn admit(
    c: &mut Conn,
    keys: &GuessKeys,
    account_rule: GuessRule,
    address_rule: GuessRule,
    now: Timestamp,
) -> Result<Result<(), Wait>, store::Fault> {
    let account = guesses::for_update(c, &keys.account)?;
    let address = guesses::for_update(c, &keys.address)?;
    match (account_rule.admit(account, now), address_rule.admit(address, now)) {
        (Ok(account), Ok(address)) => {
            guesses::put(c, &keys.account, &account)?;
            guesses::put(c, &keys.address, &address)?;
            Ok(Ok(()))
        }
        (Err(a), Err(b)) => Ok(Err(Wait(a.0.max(b.0)))),
        (Err(wait), Ok(_)) | (Ok(_), Err(wait)) => Ok(Err(wait)),
    }
}

/// Begins a session, or renews the one this person has on this browser: either way under a new token (security case I01).
pub(super) async fn begin_session(
    cx: &Cx,
    proven: Proven,
    browser: &Browser,
    pending: Pending,
) -> Result<SignedInNow, Fault> {
    let session_token = make(Kind::Session, &*cx.parts.chance);
    let device_token = make(Kind::Device, &*cx.parts.chance);
    let new_id = SessionId(secret::random::uuid(&*cx.parts.chance, cx.now));
    let fresh = fresh_session(cx, &proven.user, new_id);
    let (token_hash, new_device) = (hash(session_token.expose()), hash(device_token.expose()));
    let (hashes, known_device) = (browser.session_hashes(), browser.device_hash());
    let (rule, now) = (cx.policy().sessions, cx.now);
    let mut entry = about("signed_in", cx, &proven.user.id);
    let user = proven.user;
    let (keys, upgrade) = (proven.keys, proven.upgrade);
    let saved = cx.db().write(move |c| {
        if let Some(keys) = &keys {
            forget_guesses(c, keys)?;
        }
        if let Some((old, new)) = &upgrade {
            users::password_upgrade(c, &user.id, old, new)?;
        }
        let is_known = match &known_device {
            Some(device) => devices::is_known(c, &user.id, device)?,
            None => false,
        };
        if let Some(old) = &known_device {
            devices::renew(c, old, &new_device)?;
        }
        devices::remember(c, &user.id, &new_device, now)?;
        let found = live_sessions(c, &hashes, rule, now)?;
        let own = found.into_iter().find(|f| f.signed_in.user.id == user.id);
        let (id, replaced) = match own {
            Some(found) => {
                let id = found.signed_in.session.id;
                let proof = sessions::Proof { auth_time: now, acr: ACR_PASSWORD, amr: &amr() };
                sessions::reauthenticated(c, &id, proof, &token_hash)?;
                (id, Some(found.token_hash))
            }
            None => {
                sessions::insert(c, &fresh, &token_hash)?;
                (fresh.id.clone(), None)
            }
        };
        users::signed_in(c, &user.id, now)?;
        entry.event.detail = serde_json::json!({ "amr": amr(), "new_device": !is_known }).to_string();
        entry.append(c)?;
        Ok((id, replaced))
    });
    let (id, replaced) = saved.await?;
    let request = pending.with_chosen(id).seal(cx)?;
    Ok(SignedInNow { request, session_token, replaced, device_token })
}

/// An event of the person themselves.
fn about(kind: &str, cx: &Cx, user_id: &UserId) -> Entry {
    let mut entry = Entry::new(cx, kind);
    entry.event.user_id = Some(user_id.as_str().to_owned());
    entry
}

/// The attempt was a good one, even if no session comes of it yet.
async fn forget_attempts(cx: &Cx, keys: Option<GuessKeys>) -> Result<(), Fault> {
    let Some(keys) = keys else { return Ok(()) };
    Ok(cx.db().write(move |c| forget_guesses(c, &keys)).await?)
}

fn forget_guesses(c: &mut Conn, keys: &GuessKeys) -> Result<(), store::Fault> {
    guesses::forget(c, &keys.account)?;
    if let Some(counter) = guesses::for_update(c, &keys.address)? {
        guesses::put(c, &keys.address, &GuessCounter::give_back(counter))?;
    }
    Ok(())
}

/// `amr` of a password (RFC 8176 section 2).
fn amr() -> Vec<String> {
    vec!["pwd".to_owned()]
}

/// A new session of a person on the browser of `cx`.
pub fn fresh_session(cx: &Cx, user: &User, id: SessionId) -> Session {
    Session {
        id,
        user_id: user.id.clone(),
        created_at: cx.now,
        auth_time: cx.now,
        last_seen_at: cx.now,
        expires_at: cx.now + cx.policy().sessions.absolute,
        ended_at: None,
        acr: ACR_PASSWORD.to_owned(),
        amr: amr(),
        user_agent: cx.user_agent.clone(),
        address: cx.address.clone(),
    }
}
