//! Owns the documents about ourselves: metadata and the key set. Both are bytes made once and made again when they change.

use crate::flow::account::sign_up;
use crate::flow::oauth::scopes;
use crate::flow::{Cx, Fault};
use crate::identity::Level;
use crate::oauth::metadata::{self, Endpoints, Published};

/// The metadata document as JSON text.
///
/// # Errors
/// A [`Fault`] of the database, which knows the administrator's scopes.
pub async fn document(cx: &Cx, at: &Endpoints) -> Result<String, Fault> {
    let issuer = cx.issuer().to_owned();
    let defined = cx.db().read(move |c| scopes::defined(c, &issuer)).await?;
    let algorithms = cx.parts.keyring.algorithms(cx.now);
    let levels: &[Level] = match &cx.parts.passkeys {
        Some(_) => &Level::ALL,
        None => &[Level::Password, Level::SecondFactor],
    };
    let sign_up = sign_up::offered(cx);
    let published = Published { algorithms: &algorithms, defined: &defined, levels, sign_up };
    Ok(metadata::document(cx.issuer(), at, &published).to_string())
}
