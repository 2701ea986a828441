//! Sign-in through others with the true shapes of Apple, GitHub and Microsoft Entra, and with a key in the place of a secret.

use jsonwebtoken::Algorithm as Alg;
use serde_json::{Value, json};
use vouchsafe::flow::admin::{Actor, provider as admin};
use vouchsafe::identity::{User, UserId};
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::oauth::upstream::provider::{AssertionAudience, ClientAuth, Endpoints, SignUp};
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{upstream_identities, users};

use crate::support::relying_party::PASSWORD;
use crate::support::shapes::{self, APPLE_USER, Apple, CONSUMERS, CONTOSO, Entra, FABRIKAM, GITHUB_SECRET, opened};
use crate::support::upstream::{OPEN, US, Upstream, href};
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const RELAY: &str = "abc123def4@privaterelay.appleid.com";

async fn ground() -> (TestApp, Client) {
    let app = TestApp::start_with(&OPEN).await;
    let client = app.web("c1").await;
    (app, client)
}

async fn person(app: &TestApp, email: &str) -> Option<User> {
    let key = email.to_owned();
    app.app.parts.db.read(move |c| users::find_by_email_key(c, &key)).await.expect("a read")
}

async fn links(app: &TestApp, user: &UserId) -> Vec<String> {
    let user = user.clone();
    let found = app.app.parts.db.read(move |c| upstream_identities::of_user(c, &user)).await.expect("a read");
    found.into_iter().map(|link| format!("{} {}", link.issuer, link.subject)).collect()
}

fn has_session(browser: &Browser) -> bool {
    browser.cookies.keys().any(|name| name.contains("session"))
}

async fn add(app: &TestApp, provider: Provider, secret: &str) {
    let (cx, id) = (app.cx(), provider.id.clone());
    let provider = Provider { sign_up: SignUp::Allowed, ..provider };
    admin::create(&cx, &Actor::CommandLine, provider).await.expect("no fault").expect("added");
    admin::set_secret(&cx, &Actor::CommandLine, &id, Sensitive::new(secret)).await.expect("no fault").expect("set");
}

fn parameter(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).expect("an address");
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// From the app to the provider's door.
async fn lead(app: &TestApp, browser: &mut Browser, client: &Client, id: &str) -> String {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let sent = browser.get(&format!("{}{}", app.origin, href(&page, &format!("way-{id}")))).await;
    sent.location.unwrap_or_else(|| panic!("no redirect: {} {}", sent.status, sent.body))
}

/// What a browser does when Apple's page posts its form: another site's, so that no Lax cookie comes along.
async fn posted(app: &TestApp, fields: &[(&str, &str)]) -> Page {
    let form: Vec<(&str, &str)> = fields.to_vec();
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = app.http.post(app.url("/upstream/apple/callback"));
    let request = request.header("origin", "https://appleid.apple.com").header("sec-fetch-site", "cross-site");
    app.send(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
}

/// There and back through Apple; `user` is what it posts beside the code.
async fn through_apple(
    app: &TestApp,
    browser: &mut Browser,
    client: &Client,
    apple: &Apple,
    user: Option<&str>,
) -> Page {
    let address = lead(app, browser, client, "apple").await;
    apple.script().nonce = parameter(&address, "nonce");
    let state = parameter(&address, "state");
    let mut fields = vec![("state", state.as_str()), ("code", "c0.0.mxzs.x")];
    fields.extend(user.map(|user| ("user", user)));
    let bounced = posted(app, &fields).await;
    assert_eq!((bounced.status, bounced.header("set-cookie")), (303, ""), "{}", bounced.body);
    let next = bounced.location.expect("a redirect");
    assert!(next.starts_with("/upstream/apple/callback?") && !next.contains("Ada"), "{next}");
    browser.open(&format!("{}{next}", app.origin)).await
}

#[tokio::test]
async fn apple_gets_a_secret_that_we_sign_for_each_exchange_and_its_posted_answer_is_taken_in() {
    let (app, client) = ground().await;
    let apple = Apple::start(&app).await;
    apple.register(&app).await;
    let mut browser = Browser::new(&app);
    let address = lead(&app, &mut browser, &client, "apple").await;
    assert_eq!(
        (parameter(&address, "scope").as_str(), parameter(&address, "response_mode").as_str()),
        ("name email", "form_post")
    );

    let page = through_apple(&app, &mut browser, &client, &apple, Some(APPLE_USER)).await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
    let made = person(&app, RELAY).await.expect("an account with the relay's address, which Apple has proven in words");
    assert!(made.email_verified && person(&app, "boss@example.com").await.is_none(), "the posted address is nobody's");
    let name = (made.profile.name.as_deref(), made.profile.given_name.as_deref(), made.profile.family_name.as_deref());
    assert_eq!(name, (Some("Ada Lovelace"), Some("Ada"), Some("Lovelace")));
    // The name comes once, and stays.
    app.pass(vouchsafe::time::Lifetime::from_minutes(5));
    let page = through_apple(&app, &mut Browser::new(&app), &client, &apple, None).await;
    assert!(page.param("code").is_some() || page.has("approve"), "{} {}", page.status, page.body);
    assert_eq!(person(&app, RELAY).await.expect("there").profile.name.as_deref(), Some("Ada Lovelace"));
    let secrets = apple.script().secrets.clone();
    assert!(secrets.len() == 2 && secrets[0] != secrets[1], "made freshly each time");
    let cx = app.cx();
    let view = admin::find(&cx, &Actor::CommandLine, "apple").await.expect("no fault").expect("there");
    assert!(view.has_secret && !serde_json::to_string(&view).expect("JSON").contains("PRIVATE KEY"));
}

#[tokio::test]
async fn l01_a_posted_answer_signs_in_nobody_but_the_browser_that_began() {
    let (app, client) = ground().await;
    let apple = Apple::start(&app).await;
    apple.register(&app).await;
    // Somebody else's state, posted by a page that lures: no session for whoever follows.
    let mut mallory = Browser::new(&app);
    let address = lead(&app, &mut mallory, &client, "apple").await;
    let state = parameter(&address, "state");
    let bounced = posted(&app, &[("state", &state), ("code", "hers")]).await;
    let next = format!("{}{}", app.origin, bounced.location.expect("a redirect"));
    let mut alice = Browser::new(&app);
    alice.open(&app.authorize_url(&client, &[])).await;
    let page = alice.open(&next).await;
    assert!(page.status == 400 && !has_session(&alice), "{} {}", page.status, page.body);
    let mut nobody = Browser::new(&app);
    let page = nobody.open(&next).await;
    assert!(page.status == 400 && !has_session(&nobody), "{} {}", page.status, page.body);
    assert!(apple.script().secrets.is_empty(), "the code went nowhere");
    // What nobody began, twice the same parameter, and more than anybody sends.
    let bounced = posted(&app, &[("state", &"A".repeat(43)), ("code", "c")]).await;
    let page = Browser::new(&app).open(&format!("{}{}", app.origin, bounced.location.expect("a redirect"))).await;
    assert_eq!(page.status, 400);
    assert_eq!(posted(&app, &[("state", "a"), ("state", "b")]).await.status, 400);
    let long = "x".repeat(5_000);
    let bounced = posted(&app, &[("state", "s"), ("code", &long), ("user", &long), ("id_token", "e.y.J")]).await;
    assert_eq!(bounced.location.as_deref(), Some("/upstream/apple/callback?state=s"));
}

#[tokio::test]
async fn l13_what_apple_says_of_a_name_is_display_data_bounded_and_escaped_and_survives_linking() {
    let (app, client) = ground().await;
    let apple = Apple::start(&app).await;
    apple.register(&app).await;
    let alice = app.person(ALICE).await;
    let nameless = User { profile: Default::default(), ..alice.clone() };
    app.write(move |c| users::update(c, &nameless)).await;
    apple.script().claims = json!({ "email": ALICE, "is_private_email": null });
    // Alice proves that the account is hers: only then it is linked, and the name that came before is still there.
    let mut browser = Browser::new(&app);
    let page = through_apple(&app, &mut browser, &client, &apple, Some(APPLE_USER)).await;
    assert!(page.has("linking") && !has_session(&browser), "{}", page.body);
    assert_eq!(person(&app, ALICE).await.expect("there").profile.name, None);
    browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let linked = person(&app, ALICE).await.expect("there");
    assert_eq!(linked.profile.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(links(&app, &alice.id).await.len(), 1);
    // A second identity with another name changes nothing here.
    apple.script().claims = json!({ "sub": "2", "email": ALICE });
    let other = r#"{"name":{"firstName":"Somebody","lastName":"Else"}}"#;
    let page = through_apple(&app, &mut Browser::new(&app), &client, &apple, Some(other)).await;
    assert!(page.has("linking"), "{}", page.body);
    assert_eq!(person(&app, ALICE).await.expect("there").profile.name.as_deref(), Some("Ada Lovelace"));
    // Hostile: markup stays text, and is shown as such.
    apple.script().claims = json!({ "sub": "3", "email": "eve@x.test", "email_verified": true });
    let evil = json!({ "name": { "firstName": "<script>alert(1)</script>\u{202e}", "lastName": "y".repeat(900) } })
        .to_string();
    let page = through_apple(&app, &mut Browser::new(&app), &client, &apple, Some(&evil)).await;
    assert!(page.has("approve") && !page.body.contains("<script>alert"), "{}", page.body);
    let profile = person(&app, "eve@x.test").await.expect("an account").profile;
    assert_eq!(profile.given_name.as_deref(), Some("<script>alert(1)</script>"));
    assert_eq!((profile.family_name.map(|n| n.len()), profile.name.map(|n| n.chars().count())), (Some(200), Some(200)));
    // By GET nobody says a name: what was not sealed here is none.
    apple.script().claims = json!({ "sub": "4", "email": "new@x.test", "email_verified": true });
    let mut browser = Browser::new(&app);
    let address = lead(&app, &mut browser, &client, "apple").await;
    apple.script().nonce = parameter(&address, "nonce");
    let state = parameter(&address, "state");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("state", state.as_str()), ("code", "c"), ("user", APPLE_USER)])
        .finish();
    let page = browser.open(&app.url(&format!("/upstream/apple/callback?{query}"))).await;
    assert!(page.has("approve"), "{}", page.body);
    assert_eq!(person(&app, "new@x.test").await.expect("an account").profile.name, None);
    // Words that are not "true" prove nothing.
    for said in [json!("false"), json!("yes"), json!(1), json!(null)] {
        apple.script().claims = json!({ "sub": "5", "email": "unproven@x.test", "email_verified": said });
        let page = through_apple(&app, &mut Browser::new(&app), &client, &apple, None).await;
        assert!(page.has("linking") || page.status == 400, "{said}: {}", page.body);
    }
    assert!(person(&app, "unproven@x.test").await.is_none());
}

#[tokio::test]
async fn an_assertion_of_our_key_stands_in_the_place_of_the_secret() {
    let (app, client) = ground().await;
    for (id, alg, audience) in
        [("rsa", Algorithm::RS256, None), ("ec", Algorithm::ES256, Some(AssertionAudience::TokenEndpoint))]
    {
        let up = Upstream::start(&app).await;
        let (pem, ours) = shapes::key(alg);
        let kid = (id == "ec").then(|| "our-key-1".to_owned());
        let change = |p: &mut Provider| {
            (p.client_auth, p.assertion_audience) = (Some(ClientAuth::PrivateKeyJwt), audience);
            p.key_id = kid.clone();
        };
        up.register_with(&app, id, &pem, change).await;
        let mut seen = Vec::new();
        for sub in ["s1", "s2"] {
            up.person(sub, &format!("{sub}-{id}@x.test"));
            let page = up.sign_in(&app, &mut Browser::new(&app), &client, id).await;
            assert!(page.has("approve"), "{} {}", page.status, page.body);
            let asked =
                up.script().asked.iter().rfind(|asked| asked.starts_with("POST /token")).cloned().expect("asked");
            let (head, body) = asked.rsplit_once('\n').expect("a body");
            assert!(!head.to_ascii_lowercase().contains("authorization:"), "{head}");
            let form: std::collections::BTreeMap<String, String> =
                url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
            assert!(form["client_id"] == US && !form.contains_key("client_secret"), "{body}");
            let library = if alg == Algorithm::RS256 { Alg::RS256 } else { Alg::ES256 };
            let (header, claims) = opened(&form["client_assertion"], &ours.public_jwk, library).expect("our signature");
            let now = app.clock.now().seconds();
            let (aud, typ) = match audience {
                None => (up.origin.clone(), "client-authentication+jwt"),
                Some(_) => (format!("{}/token", up.origin), "JWT"),
            };
            assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!(US), &json!(US), &json!(aud)));
            assert_eq!((header.typ.as_deref(), header.kid), (Some(typ), Some(kid.clone().unwrap_or(ours.kid.clone()))));
            let left = claims["exp"].as_i64().expect("exp") - now;
            assert!((1..=300).contains(&left), "{left}");
            seen.push(claims["jti"].as_str().expect("jti").to_owned());
        }
        assert_ne!(seen[0], seen[1], "each assertion has a name of its own");
    }
}

#[tokio::test]
async fn githubs_answers_are_read_as_they_are_documented() {
    let (app, client) = ground().await;
    let origin = shapes::github("good").await;
    let at = |path: &str| Some(format!("{origin}{path}"));
    let provider = Provider {
        issuer: Some(origin.clone()),
        endpoints: Endpoints {
            authorization: at("/login/oauth/authorize"),
            token: at("/login/oauth/access_token"),
            userinfo: at("/user"),
            emails: at("/user/emails"),
        },
        ..Provider::of_preset(Preset::Github, "github", "Iv1.8a61f9b3a7aba766")
    };
    add(&app, provider, GITHUB_SECRET).await;
    let through = async |code: &'static str| {
        let mut browser = Browser::new(&app);
        let address = lead(&app, &mut browser, &client, "github").await;
        assert_eq!(parameter(&address, "scope"), "read:user user:email");
        let query = format!("code={code}&state={}", parameter(&address, "state"));
        browser.open(&app.url(&format!("/upstream/github/callback?{query}"))).await
    };
    assert_eq!(through("stale").await.status, 400, "an error that comes with 200");
    let page = through("good").await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
    let made = person(&app, "octocat@github.com").await.expect("the primary address, not the one that hides it");
    assert_eq!(links(&app, &made.id).await, [format!("{origin} 583231")]);
    assert_eq!((made.profile.name.as_deref(), made.profile.picture), (Some("monalisa octocat"), None));
    let cx = app.cx();
    let wrong = Sensitive::new("0000000000000000000000000000000000000000");
    admin::set_secret(&cx, &Actor::CommandLine, "github", wrong).await.expect("no fault").expect("set");
    assert_eq!(through("good").await.status, 400, "a wrong secret");
}

async fn entra(app: &TestApp, who: &str, change: impl FnOnce(&mut Provider)) -> Entra {
    let entra = Entra::start(app).await;
    let mut provider = Provider {
        issuer: Some(format!("{}/{who}/v2.0", entra.origin)),
        ..Provider::of_preset(Preset::Microsoft, "entra", US)
    };
    change(&mut provider);
    add(app, provider, "s3cret").await;
    entra
}

async fn through_entra(app: &TestApp, client: &Client, entra: &Entra, claims: Value) -> Page {
    let mut browser = Browser::new(app);
    let address = lead(app, &mut browser, client, "entra").await;
    {
        let mut script = entra.script();
        script.nonce = parameter(&address, "nonce");
        script.claims = claims;
    }
    let query = format!("code=c&state={}", parameter(&address, "state"));
    browser.open(&app.url(&format!("/upstream/entra/callback?{query}"))).await
}

/// Claims of a directory.
fn of(entra: &Entra, tid: &str, more: Value) -> Value {
    let mut claims = json!({ "iss": format!("{}/{tid}/v2.0", entra.origin), "tid": tid });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn l04_a_token_of_entra_is_of_the_directory_that_it_names_and_signed_with_its_key() {
    let (app, client) = ground().await;
    let entra = entra(&app, "common", |_| {}).await;
    let proven = json!({ "email": "a@contoso.test", "xms_edov": true });
    let page = through_entra(&app, &client, &entra, of(&entra, CONTOSO, proven)).await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
    let first = person(&app, "a@contoso.test").await.expect("an account");
    let sub = "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ";
    assert_eq!(links(&app, &first.id).await, [format!("{}/{CONTOSO}/v2.0 {sub}", entra.origin)]);
    // The same subject in another directory is somebody else.
    let proven = json!({ "email": "b@fabrikam.test", "xms_edov": true });
    through_entra(&app, &client, &entra, of(&entra, FABRIKAM, proven)).await;
    let second = person(&app, "b@fabrikam.test").await.expect("another account");
    assert_eq!(links(&app, &second.id).await, [format!("{}/{FABRIKAM}/v2.0 {sub}", entra.origin)]);

    let upper = CONTOSO.to_uppercase();
    let evil_iss = format!("https://evil.test/{CONTOSO}/v2.0");
    for (what, claims) in [
        ("the issuer of another directory", json!({ "iss": format!("{}/{FABRIKAM}/v2.0", entra.origin) })),
        ("the template itself", json!({ "iss": format!("{}/{{tenantid}}/v2.0", entra.origin), "tid": "{tenantid}" })),
        ("another house", json!({ "iss": evil_iss })),
        ("no directory", json!({ "tid": null })),
        ("a word for a directory", of(&entra, "common", json!({}))),
        ("a directory in other letters", of(&entra, &upper, json!({}))),
        ("a path in a directory", of(&entra, &format!("{CONTOSO}/v2.0/x"), json!({}))),
    ] {
        let page = through_entra(&app, &client, &entra, claims).await;
        assert_eq!(page.status, 400, "{what}: {}", page.body);
    }
    // A key of private accounts signs for them alone (the set's `issuer`).
    entra.script().with_consumers_key = true;
    let page = through_entra(&app, &client, &entra, of(&entra, CONTOSO, json!({}))).await;
    assert_eq!(page.status, 400, "{}", page.body);
    let proven = json!({ "sub": "msa", "email": "c@outlook.test", "xms_edov": true });
    let page = through_entra(&app, &client, &entra, of(&entra, CONSUMERS, proven)).await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
}

#[tokio::test]
async fn l05_an_address_in_a_directory_proves_nothing_unless_entra_says_whose_domain_it_is() {
    let (app, client) = ground().await;
    let entra = entra(&app, "organizations", |p| p.trust_email = Some(true)).await;
    app.person(ALICE).await;
    for claims in [
        json!({ "email": "boss@x.test" }),
        json!({ "email": "boss@x.test", "email_verified": true }),
        json!({ "email": "boss@x.test", "email_verified": true, "xms_edov": false }),
        json!({ "email": "boss@x.test", "xms_edov": "true" }),
        // Proven is what stands in the token itself.
        json!({ "email": null, "xms_edov": true, "email_verified": true }),
    ] {
        let sub = "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ";
        entra.script().userinfo =
            json!({ "sub": sub, "email": "boss@x.test", "email_verified": true, "xms_edov": true });
        let page = through_entra(&app, &client, &entra, of(&entra, CONTOSO, claims.clone())).await;
        assert!(page.has("linking"), "{claims}: {} {}", page.status, page.body);
    }
    assert!(person(&app, "boss@x.test").await.is_none());
    // However well it is proven, it opens no account that is there.
    let proven = json!({ "email": ALICE, "xms_edov": true });
    assert!(through_entra(&app, &client, &entra, of(&entra, CONTOSO, proven)).await.has("linking"));
    // Private accounts do not come by the address of organizations.
    entra.script().with_consumers_key = true;
    let page = through_entra(&app, &client, &entra, of(&entra, CONSUMERS, json!({}))).await;
    assert_eq!(page.status, 400, "{}", page.body);
}

#[tokio::test]
async fn l12_directories_that_are_not_on_the_list_stay_outside() {
    let (app, client) = ground().await;
    let entra = entra(&app, "common", |p| p.tenants = vec![CONTOSO.to_owned()]).await;
    let proven = |email: &str| json!({ "email": email, "xms_edov": true });
    let page = through_entra(&app, &client, &entra, of(&entra, FABRIKAM, proven("b@fabrikam.test"))).await;
    assert!(page.status == 403 && page.has("go-on"), "{} {}", page.status, page.body);
    assert!(person(&app, "b@fabrikam.test").await.is_none());
    let page = through_entra(&app, &client, &entra, of(&entra, CONTOSO, proven("a@contoso.test"))).await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
    // The address of private accounts lets in their directory alone.
    let app = TestApp::start_with(&OPEN).await;
    let client = app.web("c1").await;
    let consumers = self::entra(&app, "consumers", |_| {}).await;
    let page = through_entra(&app, &client, &consumers, of(&consumers, CONTOSO, proven("a@contoso.test"))).await;
    assert_eq!(page.status, 400, "{}", page.body);
    consumers.script().with_consumers_key = true;
    let page = through_entra(&app, &client, &consumers, of(&consumers, CONSUMERS, proven("c@outlook.test"))).await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
}
