//! What administrators add to tokens: mapped claims, the demands of resource servers, scopes of the administration (security
//! cases L13, N03).

use serde_json::json;
use vouchsafe::flow::oauth::scopes::admin_audience;
use vouchsafe::identity::Permission;
use vouchsafe::oauth::client::{Client as Registered, GrantType};
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::oauth::mapping::{Mapping, MappingSource, MappingTarget};
use vouchsafe::oauth::resource::Resource;
use vouchsafe::oauth::scope::{Scope, ScopeSet};
use vouchsafe::store::resources::{self, StoredResource};
use vouchsafe::store::scopes::{self, StoredScope};
use vouchsafe::store::users;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{claims, header};
use crate::support::{Browser, TestApp};

const EMAIL: &str = "alice@example.com";

fn mapping(claim: &str, from: MappingSource, into: &[MappingTarget]) -> Mapping {
    Mapping { claim: claim.to_owned(), from, into: into.to_vec() }
}

async fn define(app: &TestApp, name: &str, audience: Option<&str>, mappings: Vec<Mapping>) {
    let scope = Scope {
        name: name.to_owned(),
        description: format!("Do {name}"),
        claims: Vec::new(),
        audience: audience.map(str::to_owned),
        mappings,
    };
    let now = app.clock.now();
    app.write(move |c| scopes::put(c, &StoredScope::new(scope.clone(), now))).await;
}

async fn resource(app: &TestApp, audience: &str, minutes: i64, alg: Algorithm) {
    let resource = Resource {
        audience: audience.to_owned(),
        name: audience.to_owned(),
        access_token_lifetime: Some(Lifetime::from_minutes(minutes)),
        access_token_alg: Some(alg),
    };
    let now = app.clock.now();
    let stored = StoredResource { resource, version: 1, created_at: now, updated_at: now };
    app.write(move |c| resources::put(c, &stored)).await;
}

#[tokio::test]
async fn mapped_claims_stand_where_they_were_sent_and_nowhere_else() {
    use MappingTarget::{AccessToken, IdToken, Userinfo};
    let app = TestApp::start().await;
    let team = MappingSource::Attribute("team".to_owned());
    define(&app, "hr", None, vec![mapping("team", team, &[IdToken, AccessToken])]).await;
    let client = app
        .client_with("c1", Profile::Web, |row: &mut Registered| {
            row.scopes = row.scopes.union(&ScopeSet::of(["hr"]));
            row.policy.mappings = vec![
                mapping("tier", MappingSource::Constant("gold".into()), &[Userinfo]),
                mapping("duty", MappingSource::Role, &[AccessToken]),
            ];
        })
        .await;
    let mut alice = app.person(EMAIL).await;
    alice.attributes.insert("team".to_owned(), json!("red"));
    app.write(move |c| users::update(c, &alice)).await;
    let mut browser = Browser::new(&app);
    let with = app.tokens(&mut browser, &client, EMAIL, &[("scope", "openid hr")]).await;
    let (access, id) = (claims(&with.access), claims(&with.id));
    assert_eq!((&id["team"], &access["team"]), (&json!("red"), &json!("red")));
    assert_eq!((&access["duty"], &id["duty"]), (&json!("person"), &json!(null)));
    let userinfo = app.userinfo(&with.access).await.json();
    assert_eq!(userinfo, json!({ "sub": id["sub"], "tier": "gold" }));
    let without = app.tokens(&mut browser, &client, EMAIL, &[("scope", "openid")]).await;
    assert_eq!(claims(&without.id)["team"], json!(null), "the scope was not granted");
    assert_eq!(claims(&without.access)["duty"], "person", "the client's own need no scope");
}

#[tokio::test]
async fn l13_a_rule_that_got_past_every_check_still_changes_no_claim_of_ours() {
    use MappingTarget::{AccessToken, IdToken, Userinfo};
    let app = TestApp::start().await;
    let client = app
        .client_with("c1", Profile::Web, |row: &mut Registered| {
            let evil =
                |claim: &str| mapping(claim, MappingSource::Constant("evil".into()), &[IdToken, AccessToken, Userinfo]);
            let ours = ["iss", "sub", "aud", "exp", "iat", "nonce", "client_id", "scope", "gid", "jti", "auth_time"];
            row.policy.mappings = ours.map(evil).to_vec();
        })
        .await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", "openid")]).await;
    let (access, id) = (claims(&tokens.access), claims(&tokens.id));
    for name in ["iss", "sub", "aud", "exp", "iat", "client_id", "scope", "gid", "jti", "auth_time"] {
        assert_ne!(access[name], "evil", "{name}");
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time"] {
        assert_ne!(id[name], "evil", "{name}");
    }
    assert_eq!(app.userinfo(&tokens.access).await.json()["sub"], id["sub"]);
}

#[tokio::test]
async fn a_resource_server_rules_over_life_and_algorithm_of_its_tokens() {
    let app = TestApp::start_with(&[("VOUCHSAFE_KEYS_ALGORITHMS", "RS256,ES256")]).await;
    define(&app, "orders", Some("https://orders.test"), Vec::new()).await;
    define(&app, "stock", Some("https://stock.test"), Vec::new()).await;
    resource(&app, "https://orders.test", 2, Algorithm::ES256).await;
    resource(&app, "https://stock.test", 3, Algorithm::RS256).await;
    let service = app
        .client_with("s1", Profile::Service, |row: &mut Registered| {
            row.scopes = ScopeSet::of(["orders", "stock"]);
        })
        .await;
    let ask = async |fields: &[(&str, &str)]| {
        let all = [&[("grant_type", "client_credentials")], fields].concat();
        app.call("/token", &service, &all).await
    };
    let page = ask(&[("scope", "orders")]).await;
    assert_eq!(page.json()["expires_in"], 120);
    let token = page.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(header(&token)["alg"], "ES256");
    let both = ask(&[("scope", "orders stock")]).await;
    assert_eq!((both.status, &both.json()["error"]), (400, &json!("invalid_target")));
    let one = ask(&[("scope", "orders stock"), ("resource", "https://stock.test")]).await;
    let token = one.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!((header(&token)["alg"].as_str(), &one.json()["expires_in"]), (Some("RS256"), &json!(180)));
}

#[tokio::test]
async fn a_resource_server_may_let_tokens_live_longer_than_the_client_does() {
    let app = TestApp::start().await;
    define(&app, "orders", Some("https://orders.test"), Vec::new()).await;
    resource(&app, "https://orders.test", 60, Algorithm::RS256).await;
    let client = app
        .client_with("c1", Profile::Web, |row: &mut Registered| {
            row.scopes = ScopeSet::of(["openid", "orders"]);
            row.grants = vec![GrantType::AuthorizationCode];
            row.policy.refresh = vouchsafe::oauth::client_policy::RefreshRule::Never;
        })
        .await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let page = app.sign_in(&mut browser, &client, EMAIL, &[("scope", "openid orders")]).await;
    let answer = app.redeem(&client, &page.code()).await.json();
    assert_eq!(answer["expires_in"], 3_600, "the family lives as long as its longest token");
}

#[tokio::test]
async fn n03_people_are_warned_before_an_app_may_administer() {
    let app = TestApp::start().await;
    let scope = Permission::ClientsRead.scope();
    let client = app
        .client_with("c1", Profile::Web, |row: &mut Registered| {
            row.scopes = ScopeSet::of(["openid", "profile", scope]);
        })
        .await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let login = browser.get(&app.authorize_url(&client, &[("scope", "openid profile")])).await;
    let page = browser.submit(&login, &[("login", EMAIL), ("password", crate::support::relying_party::PASSWORD)]).await;
    page.is_consent();
    assert!(!page.body.contains("could administer"));
    let wanted = format!("openid {scope}");
    let page = browser.get(&app.authorize_url(&client, &[("scope", &wanted)])).await;
    page.is_consent();
    assert!(page.body.contains("could administer") && page.body.contains("look at clients"), "{}", page.body);
    let code = browser.submit(&page, &[("decision", "approve")]).await.code();
    let answer = app.redeem(&client, &code).await.json();
    let access = claims(answer["access_token"].as_str().expect("a token"));
    let issuer = access["iss"].as_str().expect("an issuer").to_owned();
    assert_eq!(access["aud"], json!([issuer.clone(), admin_audience(&issuer)]));
}

#[tokio::test]
async fn the_console_has_a_client_from_the_start() {
    let app = TestApp::start().await;
    let fields = [
        ("response_type", "code"),
        ("client_id", "vouchsafe-console"),
        ("redirect_uri", &app.url("/admin/callback")),
        ("scope", "openid"),
        ("code_challenge", &crate::support::relying_party::challenge()),
        ("code_challenge_method", "S256"),
    ];
    let page = Browser::new(&app).get(&app.authorize_with(&fields)).await;
    assert!(page.body.contains("Vouchsafe console"), "{}", page.body);
}
