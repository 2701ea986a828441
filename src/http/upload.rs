//! Owns reading a form that brings a file (`multipart/form-data`, RFC 7578). It does not own what the file may be.

use std::convert::Infallible;

use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use multer::Multipart;

use crate::http::call::Call;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::{MAX_PARAMS, Params};

/// Room for the form around a file.
const FORM: usize = 16_384;
/// What is read of a body. Who sends a file that is too large is told so beside the field, which a browser sees only when it
/// could send all of it.
const READ: usize = 8 * 1_048_576;

/// Whether the body is such a form.
pub fn is_one(call: &Call) -> bool {
    boundary(call).is_some()
}

fn boundary(call: &Call) -> Option<String> {
    multer::parse_boundary(call.header(header::CONTENT_TYPE.as_str())?).ok()
}

/// Reads the beginning of a body, as much of it as counts with a file of so many bytes, and lets the rest go by.
///
/// # Errors
/// Status and words for a body that is much too large or cannot be read.
pub async fn take(mut payload: Payload, largest: usize) -> Result<Bytes, (u16, &'static str)> {
    let (mut kept, mut read, most) = (Vec::new(), 0, largest + FORM);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| (400, "The request's body could not be read.\n"))?;
        read += chunk.len();
        if read > READ {
            return Err((413, "The file is much too large.\n"));
        }
        kept.extend_from_slice(&chunk[..chunk.len().min(most - kept.len())]);
    }
    Ok(kept.into())
}

/// The fields of the form, and the file, if one was chosen: the first one. Of a file that is too large there is more
/// than may be taken, but not all.
///
/// # Errors
/// `invalid_request` for another content type, and for fields that are no text.
pub async fn read(call: &Call) -> Result<(Params, Option<Bytes>), Refusal> {
    let refuse = |check, expected: &str, received: &str| {
        Refusal::new(ErrorCode::InvalidRequest, check, "RFC 7578 section 4", "the form cannot be read")
            .because(expected, received)
    };
    let Some(boundary) = boundary(call) else {
        return Err(refuse("body.content_type", "multipart/form-data with a boundary", "something else"));
    };
    let body = call.body.clone();
    let mut form = Multipart::new(futures_util::stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let (mut fields, mut file) = (Vec::new(), None);
    // A body that was cut off ends within its file: what came before it counts.
    while let Ok(Some(mut field)) = form.next_field().await {
        let (name, file_name) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let mut content = Vec::new();
        while let Ok(Some(chunk)) = field.chunk().await {
            content.extend_from_slice(&chunk);
        }
        if let Some(file_name) = file_name {
            // Browsers send a field without a file under an empty name.
            if !file_name.is_empty() {
                file.get_or_insert(Bytes::from(content));
            }
            continue;
        }
        let text = String::from_utf8(content).ok().filter(|text| !text.contains('\0') && fields.len() < MAX_PARAMS);
        fields.push((
            name,
            text.ok_or_else(|| refuse("params.decodes", "at most 100 fields of text", "something else"))?,
        ));
    }
    let fields = Params::of(fields.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Ok((fields, file))
}
