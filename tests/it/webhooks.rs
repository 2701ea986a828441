//! Webhooks against receivers that are good, slow, broken, elsewhere or gone; what is signed, tried again, given up and
//! switched off; and that nothing of ours is told to places that nobody opened (security cases H06, H07, M05).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vouchsafe::flow::ops::webhooks::Courier;
use vouchsafe::identity::Permissions;
use vouchsafe::secret::WebhookSecret;
use vouchsafe::store::{Engine, webhook_deliveries};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::support::admin::Api;
use crate::support::app::log;
use crate::support::{Browser, Client, TestApp};

/// Requests to loopback are open, and end after a second.
const OPEN: [(&str, &str); 4] = [
    ("VOUCHSAFE_OUTBOUND_ALLOW", "127.0.0.0/8,::1"),
    ("VOUCHSAFE_OUTBOUND_ALLOW_HTTP", "127.0.0.0/8,::1"),
    ("VOUCHSAFE_OUTBOUND_TIMEOUT_SECONDS", "1"),
    ("VOUCHSAFE_LIMITS_ADMIN_PER_MINUTE", "1000000"),
];

/// A message as it came.
#[derive(Clone, Debug)]
struct Came {
    headers: HashMap<String, String>,
    body: String,
}

impl Came {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Whether this secret signed it.
    fn is_signed_with(&self, secret: &str) -> bool {
        let secret = WebhookSecret::parse(secret).expect("a secret");
        let at = Timestamp::from_seconds(self.headers["webhook-timestamp"].parse().expect("seconds"));
        let wanted = secret.sign(self.id(), at, self.body.as_bytes());
        self.headers["webhook-signature"].split(' ').any(|signature| signature == wanted)
    }
}

/// Somebody who is told: keeps what came, and answers as it was told to; the last answer stays.
#[derive(Clone)]
struct Receiver {
    port: u16,
    came: Arc<Mutex<Vec<Came>>>,
    answers: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn new(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let answers = answers.iter().map(|&answer| answer.to_owned()).collect();
        let port = listener.local_addr().expect("an address").port();
        let receiver = Self { port, came: Arc::default(), answers: Arc::new(Mutex::new(answers)) };
        let own = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.converse(stream).await });
            }
        });
        receiver
    }

    async fn converse(&self, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        let end = loop {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
            bytes.extend_from_slice(&part[..read]);
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let headers: HashMap<String, String> =
            lines.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let length: usize = headers.get("content-length")?.parse().ok()?;
        while bytes.len() < end + length {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
            bytes.extend_from_slice(&part[..read]);
        }
        let body = String::from_utf8(bytes[end..].to_vec()).ok()?;
        self.came.lock().expect("no panic").push(Came { headers, body });
        let answer = {
            let mut answers = self.answers.lock().expect("no panic");
            if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
        };
        if answer == "hang" {
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        let reply = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(reply.as_bytes()).await.ok()
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().expect("no panic").clone()
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }
}

/// A webhook to this receiver; its secret.
async fn subscribed(api: &Api<'_>, name: &str, receiver: &Receiver, events: &[&str]) -> String {
    let made = api.post("/webhooks", json!({ "name": name, "url": receiver.url(), "events": events })).await.ok(201);
    made["secret"].as_str().expect("a secret").to_owned()
}

/// A caller for tests in which more time passes than a token lives: a new token each time.
struct Caller<'a>(&'a TestApp, Client);

impl<'a> Caller<'a> {
    async fn of(app: &'a TestApp) -> Self {
        Self(app, app.service("automation", Permissions::ALL).await)
    }

    async fn api(&self) -> Api<'a> {
        Api::new(self.0, self.0.service_token(&self.1, Permissions::ALL).await)
    }
}

/// Something happens: a group comes.
async fn happens(api: &Api<'_>, name: &str) {
    api.post("/groups", json!({ "name": name, "description": "" })).await.ok(201);
}

/// Tells what is due, and waits until it is told.
async fn tell(app: &TestApp) {
    let round = Courier::default().round(&app.app.parts, &app.clock).await.expect("no fault");
    round.join_all().await;
}

async fn deliveries(api: &Api<'_>, name: &str) -> Vec<Value> {
    let page = api.get(&format!("/webhooks/{name}/deliveries")).await.ok(200);
    page["items"].as_array().expect("items").clone()
}

/// Every operation of the API, with answers of success.
pub async fn contract(api: &Api<'_>) {
    // Nothing is opened here, so that nothing is asked: the name leads to this machine.
    let document = json!({ "name": "crm", "url": "https://localhost:8443/hooks", "events": ["group_*"] });
    let made = api.post("/webhooks", document.clone()).await;
    assert_eq!((&made.ok(201)["version"], made.header("location")), (&json!(1), "/api/admin/v1/webhooks/crm"));
    assert!(made.json()["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{}", made.body);
    let found = api.get("/webhooks/crm").await;
    assert!(found.ok(200).get("secret").is_none() && found.header("etag") == "\"v1\"");
    api.post("/webhooks", document.clone()).await.is_problem(409, "webhook_taken");
    assert_eq!(api.get("/webhooks?limit=1").await.ok(200)["items"], json!([found.json()]));
    let mut elsewhere = document;
    elsewhere["description"] = json!("Tells");
    assert_eq!(api.put("/webhooks/crm", elsewhere).await.ok(200)["version"], 2);
    assert_eq!(api.patch("/webhooks/crm", json!({ "events": ["*"] })).await.ok(200)["events"], json!(["*"]));
    assert_eq!(api.patch("/webhooks/crm", json!({ "url": "http://a.test/" })).await.json()["field"], "url");
    let rotated = api.post("/webhooks/crm/secrets", json!({ "overlap_seconds": 60 })).await.ok(201);
    assert!(rotated["secret"].is_string() && rotated["webhook"]["old_secret_until"] == rotated["old_until"]);
    let tested = api.post("/webhooks/crm/test", Value::Null).await.ok(200);
    assert_eq!((&tested["taken"], &tested["status"]), (&json!(false), &json!(null)));
    assert!(tested["error"].as_str().is_some_and(|why| why.contains("public internet")), "{tested}");
    let all = deliveries(api, "crm").await;
    assert_eq!(all[0]["kind"], "webhook_tested");
    let path = format!("/webhooks/crm/deliveries/{}/redeliver", all[0]["event"]);
    assert_eq!(api.post(&path, Value::Null).await.ok(200)["state"], "waiting");
    for odd in ["0", "x", "99999999999999999999"] {
        let path = format!("/webhooks/crm/deliveries/{odd}/redeliver");
        api.post(&path, Value::Null).await.is_problem(404, "unknown_delivery");
    }
    assert_eq!(api.get("/webhooks/crm/deliveries?state=given_up").await.ok(200)["items"], json!([]));
    api.get("/webhooks/crm/deliveries?state=lost").await.is_problem(400, "query");
    assert_eq!(api.delete("/webhooks/crm").await.status, 204);
    api.get("/webhooks/crm/deliveries").await.is_problem(404, "unknown_webhook");
}

#[tokio::test]
async fn an_event_is_told_once_signed_and_without_secrets() {
    let app = TestApp::start_with(&OPEN).await;
    let api = app.program_of_all().await;
    let receiver = Receiver::new(&["200 OK"]).await;
    let secret = subscribed(&api, "crm", &receiver, &["signed_in", "group_*"]).await;
    let client = app.web("wiki").await;
    let ada = app.person("ada@example.com").await;
    app.tokens(&mut Browser::new(&app), &client, "ada@example.com", &[]).await;
    happens(&api, "staff").await;
    tell(&app).await;
    tell(&app).await;
    let mut came = receiver.came();
    came.sort_by_key(|came| came.json()["data"]["number"].as_i64());
    let types: Vec<String> = came.iter().map(|came| came.json()["type"].as_str().expect("a type").to_owned()).collect();
    assert_eq!(types, ["signed_in", "group_added"]);
    for came in &came {
        assert!(came.is_signed_with(&secret), "{came:?}");
        assert_eq!(
            (came.json()["id"].as_str(), came.headers["content-type"].as_str()),
            (Some(came.id()), "application/json")
        );
        assert!(!came.body.contains("vs_") && !came.body.contains(&secret), "{}", came.body);
    }
    assert_eq!(came[0].json()["data"]["user_id"], ada.id.as_str());
    let data = &came[1].json()["data"];
    assert_eq!(data["actor"], json!({ "kind": "client", "id": "automation" }));
    assert_eq!(data["detail"]["after"]["name"], "staff");
    let told = deliveries(&api, "crm").await;
    assert!(
        told.iter().all(|one| one["state"] == "delivered" && one["status"] == 200 && one["tries"] == 1),
        "{told:?}"
    );
    assert!(!log().text().contains(&secret[10..]), "P01: the secret of a webhook stands in the log");
}

#[tokio::test]
async fn what_fails_is_tried_again_under_the_same_id_and_given_up_in_the_end() {
    let app = TestApp::start_with(&OPEN).await;
    let caller = Caller::of(&app).await;
    let api = caller.api().await;
    let receiver =
        Receiver::new(&["503 Later", "302 Found\r\nlocation: http://127.0.0.1:1/", "404 No", "200 OK", "500 No"]).await;
    let secret = subscribed(&api, "crm", &receiver, &["group_added"]).await;
    happens(&api, "one").await;
    for (pause, words) in [(0, "a fault of its own"), (6, "redirects"), (6 * 60, "refuses")] {
        app.pass(Lifetime::from_seconds(pause));
        tell(&app).await;
        let is = &deliveries(&api, "crm").await[0];
        assert!(is["last_error"].as_str().is_some_and(|error| error.contains(words)), "{is}");
        tell(&app).await;
    }
    assert_eq!(receiver.came().len(), 3, "never before its time");
    app.pass(Lifetime::from_minutes(36));
    tell(&app).await;
    let api = caller.api().await;
    let came = receiver.came();
    assert!(came.len() == 4 && came.iter().all(|one| one.id() == came[0].id() && one.is_signed_with(&secret)));
    assert_ne!(came[0].headers["webhook-timestamp"], came[3].headers["webhook-timestamp"]);
    assert_eq!(api.get("/webhooks/crm").await.ok(200)["failing_since"], Value::Null);
    happens(&api, "two").await;
    for _ in 0..12 {
        tell(&app).await;
        app.pass(Lifetime::from_hours(30));
        // Other events that are told keep the webhook from being switched off for failing.
        app.lines("UPDATE webhooks SET failing_since = NULL RETURNING name AS line");
    }
    let api = caller.api().await;
    let is = &deliveries(&api, "crm").await[0];
    assert_eq!((&is["state"], &is["tries"], &is["next_try_at"]), (&json!("given_up"), &json!(10), &Value::Null));
    receiver.answers.lock().expect("no panic").insert(0, "200 OK".to_owned());
    api.post(&format!("/webhooks/crm/deliveries/{}/redeliver", is["event"]), Value::Null).await.ok(200);
    tell(&app).await;
    assert_eq!(deliveries(&api, "crm").await[0]["state"], "delivered");
}

#[tokio::test]
async fn a_slow_receiver_holds_up_nobody_else() {
    let [allow, allow_http, _, limit] = OPEN;
    let app = TestApp::start_with(&[allow, allow_http, ("VOUCHSAFE_OUTBOUND_TIMEOUT_SECONDS", "4"), limit]).await;
    let api = app.program_of_all().await;
    let (slow, good) = (Receiver::new(&["hang"]).await, Receiver::new(&["204 No Content"]).await);
    // Another host, as the limit for each host sees it.
    let url = slow.url().replace("127.0.0.1", "localhost");
    api.post("/webhooks", json!({ "name": "slow", "url": url, "events": ["group_added"] })).await.ok(201);
    subscribed(&api, "good", &good, &["group_added"]).await;
    for name in 0..6 {
        happens(&api, &format!("g{name}")).await;
    }
    let courier = Courier::default();
    let began = Instant::now();
    let round = courier.round(&app.app.parts, &app.clock).await.expect("no fault");
    while good.came().len() < 6 {
        assert!(began.elapsed() < Duration::from_millis(3_900), "the good one waits for the slow one");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        courier.round(&app.app.parts, &app.clock).await.expect("no fault").is_empty(),
        "each is served by one task"
    );
    happens(&api, "more").await;
    courier.round(&app.app.parts, &app.clock).await.expect("no fault").join_all().await;
    round.join_all().await;
    assert_eq!(good.came().len(), 7);
    let told = deliveries(&api, "slow").await;
    let tried: Vec<&Value> = told.iter().filter(|one| one["tries"] == 1).collect();
    assert_eq!(tried.len(), 4, "a batch that comes to nothing is the last for now: {told:?}");
    assert!(tried.iter().all(|one| one["last_error"].as_str().is_some_and(|e| e.contains("within 4 s"))), "{told:?}");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_switched_off_and_one_that_failed_for_days_too() {
    let app = TestApp::start_with(&OPEN).await;
    let caller = Caller::of(&app).await;
    let api = caller.api().await;
    let (gone, broken) = (Receiver::new(&["410 Gone"]).await, Receiver::new(&["500 No"]).await);
    subscribed(&api, "gone", &gone, &["group_added"]).await;
    subscribed(&api, "broken", &broken, &["group_added"]).await;
    let matters = async || {
        let overview = caller.api().await.get("/overview").await.ok(200);
        let all = overview["attention"].as_array().expect("matters").clone();
        let ours = all.into_iter().filter(|matter| !matter["webhook"].is_null());
        let mut ours: Vec<String> = ours.map(|matter| format!("{} {}", matter["code"], matter["webhook"])).collect();
        ours.sort();
        ours
    };
    happens(&api, "one").await;
    tell(&app).await;
    let is = api.get("/webhooks/gone").await.ok(200);
    assert_eq!((&is["enabled"], &is["disabled_why"]), (&json!(false), &json!("gone")));
    assert_eq!(matters().await, [r#""webhook_disabled" "gone""#]);
    app.pass(Lifetime::from_hours(2));
    assert_eq!(matters().await.len(), 2);
    for day in 0..5 {
        happens(&caller.api().await, &format!("day {day}")).await;
        tell(&app).await;
        app.pass(Lifetime::from_days(1));
    }
    let api = caller.api().await;
    assert_eq!(gone.came().len(), 1, "it is told nothing more");
    assert_eq!(api.get("/webhooks/broken").await.ok(200)["enabled"], true, "not before five days are over");
    app.pass(Lifetime::from_days(1));
    tell(&app).await;
    let api = caller.api().await;
    let is = api.get("/webhooks/broken").await.ok(200);
    assert_eq!((&is["enabled"], &is["disabled_why"]), (&json!(false), &json!("failing")));
    let events = app.events().await;
    assert_eq!(events.iter().filter(|event| event.starts_with("webhook_disabled")).count(), 2, "{events:?}");
    api.post("/webhooks/broken/deliveries/1/redeliver", Value::Null).await.is_problem(409, "webhook_is_off");
    let again = api.patch("/webhooks/broken", json!({ "enabled": true })).await.ok(200);
    assert_eq!((&again["disabled_why"], &again["failing_since"]), (&Value::Null, &Value::Null));
    assert_eq!(matters().await, [r#""webhook_disabled" "gone""#]);
}

#[tokio::test]
async fn while_a_secret_changes_both_sign_and_afterwards_one() {
    let app = TestApp::start_with(&OPEN).await;
    let api = app.program_of_all().await;
    let receiver = Receiver::new(&["200 OK"]).await;
    let old = subscribed(&api, "crm", &receiver, &["group_added"]).await;
    let new = api.post("/webhooks/crm/secrets", json!({ "overlap_seconds": 60 })).await.ok(201)["secret"].clone();
    let new = new.as_str().expect("a secret");
    happens(&api, "one").await;
    tell(&app).await;
    app.pass(Lifetime::from_seconds(61));
    happens(&api, "two").await;
    tell(&app).await;
    let signed: Vec<_> =
        receiver.came().iter().map(|one| (one.is_signed_with(&old), one.is_signed_with(new))).collect();
    assert_eq!(signed, [(true, true), (false, true)]);
    let at_once = api.post("/webhooks/crm/secrets", json!({ "overlap_seconds": 0 })).await.ok(201);
    assert_eq!(at_once["webhook"]["old_secret_until"], Value::Null);
    let tested = api.post("/webhooks/crm/test", Value::Null).await.ok(200);
    let came = receiver.came().pop().expect("the test");
    assert_eq!(
        (&tested["taken"], &tested["status"], &came.json()["type"]),
        (&json!(true), &json!(200), &json!("webhook.test"))
    );
    assert!(came.is_signed_with(at_once["secret"].as_str().expect("a secret")) && !came.is_signed_with(new));
}

#[tokio::test]
async fn h06_nobody_is_told_at_an_address_that_is_not_open() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let receiver = Receiver::new(&["200 OK"]).await;
    for url in [receiver.url(), format!("https://127.0.0.1:{}/", receiver.port), "https://[::1]:8443/".to_owned()] {
        let refused = api.post("/webhooks", json!({ "name": "crm", "url": url, "events": ["*"] })).await;
        refused.is_problem(400, "webhook_url");
    }
    // A name says nothing before it is looked up.
    let url = format!("https://localhost:{}/", receiver.port);
    api.post("/webhooks", json!({ "name": "crm", "url": url, "events": ["group_added"] })).await.ok(201);
    happens(&api, "one").await;
    tell(&app).await;
    let is = &deliveries(&api, "crm").await[0];
    assert!(is["last_error"].as_str().is_some_and(|error| error.contains("outbound.allow")), "{is}");
    assert_eq!(
        (receiver.came().len(), &is["state"]),
        (0, &json!("waiting")),
        "who opens the network later is told later"
    );
}

#[tokio::test]
async fn what_waits_outlives_a_restart_and_a_node_that_dies_while_it_sends() {
    let app = TestApp::start_with(&OPEN).await;
    let receiver = Receiver::new(&["200 OK"]).await;
    {
        let api = app.program_of_all().await;
        subscribed(&api, "crm", &receiver, &["group_added"]).await;
        happens(&api, "one").await;
    }
    // Taken by a node that is gone before it has sent anything.
    let (now, until) = (app.clock.now(), app.clock.now() + Lifetime::from_minutes(5));
    let id = app.lines("SELECT id AS line FROM webhooks").remove(0);
    let taken = app.write(move |c| webhook_deliveries::claim(c, &id, 9, now, until)).await;
    assert_eq!(taken.len(), 1);
    let app = app.restart().await;
    tell(&app).await;
    assert_eq!(receiver.came().len(), 0, "it may still be under way");
    app.pass(Lifetime::from_minutes(5));
    tell(&app).await;
    assert_eq!(receiver.came().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_nodes_one_tells() {
    let Some(app) = TestApp::start_on(Engine::Postgres, &OPEN).await else { return };
    let other = app.second().await;
    let api = app.program_of_all().await;
    let receiver = Receiver::new(&["200 OK"]).await;
    subscribed(&api, "crm", &receiver, &["group_added"]).await;
    vouchsafe::flow::webhook::reload(&other.app.parts).await.expect("no fault");
    for round in 0..50 {
        happens(&api, &format!("group {round}")).await;
        tokio::join!(tell(&app), tell(&other));
    }
    tell(&app).await;
    let mut ids: Vec<String> = receiver.came().iter().map(|came| came.id().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((receiver.came().len(), ids.len()), (50, 50));
}

#[tokio::test]
async fn files_own_webhooks_and_their_secrets_by_reference() {
    let app = TestApp::start_with(&OPEN).await;
    let api = app.program_of_all().await;
    let receiver = Receiver::new(&["200 OK"]).await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut files = json!({
        "documents": { "webhook": [
            { "name": "crm", "url": receiver.url(), "events": ["group_added"] },
            { "name": "erp", "url": receiver.url(), "events": ["signed_in"] },
        ] },
        "webhook_secrets": { "crm": secret },
    });
    let planned = api.post("/files/plan", files.clone()).await.ok(200);
    let done = api.post("/files/apply", files.clone()).await.ok(200);
    assert_eq!(planned["changes"], done["changes"]);
    assert!(done["webhook_secrets"]["crm"].is_null() && done["webhook_secrets"]["erp"].is_string(), "{done}");
    assert_eq!(
        api.post("/files/plan", files.clone()).await.ok(200)["changes"],
        json!([]),
        "a second time nothing changes"
    );
    happens(&api, "one").await;
    tell(&app).await;
    assert!(receiver.came()[0].is_signed_with(secret));
    let exported = api.get("/files").await.ok(200);
    assert_eq!(exported["webhook"][0]["name"], "crm");
    assert!(!exported.to_string().contains("whsec_"));
    assert_eq!(api.get("/webhooks/crm").await.ok(200)["managed_by_files"], true);
    api.patch("/webhooks/crm", json!({ "events": ["*"] })).await.ok(200);
    assert_eq!(api.get("/files/drift").await.ok(200)["changes"][0]["name"], "crm");
    for (name, bad) in [("crm", "hunter2"), ("crm", "whsec_AAAA"), ("nobody", secret)] {
        let mut files = files.clone();
        files["webhook_secrets"] = json!({ name: bad });
        let refused = api.post("/files/apply", files).await;
        assert!(refused.status == 400 && !refused.body.contains("hunter2"), "{}", refused.body);
    }
    files["documents"] = json!({});
    files["webhook_secrets"] = json!({});
    api.post("/files/apply", files).await.ok(200);
    assert_eq!(api.get("/webhooks").await.ok(200)["items"], json!([]));
}
