//! Owns what anybody gets to see of a client's logo. It does not own how it came to be there (`flow::admin::client_logo`).

use crate::flow::{Cx, Fault};
use crate::oauth::logo::ImageFormat;
use crate::store::client_logos;

/// A logo for a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Format.
    pub format: ImageFormat,
    /// The file.
    pub bytes: Vec<u8>,
    /// The short name of its content, as it stands in its address.
    pub tag: String,
}

/// The logo of a client; `None` for a client that has none, is switched off, or is not there.
///
/// # Errors
/// A [`Fault`].
pub async fn of(cx: &Cx, client_id: &str) -> Result<Option<Logo>, Fault> {
    let id = client_id.to_owned();
    let found = cx.db().read(move |c| client_logos::find_of_enabled(c, &id)).await?;
    Ok(found.map(|logo| Logo { format: logo.image.format, tag: logo.tag(), bytes: logo.bytes }))
}
