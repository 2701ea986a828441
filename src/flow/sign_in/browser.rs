//! Owns what a browser brings along: its binding, its sessions, and whether it is a known device; and the tokens that tie a
//! form to them. It does not own the cookies' names and attributes (`http::cookies`).

use crate::flow::cx::{base64url, from_base64url};
use crate::flow::{Cx, Fault};
use crate::identity::{
    Level, Standing,
    standing::{SessionStanding, Switch, UserStanding},
};
use crate::oauth::step::SignedIn;
use crate::secret::token::{Kind, check_shape, hash};
use crate::store::{self, Conn, factors, sessions};

/// At most this many accounts are signed in at once on one browser.
pub const MAX_SESSIONS: usize = 5;

/// What the cookies said. Values are secrets; only hashes go further.
#[derive(Clone, Default)]
pub struct Browser {
    /// Binds a sign-in under way to this browser.
    pub binding: Option<String>,
    /// Session tokens, the newest first.
    pub session_tokens: Vec<String>,
    /// Marks a browser somebody has signed in from before.
    pub device: Option<String>,
    /// Token of the console session, if somebody administers from here.
    pub console: Option<String>,
}

impl Browser {
    /// Hashes of the session tokens that have the form of ours.
    pub fn session_hashes(&self) -> Vec<Vec<u8>> {
        let ours = self.session_tokens.iter().filter(|t| check_shape(Kind::Session, t));
        ours.take(MAX_SESSIONS).map(|t| hash(t)).collect()
    }

    /// Hash of the device token.
    pub fn device_hash(&self) -> Option<Vec<u8>> {
        self.device.as_deref().filter(|t| check_shape(Kind::Device, t)).map(hash)
    }
}

/// A live session together with the hash of the token that found it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Hash of its token.
    pub token_hash: Vec<u8>,
    /// The session and its person.
    pub signed_in: SignedIn,
}

/// The live sessions of a browser, in the order of its tokens. Asks the one function of rule 8 about each.
///
/// # Errors
/// A [`store::Fault`].
pub fn live_sessions(
    c: &mut Conn,
    hashes: &[Vec<u8>],
    rule: crate::identity::session::SessionRule,
    now: crate::time::Timestamp,
) -> Result<Vec<Found>, store::Fault> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Found> = sessions::find_by_token_hashes(c, hashes)?
        .into_iter()
        .map(|(token_hash, session, user)| Found {
            token_hash,
            signed_in: SignedIn { session, user, reach: Level::Password },
        })
        .filter(|f| is_good(&f.signed_in, rule, now))
        .collect();
    found.sort_by_key(|f| hashes.iter().position(|h| *h == f.token_hash));
    let people: Vec<String> = found.iter().map(|f| f.signed_in.user.id.0.clone()).collect();
    let reach = factors::reach(c, &people)?;
    for f in &mut found {
        f.signed_in.reach = reach.get(f.signed_in.user.id.as_str()).copied().unwrap_or(Level::Password);
    }
    Ok(found)
}

fn is_good(s: &SignedIn, rule: crate::identity::session::SessionRule, now: crate::time::Timestamp) -> bool {
    let switch = if s.user.disabled_at.is_some() { Switch::Disabled } else { Switch::Enabled };
    let standing = Standing {
        client: None,
        user: Some(UserStanding { switch, valid_from: s.user.valid_from, began_at: s.session.created_at }),
        session: Some(SessionStanding {
            ended_at: s.session.ended_at,
            expires_at: s.session.expires_at,
            last_seen_at: s.session.last_seen_at,
        }),
        grant: None,
    };
    standing.judge(rule, now).is_ok()
}

/// The live sessions of a browser.
///
/// # Errors
/// A [`Fault`].
pub async fn sessions_of(cx: &Cx, browser: &Browser) -> Result<Vec<Found>, Fault> {
    let (hashes, rule, now) = (browser.session_hashes(), cx.policy().sessions, cx.now);
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cx.db().read(move |c| live_sessions(c, &hashes, rule, now)).await?)
}

/// A form token: ties a form to the browser, the step, and whatever else the step depends on (a session, a request).
pub fn form_token(cx: &Cx, browser: &str, step: &str, bound_to: &str) -> String {
    base64url(&cx.parts.forms.tag(&[browser.as_bytes(), step.as_bytes(), bound_to.as_bytes()]))
}

/// Whether a form token is the one that [`form_token`] made; compared in constant time.
pub fn form_token_is_good(cx: &Cx, token: &str, browser: Option<&str>, step: &str, bound_to: &str) -> bool {
    let (Some(tag), Some(browser)) = (from_base64url(token), browser) else { return false };
    cx.parts.forms.verify(&[browser.as_bytes(), step.as_bytes(), bound_to.as_bytes()], &tag)
}
