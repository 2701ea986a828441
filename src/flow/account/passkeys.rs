//! Owns adding a passkey to a person's factors. It does not own signing in with one (`flow::sign_in::passkey`), nor naming and
//! removing it, which is the same for all factors (`factors`).

use crate::flow::account::factors::{self, Added, FactorRefusal};
use crate::flow::sign_in::ceremony::{self, Asked, PasskeyForm, Purpose};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::User;
use crate::identity::factor::{Factor, FactorId, FactorKind};
use crate::identity::level::Method;
use crate::secret::passkey::Person;
use crate::secret::random::uuid;
use crate::store;

const STEP: &str = "passkey";

/// A new passkey as it comes from the page.
pub struct NewPasskey {
    /// The sealed question.
    pub ceremony: String,
    /// The browser's answer: JSON.
    pub answer: String,
    /// What the person calls it; empty: we find a name.
    pub name: String,
}

/// Asks a person's browser for a new passkey; `bound_to` is what the answer must come from: a session. `None` where there are
/// no passkeys.
///
/// # Errors
/// A [`Fault`].
pub async fn offer(cx: &Cx, user: &User, bound_to: &str) -> Result<Option<PasskeyForm>, Fault> {
    let Some(party) = &cx.parts.passkeys else { return Ok(None) };
    let id = user.id.clone();
    let known = cx.db().read(move |c| store::factors::list(c, &id)).await?;
    let known: Vec<&[u8]> = known.iter().filter_map(|factor| factor.credential_id.as_deref()).collect();
    let organisation = cx.parts.settings.get().organisation.clone();
    let person = Person { id: user.id.as_str(), login: user.email.as_str(), name: user.display_name() };
    let question = party.ask_new(&person, organisation.as_deref().unwrap_or("Vouchsafe"), &known);
    let question = question.map_err(ceremony::broken)?;
    Asked::seal(cx, Purpose::Register(user.id.clone()), bound_to, question).map(Some)
}

/// Adds the passkey that was made. One that anybody has already is refused (security case K09), in the same words as any other.
///
/// # Errors
/// Inner: a [`FactorRefusal`]. Outer: a [`Fault`].
pub async fn confirm(
    cx: &Cx,
    user: &User,
    bound_to: &str,
    new: &NewPasskey,
) -> Result<Result<Added, FactorRefusal>, Fault> {
    let Some(asked) = Asked::open(cx, &new.ceremony, &Purpose::Register(user.id.clone()), bound_to) else {
        return Ok(Err(FactorRefusal::OutOfDate));
    };
    let name = match new.name.trim() {
        "" => cx.language_of(user).say("account-factor-passkey").into(),
        _ => match factors::good_name(&new.name) {
            Ok(name) => name,
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    let made = match ceremony::party(cx).and_then(|party| party.judge_new(&asked.state, &new.answer)) {
        Ok(made) => made,
        Err(why) => {
            cx.note(Note::new(STEP, format!("a new passkey was refused: {why}")).user(user.id.as_str()));
            return Ok(Err(FactorRefusal::Passkey));
        }
    };
    let method = if made.is_synced { Method::SyncedPasskey } else { Method::DevicePasskey };
    let factor = Factor {
        id: FactorId(uuid(&*cx.parts.chance, cx.now)),
        user_id: user.id.clone(),
        kind: FactorKind::Passkey,
        name,
        data: made.passkey.data,
        credential_id: Some(made.passkey.credential_id),
        last_step: 0,
        created_at: cx.now,
        last_used_at: None,
    };
    factors::add(cx, user, factor, (Some(asked), method)).await
}
