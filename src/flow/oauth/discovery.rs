//! Owns the documents about ourselves: metadata and the key set. Both are bytes made once and made again when they change.

use crate::flow::{Cx, Fault};
use crate::oauth::metadata::{self, Endpoints};
use crate::store::scopes;

/// The metadata document as JSON text.
///
/// # Errors
/// A [`Fault`] of the database, which knows the administrator's scopes.
pub async fn document(cx: &Cx, at: &Endpoints) -> Result<String, Fault> {
    let defined = cx.db().read(scopes::list).await?;
    let algorithms = cx.parts.keyring.algorithms(cx.now);
    Ok(metadata::document(cx.issuer(), at, &algorithms, &defined).to_string())
}
