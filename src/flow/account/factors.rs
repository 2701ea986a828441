//! Owns a person's factors: setting up an authenticator app, recovery codes, and taking either away. It does not own the step
//! of the sign-in that asks for them (`flow::sign_in::second_factor`), nor the pages.

use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::flow::account::connections::{Without, other_way_in};
use crate::flow::account::notice::{Envelope, Notice, Told};
use crate::flow::audit::Entry;
use crate::flow::own_app::Visit;
use crate::flow::sign_in::ceremony::Asked;
use crate::flow::sign_in::{pending, second_factor};
use crate::flow::{Cx, Fault};
use crate::identity::factor::{Factor, FactorId, FactorKind, MAX_FACTORS, MAX_NAME};
use crate::identity::level::{Method, Missing, may_change_factors};
use crate::identity::{Level, User, UserId};
use crate::secret::token::hash;
use crate::secret::totp;
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, factors, recovery_codes, sessions, users};
use crate::time::{Lifetime, Timestamp};

const AAD: &[u8] = b"authenticator app to be set up";
/// Between the picture and the first code.
const LIFETIME: Lifetime = Lifetime::from_minutes(15);

/// Why a factor was not added or taken away. The words are for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactorRefusal {
    /// The page is too old, or is another person's.
    #[error("this page is out of date; begin again")]
    OutOfDate,
    /// The first code of the app does not fit the secret.
    #[error("that code does not fit; wait for the next one, and check that the clock of your phone is right")]
    WrongCode,
    /// No passkey of the person's browser for this question, or one that cannot be added.
    #[error("this passkey could not be added; try again, or use another one")]
    Passkey,
    /// There are too many already.
    #[error("you have as many of these as there can be; remove one first")]
    TooMany,
    /// No name, or a long one.
    #[error("give it a name of at most 60 characters")]
    Name,
    /// There is none of this id.
    #[error("it is not there any more")]
    Unknown,
    /// The person could not come in any more.
    #[error("this is the only way into your account; set a password first")]
    LastWayIn,
}

/// An authenticator app that is being set up; sealed and carried by the browser, so that a secret nobody confirmed is stored
/// nowhere (security case K07).
#[derive(Clone, Serialize, Deserialize)]
struct Enrolment {
    user_id: UserId,
    /// What the page belongs to: a session.
    bound_to: String,
    secret: Vec<u8>,
    until: Timestamp,
}

/// What a person needs to set up an authenticator app. Shown once.
pub struct AppOffer {
    /// The sealed state.
    pub enrolment: String,
    /// A picture of the address, as SVG.
    pub picture: String,
    /// The secret, to be typed.
    pub typed: Sensitive,
    /// The address, for a link on a phone.
    pub address: Sensitive,
}

/// Offers an authenticator app to a person; `bound_to` is what the answer must come from.
///
/// # Errors
/// A [`Fault`].
pub fn offer_app(cx: &Cx, user: &User, bound_to: &str) -> Result<AppOffer, Fault> {
    let secret = totp::secret(&*cx.parts.chance);
    let until = cx.now + LIFETIME;
    let enrolment = Enrolment { user_id: user.id.clone(), bound_to: bound_to.to_owned(), secret, until };
    shown(cx, user, &enrolment)
}

/// The same offer again, after a wrong code.
///
/// # Errors
/// Inner: a [`FactorRefusal`]. Outer: a [`Fault`].
pub fn offer_again(
    cx: &Cx,
    user: &User,
    bound_to: &str,
    sealed: &str,
) -> Result<Result<AppOffer, FactorRefusal>, Fault> {
    match opened_enrolment(cx, user, bound_to, sealed) {
        Ok(enrolment) => shown(cx, user, &enrolment).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    }
}

fn shown(cx: &Cx, user: &User, enrolment: &Enrolment) -> Result<AppOffer, Fault> {
    let broken = |why: &str| Fault::Internal(format!("an authenticator app could not be offered: {why}"));
    let issuer = cx.parts.settings.get().organisation.clone().unwrap_or_else(|| "Vouchsafe".to_owned());
    let address = totp::address(&enrolment.secret, user.email.as_str(), &issuer).ok_or_else(|| broken("address"))?;
    let code = QrCode::new(address.expose().as_bytes()).map_err(|e| broken(&e.to_string()))?;
    // Black on white whatever the colours of the page: not every camera reads it the other way round.
    let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build();
    let picture = picture.find("<svg").map(|at| picture[at..].to_owned()).unwrap_or_default();
    Ok(AppOffer {
        enrolment: pending::seal(cx, enrolment, AAD)?,
        picture,
        typed: totp::typed(&enrolment.secret),
        address,
    })
}

fn opened_enrolment(cx: &Cx, user: &User, bound_to: &str, sealed: &str) -> Result<Enrolment, FactorRefusal> {
    pending::open::<Enrolment>(cx, sealed, AAD)
        .filter(|e| cx.now < e.until && e.user_id == user.id && e.bound_to == bound_to)
        .ok_or(FactorRefusal::OutOfDate)
}

/// What came of setting up a factor.
pub struct Added {
    /// How setting it up proved the person.
    pub method: Method,
    /// Fresh recovery codes, if the person had none; shown once.
    pub recovery_codes: Vec<Sensitive>,
}

/// Adds the authenticator app whose first code this is. That code is used up.
///
/// # Errors
/// Inner: a [`FactorRefusal`]. Outer: a [`Fault`].
pub async fn confirm_app(
    cx: &Cx,
    user: &User,
    bound_to: &str,
    sealed: &str,
    code: &Sensitive,
) -> Result<Result<Added, FactorRefusal>, Fault> {
    let enrolment = match opened_enrolment(cx, user, bound_to, sealed) {
        Ok(enrolment) => enrolment,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(step) = totp::step_of(&enrolment.secret, code.expose(), cx.now) else {
        return Ok(Err(FactorRefusal::WrongCode));
    };
    // Its name comes from the secret: the same page sent twice adds one factor.
    let id = FactorId(crate::flow::cx::base64url(&hash(&crate::flow::cx::base64url(&enrolment.secret))[..16]));
    let factor = Factor {
        data: sealed_secret(cx, &id, &enrolment.secret)?,
        id,
        user_id: user.id.clone(),
        kind: FactorKind::Totp,
        name: cx.language_of(user).say("account-factor-app").into(),
        credential_id: None,
        last_step: step,
        created_at: cx.now,
        last_used_at: None,
    };
    add(cx, user, factor, (None, Method::Code)).await
}

/// Stores a factor, with recovery codes if the person has none yet. A passkey answers a question, which is taken with it.
pub(super) async fn add(
    cx: &Cx,
    user: &User,
    factor: Factor,
    (question, method): (Option<Asked>, Method),
) -> Result<Result<Added, FactorRefusal>, Fault> {
    let codes = totp::recovery_codes(&*cx.parts.chance);
    let hashes = hashes_of(&codes);
    let mut entry = Entry::new(cx, "factor_added");
    entry.event.user_id = Some(factor.user_id.as_str().to_owned());
    entry.event.detail = json!({ "factor": factor.kind.as_str(), "name": factor.name }).to_string();
    let (own, now) = (cx.clone(), cx.now);
    let told = Told::new(cx, user, Notice::FactorAdded { name: factor.name.clone() });
    let stored = cx.db().write(move |c| {
        let is_open = users::find_for_update(c, &factor.user_id)?.is_some_and(|user| user.disabled_at.is_none());
        if !is_open {
            return Ok(Err(FactorRefusal::OutOfDate));
        }
        if factors::list(c, &factor.user_id)?.iter().filter(|f| f.kind == factor.kind).count() >= MAX_FACTORS {
            return Ok(Err(FactorRefusal::TooMany));
        }
        if let Some(question) = &question
            && !question.take(c)?
        {
            return Ok(Err(FactorRefusal::OutOfDate));
        }
        if !factors::insert(c, &factor)? {
            // The same page twice, or somebody's passkey.
            let is_page = factor.kind == FactorKind::Totp;
            return Ok(Err(if is_page { FactorRefusal::OutOfDate } else { FactorRefusal::Passkey }));
        }
        told.post(c, &own)?;
        let wants_codes = recovery_codes::left(c, &factor.user_id)? == 0;
        if wants_codes {
            recovery_codes::replace(c, &factor.user_id, &hashes, now)?;
        }
        entry.append(c)?;
        Ok(Ok(wants_codes))
    });
    let codes_if = |wants: bool| if wants { codes } else { Vec::new() };
    Ok(stored.await?.map(|wants_codes| Added { method, recovery_codes: codes_if(wants_codes) }))
}

fn hashes_of(codes: &[Sensitive]) -> Vec<Vec<u8>> {
    codes.iter().filter_map(|code| totp::folded_recovery_code(code.expose())).map(|code| hash(code.expose())).collect()
}

/// What a person has beyond the password.
pub struct Own {
    /// Factors, the oldest first.
    pub factors: Vec<Factor>,
    /// Recovery codes that can still be used.
    pub codes_left: i64,
}

/// What a person has beyond the password.
///
/// # Errors
/// A [`Fault`].
pub async fn of(cx: &Cx, user: &UserId) -> Result<Own, Fault> {
    let user = user.clone();
    let found = cx
        .db()
        .read(move |c| Ok(Own { factors: factors::list(c, &user)?, codes_left: recovery_codes::left(c, &user)? }));
    Ok(found.await?)
}

/// What somebody who sits here must show before they change their factors. `None`: nothing more.
///
/// # Errors
/// A [`Fault`].
pub async fn missing(cx: &Cx, visit: &Visit) -> Result<Option<Missing>, Fault> {
    let (id, session) = (visit.user.id.clone(), visit.session.session_id.clone());
    let found = cx.db().read(move |c| Ok((factors::list(c, &id)?, sessions::code(c, &session)?)));
    let (list, code) = found.await?;
    let own = list.iter().map(|factor| factor.kind.level()).max().unwrap_or(Level::Password);
    let reach = second_factor::rule(cx).reach(&visit.user, own);
    Ok(may_change_factors(&visit.session.amr, code, own, reach).err())
}

/// Gives a person fresh recovery codes; the old ones are void. Shown once.
///
/// # Errors
/// A [`Fault`].
pub async fn renew_recovery_codes(cx: &Cx, user: &User) -> Result<Vec<Sensitive>, Fault> {
    let codes = totp::recovery_codes(&*cx.parts.chance);
    let (hashes, id, now) = (hashes_of(&codes), user.id.clone(), cx.now);
    let mut entry = Entry::new(cx, "recovery_codes_renewed");
    entry.event.user_id = Some(id.as_str().to_owned());
    let (told, own) = (Told::new(cx, user, Notice::RecoveryCodesRenewed), cx.clone());
    let stored = cx.db().write(move |c| {
        if users::find_for_update(c, &id)?.is_none() {
            return Ok(());
        }
        recovery_codes::replace(c, &id, &hashes, now)?;
        told.post(c, &own)?;
        entry.append(c)
    });
    stored.await?;
    Ok(codes)
}

/// A name as it may be.
pub(super) fn good_name(name: &str) -> Result<String, FactorRefusal> {
    let name = name.trim();
    let is_bad = name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control);
    if is_bad { Err(FactorRefusal::Name) } else { Ok(name.to_owned()) }
}

/// Gives a factor another name.
///
/// # Errors
/// Inner: a [`FactorRefusal`]. Outer: a [`Fault`].
pub async fn rename(cx: &Cx, user: &User, id: &FactorId, name: &str) -> Result<Result<(), FactorRefusal>, Fault> {
    let name = match good_name(name) {
        Ok(name) => name,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (user_id, id) = (user.id.clone(), id.clone());
    let renamed = cx.db().write(move |c| factors::rename(c, &user_id, &id, &name)).await?;
    Ok(if renamed { Ok(()) } else { Err(FactorRefusal::Unknown) })
}

/// Takes a factor away. With the last one the recovery codes go too: they stand for a second factor that is no more.
///
/// # Errors
/// Inner: a [`FactorRefusal`]. Outer: a [`Fault`].
pub async fn remove(cx: &Cx, user: &User, id: &FactorId) -> Result<Result<(), FactorRefusal>, Fault> {
    let (user_id, id) = (user.id.clone(), id.clone());
    let made = Entry::new(cx, "factor_removed");
    let (envelope, own, user) = (Envelope::new(cx), cx.clone(), user.clone());
    let removed = cx.db().write(move |c| {
        users::find_for_update(c, &user_id)?;
        let gone = factors::list(c, &user_id)?.into_iter().find(|factor| factor.id == id);
        let Some(gone) = gone else { return Ok(Err(FactorRefusal::Unknown)) };
        let opens = gone.kind.level() == Level::PhishingResistant;
        if opens && !other_way_in(c, &own, &user, Without::Factor(&id))? {
            return Ok(Err(FactorRefusal::LastWayIn));
        }
        if !factors::delete(c, &user_id, &id)? {
            return Ok(Err(FactorRefusal::Unknown));
        }
        without_factor(c, &user_id)?;
        envelope.about(&user, Notice::FactorRemoved { name: gone.name.clone() }).post(c, &own)?;
        let mut entry = made.clone();
        entry.event.user_id = Some(user_id.as_str().to_owned());
        entry.event.detail = json!({ "factor": gone.kind.as_str(), "name": gone.name }).to_string();
        entry.append(c)?;
        Ok(Ok(()))
    });
    Ok(removed.await?)
}

fn without_factor(c: &mut Conn, user: &UserId) -> Result<(), store::Fault> {
    if factors::list(c, user)?.is_empty() {
        recovery_codes::delete_of_user(c, user)?;
    }
    Ok(())
}

fn sealed_secret(cx: &Cx, id: &FactorId, secret: &[u8]) -> Result<Vec<u8>, Fault> {
    let broken = |e: crate::secret::SealError| Fault::Internal(format!("a factor could not be sealed: {e}"));
    cx.parts.factors.seal(secret, id.0.as_bytes()).map_err(broken)
}

/// The secret of an authenticator app; none if it does not open.
pub fn opened(cx: &Cx, factor: &Factor) -> Option<Zeroizing<Vec<u8>>> {
    let opened = cx.parts.factors.open(&factor.data, factor.id.0.as_bytes());
    if let Err(why) = &opened {
        tracing::error!(factor = factor.id.0, %why, "the secret of an authenticator app does not open");
    }
    opened.ok()
}
