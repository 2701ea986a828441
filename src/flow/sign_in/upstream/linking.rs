//! Owns linking who somebody is at a provider to the account that they have just proven to be theirs. It happens in the
//! transaction that begins their session, and once (security case L09). It does not own the proof.

use super::road::place_of;
use super::settled;
use super::tokens::{self, Plain};
use crate::flow::account::notice::{Notice, Told};
use crate::flow::sign_in::begin::about;
use crate::flow::sign_in::pending::{self, Linking};
use crate::flow::{Cx, Fault};
use crate::identity::upstream::UpstreamIdentity;
use crate::identity::{Email, User};
use crate::oauth::upstream::quirks::ToldName;
use crate::oauth::upstream::tokens::UpstreamTokens;
use crate::secret::random::uuid;
use crate::secret::token::hash;
use crate::store::upstream_sessions::Origin;
use crate::store::{self, Conn, upstream_identities, upstream_providers, upstream_trips, users};
use crate::time::Timestamp;

const AAD: &[u8] = b"what came along from a provider";

/// What came along from a provider and waits, sealed, until the person has proven their account.
pub(super) struct Carried {
    /// The provider's name for its session.
    pub(super) sid: Option<String>,
    /// Its tokens, if they are kept.
    pub(super) tokens: Option<UpstreamTokens>,
    /// What the provider was when they came ([`place_of`]).
    pub(super) place: String,
    /// When the person went there.
    pub(super) began_at: Timestamp,
}

impl Carried {
    pub(super) fn seal(&self, cx: &Cx) -> Result<Vec<u8>, Fault> {
        let tokens = self.tokens.as_ref().map(Plain::from);
        Ok(pending::seal(cx, &(self.sid.as_ref(), tokens, &self.place, self.began_at), AAD)?.into_bytes())
    }

    fn open(cx: &Cx, sealed: &[u8]) -> Option<Self> {
        type Kept = (Option<String>, Option<Plain>, String, Timestamp);
        let (sid, tokens, place, began_at) = pending::open::<Kept>(cx, std::str::from_utf8(sealed).ok()?, AAD)?;
        Some(Self { sid, tokens: tokens.map(UpstreamTokens::from), place, began_at })
    }
}

/// A link that is about to be made.
#[derive(Clone)]
pub(in crate::flow) struct NewLink {
    handle: Vec<u8>,
    link: UpstreamIdentity,
    told: Told,
    told_name: Option<ToldName>,
}

impl NewLink {
    /// To this person, who has just proven who they are.
    pub(in crate::flow) fn of(cx: &Cx, user: &User, linking: Linking) -> Self {
        let link = UpstreamIdentity {
            id: uuid(&*cx.parts.chance, cx.now),
            provider: linking.provider,
            issuer: linking.issuer,
            subject: linking.subject,
            user_id: user.id.clone(),
            shown: linking.shown,
            created_at: cx.now,
            last_used_at: None,
            disabled_at: None,
        };
        let account = Email::parse(&link.shown).ok();
        let told = Told::new(cx, user, Notice::UpstreamLinked { name: linking.name, account });
        Self { handle: hash(&linking.handle), link, told, told_name: linking.told_name }
    }

    /// Holds the provider's row until the transaction ends, before any other row: as its logout tokens do.
    pub(in crate::flow) fn hold(&self, c: &mut Conn) -> Result<(), store::Fault> {
        upstream_providers::find_for_update(c, &self.link.provider).map(drop)
    }

    /// Makes the link, if its handle was not used before, the provider is still there, open and the one that was asked, and nobody
    /// else has the identity by now. `None`: there is no link; the sign-in goes on without.
    pub(in crate::flow) fn store(&self, c: &mut Conn, cx: &Cx) -> Result<Option<Origin>, store::Fault> {
        let Some(carried) = upstream_trips::take(c, &self.handle, cx.now)? else { return Ok(None) };
        let stored = upstream_providers::find(c, &self.link.provider)?.filter(|stored| stored.provider.enabled);
        let (Some(stored), Some(carried)) = (stored, Carried::open(cx, &carried)) else { return Ok(None) };
        if !settled(&stored).is_ok_and(|settled| place_of(&stored.provider, &settled) == carried.place) {
            return Ok(None);
        }
        if !upstream_identities::insert(c, &self.link)? {
            return Ok(None);
        }
        tokens::keep(c, cx, &stored.provider, &self.link.id, carried.tokens.as_ref())?;
        self.name(c, cx)?;
        self.told.post(c, cx)?;
        let mut entry = about("upstream_linked", cx, &self.link.user_id);
        entry.event.detail = serde_json::json!({ "provider": self.link.provider, "link": self.link.id }).to_string();
        entry.append(c)?;
        Ok(Some(Origin { link: self.link.id.clone(), sid: carried.sid, began_at: carried.began_at }))
    }

    /// Names the person as the provider told, which it never does again; only if they have no name here.
    fn name(&self, c: &mut Conn, cx: &Cx) -> Result<(), store::Fault> {
        let Some(told) = self.told_name.clone() else { return Ok(()) };
        let Some(mut user) = users::find_for_update(c, &self.link.user_id)? else { return Ok(()) };
        if told.fill(&mut user.profile) {
            user.updated_at = cx.now;
            users::update(c, &user)?;
        }
        Ok(())
    }
}
