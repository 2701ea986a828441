//! Owns the page at `/` of the demo API: what it is, and how to try it by hand.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{SAFE_MAX_AGE, State, WRITE_SCOPE};

#[derive(Template)]
#[template(path = "demo/api.html")]
struct ApiPage<'a> {
    issuer: &'a str,
    audience: &'a str,
    scope: Option<&'a str>,
    write_scope: &'a str,
    safe_max_age: i64,
    keys: Vec<(String, String)>,
}

/// `GET /`
pub(super) async fn home(state: web::Data<State>) -> HttpResponse {
    let page = ApiPage {
        issuer: &state.issuer,
        audience: &state.audience,
        scope: state.required_scope.as_deref(),
        write_scope: WRITE_SCOPE,
        safe_max_age: SAFE_MAX_AGE,
        keys: state.keys.known().await,
    };
    match page.render() {
        Ok(html) => HttpResponse::Ok().content_type(ContentType::html()).body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
