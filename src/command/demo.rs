//! Owns `vouchsafe demo`: a provider in a temporary folder, a demo app and a demo API on ports of their own, two people and a
//! client. Nothing of it is meant to be kept or to be reached from elsewhere.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::app::{App, Opener, StartError};
use crate::clock::Clock;
use crate::command::serve::{self, ServeError};
use crate::config::{Config, Overrides};
use crate::demo;
use crate::flow::admin::client::{self, ClientDocument};
use crate::flow::admin::scope::ScopeDocument;
use crate::flow::admin::settings::{self, SettingsDocument};
use crate::flow::admin::user_document::UserDocument;
use crate::flow::admin::{Actor, scope, user};
use crate::identity::level::RequiredFor;
use crate::identity::{RoleName, SecondFactorRule, SignUpMode, SignUpRule};
use crate::oauth::client_policy::Profile;
use crate::secret::random::{Chance, SystemChance};
use crate::sensitive::Sensitive;

/// The demo person's address.
pub const EMAIL: &str = "ada@example.com";
/// The address of the demo's administrator.
pub const ADMINISTRATOR: &str = "charles@example.com";
/// The password of both; it opens nothing but a demo on this machine.
pub const PASSWORD: &str = "analytical engine";

/// Runs provider, app and API until SIGTERM or SIGINT, then removes the folder.
///
/// # Errors
/// A [`ServeError`].
pub async fn run(port: u16) -> Result<(), ServeError> {
    let folder = Folder::make()?;
    let config = configuration(&folder.0, port)?;
    let [provider, app_port, api_port] = [port, port.saturating_add(1), port.saturating_add(2)];
    let listeners = [listen(provider)?, listen(app_port)?, listen(api_port)?];
    let [provider, app_listener, api_listener] = listeners;
    let app = App::open(&config, Opener::Demo, Clock::System).await?;
    let (app_url, api_url) = (format!("http://localhost:{app_port}"), format!("http://localhost:{api_port}"));
    let secret = furnish(&app, &app_url, &api_url).await.map_err(StartError::Parts)?;
    let issuer = config.server.issuer.clone();
    let relying_party = demo::app::serve(demo::app::AppSettings {
        listen: app_listener,
        base_url: app_url.clone(),
        issuer: issuer.clone(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: demo::Secret::new(secret.expose().to_owned()),
        api_url: api_url.clone(),
        login_hint_email: EMAIL.to_owned(),
        password_hint: PASSWORD.to_owned(),
    });
    let resource_server = demo::api::serve(demo::api::ApiSettings {
        listen: api_listener,
        issuer: issuer.clone(),
        audience: api_url.clone(),
        required_scope: Some(demo::api::READ_SCOPE.to_owned()),
    });
    let guests = [tokio::spawn(relying_party), tokio::spawn(resource_server)];
    announce(&issuer, &app_url, &api_url);
    let ended = serve::serve(&config, &app, provider).await;
    guests.iter().for_each(tokio::task::JoinHandle::abort);
    ended
}

const CLIENT_ID: &str = "demo-app";
const LOOPBACK: &str = "127.0.0.0/8,::1";

fn announce(issuer: &str, app_url: &str, api_url: &str) {
    println!(
        "\n  Vouchsafe demo\n\n    Open the demo app   {app_url}\n    Sign in as          {EMAIL}\n    with the password   \
         {PASSWORD}\n\n    Your own account    {issuer}/account\n    Another account     {issuer}/sign-up\n    \
         Mail it would send  {issuer}/dev/mail\n    The console         {issuer}/admin, as {ADMINISTRATOR} with the same \
         password\n\n    The provider        {issuer}\n    The demo API        {api_url}\n\n  Everything lives in a \
         temporary folder and is gone when you stop it (Ctrl-C).\n"
    );
}

fn configuration(folder: &Path, port: u16) -> Result<Config, ServeError> {
    // An empty file of its own, so that no vouchsafe.toml of the working folder has a say.
    let file = folder.join("demo.toml");
    std::fs::write(&file, "").map_err(|e| StartError::Parts(format!("{}: {e}", file.display())))?;
    let env = HashMap::from([
        ("VOUCHSAFE_ISSUER".to_owned(), format!("http://localhost:{port}")),
        ("VOUCHSAFE_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
        ("VOUCHSAFE_DATABASE_URL".to_owned(), format!("sqlite://{}/demo.db", folder.display())),
        // Webhooks and upstream providers of somebody who tries things out run on this machine.
        ("VOUCHSAFE_OUTBOUND_ALLOW".to_owned(), LOOPBACK.to_owned()),
        ("VOUCHSAFE_OUTBOUND_ALLOW_HTTP".to_owned(), LOOPBACK.to_owned()),
        ("VOUCHSAFE_KEYS_DIR".to_owned(), folder.join("keys").display().to_string()),
    ]);
    Config::load(Some(file), &env, Overrides::default()).map_err(|e| StartError::Parts(e.to_string()).into())
}

fn listen(port: u16) -> Result<std::net::TcpListener, ServeError> {
    serve::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Registers the app, the API's scopes and the people, and opens sign-up; answers the app's secret.
async fn furnish(app: &App, app_url: &str, api_url: &str) -> Result<Sensitive, String> {
    let (cx, actor) = (app.command_cx(), Actor::CommandLine);
    for (name, description) in [
        (demo::api::READ_SCOPE, "Read a greeting from the demo API"),
        (demo::api::WRITE_SCOPE, "Leave a note at the demo API"),
    ] {
        let scope = ScopeDocument {
            name: name.to_owned(),
            description: description.to_owned(),
            audience: Some(api_url.to_owned()),
            ..ScopeDocument::default()
        };
        scope::define(&cx, &actor, scope).await.map_err(words)?.map_err(words)?;
    }
    // Whoever looks around should reach the console without a telephone in hand; the overview says that it is so.
    let second_factor = SecondFactorRule { required_for: RequiredFor::Nobody, ..SecondFactorRule::default() };
    let sign_up = SignUpRule { mode: SignUpMode::Open, ..SignUpRule::default() };
    let document = SettingsDocument { second_factor, sign_up, ..SettingsDocument::default() };
    settings::replace(&cx, &actor, document, None).await.map_err(words)?.map_err(words)?;
    for (email, name, role) in
        [(EMAIL, "Ada Lovelace", RoleName::PERSON), (ADMINISTRATOR, "Charles Babbage", RoleName::OWNER)]
    {
        let person = UserDocument {
            name: Some(name.to_owned()),
            email_verified: true,
            role: role.as_str().to_owned(),
            groups: vec!["mathematicians".to_owned()],
            ..UserDocument::new(email)
        };
        let access = user::FirstAccess::Password(Sensitive::new(PASSWORD));
        user::create(&cx, &actor, person, access).await.map_err(words)?.map_err(words)?;
    }
    let document = ClientDocument {
        client_id: Some(CLIENT_ID.to_owned()),
        redirect_uris: vec![format!("{app_url}/callback")],
        post_logout_redirect_uris: vec![format!("{app_url}/logged-out")],
        scopes: Some(
            ["openid", "profile", "email", "offline_access", demo::api::READ_SCOPE].map(str::to_owned).to_vec(),
        ),
        ..ClientDocument::new(Profile::Web, "Demo app")
    };
    let registered = client::create(&cx, &actor, document).await.map_err(words)?.map_err(words)?;
    registered.secret.ok_or_else(|| "the demo client has no secret".to_owned())
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, ServeError> {
        let mut random = [0_u8; 8];
        SystemChance.fill(&mut random);
        let name: String = random.iter().map(|b| format!("{b:02x}")).collect();
        let path = std::env::temp_dir().join(format!("vouchsafe-demo-{name}"));
        std::fs::create_dir(&path).map_err(|e| StartError::Parts(format!("{}: {e}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
