//! Owns a person's change of address, which is confirmed on both ends: from the new address, and from the old one if it was
//! ever confirmed, each on a browser on which the person is signed in, in either order. Until both have agreed the old address
//! counts (security case J13); its letter stops the change too. It does not own counting and writing letters (`links`), going
//! back (`not_me`), nor the pages.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::flow::account::letters;
use crate::flow::account::links::{self, Drawn, Purpose, Wanted};
use crate::flow::account::notice::{Notice, Told};
use crate::flow::audit::Entry;
use crate::flow::sign_in::browser::{Browser, sessions_of};
use crate::flow::sign_in::upstream::home;
use crate::flow::{Cx, Fault, mail};
use crate::identity::email::EmailRefusal;
use crate::identity::{Email, User, UserId};
use crate::secret::token::{Kind, check_shape, hash, make};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, AccountLink, NEW_ADDRESS, OLD_ADDRESS};
use crate::store::link_requests::{self, LinkRequest};
use crate::store::{self, Conn, invitations, users};
use crate::time::Timestamp;

/// Why an address was not changed. The words are for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// Letters are not sent.
    #[error("no letters are sent from here; ask an administrator to change the address")]
    Off,
    /// The address.
    #[error(transparent)]
    Email(#[from] EmailRefusal),
    /// It is the address already.
    #[error("this is your address already")]
    Same,
    /// Not one of the domains.
    #[error("accounts are for addresses of certain domains only")]
    Domain,
    /// A provider is the only way in for people of the old address, or of the new one: it says who has which.
    #[error("people of this address sign in through {0}; ask an administrator to change it")]
    Through(String),
    /// Too many letters; seconds to wait.
    #[error("too many letters were asked for; wait {0} seconds")]
    TooMany(i64),
    /// The link was used, replaced, is too old, or was never made.
    #[error("this link has expired, was used, or was replaced by a newer one")]
    DeadLink,
    /// Nobody of this browser's sessions is the one who asked.
    #[error("sign in to the account whose address is to change, then open the link again")]
    NotSignedIn,
    /// Another account has the address by now.
    #[error("there is an account with this address already")]
    Taken,
}

/// Asks for a change. Whoever calls this has seen a fresh proof of who the person is. The answer is the same whether another
/// account has the address or not (security case J03).
///
/// # Errors
/// Inner: an [`AddressRefusal`]. Outer: a [`Fault`].
pub async fn ask(cx: &Cx, user: &User, address: &str) -> Result<Result<Email, AddressRefusal>, Fault> {
    let email = match judged(cx, user, address) {
        Ok(email) => email,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // Not to an address that nobody ever confirmed: it may be a stranger's, who gets no hold on the account.
    let told = user.email_verified.then(|| {
        let (secret, detail) = (make(Kind::AccountLink, &*cx.parts.chance), Detail::new(&email).written());
        let link = links::link(cx, Purpose::NewAddress, Some(user.id.clone()), &user.email, detail);
        Told::new(cx, user, Notice::AddressAsked { new: email.clone() }).agreed_by(secret, link)
    });
    let wanted = Wanted {
        purpose: Purpose::NewAddress,
        email: email.clone(),
        user: Some(user.id.clone()),
        request: String::new(),
        device: None,
        told,
    };
    let asked = links::ask(cx, wanted).await?;
    Ok(asked.map(|()| email).map_err(|wait| AddressRefusal::TooMany(wait.0.seconds() + 1)))
}

fn judged(cx: &Cx, user: &User, address: &str) -> Result<Email, AddressRefusal> {
    if !links::is_on(cx) {
        return Err(AddressRefusal::Off);
    }
    let email = Email::parse(address)?;
    // Another spelling of the same address needs no letter, but changes how it is written: that is for administrators.
    if email.key() == user.email.key() {
        return Err(AddressRefusal::Same);
    }
    permitted(cx, user, &email).map(|()| email)
}

/// Whether the person may have this address instead of theirs: no way into a provider's people, and none out.
fn permitted(cx: &Cx, user: &User, new: &Email) -> Result<(), AddressRefusal> {
    if !cx.parts.settings.get().sign_up.permits_address(new) {
        return Err(AddressRefusal::Domain);
    }
    let moved = User { email: new.clone(), ..user.clone() };
    let (before, after) = (home::only_of(cx, user), home::only_of(cx, &moved));
    match (before, after) {
        (Some(before), Some(after)) if before == after => Ok(()),
        (Some(home), _) | (None, Some(home)) => Err(AddressRefusal::Through(home.way.name)),
        (None, None) => Ok(()),
    }
}

/// Writes the letter to the new address. If it is another account's, that one's owner is told and the link is nobody's: then
/// the person's own page shows the same as if it were not.
pub(super) fn write(
    c: &mut Conn,
    cx: &Cx,
    asked: &LinkRequest,
    email: Email,
    drawn: &Drawn,
) -> Result<(), store::Fault> {
    let Some(id) = &asked.user_id else { return Ok(()) };
    let Some(user) = users::find(c, id)?.filter(|user| user.disabled_at.is_none()) else { return Ok(()) };
    let link = links::link(cx, Purpose::NewAddress, Some(user.id.clone()), &email, Detail::new(&email).written());
    account_links::replace_of_user(c, &drawn.hash(), NEW_ADDRESS, &user.id, &link)?;
    let letter = match users::find_by_email_key(c, email.key())? {
        Some(other) => letters::address_in_use(cx, &other),
        None => letters::new_address(cx, &user, &email, drawn.address(cx, Purpose::NewAddress)),
    };
    mail::post(c, cx, &drawn.letter_id, &letter)?;
    let mut entry = Entry::new(cx, "address_change_asked");
    entry.event.user_id = Some(id.as_str().to_owned());
    entry.event.detail = json!({ "to": email.as_str() }).to_string();
    entry.append(c)
}

/// One of the two addresses of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The one that the account is to get.
    New,
    /// The one that it has.
    Old,
}

impl End {
    const fn purpose(self) -> &'static str {
        match self {
            End::New => NEW_ADDRESS,
            End::Old => OLD_ADDRESS,
        }
    }

    const fn other(self) -> Self {
        match self {
            End::New => End::Old,
            End::Old => End::New,
        }
    }
}

/// What belongs to the link of either end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    /// The new address.
    email: String,
    /// Whether this end has agreed.
    #[serde(default)]
    agreed: bool,
}

impl Detail {
    fn new(email: &Email) -> Self {
        Self { email: email.as_str().to_owned(), agreed: false }
    }

    fn of(link: &AccountLink) -> Option<Self> {
        serde_json::from_str(&link.detail).ok()
    }

    fn written(&self) -> String {
        json!(self).to_string()
    }
}

/// A change that waits to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The new address.
    pub new: Email,
    /// The new address has agreed.
    pub new_agreed: bool,
    /// Whether the old address has agreed; `None` if nobody ever confirmed that one, so that it is not asked.
    pub old_agreed: Option<bool>,
}

/// The change that waits to be confirmed, if there is one.
///
/// # Errors
/// A [`Fault`].
pub async fn pending(cx: &Cx, user: &User) -> Result<Option<Pending>, Fault> {
    let (id, now) = (user.id.clone(), cx.now);
    let found = cx.db().read(move |c| {
        let new = account_links::find_of_user(c, &id, NEW_ADDRESS, now)?;
        Ok((new, account_links::find_of_user(c, &id, OLD_ADDRESS, now)?))
    });
    let (new, old) = found.await?;
    let Some(detail) = new.as_ref().and_then(Detail::of) else { return Ok(None) };
    let Ok(email) = Email::parse(&detail.email) else { return Ok(None) };
    let old = old.as_ref().and_then(Detail::of).filter(|old| old.email == detail.email);
    let old_agreed = user.email_verified.then(|| old.is_some_and(|old| old.agreed));
    Ok(Some(Pending { new: email, new_agreed: detail.agreed, old_agreed }))
}

/// Gives a change up that was asked for.
///
/// # Errors
/// A [`Fault`].
pub async fn withdraw(cx: &Cx, user: &UserId) -> Result<(), Fault> {
    let id = user.clone();
    let done = cx.db().write(move |c| {
        link_requests::delete_of_user(c, &id)?;
        account_links::delete_of_user_for(c, &id, OLD_ADDRESS)?;
        account_links::delete_of_user_for(c, &id, NEW_ADDRESS)
    });
    done.await?;
    Ok(())
}

/// A change, seen from one of its ends.
pub struct Change {
    /// Whose.
    pub user: User,
    /// The new address.
    pub new: Email,
    /// Whose link it is.
    pub end: End,
    /// This end has agreed before, and the other one has not yet.
    pub agreed: bool,
}

/// What the link of this secret would change: only for a browser on which its person is signed in, so that a letter that
/// reached a stranger changes nothing. Looking uses nothing up (security case J11).
///
/// # Errors
/// Inner: an [`AddressRefusal`]. Outer: a [`Fault`].
pub async fn look(cx: &Cx, token: &str, browser: &Browser) -> Result<Result<Change, AddressRefusal>, Fault> {
    if !check_shape(Kind::AccountLink, token) {
        return Ok(Err(AddressRefusal::DeadLink));
    }
    let (hashed, now) = (hash(token), cx.now);
    let found = cx.db().read(move |c| live(c, &hashed, now)).await?;
    let Some((end, id, detail, new)) = found else { return Ok(Err(AddressRefusal::DeadLink)) };
    let sessions = sessions_of(cx, browser).await?;
    let user = sessions.into_iter().map(|found| found.signed_in.user).find(|user| user.id == id);
    Ok(user.map(|user| Change { user, new, end, agreed: detail.agreed }).ok_or(AddressRefusal::NotSignedIn))
}

fn live(c: &mut Conn, hashed: &[u8], now: Timestamp) -> Result<Option<(End, UserId, Detail, Email)>, store::Fault> {
    for end in [End::New, End::Old] {
        if let Some(link) = account_links::find_live(c, hashed, end.purpose(), now)? {
            let read = || {
                let detail = Detail::of(&link)?;
                let new = Email::parse(&detail.email).ok()?;
                Some((end, link.user_id.clone()?, detail, new))
            };
            return Ok(read());
        }
    }
    Ok(None)
}

/// What a word from one end led to.
pub enum Agreed {
    /// The address is changed.
    Changed,
    /// It changes as soon as the other end agrees too: this one.
    WaitsFor(Email),
}

/// Takes one end's word that it agrees. When both have, the address changes: from then on the new one counts, and links that
/// went to the old one are void, but for the one by which its owner says that this was not their doing.
///
/// # Errors
/// Inner: an [`AddressRefusal`]. Outer: a [`Fault`].
pub async fn confirm(cx: &Cx, token: &Sensitive, browser: &Browser) -> Result<Result<Agreed, AddressRefusal>, Fault> {
    let change = match look(cx, token.expose(), browser).await? {
        Ok(change) => change,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (own, hashed, id, new) = (cx.clone(), hash(token.expose()), change.user.id.clone(), change.new);
    let told = Told::new(cx, &change.user, Notice::AddressChanged { old: change.user.email.clone() });
    let letter_id = mail::letter_id(cx);
    let done = cx.db().write(move |c| {
        // The person first, as everywhere: of two ends at once one comes second, and sees the first.
        let Some(before) = users::find_for_update(c, &id)?.filter(|user| user.disabled_at.is_none()) else {
            return Ok(Err(AddressRefusal::DeadLink));
        };
        let Some((end, _, detail, _)) = live(c, &hashed, own.now)? else {
            return Ok(Err(AddressRefusal::DeadLink));
        };
        if users::find_by_email_key(c, new.key())?.is_some() {
            return Ok(Err(AddressRefusal::Taken));
        }
        // The rules may have become others since the letters.
        if let Err(refusal) = permitted(&own, &before, &new) {
            return Ok(Err(refusal));
        }
        // An address that nobody ever confirmed is not asked.
        let alone = end == End::New && !before.email_verified;
        if !alone && !other_agreed(c, &own, &id, end, &detail)? {
            if end == End::New && account_links::find_of_user(c, &id, OLD_ADDRESS, own.now)?.is_none() {
                return Ok(Err(AddressRefusal::DeadLink));
            }
            account_links::set_detail(c, &hashed, &Detail { agreed: true, ..detail }.written())?;
            let mut entry = Entry::new(&own, "address_change_agreed");
            entry.event.user_id = Some(id.as_str().to_owned());
            entry.event.detail = json!({ "by": end.purpose(), "to": new.as_str() }).to_string();
            entry.append(c)?;
            let other = if end == End::New { before.email } else { new.clone() };
            return Ok(Ok(Agreed::WaitsFor(other)));
        }
        let user = User { email: new.clone(), email_verified: true, updated_at: own.now, ..before.clone() };
        users::update(c, &user)?;
        account_links::delete_of_user(c, &id)?;
        invitations::delete_of_user(c, &id)?;
        match before.email_verified {
            true => told.post(c, &own)?,
            // Nobody ever showed that the old address was theirs: it may be a stranger's, who gets no hold on the account.
            false => mail::post(c, &own, &letter_id, &letters::address_changed(&own, &user, &before.email))?,
        }
        let mut entry = Entry::new(&own, "address_changed");
        entry.event.user_id = Some(id.as_str().to_owned());
        entry.event.detail = json!({ "from": before.email.as_str(), "to": user.email.as_str() }).to_string();
        entry.append(c)?;
        Ok(Ok(Agreed::Changed))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    Ok(done)
}

/// Whether the other end of the same change has agreed.
fn other_agreed(c: &mut Conn, cx: &Cx, id: &UserId, end: End, this: &Detail) -> Result<bool, store::Fault> {
    let other = account_links::find_of_user(c, id, end.other().purpose(), cx.now)?;
    Ok(other.as_ref().and_then(Detail::of).is_some_and(|other| other.agreed && other.email == this.email))
}
