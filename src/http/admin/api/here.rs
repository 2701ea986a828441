//! Owns asking the API from within the process, without a socket and without a token: for commands, whoever may run them on
//! the machine. The request goes the way of any other from its reading on, so nothing can be done here that the API would
//! refuse. It does not own the way of requests that come over the network (`serve`).

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::http::{Method as HttpMethod, header};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;

use super::{ROOT, routes, serve};
use crate::flow::admin::Actor;
use crate::http::call::Call;
use crate::http::routes::Method;
use crate::http::state::Web;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Path below the API, beginning with a slash, with its query.
    pub path: String,
    /// What is sent, if anything is.
    pub body: Option<Payload>,
    /// `If-Match`.
    pub if_match: Option<String>,
}

/// What a request brings.
#[derive(Clone, Debug)]
pub struct Payload {
    /// `Content-Type`.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Payload {
    /// JSON.
    pub fn json(text: String) -> Self {
        Self { media_type: "application/json", bytes: text.into_bytes() }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Told {
    /// Status.
    pub status: u16,
    /// Body: JSON, JSON lines, or an image.
    pub body: Vec<u8>,
}

/// Asks as `actor`. `whence` stands in the security log in the place of a client's address.
///
/// # Errors
/// In words, for a method or a path that cannot be sent.
pub async fn ask(web: Arc<Web>, (actor, whence): (Actor, &str), ask: &Ask) -> Result<Told, String> {
    let method: HttpMethod = ask.method.parse().map_err(|_| format!("{:?} is no HTTP method", ask.method))?;
    let uri = format!("{}{ROOT}{}", web.place.base, ask.path);
    uri.parse::<actix_web::http::Uri>().map_err(|e| format!("{:?} is no path: {e}", ask.path))?;
    let path = ask.path.split('?').next().unwrap_or_default();
    let known = Method::of(&method);
    let Some(route) = routes().find(|route| Some(route.method) == known && fits(route.path, path)) else {
        return Err(format!(
            "there is no {} {path} in the API; `vouchsafe api` without arguments lists what there is",
            ask.method
        ));
    };
    let mut request = TestRequest::default().method(method).uri(&uri);
    if let Some(body) = &ask.body {
        request = request.insert_header((header::CONTENT_TYPE, body.media_type));
    }
    if let Some(tag) = &ask.if_match {
        request = request.insert_header((header::IF_MATCH, tag.as_str()));
    }
    let body = ask.body.as_ref().map_or_else(Bytes::new, |body| Bytes::from(body.bytes.clone()));
    let mut call = Call::new(web.clone(), request.to_http_request(), body);
    call.cx.address = whence.to_owned();
    let response = serve::answer_as(call, route, actor).await.into_response(&web.place);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.map_err(|e| e.to_string())?;
    Ok(Told { status, body: body.to_vec() })
}

/// Whether a path is one of this template: the same segments, `{…}` for any one.
fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let same = template.split('/').all(|wanted| match parts.next() {
        Some(part) if wanted.starts_with('{') => !part.is_empty(),
        Some(part) => part == wanted,
        None => false,
    });
    same && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_one_template() {
        assert!(fits("/clients/{client_id}", "/clients/wiki") && fits("/files", "/files"));
        for (template, path) in [("/clients/{id}", "/clients/"), ("/clients", "/clients/x"), ("/a/{b}/c", "/a/b")] {
            assert!(!fits(template, path), "{template} {path}");
        }
    }
}
