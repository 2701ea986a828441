//! Owns the documents about ourselves: metadata and the key set. Both are bytes made once and made again when they change.

use crate::flow::account::sign_up;
use crate::flow::oauth::scopes;
use crate::flow::{Cx, Fault};
use crate::oauth::metadata::{self, Endpoints};

/// The metadata document as JSON text.
///
/// # Errors
/// A [`Fault`] of the database, which knows the administrator's scopes.
pub async fn document(cx: &Cx, at: &Endpoints) -> Result<String, Fault> {
    let issuer = cx.issuer().to_owned();
    let defined = cx.db().read(move |c| scopes::defined(c, &issuer)).await?;
    let algorithms = cx.parts.keyring.algorithms(cx.now);
    Ok(metadata::document(cx.issuer(), at, &algorithms, &defined, sign_up::offered(cx)).to_string())
}
