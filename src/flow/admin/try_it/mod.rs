//! Owns "Try it": a run of a client's real flow that an administrator begins from the console. Who may, how a run begins, that
//! its one answer is taken once, and that its report can be read for a while. It does not own the authorization endpoint's
//! part (`door`), the requests in the client's name (`run`) nor the report's form (`report`).
//!
//! A run acts in the client's name without its secret: the administrator could give the client a new one, so their authority
//! stands in for it. Nobody is shown a token or a code that could be used.

pub mod claims;
pub mod door;
pub mod report;
mod run;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::Change;
use super::client::{ClientRefusal, may_touch};
use super::refusal::granted;
use super::{About, Actor, AdminRefusal, Done};
use crate::flow::cx::base64url;
use crate::flow::own_app::Visit;
use crate::flow::sign_in::pending::{open, seal};
use crate::flow::{Cx, Fault};
use crate::identity::Permission;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::metadata::Endpoints;
use crate::oauth::params::Params;
use crate::secret::random::{token32, uuid};
use crate::secret::token::hash;
use crate::store::try_runs::{self, TryRun};
use crate::store::{Conn, clients};
use crate::time::Lifetime;
use report::{Report, Trouble};

/// Where the authorization endpoint sends the browser back to, below the issuer.
pub const CALLBACK: &str = "/admin/try/callback";
/// How long a run may take, and how long its report can be read.
pub const LIFE: Lifetime = Lifetime::from_minutes(15);
/// The values of `prompt` that a run may ask with.
pub const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// Longest text that a run takes over into a request.
const LONGEST: usize = 500;
/// Most resources that a run may name.
const MOST_RESOURCES: usize = 5;

/// Which flow is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Somebody signs in: authorization code with PKCE.
    Code,
    /// The client acts for itself.
    ClientCredentials,
}

impl Flow {
    /// The grant it begins with.
    pub fn grant(self) -> GrantType {
        match self {
            Flow::Code => GrantType::AuthorizationCode,
            Flow::ClientCredentials => GrantType::ClientCredentials,
        }
    }
}

/// What an administrator wants to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// Which flow.
    pub flow: Flow,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// `prompt`.
    pub prompt: Option<String>,
    /// `max_age`; judged by the authorization endpoint, like everything else here.
    pub max_age: Option<String>,
    /// `acr_values`.
    pub acr_values: Option<String>,
    /// `resource` (RFC 8707).
    pub resources: Vec<String>,
    /// Whether a refresh token is used once.
    pub refresh: bool,
    /// Whether everything is revoked at the end.
    pub revoke: bool,
}

/// What a run remembers, sealed.
#[derive(Clone, Serialize, Deserialize)]
struct Details {
    wishes: Wishes,
    state: String,
    nonce: String,
    verifier: String,
}

/// How a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The browser goes to the authorization endpoint with this query.
    Authorize(String),
    /// It is over already; its report has this id.
    Over(String),
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The client that was tried.
    pub client_id: String,
    /// The id of the report.
    pub run: String,
}

/// Whether the actor may try this client: whoever may change it, as long as it is in use.
///
/// # Errors
/// An [`AdminRefusal`].
pub fn may_try(actor: &Actor, client: &Client) -> Result<(), AdminRefusal> {
    actor.needs(Permission::ClientsWrite)?;
    may_touch(actor, &client.client_id, Some(client))?;
    match client.disabled_at {
        None => Ok(()),
        Some(_) => Err(AdminRefusal::conflict("client_disabled", "the client is disabled: enable it, then try it")),
    }
}

/// Begins a run. A client that acts for itself needs nobody: its run is over at once.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn begin(cx: &Cx, visit: &Visit, at: &Endpoints, client_id: &str, wishes: Wishes) -> Done<Begun> {
    let actor = visit.actor();
    let client = granted!(triable(cx, &actor, client_id).await?);
    granted!(judge(&client, &wishes));
    let details = Details {
        wishes,
        state: token32(&*cx.parts.chance),
        nonce: token32(&*cx.parts.chance),
        verifier: token32(&*cx.parts.chance),
    };
    let id = uuid(&*cx.parts.chance, cx.now);
    let row = TryRun {
        state_hash: hash(&details.state),
        console_session_id: visit.session.id.clone(),
        client_id: client.client_id.clone(),
        details: seal(cx, &details, &aad("details", &id))?,
        report: None,
        created_at: cx.now,
        expires_at: cx.now + LIFE,
        // No answer is waited for where nobody signs in.
        used_at: (details.wishes.flow == Flow::ClientCredentials).then_some(cx.now),
        id: id.clone(),
    };
    let change = Change::new(cx, &actor);
    let detail = json!({ "run": id, "grant": details.wishes.flow.grant().as_str() });
    let stored = cx.db().write(move |c| {
        try_runs::insert(c, &row)?;
        change.log(c, "try_run_started", About::client(&row.client_id), detail.clone())
    });
    stored.await?;
    if details.wishes.flow == Flow::Code {
        return Ok(Ok(Begun::Authorize(query(cx, &client, &details))));
    }
    let mut own = cx.clone();
    let report = run::for_itself(&mut own, at, client, &details).await?;
    keep(cx, &actor, &id, &report).await?;
    Ok(Ok(Begun::Over(id)))
}

/// Ends a run with the answer of the authorization endpoint: takes the run, redeems the code in the client's name, tries the
/// tokens, and keeps the report.
///
/// # Errors
/// Inner: an [`AdminRefusal`] for an answer that this console session did not ask for. Outer: a [`Fault`].
pub async fn finish(cx: &Cx, visit: &Visit, at: &Endpoints, params: &Params) -> Done<Finished> {
    let (state, answer) = granted!(answered(cx, params));
    let (state_hash, session, now) = (hash(state), visit.session.id.clone(), cx.now);
    let taken = cx.db().write(move |c| try_runs::take(c, &state_hash, &session, now)).await?;
    let Some(taken) = taken else { return Ok(Err(unknown())) };
    let details: Details = opened(cx, &taken.details, "details", &taken.id)?;
    let actor = visit.actor();
    let client = match triable(cx, &actor, &taken.client_id).await? {
        Ok(client) => client,
        Err(refusal) => {
            let outcome = format!("not carried out: {}", refusal.words);
            let (change, run) = (Change::new(cx, &actor), taken.clone());
            cx.db().write(move |c| log_end(c, &change, &run.client_id, &run.id, &outcome)).await?;
            return Ok(Err(refusal));
        }
    };
    let mut own = cx.clone();
    let report = match answer {
        Answer::Code(code) => run::with_code(&mut own, at, client, &details, code).await?,
        Answer::Error(error, description) => {
            run::with_error(&mut own, at, client, &details, (error, description)).await?
        }
    };
    keep(cx, &actor, &taken.id, &report).await?;
    Ok(Ok(Finished { client_id: taken.client_id, run: taken.id }))
}

/// The report of a run of this console session.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn read(cx: &Cx, visit: &Visit, client_id: &str, run: &str) -> Done<Report> {
    granted!(visit.actor().needs(Permission::ClientsWrite));
    let (id, session, now) = (run.to_owned(), visit.session.id.clone(), cx.now);
    let found = cx.db().read(move |c| try_runs::find(c, &id, &session, now)).await?;
    match found.filter(|run| run.client_id == client_id).and_then(|run| run.report) {
        Some(sealed) => Ok(Ok(opened(cx, &sealed, "report", run)?)),
        None => Ok(Err(unknown())),
    }
}

fn unknown() -> AdminRefusal {
    let words = "this run is over, was begun in another console session, or never was: begin another one from the client's \
                 page";
    AdminRefusal::unknown("unknown_try_run", words)
}

/// What a run is sealed under: one kind of text, of one run, cannot pass for another.
fn aad(kind: &str, run: &str) -> Vec<u8> {
    format!("try run {kind} {run}").into_bytes()
}

fn opened<T: serde::de::DeserializeOwned>(cx: &Cx, sealed: &str, kind: &str, run: &str) -> Result<T, Fault> {
    open(cx, sealed, &aad(kind, run)).ok_or_else(|| Fault::Internal(format!("the {kind} of a try run does not open")))
}

async fn triable(cx: &Cx, actor: &Actor, client_id: &str) -> Done<Client> {
    granted!(actor.needs(Permission::ClientsWrite));
    let id = client_id.to_owned();
    let Some(client) = cx.db().read(move |c| clients::find(c, &id)).await? else {
        return Ok(Err(ClientRefusal::Unknown(client_id.to_owned()).into()));
    };
    Ok(may_try(actor, &client).map(|()| client))
}

/// Whether the wishes make a request at all. Whether it is a good one is for the endpoint to say: that is what is tried.
fn judge(client: &Client, wishes: &Wishes) -> Result<(), AdminRefusal> {
    let invalid = |words: &str, field| Err(AdminRefusal::invalid("try_run", words).at(field));
    if !client.may_use(wishes.flow.grant()) {
        let words = format!("this client may not use the grant {}", wishes.flow.grant().as_str());
        return Err(AdminRefusal::conflict("grant_not_allowed", words));
    }
    if wishes.scopes.iter().any(|scope| !client.scopes.contains(scope)) {
        return invalid("choose among the scopes that the client may ask for", "scopes");
    }
    if wishes.prompt.as_deref().is_some_and(|prompt| !PROMPTS.contains(&prompt)) {
        return invalid("choose one of the values of prompt", "prompt");
    }
    let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > LONGEST);
    if is_long(&wishes.max_age) {
        return invalid("write a whole number of seconds", "max_age");
    }
    if is_long(&wishes.acr_values) {
        return invalid("write at most 500 characters", "acr_values");
    }
    if wishes.resources.len() > MOST_RESOURCES || wishes.resources.iter().any(|one| one.len() > LONGEST) {
        return invalid("name at most five resources of at most 500 characters each", "resources");
    }
    Ok(())
}

/// The authorization request.
fn asked<'a>(cx: &Cx, client: &'a Client, details: &'a Details) -> Vec<(&'static str, String)> {
    let wishes = &details.wishes;
    let mut fields = vec![
        ("response_type", "code".to_owned()),
        ("client_id", client.client_id.clone()),
        ("redirect_uri", format!("{}{CALLBACK}", cx.issuer())),
        ("scope", wishes.scopes.join(" ")),
        ("state", details.state.clone()),
        ("nonce", details.nonce.clone()),
        ("code_challenge", base64url(&hash(&details.verifier))),
        ("code_challenge_method", "S256".to_owned()),
    ];
    let optional = [("prompt", &wishes.prompt), ("max_age", &wishes.max_age), ("acr_values", &wishes.acr_values)];
    fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    fields.extend(wishes.resources.iter().map(|one| ("resource", one.clone())));
    fields
}

fn query(cx: &Cx, client: &Client, details: &Details) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(asked(cx, client, details)).finish()
}

/// What the authorization endpoint answered.
enum Answer<'a> {
    Code(&'a str),
    Error(&'a str, &'a str),
}

/// Reads the authorization response (OIDC Core section 3.1.2.7, RFC 9207): a state, our own issuer, a code or an error.
fn answered<'a>(cx: &Cx, params: &'a Params) -> Result<(&'a str, Answer<'a>), AdminRefusal> {
    let Some(state) = params.find("state").filter(|_| params.all_once().is_ok()) else { return Err(unknown()) };
    if params.find("iss") != Some(cx.issuer()) {
        let words = "this answer does not come from this provider: begin another run from the client's page";
        return Err(AdminRefusal::invalid("try_run_issuer", words));
    }
    match (params.find("code"), params.find("error")) {
        (Some(code), None) => Ok((state, Answer::Code(code))),
        (None, Some(error)) => Ok((state, Answer::Error(error, params.find("error_description").unwrap_or_default()))),
        _ => Err(unknown()),
    }
}

async fn keep(cx: &Cx, actor: &Actor, run: &str, report: &Report) -> Result<(), Fault> {
    let sealed = seal(cx, report, &aad("report", run))?;
    let outcome = match report.trouble() {
        None => "went through".to_owned(),
        Some(Trouble { code, .. }) => format!("refused with {code}"),
    };
    let (change, run, client_id) = (Change::new(cx, actor), run.to_owned(), report.client_id.clone());
    let kept = cx.db().write(move |c| {
        try_runs::keep_report(c, &run, &sealed)?;
        log_end(c, &change, &client_id, &run, &outcome)
    });
    Ok(kept.await?)
}

fn log_end(
    c: &mut Conn,
    change: &Change,
    client_id: &str,
    run: &str,
    outcome: &str,
) -> Result<(), crate::store::Fault> {
    change.log(c, "try_run_finished", About::client(client_id), json!({ "run": run, "outcome": outcome }))
}
