//! Owns the response headers that every page of the two demo servers carries, and the stylesheet and mark they share.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use actix_web::middleware::DefaultHeaders;

const STYLE: &str = include_str!("../../templates/demo/demo.css");
const MARK: &str = include_str!("../../templates/demo/mark.svg");

/// Headers for every answer. `form_targets` are the origins, beside our own, that a form may end at: browsers apply
/// `form-action` to the redirects that follow a submitted form too, and "Sign in" is one that is redirected to the provider.
pub(crate) fn default(form_targets: &[String]) -> DefaultHeaders {
    let form_targets: String = form_targets.iter().map(|origin| format!(" {origin}")).collect();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{form_targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    DefaultHeaders::new()
        .add((CONTENT_SECURITY_POLICY, policy))
        .add((CACHE_CONTROL, "no-store"))
        .add((REFERRER_POLICY, "same-origin"))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
}

/// `GET /demo.css`
pub(crate) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(STYLE)
}

/// `GET /mark.svg`
pub(crate) async fn mark() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(MARK)
}
