//! Owns home-realm discovery: to which provider an address belongs, and whose only way in that is. It looks at domains alone,
//! never at whether there is an account, so it tells nothing of one (security case J01). It does not own going there (`begin`).

use super::{WayIn, wishes};
use crate::flow::sign_in::pending::Pending;
use crate::flow::{Cx, Fault};
use crate::identity::{Email, RoleName, User};
use crate::oauth::upstream::{Kind, Provider};
use crate::store::upstream_identities;

/// The provider that an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The way there.
    pub way: WayIn,
    /// Whether there is no other way in.
    pub is_only: bool,
}

impl Home {
    fn at(provider: &Provider) -> Self {
        let way = WayIn { id: provider.id.clone(), name: provider.name.clone(), preset: provider.preset };
        Self { way, is_only: provider.only_way_in }
    }
}

/// Where this address belongs, if to a provider.
pub fn of(cx: &Cx, email: &Email) -> Option<Home> {
    cx.parts.providers.get().iter().find(|provider| provider.is_home_of(email)).map(Home::at)
}

/// Whether the sign-in page asks for the address first.
pub fn is_asked_first(cx: &Cx) -> bool {
    cx.parts.providers.get().iter().any(Provider::is_a_home)
}

/// Where somebody of this address is led without being asked: not once they were there for this request, and not where the app
/// insists on a proof that the provider cannot give.
pub fn led_to(cx: &Cx, pending: &Pending, email: &Email) -> Option<String> {
    let providers = cx.parts.providers.get();
    let provider = providers.iter().find(|provider| provider.is_home_of(email))?;
    let is_able = provider.preset.kind() == Kind::Oidc || !wishes(pending).wants_proof();
    (is_able && !pending.was_there && pending.linking.is_none()).then(|| provider.id.clone())
}

/// The provider through which alone this person gets in, whatever they are about.
pub fn only_of(cx: &Cx, user: &User) -> Option<Home> {
    of(cx, &user.email).filter(|home| home.is_only && user.role != RoleName::OWNER)
}

/// The provider through which alone this person gets in now. Owners get in here as well, or nobody could mend a provider that is
/// out of order. And whoever was just there proves an account here, once: of the address that the provider says is theirs, and
/// not linked to anybody there. Otherwise a stolen password and any account at the provider would open it.
///
/// # Errors
/// A [`Fault`].
pub async fn only_for(cx: &Cx, user: &User, pending: &Pending) -> Result<Option<Home>, Fault> {
    let Some(home) = only_of(cx, user) else { return Ok(None) };
    if !is_proven(&home, pending, &user.email) {
        return Ok(Some(home));
    }
    let (id, provider) = (user.id.clone(), home.way.id.clone());
    let is_linked = cx.db().read(move |c| {
        let links = upstream_identities::of_user(c, &id)?;
        Ok(links.iter().any(|link| link.provider == provider))
    });
    Ok(is_linked.await?.then_some(home))
}

/// Whether somebody of this address is told that there is one way in, whatever they type: it depends on the address alone, and on
/// what a provider said (security case J01).
pub fn is_shut(cx: &Cx, email: &Email, pending: &Pending) -> bool {
    of(cx, email).is_some_and(|home| home.is_only && !is_proven(&home, pending, email))
}

/// Whether the person comes from this provider, and it says that this address is theirs.
fn is_proven(home: &Home, pending: &Pending, email: &Email) -> bool {
    pending
        .linking
        .as_ref()
        .is_some_and(|linking| linking.provider == home.way.id && linking.proves.as_deref() == Some(email.key()))
}
