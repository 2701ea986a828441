//! A real browser: Chromium driven through ChromeDriver. Where they are not installed the tests say so and pass, unless
//! `REQUIRE_ALL=1`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// One window of one browser, and the driver process behind it.
pub struct Chromium {
    pub client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

/// Starts a browser; `None` where there is none to start.
pub async fn start() -> Option<Chromium> {
    let tools = ["chromedriver", "chromium"].map(|name| find(name).ok_or(name));
    let axe = axe_file();
    let missing: Vec<&str> = tools
        .iter()
        .filter_map(|t| t.as_ref().err().copied())
        .chain(axe.is_none().then_some("axe-core (npm install --prefix target/axe axe-core)"))
        .collect();
    if !missing.is_empty() {
        let required = std::env::var("REQUIRE_ALL").is_ok_and(|v| v == "1");
        assert!(!required, "REQUIRE_ALL=1 and missing: {}", missing.join(", "));
        println!("skipped, because these are not installed: {}", missing.join(", "));
        return None;
    }
    let [Ok(driver), Ok(browser)] = tools else { return None };
    Some(launch(&driver, &browser).await)
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn axe_file() -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    file.is_file().then_some(file)
}

async fn launch(driver: &Path, browser: &Path) -> Chromium {
    let mut child = Command::new(driver)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let port = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split("successfully on port ").nth(1).map(|p| p.trim_end_matches('.').trim().to_owned()))
        .expect("chromedriver says its port");
    std::thread::spawn(move || lines.for_each(drop));
    let profile = tempfile::tempdir().expect("a profile folder");
    let options = json!({
        "binary": browser,
        "args": [
            "--headless", "--window-size=1280,900", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
            format!("--user-data-dir={}", profile.path().display()),
        ],
    });
    let mut capabilities = serde_json::map::Map::new();
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .expect("a browser window");
    Chromium { client, driver: child, _profile: profile }
}

/// A command of the DevTools protocol, through ChromeDriver's own endpoint.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}

impl Chromium {
    /// Ends browser and driver.
    pub async fn quit(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }

    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    pub async fn url(&self) -> String {
        self.client.current_url().await.expect("an address").to_string()
    }

    pub async fn has(&self, id: &str) -> bool {
        self.client.find(Locator::Id(id)).await.is_ok()
    }

    /// Waits until an element with this id is on the page.
    pub async fn wait_for(&self, id: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        while !self.has(id).await {
            let here = self.url().await;
            assert!(Instant::now() < until, "no element {id} at {here}: {}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn type_into(&self, id: &str, text: &str) {
        let field = self.client.find(Locator::Id(id)).await.unwrap_or_else(|e| panic!("no field {id}: {e}"));
        field.clear().await.expect("the field is cleared");
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Presses a button; once more if the page was just being replaced.
    pub async fn click(&self, id: &str) {
        let mut tries = 0;
        loop {
            let element = self.client.find(Locator::Id(id)).await.unwrap_or_else(|e| panic!("no button {id}: {e}"));
            match element.click().await {
                Ok(()) => return,
                Err(e) if e.is_stale_element_reference() && tries < 20 => tries += 1,
                Err(e) => panic!("{id} cannot be pressed: {e}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Presses a button and waits until another page has taken the place of this one.
    pub async fn press(&self, id: &str) {
        self.client.execute("document.documentElement.dataset.old = '1'", vec![]).await.expect("the page is marked");
        self.click(id).await;
        let is_new = "return document.readyState === 'complete' && !document.documentElement.dataset.old";
        let until = Instant::now() + Duration::from_secs(20);
        while self.client.execute(is_new, vec![]).await.ok() != Some(json!(true)) {
            assert!(Instant::now() < until, "{id} leads nowhere: {}", self.url().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Follows the link with these words, which leads away from this page.
    pub async fn follow(&self, words: &str) {
        let here = self.url().await;
        let link = self.client.find(Locator::LinkText(words)).await.unwrap_or_else(|e| panic!("no link {words}: {e}"));
        link.click().await.unwrap_or_else(|e| panic!("{words} cannot be followed: {e}"));
        let until = Instant::now() + Duration::from_secs(20);
        while self.url().await == here {
            assert!(Instant::now() < until, "{words} leads nowhere");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The words on the page; once more if it was just being replaced.
    pub async fn text(&self) -> String {
        for _ in 0..40 {
            let words = self.client.execute("return document.body.innerText", vec![]).await;
            if let Some(words) = words.ok().as_ref().and_then(Value::as_str) {
                return words.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no words at {}", self.url().await)
    }

    /// The words of one element.
    pub async fn text_of(&self, id: &str) -> String {
        let element = self.client.find(Locator::Id(id)).await.unwrap_or_else(|e| panic!("{id}: {e}"));
        element.text().await.expect("words")
    }

    pub async fn sign_in(&self, email: &str, password: &str) {
        self.wait_for("login").await;
        self.type_into("login", email).await;
        self.type_into("password", password).await;
        self.press("submit").await;
    }

    /// Looks at the page at both widths, light and dark: axe-core finds nothing, nothing overflows sideways, and a picture
    /// of each is left in `target/screenshots`.
    pub async fn inspect(&self, name: &str) {
        let axe = std::fs::read_to_string(axe_file().expect("axe-core")).expect("axe-core's text");
        for (width, height) in [(1280, 860), (390, 844)] {
            self.devtools(
                "Emulation.setDeviceMetricsOverride",
                json!({
                    "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500
                }),
            )
            .await;
            for scheme in ["light", "dark"] {
                // Without movement, or a colour on its way from one scheme to the other would be measured.
                let media = json!({ "features": [
                    { "name": "prefers-color-scheme", "value": scheme },
                    { "name": "prefers-reduced-motion", "value": "reduce" },
                ] });
                self.devtools("Emulation.setEmulatedMedia", media).await;
                self.assert_accessible(&axe, &format!("{name} at {width} px, {scheme}")).await;
                let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                let overflow = self.client.execute(overflow, vec![]).await.expect("a width");
                assert_eq!(overflow, json!(0), "{name} overflows sideways at {width} px");
                self.picture(&format!("{name}-{width}-{scheme}")).await;
            }
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
    }

    async fn assert_accessible(&self, axe: &str, place: &str) {
        let script = format!(
            "{axe}; const done = arguments[arguments.length - 1];
             axe.run(document, {{ resultTypes: ['violations'] }})
                .then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))))
                .catch(e => done(['axe failed: ' + e]));"
        );
        let found = self.client.execute_async(&script, vec![]).await.expect("axe runs");
        assert_eq!(found, json!([]), "axe-core finds violations on {place}");
    }

    /// Leaves a picture in `target/screenshots`.
    pub async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("the folder for pictures");
        let png = self.client.screenshot().await.expect("a picture");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("the picture is written");
    }

    /// From now on no script of a page runs.
    pub async fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Plugs in an authenticator: one of this device, that knows people by a finger and has room for passkeys.
    pub async fn authenticator(&self) -> Authenticator<'_> {
        self.devtools("WebAuthn.enable", json!({ "enableUI": false })).await;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        });
        let added = self.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
        Authenticator { browser: self, id: added["authenticatorId"].as_str().expect("an id").to_owned() }
    }

    async fn devtools(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(DevTools(command, params)).await.unwrap_or_else(|e| panic!("{command}: {e}"))
    }
}

/// An authenticator that is plugged in.
pub struct Authenticator<'a> {
    browser: &'a Chromium,
    id: String,
}

impl Authenticator<'_> {
    /// Whether somebody touches it when it asks.
    pub async fn is_touched(&self, enabled: bool) {
        let params = json!({ "authenticatorId": self.id, "enabled": enabled });
        self.browser.devtools("WebAuthn.setAutomaticPresenceSimulation", params).await;
    }

    /// Whether it knows the finger.
    pub async fn knows_finger(&self, is_verified: bool) {
        let params = json!({ "authenticatorId": self.id, "isUserVerified": is_verified });
        self.browser.devtools("WebAuthn.setUserVerified", params).await;
    }

    /// Takes it away.
    pub async fn unplug(self) {
        let params = json!({ "authenticatorId": self.id });
        self.browser.devtools("WebAuthn.removeVirtualAuthenticator", params).await;
    }

    /// The passkeys in it.
    pub async fn passkeys(&self) -> Vec<Value> {
        let found = self.browser.devtools("WebAuthn.getCredentials", json!({ "authenticatorId": self.id })).await;
        found["credentials"].as_array().expect("a list").clone()
    }
}
