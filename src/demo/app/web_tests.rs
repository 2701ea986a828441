//! The app's own doors: its cookie, its form tokens, and answers that nobody waits for.

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body};

use super::*;
use crate::demo::Secret;
use crate::demo::app::AppSettings;
use crate::demo::app::visitor::Visitors;
use crate::demo::wire::Wire;

fn state() -> web::Data<State> {
    web::Data::new(State {
        settings: AppSettings {
            listen: std::net::TcpListener::bind("127.0.0.1:0").unwrap(),
            base_url: "http://localhost:8081".into(),
            issuer: "http://127.0.0.1:1".into(),
            client_id: "demo".into(),
            client_secret: Secret::new("s3cr3t"),
            api_url: "http://localhost:8082".into(),
            login_hint_email: "ada@example.com".into(),
            password_hint: "correct horse".into(),
        },
        wire: Wire::new().unwrap(),
        visitors: Visitors::default(),
    })
}

struct Answer {
    status: StatusCode,
    location: String,
    cookie: Option<Cookie<'static>>,
    body: String,
}

async fn ask(state: &web::Data<State>, request: TestRequest) -> Answer {
    let app = init_service(App::new().app_data(state.clone()).configure(routes)).await;
    let answer = call_service(&app, request.to_request()).await;
    let location = answer.headers().get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let cookie = answer.response().cookies().next().map(Cookie::into_owned);
    let status = answer.status();
    let body = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
    Answer { status, location, cookie, body }
}

#[actix_web::test]
async fn home_shows_the_login_and_sets_a_careful_cookie() {
    let answer = ask(&state(), TestRequest::get().uri("/").insert_header((HOST, "localhost:8081"))).await;
    assert!(answer.body.contains("ada@example.com") && answer.body.contains("correct horse"));
    assert!(!answer.body.contains("another address"));
    let cookie = answer.cookie.unwrap();
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.same_site(), Some(SameSite::Lax));
}

#[actix_web::test]
async fn home_by_another_name_says_where_to_go() {
    let answer = ask(&state(), TestRequest::get().uri("/").insert_header((HOST, "127.0.0.1:8081"))).await;
    assert!(answer.body.contains("another address"));
}

#[actix_web::test]
async fn a_form_without_our_token_does_nothing() {
    let state = state();
    let form = [("csrf", "guess")];
    let bare = ask(&state, TestRequest::post().uri("/do/sign-in").set_form(form)).await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN);
    let (id, _) = state.visitors.admit(clock::now());
    let request = TestRequest::post().uri("/do/sign-in").cookie(Cookie::new(COOKIE, id)).set_form(form);
    assert_eq!(ask(&state, request).await.status, StatusCode::FORBIDDEN);
    let get = ask(&state, TestRequest::get().uri("/do/sign-in")).await;
    assert_eq!(get.status, StatusCode::NOT_FOUND, "a GET must not press a button");
}

#[actix_web::test]
async fn rfc6749_10_12_an_answer_nobody_waits_for_signs_nobody_in() {
    let state = state();
    let answer = ask(&state, TestRequest::get().uri("/callback?code=c&state=s")).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/problem"));
    let page = ask(&state, TestRequest::get().uri("/problem").cookie(answer.cookie.unwrap())).await;
    assert!(page.body.contains("We were not waiting for this"), "{}", page.body);
}

#[actix_web::test]
async fn a_provider_that_is_away_is_explained() {
    let state = state();
    let (id, visitor) = state.visitors.admit(clock::now());
    let csrf = visitor.lock().await.csrf.clone();
    let cookie = Cookie::new(COOKIE, id);
    let request = TestRequest::post().uri("/do/sign-in").cookie(cookie.clone()).set_form([("csrf", csrf)]);
    assert_eq!(ask(&state, request).await.location, "/problem");
    let page = ask(&state, TestRequest::get().uri("/problem").cookie(cookie)).await;
    assert!(page.body.contains("The provider did not answer"), "{}", page.body);
    assert!(page.body.contains("Is the server running"), "{}", page.body);
}

#[actix_web::test]
async fn the_walk_is_for_those_who_are_signed_in() {
    let answer = ask(&state(), TestRequest::get().uri("/me")).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/"));
}
