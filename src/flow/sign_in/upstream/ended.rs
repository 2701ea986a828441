//! Owns that a provider's word of a person having signed out there holds for sign-ins that are still under way: what a logout token
//! named is remembered, and no session begins on it. Token and beginning take turns at the provider's row, so that one of them sees
//! the other. It does not own the token (`logout`).

use serde_json::json;

use crate::flow::Cx;
use crate::oauth::upstream::logout::Logout;
use crate::secret::token::hash;
use crate::store::upstream_sessions::Origin;
use crate::store::{self, Conn, upstream_ended, upstream_identities, upstream_providers};
use crate::time::Lifetime;

/// No sign-in takes longer from the provider to the session: there, back, the proof of an account, a second factor, a letter.
const KEPT: Lifetime = Lifetime::from_hours(1);

/// A name for a subject of a provider, a session of it, or that session of that subject.
fn name(provider: &str, issuer: &str, subject: Option<&str>, sid: Option<&str>) -> Vec<u8> {
    hash(&json!([provider, issuer, subject, sid]).to_string())
}

/// Remembers what a logout token named. From here to the end of the transaction no session begins on the provider.
pub(super) fn note(
    c: &mut Conn,
    cx: &Cx,
    (provider, issuer): (&str, &str),
    logout: &Logout,
) -> Result<(), store::Fault> {
    upstream_providers::find_for_update(c, provider)?;
    let name = name(provider, issuer, logout.subject.as_deref(), logout.sid.as_deref());
    upstream_ended::put(c, &name, cx.now, cx.now + KEPT)
}

/// Whether what a session is to rest on is over: the link or the provider was shut meanwhile, or the provider has said so since
/// the person went there. Whoever goes there afterwards and comes back is signed in there, whatever was said before.
pub(in crate::flow::sign_in) fn is_over(c: &mut Conn, origin: &Origin) -> Result<bool, store::Fault> {
    let Some(link) = upstream_identities::find_by_id(c, &origin.link)? else { return Ok(true) };
    let provider = upstream_providers::find_for_update(c, &link.provider)?;
    // As it is once nobody else has the provider's row.
    let link = upstream_identities::find_by_id(c, &origin.link)?.filter(|link| link.disabled_at.is_none());
    let Some(link) = link.filter(|_| provider.is_some_and(|stored| stored.provider.enabled)) else { return Ok(true) };
    let name = |subject, sid| name(&link.provider, &link.issuer, subject, sid);
    let subject = Some(link.subject.as_str());
    let mut names = vec![name(subject, None)];
    if let Some(sid) = origin.sid.as_deref() {
        names.extend([name(None, Some(sid)), name(subject, Some(sid))]);
    }
    for name in names {
        if upstream_ended::last(c, &name)?.is_some_and(|at| at >= origin.began_at) {
            return Ok(true);
        }
    }
    Ok(false)
}
