//! Owns signing in to one of our own apps through this very provider, and the app's own sessions. It does not own the
//! cookies (`http::cookies`), nor what the permissions allow (each operation asks).
//!
//! Each app is a client like any other: code flow with PKCE, state and nonce. Only the redemption takes no way over the
//! network, since a server need not be able to reach its own public address.

use serde::{Deserialize, Serialize};

use super::{OwnApp, client};
use crate::flow::admin::Actor;
use crate::flow::cx::base64url;
use crate::flow::oauth::client::Incoming;
use crate::flow::oauth::token;
use crate::flow::sign_in::pending::{open, seal};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::permission::built_in;
use crate::identity::{Level, Permissions, SessionId, User, UserId};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::jose::TokenType;
use crate::oauth::params::Params;
use crate::oauth::step::JUST_PROVEN;
use crate::secret;
use crate::secret::random::{token32, uuid};
use crate::secret::token::{check_shape, hash, make};
use crate::sensitive::Sensitive;
use crate::signing::{Expect, ExpectedAudience};
use crate::store::own_sessions::{self, Found, OwnSession};
use crate::store::sessions;
use crate::time::{Lifetime, Timestamp};

/// How old the proof of who sits there may be before what counts: keys, secrets, roles, passwords.
pub const FRESH: Lifetime = JUST_PROVEN;
/// How long a sign-in may take.
const PATIENCE: Lifetime = Lifetime::from_minutes(30);

/// What is sealed for one app opens in no other.
fn aad(app: OwnApp) -> Vec<u8> {
    [app.name().as_bytes(), b" sign-in"].concat()
}

/// What the sign-in has to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Somebody who is signed in.
    Session,
    /// A new proof.
    Proof,
    /// What is missing to this level.
    Level(Level),
    /// Another account.
    Account,
}

/// What the browser carries while the person is at the authorization endpoint.
#[derive(Serialize, Deserialize)]
struct Trip {
    state: String,
    nonce: String,
    verifier: String,
    to: String,
    began_at: Timestamp,
}

/// A sign-in that begins.
pub struct Begun {
    /// The query for the authorization endpoint.
    pub query: String,
    /// For the browser's cookie.
    pub sealed: String,
}

/// Begins a sign-in. `to` is where the person wants to go afterwards.
///
/// # Errors
/// A [`Fault`].
pub fn begin(cx: &Cx, app: OwnApp, ask: Ask, to: &str) -> Result<Begun, Fault> {
    let fresh = || token32(&*cx.parts.chance);
    let trip = Trip { state: fresh(), nonce: fresh(), verifier: fresh(), to: own_place(app, to), began_at: cx.now };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", app.client_id()),
        ("redirect_uri", &format!("{}{}", cx.issuer(), app.callback())),
        ("scope", "openid"),
        ("state", &trip.state),
        ("nonce", &trip.nonce),
        ("code_challenge", &base64url(&hash(&trip.verifier))),
        ("code_challenge_method", "S256"),
    ]);
    match ask {
        Ask::Session => &mut query,
        Ask::Proof => query.append_pair("prompt", "login").append_pair("max_age", "0"),
        Ask::Level(level) => query.append_pair("acr_values", level.acr()),
        Ask::Account => query.append_pair("prompt", "select_account"),
    };
    Ok(Begun { query: query.finish(), sealed: seal(cx, &trip, &aad(app))? })
}

/// A place of the app, or its beginning for any other text.
fn own_place(app: OwnApp, to: &str) -> String {
    let root = app.root();
    let path = to.split('?').next().unwrap_or_default();
    let below = path.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let plain = to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'"' && b != b'<' && b != b'>');
    let is_step = below.is_some_and(|rest| ["/login", "/callback", "/logout", "/try/callback"].contains(&rest));
    let good = below.is_some() && plain && !is_step && !to.contains("//") && !to.contains("..") && to.len() <= 300;
    if good { to.to_owned() } else { root.to_owned() }
}

/// What came of a sign-in.
pub enum Arrived {
    /// The session begins.
    In {
        /// For the cookie.
        token: Sensitive,
        /// Where the person wanted to go.
        to: String,
    },
    /// The person may do nothing here.
    NoRole(Box<User>),
}

/// Ends a sign-in: judges the authorization response, redeems the code, believes the ID token, and begins a session for
/// whoever has a permission. `old` is the token of the session that the browser had.
///
/// # Errors
/// Inner: a refusal to show as a page. Outer: a [`Fault`].
pub async fn finish(
    cx: &mut Cx,
    app: OwnApp,
    sealed: Option<&str>,
    params: &Params,
    old: Option<&str>,
) -> Result<Result<Arrived, Refusal>, Fault> {
    let note = || Note::default().client(app.client_id());
    let (trip, code) = match opened(cx, app, sealed, params) {
        Ok(parts) => parts,
        Err(refusal) => return Ok(Err(cx.refuse(app.name(), refusal, note()))),
    };
    let (redirect_uri, secret) = (format!("{}{}", cx.issuer(), app.callback()), client::secret(app, &cx.parts));
    let form = Params::of([
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &trip.verifier),
        ("client_id", app.client_id()),
        ("client_secret", secret.expose()),
    ]);
    let tokens = match token::exchange(cx, &Incoming { authorization: Vec::new(), form: &form }).await? {
        Ok(tokens) => tokens,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id_token = tokens.id_token.as_ref().map_or("", Sensitive::expose);
    let proof = match proof(cx, app, id_token, &trip.nonce) {
        Ok(proof) => proof,
        Err(refusal) => return Ok(Err(cx.refuse(app.name(), refusal, note()))),
    };
    let user_id = proof.user_id.clone();
    let arrived = begin_session(cx, app, proof, (old, trip.to)).await?;
    cx.note(
        Note::new(app.name(), format!("signed in to {}", app.words())).client(app.client_id()).user(user_id.as_str()),
    );
    Ok(Ok(arrived))
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, check, "OIDC Core section 3.1.2.7", words)
}

/// The authorization response held against what this browser began.
fn opened(cx: &Cx, app: OwnApp, sealed: Option<&str>, params: &Params) -> Result<(Trip, String), Refusal> {
    params.all_once()?;
    let trip = sealed.and_then(|text| open::<Trip>(cx, text, &aad(app))).filter(|t| cx.now < t.began_at + PATIENCE);
    let Some(trip) = trip else {
        let words = "this sign-in took too long or was begun in another browser; open the page again";
        return Err(refuse("own_app.began", words).because("the cookie of a sign-in under way", "none, or an old one"));
    };
    let state = params.find("state").unwrap_or_default();
    if !secret::equal(trip.state.as_bytes(), state.as_bytes()) {
        let words = "this answer does not belong to the sign-in that this browser began; open the page again";
        return Err(refuse("own_app.state", words).because("the state of this sign-in", "another state"));
    }
    if params.find("iss") != Some(cx.issuer()) {
        let words = "this answer comes from another provider; open the page again";
        return Err(refuse("own_app.issuer", words).because(cx.issuer(), params.find("iss").unwrap_or("none")));
    }
    match params.find("code") {
        Some(code) => Ok((trip, code.to_owned())),
        None => {
            let words = "the sign-in was not finished; open the page again to begin anew";
            let received = params.find("error").unwrap_or("neither code nor error").to_owned();
            Err(refuse("own_app.code", words).because("a code", received))
        }
    }
}

/// What a believed ID token says.
struct Proof {
    user_id: UserId,
    session_id: SessionId,
    auth_time: Timestamp,
    amr: Vec<String>,
}

fn proof(cx: &Cx, app: OwnApp, id_token: &str, nonce: &str) -> Result<Proof, Refusal> {
    let audience = ExpectedAudience::Contains(app.client_id());
    let expect = Expect { typ: TokenType::IdToken, issuer: cx.issuer(), audience, allow_expired: false };
    let words = "the sign-in could not be confirmed; open the page again";
    let refused =
        |received: String| refuse("own_app.id_token", words).because("an ID token for this sign-in", received);
    let verified = cx.parts.keyring.verify(id_token, &expect, cx.now).map_err(|why| refused(why.to_string()))?;
    let claims = verified.claims();
    let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
    if !text("nonce").is_some_and(|is| secret::equal(is.as_bytes(), nonce.as_bytes())) {
        return Err(refused("another nonce".to_owned()));
    }
    let auth_time = claims.get("auth_time").and_then(serde_json::Value::as_i64);
    match (text("sub"), text("sid"), auth_time) {
        (Some(sub), Some(sid), Some(at)) => Ok(Proof {
            user_id: UserId(sub.to_owned()),
            session_id: SessionId(sid.to_owned()),
            auth_time: Timestamp::from_seconds(at),
            amr: claims.get("amr").and_then(|amr| serde_json::from_value(amr.clone()).ok()).unwrap_or_default(),
        }),
        _ => Err(refused("no sub, sid or auth_time".to_owned())),
    }
}

async fn begin_session(
    cx: &Cx,
    app: OwnApp,
    proof: Proof,
    (old, to): (Option<&str>, String),
) -> Result<Arrived, Fault> {
    let token = make(app.kind(), &*cx.parts.chance);
    let now = cx.now;
    let session = OwnSession {
        id: uuid(&*cx.parts.chance, now),
        app: app.name().to_owned(),
        amr: proof.amr,
        user_id: proof.user_id,
        session_id: proof.session_id,
        created_at: now,
        auth_time: proof.auth_time,
        last_seen_at: now,
        expires_at: now + app.rule(cx.policy()).absolute,
    };
    let token_hash = hash(token.expose());
    let old = old.filter(|t| check_shape(app.kind(), t)).map(hash);
    let rule = cx.policy().sessions;
    // The row is written and looked at again in one transaction: the same query as on every request decides.
    let found = cx.db().write(move |c| {
        if let Some(old) = &old {
            own_sessions::delete(c, old)?;
        }
        // The foreign key wants a person, and one may have been removed a moment ago.
        if sessions::find(c, &session.session_id)?.is_none() {
            return Ok(None);
        }
        own_sessions::insert(c, &session, &token_hash)?;
        let found = own_sessions::find(c, app.name(), &token_hash)?;
        let stays = found.as_ref().is_some_and(|f| app.admits(permissions(f)) && f.standing.judge(rule, now).is_ok());
        if !stays {
            own_sessions::delete(c, &token_hash)?;
        }
        Ok(found.map(|f| (f.user, stays)))
    });
    match found.await? {
        Some((_, true)) => Ok(Arrived::In { token, to }),
        Some((user, false)) => Ok(Arrived::NoRole(Box::new(user))),
        None => Err(Fault::Internal("the session ended while that of our own app began".to_owned())),
    }
}

/// A request of somebody who is signed in to one of our own apps.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The app's session.
    pub session: OwnSession,
    /// Who.
    pub user: User,
    /// What their role allows at this moment.
    pub permissions: Permissions,
}

impl Visit {
    /// Whether the person proved a moment ago who they are. Signing in asks whoever has a second factor for it.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.session.auth_time) <= FRESH
    }

    /// For the operations.
    pub fn actor(&self) -> Actor {
        Actor::Person { id: self.user.id.clone(), permissions: self.permissions }
    }
}

/// Whose request it is. `None`: nobody's, or the session is over. Permissions may be empty.
///
/// # Errors
/// A [`Fault`].
pub async fn visit(cx: &Cx, app: OwnApp, token: &str) -> Result<Option<Visit>, Fault> {
    if !check_shape(app.kind(), token) {
        return Ok(None);
    }
    let token_hash = hash(token);
    let Some(found) = cx.db().read(move |c| own_sessions::find(c, app.name(), &token_hash)).await? else {
        return Ok(None);
    };
    let (now, own) = (cx.now, &found.session);
    let over = now >= own.expires_at || now >= own.last_seen_at + app.rule(cx.policy()).idle;
    if over || found.standing.judge(cx.policy().sessions, now).is_err() {
        return Ok(None);
    }
    let permissions = permissions(&found);
    let Found { session, user, .. } = found;
    if now.since(session.last_seen_at) >= Lifetime::from_minutes(1) {
        let used = session.clone();
        cx.db().write(move |c| own_sessions::touch(c, &used, now)).await?;
    }
    Ok(Some(Visit { session, user, permissions }))
}

fn permissions(found: &Found) -> Permissions {
    let own = built_in().into_iter().find(|role| role.name == found.user.role).map(|role| role.permissions);
    own.or(found.defined).unwrap_or(Permissions::NONE)
}

/// Ends the session of this token.
///
/// # Errors
/// A [`Fault`].
pub async fn end(cx: &Cx, token: &str) -> Result<(), Fault> {
    let token_hash = hash(token);
    cx.db().write(move |c| own_sessions::delete(c, &token_hash)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_into_its_app_and_nowhere_else() {
        let console = ["/admin", "/admin/clients", "/admin/people?q=ada&after=x", "/admin/clients/a%20b"];
        let account = ["/account", "/account/factors", "/account/activity?after=x"];
        for (app, good) in [(OwnApp::Console, &console[..]), (OwnApp::Account, &account[..])] {
            for to in good {
                assert_eq!(own_place(app, to), *to);
            }
            let (root, long) = (app.root(), "x".repeat(300));
            let bad = ["//evil", "x", "/../logout", "\\evil", "/\r\nx", "/login", "/callback", "/logout"];
            for to in bad.into_iter().map(|end| format!("{root}{end}")).chain([format!("{root}/{long}")]) {
                assert_eq!(own_place(app, &to), root, "{to}");
            }
            for to in ["", "https://evil.test/admin", "https://evil.test/account", "//evil.test", "/authorize"] {
                assert_eq!(own_place(app, to), root, "{to}");
            }
        }
        assert_eq!(own_place(OwnApp::Account, "/admin"), "/account");
        assert_eq!(own_place(OwnApp::Console, "/account"), "/admin");
    }
}
