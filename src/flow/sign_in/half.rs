//! Owns what is remembered of somebody who proved something and must do more before a session begins or is raised. It is
//! sealed and carried by the browser: bound to it, to the person, the request and the password, and good for five minutes
//! (ten, where a letter is on its way).
//! Nothing but the next step opens with it (security cases K04 and K05). It does not own the steps.

use serde::{Deserialize, Serialize};

use crate::flow::cx::base64url;
use crate::flow::sign_in::browser::Browser;
use crate::flow::sign_in::{browser, mail_code, pending};
use crate::flow::{Cx, Fault};
use crate::identity::level::{Method, with_method};
use crate::identity::{SessionId, User, UserId};
use crate::oauth::step::SignedIn;
use crate::secret::token::hash;
use crate::store::upstream_sessions::Origin;
use crate::store::{upstream_identities, users};
use crate::time::{Lifetime, Timestamp};

const AAD: &[u8] = b"half of a sign-in";
/// Between two steps.
const LIFETIME: Lifetime = Lifetime::from_minutes(5);

/// Somebody who proved something.
#[derive(Clone, Serialize, Deserialize)]
pub struct Half {
    /// Who.
    pub user_id: UserId,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// The session that is to be raised, if there is one already.
    pub raises: Option<SessionId>,
    /// Hash of the stored hash of the password that was given: once it is another one, the half is worth nothing.
    password: Option<String>,
    /// The link (`upstream_identities`) by which they signed in at a provider.
    #[serde(default)]
    upstream: Option<String>,
    /// The provider's name for its session.
    #[serde(default)]
    upstream_sid: Option<String>,
    /// When they went there.
    #[serde(default)]
    upstream_began_at: Option<Timestamp>,
    /// Whether the password has to be changed before a session begins.
    pub must_change: bool,
    /// The code that was mailed for this sign-in.
    pub mail_code: Option<String>,
    /// The sealed request, which is bound to the browser.
    pub request: String,
    until: Timestamp,
}

impl Half {
    /// Somebody gave the right password, stored as `phc`, for this sealed request.
    pub fn after_password(cx: &Cx, user_id: UserId, phc: &str, must_change: bool, request: String) -> Self {
        Self {
            user_id,
            amr: with_method(&[], Method::Password),
            raises: None,
            password: Some(base64url(&hash(phc))),
            upstream: None,
            upstream_sid: None,
            upstream_began_at: None,
            must_change,
            mail_code: None,
            request,
            until: cx.now + LIFETIME,
        }
    }

    /// Somebody has a session that was not proven well enough for this sealed request.
    pub fn of_session(cx: &Cx, account: &SignedIn, request: String) -> Self {
        Self {
            user_id: account.user.id.clone(),
            amr: account.session.amr.clone(),
            raises: Some(account.session.id.clone()),
            password: None,
            upstream: None,
            upstream_sid: None,
            upstream_began_at: None,
            must_change: false,
            mail_code: None,
            request,
            until: cx.now + LIFETIME,
        }
    }

    /// Somebody signed in at a provider, by this link of theirs, for this sealed request.
    pub fn after_upstream(cx: &Cx, user_id: UserId, origin: Origin, amr: Vec<String>, request: String) -> Self {
        Self {
            user_id,
            amr,
            raises: None,
            password: None,
            upstream: Some(origin.link),
            upstream_sid: origin.sid,
            upstream_began_at: Some(origin.began_at),
            must_change: false,
            mail_code: None,
            request,
            until: cx.now + LIFETIME,
        }
    }

    /// The same with one more proof.
    #[must_use]
    pub fn with(mut self, method: Method) -> Self {
        self.amr = with_method(&self.amr, method);
        self
    }

    /// The same, with the time it takes until a letter arrives.
    #[must_use]
    pub fn with_mail_code(self, cx: &Cx, id: String) -> Self {
        Self { mail_code: Some(id), until: cx.now + mail_code::LIFETIME, ..self }
    }

    /// The provider's session on which it rests.
    pub fn origin(&self) -> Option<Origin> {
        let (link, sid) = (self.upstream.clone()?, self.upstream_sid.clone());
        // One from before this was noted is held against all that is remembered.
        let began_at = self.upstream_began_at.unwrap_or(Timestamp::from_seconds(0));
        Some(Origin { link, sid, began_at })
    }

    /// Hash of the stored hash of the password that was given.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The text that the browser carries.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be sealed.
    pub fn seal(&self, cx: &Cx) -> Result<String, Fault> {
        pending::seal(cx, self, AAD)
    }

    /// Opens what the browser brought back, unless it is too old.
    pub fn open(cx: &Cx, text: &str) -> Option<Self> {
        pending::open::<Self>(cx, text, AAD).filter(|half| cx.now < half.until)
    }

    /// The person, if everything still holds: not disabled, the same password, the session alive on this browser.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn still_holds(&self, cx: &Cx, browser: &Browser) -> Result<Option<User>, Fault> {
        let (half, hashes) = (self.clone(), browser.session_hashes());
        let (rule, now) = (cx.policy().sessions, cx.now);
        let found = cx.db().read(move |c| {
            let Some(user) = users::find(c, &half.user_id)?.filter(|user| user.disabled_at.is_none()) else {
                return Ok(None);
            };
            let same_password = match &half.password {
                Some(given) => users::password_find(c, &user.id)?.is_some_and(|phc| base64url(&hash(&phc)) == *given),
                None => true,
            };
            let has_session = match &half.raises {
                Some(wanted) => browser::live_sessions(c, &hashes, rule, now)?
                    .iter()
                    .any(|f| f.signed_in.session.id == *wanted && f.signed_in.user.id == user.id),
                None => true,
            };
            let is_linked = match &half.upstream {
                Some(link) => upstream_identities::is_open(c, &user.id, link)?,
                None => true,
            };
            // A half needs one of them to stand on.
            let stands = half.password.is_some() || half.raises.is_some() || half.upstream.is_some();
            Ok((stands && same_password && has_session && is_linked).then_some(user))
        });
        Ok(found.await?)
    }
}
