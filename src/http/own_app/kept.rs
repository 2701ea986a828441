//! Owns what was typed into a form whose sender had to prove first who they are: it goes along with the browser, sealed and
//! for ten minutes, and fills the form in again. Secrets are never kept. It does not own the proof (`guard`, `sign_in`).

use serde::{Deserialize, Serialize};

use crate::flow::Cx;
use crate::flow::own_app::{OwnApp, Visit};
use crate::flow::sign_in::pending::{open, seal};
use crate::http::pages::console::SECRET_FIELDS;
use crate::oauth::params::Params;
use crate::time::{Lifetime, Timestamp};

const PATIENCE: Lifetime = Lifetime::from_minutes(10);
/// Bytes of all fields together. Sealed and encoded they must fit into a cookie, of which browsers take 4096 bytes.
const MOST: usize = 2_000;

/// What was typed in one app opens in no other.
fn aad(app: OwnApp) -> Vec<u8> {
    [app.name().as_bytes(), b" form"].concat()
}

/// A form that was not taken.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    user: String,
    until: Timestamp,
    /// The path of the page on which the form stands.
    pub page: String,
    /// Where the form goes.
    pub action: String,
    /// What was typed.
    pub fields: Vec<(String, String)>,
}

impl Kept {
    /// What may be kept of a form: nothing secret, no token, and not the name that confirms.
    pub fn of(cx: &Cx, visit: &Visit, (page, action): (&str, &str), form: &Params) -> Self {
        let may_be = |name: &str| !SECRET_FIELDS.contains(&name) && !["csrf", "confirm"].contains(&name);
        let fields = form.pairs().filter(|(name, _)| may_be(name));
        Self {
            user: visit.user.id.to_string(),
            until: cx.now + PATIENCE,
            page: page.split('?').next().unwrap_or_default().to_owned(),
            action: action.to_owned(),
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }

    /// For the cookie; `None` if there is too much of it.
    pub fn sealed(&self, cx: &Cx, app: OwnApp) -> Option<String> {
        let size: usize = self.fields.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
        if size > MOST { None } else { seal(cx, self, &aad(app)).ok() }
    }

    /// What this person typed into a form of this page, if it is not too long ago.
    pub fn find((cx, app): (&Cx, OwnApp), visit: &Visit, page: &str, cookie: &str) -> Option<Self> {
        let kept = open::<Kept>(cx, cookie, &aad(app))?;
        let is_meant = kept.user == visit.user.id.as_str() && kept.page == page && cx.now < kept.until;
        is_meant.then_some(kept)
    }

    /// As a form that came in.
    pub fn params(&self) -> Params {
        Params::of(self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}
