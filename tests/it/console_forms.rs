//! Every form of the console, taken from its own table of routes: what takes something away asks for the thing's name first,
//! and who lacks the permission changes nothing, with the right token of the form and everything else filled in.

use std::collections::BTreeSet;

use vouchsafe::flow::admin::group::{self, GroupDocument};
use vouchsafe::flow::admin::role::{self, RoleDocument};
use vouchsafe::flow::admin::webhook::{self, WebhookDocument};
use vouchsafe::flow::admin::{Actor, client_logo, provider};
use vouchsafe::flow::sign_in::browser::form_token;
use vouchsafe::http::admin::console::{Need, ROUTES};
use vouchsafe::http::routes::{Access, Method};
use vouchsafe::identity::factor::{Factor, FactorId, FactorKind};
use vouchsafe::identity::permission::built_in;
use vouchsafe::identity::upstream::UpstreamIdentity;
use vouchsafe::identity::{Permission as P, Permissions};
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::signing::{self, RsaBits};
use vouchsafe::store::outbox::{self, Waiting};
use vouchsafe::store::pictures::{self, StoredPicture};
use vouchsafe::store::{factors, upstream_identities};
use vouchsafe::time::Lifetime;

use crate::support::ground::TABLES;
use crate::support::{Browser, Page, TestApp};

const ROOT: &str = "root@example.com";
/// A role of one's own, and what it allows.
const HELPER: &str = "helper";
const HELPS: [P; 3] = [P::UsersRead, P::SessionsRead, P::SessionsWrite];

/// What stands between a press and its effect.
enum Guard {
    /// The name of the thing must be typed.
    Name(&'static str),
    /// One press is enough, for this reason.
    Free(&'static str),
    /// A file must be chosen; what it may be is tried elsewhere (`logo`).
    File,
}
use Guard::{File, Free, Name};

/// A form as somebody fills it in. Words in capitals stand for what the house holds.
struct Filled(&'static str, &'static [(&'static str, &'static str)], Guard);

const ADDS: Guard = Free("adds something that was not there");
const EDITS: Guard = Free("shows what is there, and the security log keeps what was");
const GIVES_BACK: Guard = Free("gives back what was taken");

/// In an order in which each of them works.
const FORMS: &[Filled] = &[
    Filled("/admin/scopes/new", &[("name", "orders:x"), ("description", "Read orders")], ADDS),
    Filled("/admin/scopes/orders:x", &[("description", "Read your orders"), ("version", "1")], EDITS),
    Filled("/admin/scopes/orders:x/delete", &[], Name("orders:x")),
    Filled("/admin/resources/new", &[("audience", "orders-api"), ("name", "Orders")], ADDS),
    Filled("/admin/resources/orders-api", &[("name", "All orders"), ("version", "1")], EDITS),
    Filled("/admin/resources/orders-api/delete", &[], Name("orders-api")),
    Filled("/admin/attributes/new", &[("name", "desk"), ("title", "Desk"), ("kind", "text")], ADDS),
    Filled("/admin/attributes/desk", &[("title", "Its desk"), ("kind", "text"), ("version", "1")], EDITS),
    Filled("/admin/attributes/desk/delete", &[], Name("desk")),
    Filled("/admin/groups", &[("name", "staff"), ("description", "Everybody")], ADDS),
    Filled("/admin/groups/staff", &[("description", "All of us"), ("version", "1")], EDITS),
    Filled("/admin/groups/staff/members", &[("person", "ada@example.com")], ADDS),
    Filled(
        "/admin/groups/staff/members/remove",
        &[("person", "ada@example.com")],
        Free("one person leaves one group and can be put back with the form above the list"),
    ),
    Filled("/admin/groups/staff/delete", &[], Name("staff")),
    Filled("/admin/roles/new", &[("name", "desk"), ("permissions", "admin:users:read")], ADDS),
    Filled("/admin/roles/desk", &[("permissions", "admin:groups:read"), ("version", "1")], EDITS),
    Filled("/admin/roles/desk/delete", &[], Name("desk")),
    Filled("/admin/people/new", &[("email", "new@example.com"), ("access", "none")], ADDS),
    Filled("/admin/people/ADA", &[("email", "ada@example.com"), ("name", "Ada")], EDITS),
    Filled("/admin/people/ADA/access/groups", &[("groups", "engine")], EDITS),
    Filled("/admin/people/ADA/access/role", &[("role", "auditor")], EDITS),
    Filled("/admin/people/ADA/access/role", &[("role", "person")], EDITS),
    Filled("/admin/people/ADA/attributes", &[("floor", "3")], EDITS),
    Filled("/admin/people/ADA/picture/remove", &[], Free("the person uploads another one")),
    Filled("/admin/people/ADA/sessions/end", &[("session", "SESSION")], Free("one browser: the person signs in again")),
    Filled("/admin/sessions/end", &[("session", "SECOND")], Free("one browser: the person signs in again")),
    Filled("/admin/people/ADA/grants/end", &[("grant", "GRANT")], Name("wiki")),
    Filled("/admin/clients/wiki/grants/end", &[("grant", "OTHER")], Name("wiki")),
    Filled("/admin/people/ADA/apps/withdraw", &[("client", "wiki")], Name("wiki")),
    Filled("/admin/people/ADA/sessions/end-all", &[], Name("ada@example.com")),
    Filled("/admin/people/ADA/ways-in/remove-factor", &[("factor", "tablet")], Name("Tablet")),
    Filled("/admin/people/ADA/ways-in/disable-link", &[("link", "link")], Name("Up")),
    Filled("/admin/people/ADA/ways-in/enable-link", &[("link", "link")], GIVES_BACK),
    Filled("/admin/people/ADA/ways-in/unlink", &[("link", "link")], Name("Up")),
    Filled(
        "/admin/people/ADA/account/invite",
        &[],
        Free("the old password goes on until the person chooses another one"),
    ),
    Filled(
        "/admin/people/ADA/account/password",
        &[("password", "a long and fresh password")],
        Free("a new password is typed, which nobody does by mistake"),
    ),
    Filled("/admin/people/ADA/account/must-change", &[], Free("asks the person for something and ends nothing")),
    Filled("/admin/people/ADA/account/disable", &[], Name("ada@example.com")),
    Filled("/admin/people/ADA/account/enable", &[], GIVES_BACK),
    Filled("/admin/people/ADA/account/factors", &[], Name("ada@example.com")),
    Filled("/admin/people/ADA/account/delete", &[], Name("ada@example.com")),
    Filled("/admin/clients/new", &[("profile", "web"), ("name", "New"), ("redirect_uris", "https://n.test/cb")], ADDS),
    Filled(
        "/admin/clients/wiki/settings",
        &[
            ("name", "Wiki"),
            ("redirect_uris", "https://wiki.test/cb"),
            ("scopes", "openid"),
            ("auth_method", "client_secret_basic"),
            ("grants", "authorization_code"),
            ("pkce", "required"),
            ("refresh", "never"),
            ("access_token_alg", "RS256"),
            ("id_token_alg", "RS256"),
        ],
        EDITS,
    ),
    Filled("/admin/clients/wiki/secrets/revoke", &[("secret", "SECRET")], Name("SECRET")),
    Filled("/admin/clients/wiki/secrets/rotate", &[("overlap", "86400")], Free("the old one goes on for a day")),
    Filled("/admin/clients/wiki/secrets/rotate", &[("overlap", "0")], Name("wiki")),
    Filled("/admin/clients/wiki/logo", &[], File),
    Filled("/admin/clients/wiki/logo/remove", &[], Name("wiki")),
    Filled("/admin/clients/wiki/try", &[("scopes", "openid"), ("revoke", "true")], ADDS),
    Filled("/admin/clients/wiki/end/disable", &[], Name("wiki")),
    Filled("/admin/clients/wiki/end/enable", &[], GIVES_BACK),
    Filled("/admin/clients/wiki/end/delete", &[], Name("wiki")),
    Filled("/admin/keys/rotate", &[("alg", "ES256")], Free("a successor is published; nothing breaks")),
    Filled("/admin/keys/import", &[("private_key", "PEM"), ("alg", "RS256")], ADDS),
    Filled("/admin/keys/KID/retire", &[], Name("KID")),
    Filled("/admin/keys/KID/remove", &[], Name("KID")),
    Filled("/admin/providers/new", &[("preset", "google"), ("id", "google"), ("client_id", "us")], ADDS),
    Filled(
        "/admin/providers/google",
        &[("name", "Google"), ("client_id", "us"), ("sign_up", "allowed"), ("enabled", "true"), ("version", "1")],
        EDITS,
    ),
    Filled(
        "/admin/providers/google/secret",
        &[("provider_secret", "GOCSPX-1")],
        Free("the provider's own console makes another one"),
    ),
    Filled("/admin/providers/google/test", &[], Free("nothing is made of a test")),
    Filled("/admin/providers/google/delete", &[], Name("google")),
    Filled("/admin/settings", &[("organisation", "Acme"), ("second_factor", "nobody"), ("version", "1")], EDITS),
    Filled(
        "/admin/webhooks/new",
        &[("name", "crm"), ("url", "https://localhost:8443/"), ("events", "*"), ("enabled", "true")],
        ADDS,
    ),
    Filled(
        "/admin/webhooks/crm",
        &[("url", "https://localhost:8444/"), ("events", "group_*"), ("enabled", "true"), ("version", "1")],
        EDITS,
    ),
    Filled("/admin/webhooks/crm/test", &[], Free("sends a message that says nothing")),
    Filled("/admin/webhooks/erp/redeliver", &[("event", "EVENT")], GIVES_BACK),
    Filled("/admin/webhooks/crm/secret/rotate", &[("overlap", "3600")], Free("the old one goes on for an hour")),
    Filled("/admin/webhooks/crm/secret/rotate", &[("overlap", "0")], Name("crm")),
    Filled("/admin/webhooks/crm/delete", &[], Name("crm")),
    Filled("/admin/mail/retry", &[("letter", "LETTER")], GIVES_BACK),
    Filled("/admin/mail/give-up", &[("letter", "LETTER"), ("recipient", "ada@example.com")], Name("ada@example.com")),
    Filled("/admin/logout", &[], Free("one's own session")),
];

/// The house that the forms are about, and what the words in capitals stand for.
struct House {
    app: TestApp,
    words: Vec<(&'static str, String)>,
}

impl House {
    async fn new() -> Self {
        let mail = [("VOUCHSAFE_MAIL_HOST", "mail.invalid"), ("VOUCHSAFE_MAIL_FROM", "no-reply@acme.test")];
        let app = TestApp::start_with(&mail).await;
        app.administrator(ROOT, "owner").await;
        let ada = app.person("ada@example.com").await;
        let wiki = app.web("wiki").await;
        for _ in 0..3 {
            app.tokens(&mut Browser::new(&app), &wiki, "ada@example.com", &[]).await;
        }
        let of_ada = |table: &str| app.lines(&format!("SELECT id AS line FROM {table} WHERE user_id = '{}'", ada.id));
        let (sessions, grants) = (of_ada("sessions"), of_ada("grants"));
        let logo = include_bytes!("../images/logo.png").to_vec();
        client_logo::set(&app.cx(), &Actor::CommandLine, "wiki", logo, None).await.expect("no fault").expect("a logo");
        let now = app.cx().now;
        let letter = Waiting {
            id: "letter".to_owned(),
            recipient: "ada@example.com".to_owned(),
            subject: "Hello".to_owned(),
            letter: b"sealed".to_vec(),
            created_at: now,
            next_try_at: now + Lifetime::from_hours(1),
            tries: 1,
            last_error: Some("no".to_owned()),
            given_up_at: None,
        };
        app.write(move |c| outbox::insert(c, &letter)).await;
        let phone = Factor {
            id: FactorId("phone".to_owned()),
            user_id: ada.id.clone(),
            kind: FactorKind::Totp,
            name: "Phone".to_owned(),
            data: b"sealed".to_vec(),
            credential_id: None,
            last_step: 0,
            created_at: now,
            last_used_at: None,
        };
        let tablet = Factor { id: FactorId("tablet".to_owned()), name: "Tablet".to_owned(), ..phone.clone() };
        for factor in [phone, tablet] {
            assert!(app.write(move |c| factors::insert(c, &factor)).await);
        }
        let up = Provider { name: "Up".to_owned(), ..Provider::of_preset(Preset::Google, "up", "us") };
        provider::create(&app.cx(), &Actor::CommandLine, up).await.expect("no fault").expect("a provider");
        let link = UpstreamIdentity {
            id: "link".to_owned(),
            provider: "up".to_owned(),
            issuer: "https://accounts.google.com".to_owned(),
            subject: "s1".to_owned(),
            user_id: ada.id.clone(),
            shown: "ada@gmail.test".to_owned(),
            created_at: now,
            last_used_at: None,
            disabled_at: None,
        };
        assert!(app.write(move |c| upstream_identities::insert(c, &link)).await);
        let picture = StoredPicture {
            id: "picture".to_owned(),
            user_id: ada.id.clone(),
            media_type: "image/png".to_owned(),
            bytes: vec![1],
            created_at: now,
        };
        app.write(move |c| pictures::put(c, &picture)).await;
        let erp = WebhookDocument {
            name: "erp".to_owned(),
            description: String::new(),
            url: "https://localhost:8443/".to_owned(),
            events: vec!["group_added".to_owned()],
            enabled: true,
        };
        webhook::create(&app.cx(), &Actor::CommandLine, erp).await.expect("no fault").expect("a webhook");
        let told = GroupDocument { name: "told".to_owned(), description: String::new() };
        group::create(&app.cx(), &Actor::CommandLine, told).await.expect("no fault").expect("a group");
        let words = vec![
            ("EVENT", app.lines("SELECT CAST(event_id AS TEXT) AS line FROM webhook_deliveries").remove(0)),
            ("LETTER", "letter".to_owned()),
            ("ADA", ada.id.to_string()),
            ("SESSION", sessions[0].clone()),
            ("SECOND", sessions[1].clone()),
            ("GRANT", grants[0].clone()),
            ("OTHER", grants[1].clone()),
            ("SECRET", app.lines("SELECT id AS line FROM client_secrets WHERE client_id = 'wiki'").remove(0)),
            ("PEM", pem()),
            ("KID", app.lines("SELECT kid AS line FROM signing_keys WHERE alg = 'ES256'").remove(0)),
        ];
        let helper = RoleDocument {
            name: HELPER.to_owned(),
            description: "Reads people, ends sessions".to_owned(),
            permissions: Permissions::of(&HELPS),
        };
        role::create(&app.cx(), &Actor::CommandLine, helper).await.expect("no fault").expect("a role");
        Self { app, words }
    }

    fn real(&self, text: &str) -> String {
        let known = self.words.iter().filter(|(word, _)| text.split('/').any(|part| part == *word));
        known.fold(text.to_owned(), |text, (word, is)| text.replace(word, is))
    }

    async fn enter(&self, email: &str) -> Browser {
        let mut browser = Browser::new(&self.app);
        let page = self.app.enter(&mut browser, email, "/admin").await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }

    /// Sends the form with its own token, and with this text for the name.
    async fn send(&self, browser: &mut Browser, form: &Filled, confirm: Option<&str>) -> Page {
        let action = self.real(form.0);
        let token = browser.cookies.get("vouchsafe_console").cloned().expect("a session");
        let csrf = form_token(&self.app.cx(), &token, "console", &action);
        let fields: Vec<(&str, String)> = form.1.iter().map(|(name, text)| (*name, self.real(text))).collect();
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        fields.push(("csrf", &csrf));
        fields.extend(confirm.map(|text| ("confirm", text)));
        browser.post(&self.app.url(&action), &fields).await
    }

    /// Every row count but those of what tells of refusals.
    fn counts(&self) -> Vec<(&'static str, i64)> {
        let done = |table: &'static str| match table {
            "events" => "events WHERE kind <> 'action_refused'",
            table => table,
        };
        TABLES.iter().filter(|table| **table != "traces").map(|table| (*table, self.app.rows(done(table)))).collect()
    }
}

/// A private key made elsewhere.
fn pem() -> String {
    let made = signing::generate(Algorithm::RS256, RsaBits::Bits2048).expect("a key");
    let der = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, made.private_pkcs8.as_slice());
    format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n")
}

/// The line of the console's table that a form goes to.
fn need(path: &str) -> (&'static str, Need) {
    let fits = |template: &str| {
        let (wanted, came): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        wanted.len() == came.len() && wanted.iter().zip(&came).all(|(w, c)| w.starts_with('{') || w == c)
    };
    let mut fitting: Vec<_> = ROUTES.iter().filter(|r| r.method == Method::Post && fits(r.path)).collect();
    fitting.sort_by_key(|route| route.path.matches('{').count());
    match fitting.first().map(|route| (route.path, route.access)) {
        Some((path, Access::ConsoleForm(need) | Access::ConsoleUpload(need))) => (path, need),
        _ => panic!("{path} is no form of the console"),
    }
}

#[test]
fn every_form_of_the_console_stands_in_the_table_of_this_test() {
    let known: Vec<&str> = FORMS.iter().map(|form| need(form.0).0).collect();
    for route in ROUTES.iter().filter(|route| route.method == Method::Post) {
        assert!(known.contains(&route.path), "{}: say how it is filled in and what guards it", route.path);
    }
}

#[tokio::test]
async fn whatever_takes_something_away_is_asked_for_by_its_name_and_then_done() {
    let house = House::new().await;
    let mut root = house.enter(ROOT).await;
    for form in FORMS {
        let path = form.0;
        match &form.2 {
            Name(name) => {
                let before = house.counts();
                for wrong in [None, Some(""), Some("something else")] {
                    let page = house.send(&mut root, form, wrong).await;
                    assert!(matches!(page.status, 200 | 422), "{path}: {} {}", page.status, page.body);
                    assert!(page.body.contains("name=\"confirm\""), "{path} with {wrong:?}: {}", page.body);
                    let says = page.body.contains("-confirm-error\"");
                    assert_eq!(says, page.status == 422, "{path} with {wrong:?}: {}", page.body);
                }
                assert_eq!(house.counts(), before, "{path}: nothing was done");
                let done = house.send(&mut root, form, Some(&house.real(name))).await;
                // The only key that signs, or one that is retired already, is refused by the operation.
                let kept = path.starts_with("/admin/keys/") && done.status == 409;
                assert!(kept || matches!(done.status, 200 | 303), "{path}: {} {}", done.status, done.body);
                assert!(kept || house.counts() != before, "{path}: it was done");
            }
            File => assert_eq!(house.send(&mut root, form, None).await.status, 422, "{path}"),
            Free(why) => {
                let done = house.send(&mut root, form, None).await;
                assert!(matches!(done.status, 200 | 303), "{path} ({why}): {} {}", done.status, done.body);
            }
        }
    }
}

#[tokio::test]
async fn n01_no_role_does_with_a_good_form_what_its_permissions_do_not_allow() {
    let house = House::new().await;
    let mut roles = built_in();
    roles.retain(|role| !role.permissions.is_empty());
    let names = roles.iter().map(|role| (role.name.to_string(), role.permissions));
    let own = (HELPER.to_owned(), Permissions::of(&HELPS));
    let mut refused = BTreeSet::new();
    for (role, permissions) in names.chain([own]) {
        let email = format!("{role}@example.com");
        house.app.administrator(&email, &role).await;
        let mut browser = house.enter(&email).await;
        for form in FORMS {
            let may = need(form.0).1.permission.is_none_or(|needed| permissions.contains(needed));
            let before = house.counts();
            // What asks for a name is not given it, so that it is there for the next role.
            let page = house.send(&mut browser, form, None).await;
            if may {
                let lacks_none = page.status != 403 && page.status < 500;
                assert!(lacks_none, "{role} at {}: {} {}", form.0, page.status, page.body);
            } else {
                assert_eq!(page.status, 403, "{role} at {}: {}", form.0, page.body);
                assert_eq!(house.counts(), before, "{role} at {}: nothing was written", form.0);
                refused.insert((role.clone(), form.0));
            }
        }
    }
    // Of each of them so many different tries an hour stand in the log.
    let of = |role: &str| refused.iter().filter(|(is, _)| is == role).count().min(60);
    let roles: BTreeSet<&String> = refused.iter().map(|(role, _)| role).collect();
    let logged = roles.into_iter().map(|role| of(role)).sum();
    assert_eq!(house.app.refused_acts(logged).await.len(), logged);
}

/// Sends one of the forms with other fields.
async fn typed(house: &House, browser: &mut Browser, path: &'static str, fields: &[(&str, &str)]) -> Page {
    let action = house.real(path);
    let token = browser.cookies.get("vouchsafe_console").cloned().expect("a session");
    let csrf = form_token(&house.app.cx(), &token, "console", &action);
    let mut fields = fields.to_vec();
    fields.push(("csrf", &csrf));
    browser.post(&house.app.url(&action), &fields).await
}

#[tokio::test]
async fn a_key_is_imported_from_the_console_and_what_is_none_is_refused_and_not_shown_again() {
    let house = House::new().await;
    let mut root = house.enter(ROOT).await;
    let pem = house.real("PEM");
    let cut = &pem[..pem.len() / 2];
    for (text, alg, status) in [("hello", "", 422), (cut, "", 422), (pem.as_str(), "ES256", 422), (&pem, "none", 422)] {
        let page = typed(&house, &mut root, "/admin/keys/import", &[("private_key", text), ("alg", alg)]).await;
        assert_eq!(page.status, status, "{}", page.body);
        let field = if alg == "none" { "import-alg-error" } else { "import-private_key-error" };
        assert!(page.has(field) && !page.body.contains(&pem[60..90]), "{}", page.body);
    }
    let done = typed(&house, &mut root, "/admin/keys/import", &[("private_key", &pem)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let shown = root.get(&house.app.url(done.location.as_deref().expect("the key's page"))).await;
    assert!(shown.body.contains("published") && shown.body.contains("RS256"), "{}", shown.body);
    assert!(house.app.events().await.contains(&"key_imported".to_owned()));
    let twice = typed(&house, &mut root, "/admin/keys/import", &[("private_key", &pem)]).await;
    assert_eq!(twice.status, 409, "{}", twice.body);
}

#[tokio::test]
async fn what_was_typed_outlives_a_new_proof_and_secrets_do_not() {
    let house = House::new().await;
    let mut root = house.enter(ROOT).await;
    house.app.pass(Lifetime::from_minutes(6));
    let uris = "https://one.test/cb\nhttps://two.test/cb";
    let fields = [("profile", "web"), ("name", "A <b>new</b> one"), ("redirect_uris", uris), ("password", "hunter2")];
    let asked = typed(&house, &mut root, "/admin/clients/new", &fields).await;
    assert!(asked.location.as_deref().is_some_and(|to| to.ends_with("&ask=proof")), "{asked:?}");
    let mut page = root.open(&house.app.url(asked.location.as_deref().expect("the sign-in"))).await;
    page = root.submit(&page, &[("login", ROOT), ("password", crate::support::relying_party::PASSWORD)]).await;
    let back = house.app.url(&page.goes_on_to().expect("back to the form"));
    let mut other = house.enter(ROOT).await;
    other.cookies.insert("vouchsafe_console_kept".to_owned(), root.cookies["vouchsafe_console_kept"].clone());
    let page = root.get(&back).await;
    assert!(page.body.contains("Nothing was done yet") && page.body.contains(uris), "{}", page.body);
    assert!(page.body.contains("A &#60;b&#62;new&#60;/b&#62; one") && !page.body.contains("hunter2"), "{}", page.body);
    assert!(!root.get(&back).await.body.contains("two.test"), "once");
    let elsewhere = other.get(&house.app.url("/admin/roles/new")).await;
    assert!(!elsewhere.body.contains("Nothing was done yet"), "on its own page only");
    house.app.pass(Lifetime::from_minutes(11));
    assert!(!other.get(&back).await.body.contains("two.test"), "not for ever");
    assert_eq!(house.app.rows("clients"), 3, "nothing was registered beside the wiki and our own apps");
}

#[tokio::test]
async fn what_is_too_long_to_be_kept_is_shown_instead() {
    let house = House::new().await;
    let mut root = house.enter(ROOT).await;
    house.app.pass(Lifetime::from_minutes(6));
    let long = "https://one.test/cb\n".repeat(200);
    let fields = [("profile", "web"), ("name", "New"), ("redirect_uris", &long), ("password", "hunter2")];
    let page = typed(&house, &mut root, "/admin/clients/new", &fields).await;
    assert!(page.status == 403 && page.body.contains("https://one.test/cb"), "{}", page.body);
    assert!(!page.body.contains("hunter2") && page.body.contains("ask=proof"), "{}", page.body);
}
