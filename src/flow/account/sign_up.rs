//! Owns making an account by oneself: asking for the letter, and what stands behind its link. There is no account before the
//! link was used, so nobody can prepare one for somebody else's address (security cases L07 and L08). It does not own who may
//! (`identity::sign_up`), counting and writing letters (`links`), nor the pages.

use serde::{Deserialize, Serialize};

use crate::flow::account::letters;
use crate::flow::account::links::{self, Drawn, Purpose, Wanted};
use crate::flow::admin::user::{UserRefusal, draft};
use crate::flow::admin::user_access::hashed_for;
use crate::flow::admin::user_document::UserDocument;
use crate::flow::audit::Entry;
use crate::flow::sign_in::begin::{Proven, SignedInNow, begin_alone, begin_session};
use crate::flow::sign_in::browser::Browser;
use crate::flow::sign_in::pending::Pending;
use crate::flow::sign_in::upstream::home;
use crate::flow::stats::Count;
use crate::flow::{Cx, Fault, mail};
use crate::identity::email::EmailRefusal;
use crate::identity::level::{Method, with_method};
use crate::identity::{Email, SignUpRule, User};
use crate::oauth::prompt::SignUp;
use crate::secret::token::{Kind, check_shape, hash};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, AccountLink, SIGN_UP};
use crate::store::link_requests::LinkRequest;
use crate::store::{self, Conn, accepted_terms, users};

/// Why nothing came of it. The words are for the person, and none tells whether there is an account, but to whoever has shown
/// that the address is theirs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignUpRefusal {
    /// Nobody can make an account by themselves.
    #[error("nobody can make an account by themselves here")]
    Closed,
    /// The address.
    #[error(transparent)]
    Email(#[from] EmailRefusal),
    /// Not one of the domains.
    #[error("accounts are for addresses of certain domains only")]
    Domain,
    /// People of this address come in through a provider alone; its name.
    #[error("people of this address sign in with {0}")]
    Through(String),
    /// Too many letters; seconds to wait.
    #[error("too many letters were asked for; wait {0} seconds")]
    TooMany(i64),
    /// The link was used, replaced, is too old, or was never made.
    #[error("this link has expired, was used, or was replaced by a newer one")]
    DeadLink,
    /// The terms were not accepted, or others than those that hold now.
    #[error("the terms have to be accepted")]
    Terms,
    /// There is an account by now.
    #[error("there is an account with this address already")]
    Taken,
    /// Name or password.
    #[error(transparent)]
    Person(#[from] UserRefusal),
}

/// What belongs to a link.
#[derive(Serialize, Deserialize)]
struct Detail {
    /// The address as it was typed.
    email: String,
    /// The sealed authorization request to go on with; nothing, if there was none.
    request: String,
}

/// Whether anybody can make an account by themselves: the rule says so, and letters are sent.
pub fn is_offered(cx: &Cx) -> bool {
    cx.parts.settings.get().sign_up.is_open() && links::is_on(cx)
}

/// [`is_offered`], in the words of `prompt`.
pub fn offered(cx: &Cx) -> SignUp {
    if is_offered(cx) { SignUp::Offered } else { SignUp::NotOffered }
}

/// Asks for the letter. The answer is the same whether there is an account or not.
///
/// # Errors
/// Inner: a [`SignUpRefusal`]. Outer: a [`Fault`].
pub async fn ask(
    cx: &Cx,
    address: &str,
    request: &str,
    browser: &Browser,
) -> Result<Result<Email, SignUpRefusal>, Fault> {
    let email = match judged(cx, address) {
        Ok(email) => email,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (request, device) = (request.to_owned(), browser.device_hash());
    let wanted = Wanted { purpose: Purpose::SignUp, email: email.clone(), user: None, request, device, told: None };
    let asked = links::ask(cx, wanted).await?;
    Ok(asked.map(|()| email).map_err(|wait| SignUpRefusal::TooMany(wait.0.seconds() + 1)))
}

fn judged(cx: &Cx, address: &str) -> Result<Email, SignUpRefusal> {
    if !is_offered(cx) {
        return Err(SignUpRefusal::Closed);
    }
    let email = Email::parse(address)?;
    if let Some(home) = home::of(cx, &email).filter(|home| home.is_only) {
        return Err(SignUpRefusal::Through(home.way.name));
    }
    if cx.parts.settings.get().sign_up.admits(&email) { Ok(email) } else { Err(SignUpRefusal::Domain) }
}

/// Writes the letter: the link, or that there is an account already.
pub(super) fn write(
    c: &mut Conn,
    cx: &Cx,
    asked: &LinkRequest,
    email: Email,
    drawn: &Drawn,
) -> Result<(), store::Fault> {
    if let Some(user) = users::find_by_email_key(c, email.key())? {
        return mail::post(c, cx, &drawn.letter_id, &letters::known_already(cx, &user));
    }
    let detail = Detail { email: email.as_str().to_owned(), request: asked.request.clone() };
    let detail = serde_json::json!(detail).to_string();
    let link = links::link(cx, Purpose::SignUp, None, &email, detail);
    account_links::add(c, &drawn.hash(), SIGN_UP, &link)?;
    let address = drawn.address(cx, Purpose::SignUp);
    mail::post(c, cx, &drawn.letter_id, &letters::sign_up(cx, &email, address))
}

/// Who is about to make an account, and what they have to be asked.
pub struct Guest {
    /// The address, which is theirs.
    pub email: Email,
    /// The rule that holds now.
    pub rule: SignUpRule,
    request: String,
}

/// Whose link this is, if it can still be used. Looking uses nothing up (security case J11).
///
/// # Errors
/// A [`Fault`].
pub async fn guest(cx: &Cx, token: &str) -> Result<Option<Guest>, Fault> {
    let rule = cx.parts.settings.get().sign_up.clone();
    if !check_shape(Kind::AccountLink, token) {
        return Ok(None);
    }
    let (hashed, now) = (hash(token), cx.now);
    let found = cx.db().read(move |c| account_links::find_live(c, &hashed, SIGN_UP, now)).await?;
    let Some(AccountLink { detail, .. }) = found else { return Ok(None) };
    let broken = |why: String| Fault::Internal(format!("the link of a new account cannot be read: {why}"));
    let detail: Detail = serde_json::from_str(&detail).map_err(|e| broken(e.to_string()))?;
    let email = Email::parse(&detail.email).map_err(|e| broken(e.to_string()))?;
    // The rules may have become others since the letter.
    let is_elsewhere = home::of(cx, &email).is_some_and(|home| home.is_only);
    let guest = (rule.admits(&email) && !is_elsewhere).then_some(Guest { email, rule, request: detail.request });
    Ok(guest)
}

/// What the form brought.
pub struct Filled {
    /// The secret of the link.
    pub token: Sensitive,
    /// The name, if it was asked for.
    pub name: String,
    /// The password.
    pub password: Sensitive,
    /// Which version of the terms was accepted.
    pub accepted: Option<i64>,
}

/// There is an account now, and a session.
pub struct Made {
    /// Whose.
    pub email: Email,
    /// What the browser gets. Its request is empty if there is none to go on with here.
    pub now: SignedInNow,
}

/// Makes the account and begins a session. Of two uses of a link at once one counts; what is refused leaves the link as it was.
///
/// # Errors
/// Inner: a [`SignUpRefusal`]. Outer: a [`Fault`]; [`Fault::Busy`] when the password pool is full.
pub async fn finish(cx: &Cx, filled: Filled, browser: &Browser) -> Result<Result<Made, SignUpRefusal>, Fault> {
    // Before the hash, which strangers must not have for nothing.
    let Some(guest) = guest(cx, filled.token.expose()).await? else { return Ok(Err(SignUpRefusal::DeadLink)) };
    let user = match person(cx, &guest, &filled) {
        Ok(user) => user,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let phc = match hashed_for(cx, filled.password, (&user).into()).await? {
        Ok(phc) => phc,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let terms = guest.rule.demands_terms();
    if let Err(refusal) = store_it(cx, &filled.token, user.clone(), phc, terms).await? {
        return Ok(Err(refusal));
    }
    let amr = with_method(&[], Method::Password);
    let proven = Proven::by(user, amr);
    let begun = match Pending::open_quietly(cx, &guest.request, browser.binding.as_deref()) {
        Some(pending) => begin_session(cx, proven, browser, pending).await?,
        None => begin_alone(cx, proven, browser).await?,
    };
    let Some(now) = begun else { return Err(Fault::Internal("a new session raises none".to_owned())) };
    cx.count(Count::SignIns);
    Ok(Ok(Made { email: guest.email, now }))
}

/// The record of the new person.
fn person(cx: &Cx, guest: &Guest, filled: &Filled) -> Result<User, SignUpRefusal> {
    let demanded = guest.rule.demands_terms();
    if demanded.is_some() && filled.accepted != demanded {
        return Err(SignUpRefusal::Terms);
    }
    let name = guest.rule.asks_name.then(|| filled.name.clone());
    let document = UserDocument { email_verified: true, name: name.clone(), ..UserDocument::new(guest.email.as_str()) };
    let user = draft(cx, document)?;
    // A document may leave the name out; whoever is asked for it may not.
    if name.is_some() && user.profile.name.is_none() {
        return Err(UserRefusal::Text("name", crate::flow::admin::TextRefusal::Empty).into());
    }
    Ok(user)
}

async fn store_it(
    cx: &Cx,
    token: &Sensitive,
    user: User,
    phc: String,
    terms: Option<i64>,
) -> Result<Result<(), SignUpRefusal>, Fault> {
    let (hashed, now) = (hash(token.expose()), cx.now);
    let mut entry = Entry::new(cx, "signed_up");
    entry.event.user_id = Some(user.id.as_str().to_owned());
    entry.event.detail = serde_json::json!({ "email": user.email.as_str(), "terms": terms }).to_string();
    let stored = cx.db().write(move |c| {
        if account_links::take(c, &hashed, SIGN_UP, now)?.is_none() {
            return Ok(Err(SignUpRefusal::DeadLink));
        }
        account_links::delete_to(c, user.email.key(), SIGN_UP)?;
        // Somebody was added or changed to this address since the letter.
        if !users::insert(c, &user)? {
            return Ok(Err(SignUpRefusal::Taken));
        }
        users::password_set(c, &user.id, &phc, now)?;
        if let Some(version) = terms {
            accepted_terms::put(c, &user.id, version, now)?;
        }
        links::forget_letters(c, &user.email)?;
        entry.append(c)?;
        Ok(Ok(()))
    });
    Ok(stored.await?)
}
