//! Owns the end of every sign-in: a session begins, or the one the person has on this browser is renewed or raised. It does
//! not own what was proven before.

use crate::flow::account::notice::{Notice, Told};
use crate::flow::audit::Entry;
use crate::flow::sign_in::attempts::{GuessKeys, forget_guesses};
use crate::flow::sign_in::browser::{Browser, live_sessions};
use crate::flow::sign_in::pending::{Linking, Pending};
use crate::flow::sign_in::upstream::ended;
use crate::flow::sign_in::upstream::linking::NewLink;
use crate::flow::{Cx, Fault};
use crate::identity::level::CodeKind;
use crate::identity::{Level, Session, SessionId, User, UserId};
use crate::secret;
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::upstream_sessions::{self, Origin};
use crate::store::{self, Conn, devices, sessions, users};
use crate::time::Timestamp;

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

/// A person who proved who they are.
pub struct Proven {
    /// Who.
    pub(super) user: User,
    /// How (RFC 8176).
    pub(super) amr: Vec<String>,
    /// Keys whose counters are to be cleared or given back, unless that was done.
    pub(super) keys: Option<GuessKeys>,
    /// The stored hash of the password and a better one.
    pub(super) upgrade: Option<(String, String)>,
    /// The session that is raised; otherwise the sign-in counts as one from the beginning.
    pub(super) raises: Option<SessionId>,
    /// The provider's session on which this sign-in rests.
    pub(super) origin: Option<Origin>,
    /// What the code was by which they did, if they did by one.
    pub(super) code: Option<CodeKind>,
}

impl Proven {
    /// Somebody who proved all there was to prove.
    pub(in crate::flow) fn by(user: User, amr: Vec<String>) -> Self {
        Self { user, amr, keys: None, upgrade: None, raises: None, origin: None, code: None }
    }
}

/// What one transaction needs.
#[derive(Clone)]
struct Beginning {
    fresh: Session,
    user: User,
    token_hash: Vec<u8>,
    new_device: Vec<u8>,
    known_device: Option<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
    keys: Option<GuessKeys>,
    upgrade: Option<(String, String)>,
    raises: Option<SessionId>,
    origin: Option<Origin>,
    code: Option<CodeKind>,
    entry: Entry,
    /// Goes out if the device is a new one.
    told: Option<Told>,
    /// Who they are at a provider, which is linked by this sign-in.
    linking: Option<NewLink>,
    cx: Cx,
    rule: crate::identity::session::SessionRule,
    now: Timestamp,
}

/// Begins a session, or renews the one this person has on this browser: either way under a new token (security case I01).
/// `None`: the session to be raised is not there any more, or the
/// provider's on which it was to rest is over.
pub(in crate::flow) async fn begin_session(
    cx: &Cx,
    proven: Proven,
    browser: &Browser,
    pending: Pending,
) -> Result<Option<SignedInNow>, Fault> {
    match begun(cx, proven, browser, pending.linking.clone()).await? {
        Some((id, now)) => Ok(Some(SignedInNow { request: pending.with_chosen(id).seal(cx)?, ..now })),
        None => Ok(None),
    }
}

/// [`begin_session`] where no app waits: the request is empty.
pub(in crate::flow) async fn begin_alone(
    cx: &Cx,
    proven: Proven,
    browser: &Browser,
) -> Result<Option<SignedInNow>, Fault> {
    Ok(begun(cx, proven, browser, None).await?.map(|(_, now)| now))
}

async fn begun(
    cx: &Cx,
    proven: Proven,
    browser: &Browser,
    linking: Option<Linking>,
) -> Result<Option<(SessionId, SignedInNow)>, Fault> {
    let session_token = make(Kind::Session, &*cx.parts.chance);
    let device_token = make(Kind::Device, &*cx.parts.chance);
    let new_id = SessionId(secret::random::uuid(&*cx.parts.chance, cx.now));
    let is_raised = proven.raises.is_some();
    let kind = if is_raised { "session_raised" } else { "signed_in" };
    let beginning = Beginning {
        fresh: fresh_session(cx, &proven.user, new_id, proven.amr),
        token_hash: hash(session_token.expose()),
        new_device: hash(device_token.expose()),
        known_device: browser.device_hash(),
        hashes: browser.session_hashes(),
        keys: proven.keys,
        upgrade: proven.upgrade,
        raises: proven.raises,
        origin: proven.origin,
        code: proven.code,
        entry: about(kind, cx, &proven.user.id),
        told: wants_letter(cx, &proven.user).then(|| Told::new(cx, &proven.user, Notice::NewDevice)),
        linking: linking.filter(|_| !is_raised).map(|linking| NewLink::of(cx, &proven.user, linking)),
        cx: cx.clone(),
        user: proven.user,
        rule: cx.policy().sessions,
        now: cx.now,
    };
    let begun = cx.db().write(move |c| begin(c, beginning.clone())).await?;
    let Some((id, replaced)) = begun else { return Ok(None) };
    Ok(Some((id, SignedInNow { request: String::new(), session_token, replaced, device_token })))
}

/// Nobody is told of their own very first sign-in.
fn wants_letter(cx: &Cx, user: &User) -> bool {
    user.last_sign_in_at.is_some() && cx.parts.settings.get().notices.new_device
}

/// The session, and the hash of the token that was replaced.
type Begun = (SessionId, Option<Vec<u8>>);

fn begin(c: &mut Conn, b: Beginning) -> Result<Option<Begun>, store::Fault> {
    // First of all: it takes turns with the provider's own word, at the provider's row.
    if let Some(origin) = &b.origin
        && ended::is_over(c, origin)?
    {
        return Ok(None);
    }
    if let Some(linking) = &b.linking {
        linking.hold(c)?;
    }
    if let Some(keys) = &b.keys {
        forget_guesses(c, keys)?;
    }
    if let Some((old, new)) = &b.upgrade {
        users::password_upgrade(c, &b.user.id, old, new)?;
    }
    let found = live_sessions(c, &b.hashes, b.rule, b.now)?;
    let own = found.into_iter().find(|f| f.signed_in.user.id == b.user.id);
    let own = match &b.raises {
        Some(wanted) => match own.filter(|f| f.signed_in.session.id == *wanted) {
            Some(own) => Some(own),
            None => return Ok(None),
        },
        None => own,
    };
    let is_known = match &b.known_device {
        Some(device) => devices::is_known(c, &b.user.id, device)?,
        None => false,
    };
    if let Some(old) = &b.known_device {
        devices::renew(c, old, &b.new_device)?;
    }
    devices::remember(c, &b.user.id, &b.new_device, b.now)?;
    let (acr, amr) = (b.fresh.acr.as_str(), b.fresh.amr.as_slice());
    let (id, replaced) = match own {
        Some(found) => {
            let session = found.signed_in.session;
            // What was proven first keeps its age: a second factor alone is no new sign-in.
            let auth_time = if b.raises.is_some() { session.auth_time } else { b.now };
            sessions::reauthenticated(
                c,
                &session.id,
                sessions::Proof { auth_time, now: b.now, acr, amr },
                &b.token_hash,
            )?;
            (session.id, Some(found.token_hash))
        }
        None => {
            sessions::insert(c, &b.fresh, &b.token_hash)?;
            (b.fresh.id.clone(), None)
        }
    };
    // A passkey beside a code takes nothing back.
    if b.raises.is_none() || b.code.is_some() {
        sessions::set_code(c, &id, b.code)?;
    }
    users::signed_in(c, &b.user.id, b.now)?;
    let linked = match &b.linking {
        Some(linking) => linking.store(c, &b.cx)?,
        None => None,
    };
    if b.raises.is_none() {
        // What is over at the provider carries nothing any more; the proof that was given here does.
        let linked = match linked {
            Some(linked) if !ended::is_over(c, &linked)? => Some(linked),
            _ => None,
        };
        upstream_sessions::set(c, &id, linked.or(b.origin).as_ref())?;
    }
    if let Some(told) = b.told.filter(|_| !is_known) {
        told.post(c, &b.cx)?;
    }
    let mut entry = b.entry;
    entry.event.detail = serde_json::json!({ "amr": amr, "new_device": !is_known }).to_string();
    entry.append(c)?;
    Ok(Some((id, replaced)))
}

/// An event of the person themselves.
pub(super) fn about(kind: &str, cx: &Cx, user_id: &UserId) -> Entry {
    let mut entry = Entry::new(cx, kind);
    entry.event.user_id = Some(user_id.as_str().to_owned());
    entry
}

/// A new session of a person on the browser of `cx`.
fn fresh_session(cx: &Cx, user: &User, id: SessionId, amr: Vec<String>) -> Session {
    Session {
        id,
        user_id: user.id.clone(),
        created_at: cx.now,
        auth_time: cx.now,
        last_seen_at: cx.now,
        expires_at: cx.now + cx.policy().sessions.absolute,
        ended_at: None,
        acr: Level::reached(&amr).acr().to_owned(),
        amr,
        user_agent: cx.user_agent.clone(),
        address: cx.address.clone(),
    }
}
