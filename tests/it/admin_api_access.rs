//! Who may call which route of the administration API (security cases N01, N03, N09, E01–E08, E12): every built-in role at
//! every route, taken from the table that answers; tokens that are no good; and that a taken role is gone at once.

use std::collections::BTreeMap;

use reqwest::Method;
use vouchsafe::http::admin::api::{ApiRoute, Needs, ROOT, routes};
use vouchsafe::identity::permission::built_in;
use vouchsafe::identity::{Permission, Permissions, RoleName};
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::store::{clients, users};
use vouchsafe::time::Lifetime;

use crate::support::admin::{Api, all_scopes};
use crate::support::{Page, TestApp};

/// A path of a route in which every part is the id of nothing.
fn path_of(route: &ApiRoute) -> String {
    route.path.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part }).collect::<Vec<_>>().join("/")
}

/// Calls a route with a token and an empty body.
async fn call(api: &Api<'_>, route: &'static ApiRoute) -> Page {
    let method = Method::from_bytes(route.method.as_str().as_bytes()).expect("a method");
    api.send(method, &path_of(route), Some(serde_json::json!({})), &[]).await
}

#[tokio::test]
async fn n01_every_role_reaches_what_it_may_and_nothing_else() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    for role in built_in() {
        let email = format!("{}@example.com", role.name);
        app.person_with(&email, &role.name).await;
        let tokens = app.person_tokens(&client, &email, &all_scopes()).await;
        let api = Api::new(&app, tokens.access);
        let mut tried = 0;
        for route in routes() {
            // Routes that end sessions and the like find nothing to end: every id is of nothing.
            let page = call(&api, route).await;
            tried += 1;
            match route.needs {
                Needs::Permission(permission) if !role.permissions.contains(permission) => {
                    page.is_problem(403, "permission_missing");
                    let challenge = page.header("www-authenticate");
                    let scope = format!("scope=\"{}\"", permission.scope());
                    assert!(challenge.contains("insufficient_scope") && challenge.contains(&scope), "{challenge}");
                    assert!(!app.trace(page.header("x-correlation-id")).await.is_empty(), "refusals are in the trace");
                }
                Needs::All(all) if !all.iter().all(|p| role.permissions.contains(*p)) => {
                    page.is_problem(403, "permission_missing");
                }
                Needs::Either(one, other) if ![one, other].iter().any(|p| role.permissions.contains(*p)) => {
                    page.is_problem(403, "permission_missing");
                }
                Needs::SomePermission if role.permissions.is_empty() => {
                    page.is_problem(403, "permission_missing");
                }
                _ => assert!(![401, 403].contains(&page.status), "{} {}: {}", role.name, route.id, page.body),
            }
        }
        assert_eq!(tried, routes().count());
    }
}

#[tokio::test]
async fn n01_what_a_route_declares_is_all_that_it_needs() {
    let app = TestApp::for_admin().await;
    let mut tokens: BTreeMap<String, String> = BTreeMap::new();
    for route in routes() {
        let needed = match route.needs {
            Needs::Permission(permission) | Needs::Either(permission, _) => Permissions::of(&[permission]),
            Needs::All(all) => Permissions::of(all),
            Needs::SomePermission | Needs::Token => Permissions::of(&[Permission::KeysRead]),
        };
        let name =
            format!("p-{}", needed.iter().map(Permission::scope).collect::<Vec<_>>().join("-").replace(':', "-"));
        if !tokens.contains_key(&name) {
            let token = app.program(&name, needed).await.token;
            tokens.insert(name.clone(), token);
        }
        let page = call(&Api::new(&app, tokens[&name].clone()), route).await;
        assert!(![401, 403].contains(&page.status), "{} with {name}: {}", route.id, page.body);
    }
}

#[tokio::test]
async fn n01_scopes_bound_a_token_below_its_person_and_a_program() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    app.person_with("owner@example.com", &RoleName::OWNER).await;
    for permission in [Permission::AuditRead, Permission::SessionsRead] {
        let only = Permissions::of(&[permission]);
        let person = app.person_tokens(&client, "owner@example.com", permission.scope()).await.access;
        let program = app.program(&format!("p-{}", permission.scope().replace(':', "-")), only).await.token;
        for token in [person, program] {
            let api = Api::new(&app, token);
            for route in routes().filter(|r| r.method.as_str() == "GET") {
                let page = call(&api, route).await;
                let may = match route.needs {
                    Needs::Permission(needed) => needed == permission,
                    Needs::All(all) => all == [permission],
                    Needs::Either(one, other) => one == permission || other == permission,
                    Needs::SomePermission | Needs::Token => true,
                };
                assert_eq!(page.status != 403, may, "{}: {}", route.id, page.body);
            }
            assert_eq!(api.get("").await.ok(200)["permissions"], serde_json::json!([permission.scope()]));
        }
    }
}

/// Every token that must open nothing, by name.
async fn bad_tokens(app: &TestApp) -> Vec<(&'static str, String)> {
    let client = app.admin_app("console-app").await;
    app.person_with("owner@example.com", &RoleName::OWNER).await;
    let tokens = app.person_tokens(&client, "owner@example.com", &format!("openid {}", all_scopes())).await;
    let extra = [("scope", "openid offline_access")];
    let mut browser = crate::support::Browser::new(app);
    let usual = app.tokens(&mut browser, &client, "owner@example.com", &extra).await;
    let scope = format!("openid {}", all_scopes());
    let both = app.tokens(&mut browser, &client, "owner@example.com", &[("scope", &scope)]).await;
    let (head, rest) = tokens.access.split_once('.').expect("a JWT");
    let (payload, signature) = rest.split_once('.').expect("a JWT");
    vec![
        ("an ID token", tokens.id.clone()),
        ("a refresh token", usual.refresh.clone()),
        ("E08: for userinfo", usual.access.clone()),
        ("E08: for userinfo and for us", both.access.clone()),
        ("E01: none", format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}.")),
        ("E01: no signature", format!("{head}.{payload}.")),
        ("another signature", format!("{head}.{payload}.{}A", &signature[..signature.len() - 2])),
        ("E12: dots", ".".repeat(20_000)),
        ("E13: padding", format!("{}=", tokens.access)),
        ("words", "x".to_owned()),
    ]
}

#[tokio::test]
async fn n01_without_a_good_token_nothing_opens() {
    let app = TestApp::for_admin().await;
    let mut tokens = bad_tokens(&app).await;
    tokens.push(("none", String::new()));
    for route in routes() {
        for (name, token) in &tokens {
            let page = call(&Api::new(&app, token.clone()), route).await;
            assert_eq!(page.status, 401, "{}: {name}: {}", route.id, page.body);
            let challenge = page.header("www-authenticate");
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
            assert_eq!(challenge.contains("error=\"invalid_token\""), *name != "none", "{name}: {challenge}");
        }
    }
    let page = Api::new(&app, tokens[0].1.clone()).get("").await;
    let trace = app.trace(page.header("x-correlation-id")).await;
    assert!(
        trace.iter().any(|row| row.check_name.as_deref().is_some_and(|c| c.starts_with("access_token."))),
        "{trace:?}"
    );
}

#[tokio::test]
async fn n01_n09_what_ended_is_over_at_every_route() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    let (service, all) = (app.service("automation", Permissions::ALL).await, all_scopes());
    app.person_with("expired@example.com", &RoleName::OWNER).await;
    let expired = app.person_tokens(&client, "expired@example.com", &all).await.access;
    app.pass(Lifetime::from_hours(1));
    let mut ended = vec![("expired", expired)];

    let person = app.person_with("disabled@example.com", &RoleName::OWNER).await;
    ended.push(("disabled", app.person_tokens(&client, "disabled@example.com", &all).await.access));
    let now = app.clock.now();
    app.write(move |c| users::set_disabled(c, &person.id, Some(now), now)).await;

    let person = app.person_with("ended@example.com", &RoleName::OWNER).await;
    ended.push(("session ended", app.person_tokens(&client, "ended@example.com", &all).await.access));
    app.write(move |c| vouchsafe::store::sessions::end_all_of_user(c, &person.id, None, now)).await;

    ended.push(("client disabled", app.service_token(&service, Permissions::ALL).await));
    app.write(move |c| clients::set_disabled(c, "automation", Some(now), now)).await;
    for route in routes() {
        for (name, token) in &ended {
            let page = call(&Api::new(&app, token.clone()), route).await;
            assert_eq!(page.status, 401, "{}: {name}: {}", route.id, page.body);
        }
    }
}

#[tokio::test]
async fn n09_a_role_that_was_taken_away_is_gone_at_the_next_request() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    app.person_with("ada@example.com", &RoleName::OWNER).await;
    let api = Api::new(&app, app.person_tokens(&client, "ada@example.com", &all_scopes()).await.access);
    api.get("/audit").await.ok(200);
    app.set_role("ada@example.com", &RoleName::parse("client-operator").expect("a role"));
    api.get("/audit").await.is_problem(403, "permission_missing");
    app.set_role("ada@example.com", &RoleName::PERSON);
    for route in routes().filter(|r| r.needs != Needs::Token) {
        call(&api, route).await.is_problem(403, "permission_missing");
    }
    assert_eq!(api.get("").await.ok(200)["permissions"], serde_json::json!([]));
}

#[tokio::test]
async fn n01_no_other_method_and_no_header_opens_a_route() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let auditor = app.program("auditor", Permissions::of(&[Permission::AuditRead])).await;
    for route in routes() {
        let path = path_of(route);
        let url = app.url(&format!("{ROOT}{path}"));
        let options = app.http.request(Method::OPTIONS, &url).header("origin", "https://evil.test");
        let page = app.send(options.header("access-control-request-method", route.method.as_str())).await;
        page.is_problem(405, "method");
        assert!(page.header("allow").contains(route.method.as_str()), "{}", route.id);
        assert!(page.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{}", route.id);
        let trace = app.send(app.http.request(Method::from_bytes(b"PROPFIND").expect("a method"), &url)).await;
        trace.is_problem(405, "method");
        let head = app.send(app.http.head(&url)).await;
        assert!([401, 405].contains(&head.status) && head.body.is_empty(), "{}: HEAD {}", route.id, head.status);
        // The method in the line counts: what may look may not change, whatever a header says.
        for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
            let request = app.http.get(app.url(&format!("{ROOT}/audit"))).bearer_auth(&auditor.token);
            assert_eq!(app.send(request.header(name, route.method.as_str())).await.status, 200);
        }
    }
    let page = app.send(app.http.head(app.url(&format!("{ROOT}/audit"))).bearer_auth(&api.token)).await;
    assert_eq!((page.status, page.body.as_str()), (200, ""));
}

#[tokio::test]
async fn rfc6750_2_the_token_comes_in_the_header_alone() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let url = app.url(&format!("{ROOT}/audit"));
    let token = &api.token;
    let in_query = app.send(app.http.get(format!("{url}?access_token={token}"))).await;
    in_query.is_problem(400, "invalid_request");
    let in_body = app.http.post(&url).header("content-type", "application/x-www-form-urlencoded");
    let in_body = app.send(in_body.body(format!("access_token={token}"))).await;
    assert_eq!(in_body.status, 405);
    let cookie = app.send(app.http.get(&url).header("cookie", format!("access_token={token}"))).await;
    cookie.is_problem(401, "no_token");
    for odd in ["Bearer", "Basic YTpi", "DPoP x", token] {
        app.send(app.http.get(&url).header("authorization", odd)).await.is_problem(400, "invalid_request");
    }
    let twice = app.http.get(&url).bearer_auth(token).header("authorization", format!("Bearer {token}"));
    app.send(twice).await.is_problem(400, "invalid_request");
}

#[tokio::test]
async fn a_person_without_a_role_is_told_what_is_missing() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    app.person("alice@example.com").await;
    let api = Api::new(&app, app.person_tokens(&client, "alice@example.com", &all_scopes()).await.access);
    let page = api.get("/audit").await;
    page.is_problem(403, "permission_missing");
    assert!(page.json()["detail"].as_str().is_some_and(|words| words.contains("admin:audit:read")));
    let scopeless = app.client_with("scopeless", Profile::Service, |_| {}).await;
    let audience = app.audience();
    let page = app.call("/token", &scopeless, &[("grant_type", "client_credentials"), ("resource", &audience)]).await;
    assert_eq!(page.json()["error"], "invalid_target", "nobody names our audience without a scope of ours");
}
