//! Owns what of a posted answer (`response_mode=form_post`) goes on to the callback by GET, which alone takes people back: a form of
//! another site brings no Lax cookie along. Nothing is believed here, and nothing used up. It does not own the callback.

use serde::{Deserialize, Serialize};

use crate::flow::sign_in::pending;
use crate::flow::{Cx, Fault};
use crate::oauth::params::Params;
use crate::oauth::upstream::quirks::ToldName;

/// What goes on as it is, and how long it may be in bytes. Whatever else a provider posts stays behind.
const KEPT: [(&str, usize); 4] = [("state", 512), ("code", 4_096), ("error", 512), ("iss", 512)];
/// Apple's parameter with the name that a person gives there, once.
const USER: &str = "user";
const AAD: &[u8] = b"a name that a provider posted";

/// A name, and the answer it came with.
#[derive(Serialize, Deserialize)]
struct Carried {
    state: String,
    name: ToldName,
}

/// The parameters for the callback by GET. A name goes sealed, so that no log and no history of addresses holds it.
///
/// # Errors
/// A [`Fault`] if it cannot be sealed.
pub fn carry(cx: &Cx, params: &Params) -> Result<Vec<(&'static str, String)>, Fault> {
    let kept = KEPT.into_iter().filter_map(|(name, longest)| Some((name, longest, params.find(name)?)));
    let short = kept.filter(|(_, longest, value)| value.len() <= *longest);
    let mut carried: Vec<(&'static str, String)> = short.map(|(name, _, value)| (name, value.to_owned())).collect();
    let state = params.find("state").unwrap_or_default();
    if let Some(name) = params.find(USER).and_then(ToldName::read) {
        carried.push((USER, pending::seal(cx, &Carried { state: state.to_owned(), name }, AAD)?));
    }
    Ok(carried)
}

/// The name that was posted with this very answer, if there was one.
pub(super) fn told_name(cx: &Cx, params: &Params) -> Option<ToldName> {
    let carried: Carried = pending::open(cx, params.find(USER)?, AAD)?;
    (Some(carried.state.as_str()) == params.find("state")).then_some(carried.name)
}
