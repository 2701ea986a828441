//! Owns testing a provider: what can be checked without a browser, and the whole way there and back with a report of every check,
//! of the claims that came, of what the mapping makes of them, and of what a sign-in would have led to. Nothing is made of it: no
//! session, no person, no link. It does not own the checks (`oauth::upstream::check`, `upstream`) nor the sign-in.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::Change;
use super::refusal::granted;
use super::{About, Actor, AdminRefusal, Done};
use crate::flow::own_app::Visit;
use crate::flow::sign_in::pending::{open, seal};
use crate::flow::sign_in::upstream::home;
use crate::flow::sign_in::upstream::open_secret;
use crate::flow::sign_in::upstream::own_trip::{self, OwnTrip, Purpose};
use crate::flow::{Cx, Fault};
use crate::identity::Permission;
use crate::oauth::params::Params;
use crate::oauth::upstream::answer::Answered;
use crate::oauth::upstream::check::{self, Check};
use crate::oauth::upstream::decide::{Decision, Known, decide};
use crate::oauth::upstream::provider::ClientAuth;
use crate::oauth::upstream::quirks::is_of_a_tenant;
use crate::oauth::upstream::{Kind, Person, Provider, Settled};
use crate::secret::random::token32;
use crate::secret::token::hash;
use crate::sensitive::Sensitive;
use crate::store::upstream_providers::StoredProvider;
use crate::store::{upstream_identities, upstream_providers, upstream_trips, users};
use crate::time::{Lifetime, Timestamp};
use crate::upstream::{Entrance, Party, Redemption, Told};

/// How long a report can be read.
const LIFE: Lifetime = Lifetime::from_minutes(15);

/// What can be seen of a provider without a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProviderChecks {
    /// Whether none failed.
    pub passed: bool,
    /// Each check, in order.
    pub checks: Vec<Check>,
}

/// What a test showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestReport {
    /// Which provider.
    pub provider: String,
    /// When it ended.
    pub at: Timestamp,
    /// Under this id the trace has the test.
    pub correlation_id: String,
    /// Each check, in order.
    pub checks: Vec<Check>,
    /// The claims that came: name and value, bounded. No token is among them.
    pub claims: Vec<(String, String)>,
    /// What the mapping makes of them.
    pub mapped: Vec<(String, String)>,
    /// What a sign-in would have led to.
    pub decision: Option<String>,
}

impl TestReport {
    /// The first check that failed.
    pub fn trouble(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.failed())
    }
}

/// How a test goes on.
pub enum Begun {
    /// The browser goes to this address of the provider; this was seen before.
    Go(String, Vec<Check>),
    /// Something failed before that.
    Over(Box<TestReport>),
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_provider", format!("there is no provider {id:?}"))
}

fn over() -> AdminRefusal {
    let words = "this test is over, was begun in another console session, or never was: begin another one from the \
                 provider's page";
    AdminRefusal::unknown("unknown_provider_test", words)
}

async fn testable(cx: &Cx, actor: &Actor, id: &str) -> Done<(StoredProvider, Settled)> {
    granted!(actor.needs(Permission::UpstreamsWrite));
    let wanted = id.to_owned();
    let Some(stored) = cx.db().read(move |c| upstream_providers::find(c, &wanted)).await? else {
        return Ok(Err(unknown(id)));
    };
    let settled = granted!(stored.provider.settled());
    Ok(Ok((stored, settled)))
}

/// Checks what can be checked without a browser; a disabled provider too.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn check(cx: &Cx, actor: &Actor, id: &str) -> Done<ProviderChecks> {
    let (stored, settled) = granted!(testable(cx, actor, id).await?);
    let (checks, _) = looked_at(cx, &stored, &settled).await;
    Ok(Ok(ProviderChecks { passed: !checks.iter().any(Check::failed), checks }))
}

/// What was found up to the redirect, and where people are sent if it is known.
async fn looked_at(cx: &Cx, stored: &StoredProvider, settled: &Settled) -> (Vec<Check>, Option<Entrance>) {
    let needs_secret = settled.client_auth != ClientAuth::None;
    let received = if stored.secret.is_some() { "there is one" } else { "there is none" };
    let secret = Check::of(
        "Our secret there",
        stored.secret.is_some() || !needs_secret,
        if needs_secret { "a secret or a key" } else { "none is needed" },
        received,
        "Set the secret that the provider's own console shows.",
    );
    let mut checks = vec![secret];
    if settled.kind == Kind::Oauth2 {
        let endpoint = settled.endpoints.authorization.clone().unwrap_or_default();
        checks.push(Check::of("Endpoints", true, "as they are written here", &endpoint, ""));
        let entrance = Entrance { authorization_endpoint: endpoint, issuer: settled.issuer.clone(), sends_iss: false };
        return (checks, Some(entrance));
    }
    let published = match cx.parts.upstreams.inspect(&stored.provider, settled, cx.now).await {
        Ok(published) => published,
        Err(error) => {
            let mend = "Look at the issuer: it must be written exactly as the provider writes it, and be reachable from here \
                        (outbound.allow, for one on your own network).";
            checks.push(Check::of("Discovery", false, &settled.issuer, error.to_string(), mend));
            checks.extend(["Keys", "Token endpoint"].map(|name| Check::not_reached(name, "published")));
            return (checks, None);
        }
    };
    let keys = format!("{} {}", published.keys, if published.keys == 1 { "key" } else { "keys" });
    let token = published.token_endpoint.as_deref();
    let userinfo = published.userinfo_endpoint.as_deref().unwrap_or("none, which is allowed");
    checks.extend([
        Check::of("Discovery", true, &settled.issuer, &published.issuer, ""),
        Check::of("Keys", published.keys > 0, "at least one", keys, "The provider must publish keys at its jwks_uri."),
        Check::of("Authorization endpoint", true, "published", &published.authorization_endpoint, ""),
        Check::of(
            "Token endpoint",
            token.is_some(),
            "published",
            token.unwrap_or("none"),
            "It must name token_endpoint.",
        ),
        Check::of("Userinfo endpoint", true, "published, or none", userinfo, ""),
    ]);
    let (issuer, sends_iss) = (published.issuer, published.sends_iss);
    let entrance = Entrance { authorization_endpoint: published.authorization_endpoint, issuer, sends_iss };
    (checks, Some(entrance))
}

/// Begins a test: the browser goes to the provider, unless something is wrong before that.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn begin(cx: &Cx, visit: &Visit, id: &str) -> Done<Begun> {
    let actor = visit.actor();
    let (stored, settled) = granted!(testable(cx, &actor, id).await?);
    let change = Change::new(cx, &actor);
    let detail = json!({ "provider": id });
    cx.db().write(move |c| change.log(c, "provider_tested", About::default(), detail.clone())).await?;
    let (mut checks, entrance) = looked_at(cx, &stored, &settled).await;
    let Some(entrance) = entrance.filter(|_| !checks.iter().any(Check::failed)) else {
        return Ok(Ok(Begun::Over(Box::new(TestReport::of(cx, id, checks)))));
    };
    let whose = (Purpose::Test, visit.session.id.as_str());
    match own_trip::begin(cx, (&stored, &settled, entrance), whose, checks.clone()).await? {
        Some(address) => Ok(Ok(Begun::Go(address, checks))),
        None => {
            let mend = "It must be an https address.";
            checks.push(Check::of("Authorization endpoint", false, "an address", "none", mend));
            Ok(Ok(Begun::Over(Box::new(TestReport::of(cx, id, checks)))))
        }
    }
}

impl TestReport {
    fn of(cx: &Cx, provider: &str, checks: Vec<Check>) -> Self {
        Self {
            provider: provider.to_owned(),
            at: cx.now,
            correlation_id: cx.correlation_id.clone(),
            checks,
            claims: Vec::new(),
            mapped: Vec::new(),
            decision: None,
        }
    }
}

/// Ends a test with the provider's answer, once, in the console session that began it; gives the name of the report.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn finish(cx: &Cx, visit: &Visit, id: &str, handle: &str) -> Done<String> {
    let actor = visit.actor();
    let carried = own_trip::take(cx, handle, &visit.session.id, (Purpose::Test, id)).await?;
    let Some(carried) = carried else { return Ok(Err(over())) };
    let (stored, settled) = granted!(testable(cx, &actor, id).await?);
    let cx = &mut cx.clone();
    cx.adopt(&carried.trip.correlation_id);
    let params = carried.params();
    let report = taken_back(cx, &actor, (&stored, &settled), carried.trip, &params).await?;
    let run = token32(&*cx.parts.chance);
    let (hashed, until) = (hash(&run), cx.now + LIFE);
    let sealed = seal(cx, &report, &report_aad(id, &visit.session.id))?;
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, sealed.as_bytes(), until)).await?;
    Ok(Ok(run))
}

fn report_aad(provider: &str, session: &str) -> Vec<u8> {
    format!("report of a test of {provider} for {session}").into_bytes()
}

/// The report of a test of this console session.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn read(cx: &Cx, visit: &Visit, id: &str, run: &str) -> Done<TestReport> {
    granted!(visit.actor().needs(Permission::UpstreamsWrite));
    let (hashed, now) = (hash(run), cx.now);
    let sealed = cx.db().read(move |c| upstream_trips::find(c, &hashed, now)).await?.unwrap_or_default();
    let text = std::str::from_utf8(&sealed).unwrap_or_default();
    Ok(open(cx, text, &report_aad(id, &visit.session.id)).ok_or_else(over))
}

async fn taken_back(
    cx: &Cx,
    actor: &Actor,
    (stored, settled): (&StoredProvider, &Settled),
    trip: OwnTrip,
    params: &Params,
) -> Result<TestReport, Fault> {
    let mut report = TestReport::of(cx, &trip.road.provider, trip.checks.clone());
    let checks = &mut report.checks;
    checks.push(Check::of("State", true, "the one that was sent", "the same", ""));
    let is_same = trip.road.leads_to(&stored.provider, settled);
    if !is_same {
        let mend = "Begin another test.";
        let changed = "its issuer, client or addresses were changed while the test was under way";
        checks.push(Check::of("Provider", false, "the one that was asked", changed, mend));
        return Ok(report);
    }
    let road = &trip.road;
    let iss = params.find("iss").unwrap_or("none");
    let wanted = if road.sends_iss { road.answers_as.clone() } else { format!("{}, or none", road.answers_as) };
    let code = match road.answered(params) {
        Answered::Code(code) => code,
        Answered::Denied { error } => {
            checks.push(Check::of("Answer: iss", true, wanted, iss, ""));
            let mend = "You said no there, or the provider did: look at what its console says of our client.";
            checks.push(Check::of("Answer", false, "a code", error, mend));
            return Ok(report);
        }
        Answered::Wrong(words) => {
            let mend = "The answer must name the provider itself, and hold a code once: ask whoever runs the provider.";
            checks.push(Check::of("Answer: iss", false, wanted, format!("{iss}: {words}"), mend));
            return Ok(report);
        }
    };
    checks.push(Check::of("Answer: iss", true, wanted, iss, ""));
    let (secret, verifier) = (open_secret(&cx.parts, stored)?, Sensitive::new(road.verifier.as_str()));
    let jti = token32(&*cx.parts.chance);
    let redemption = Redemption {
        party: Party { provider: &stored.provider, settled, secret: secret.as_ref(), jti: &jti, now: cx.now },
        code: &code,
        verifier: &verifier,
        nonce: &road.nonce,
        redirect_uri: &road.redirect_uri,
    };
    let seen = cx.parts.upstreams.examine(&redemption).await;
    report.checks.extend(seen.checks);
    report.claims = check::listed(&seen.claims);
    if let Some(told) = seen.told {
        read_person(cx, actor, (stored, settled), &told, &mut report).await?;
    }
    Ok(report)
}

/// What the mapping and the rules make of the claims, and what would follow.
async fn read_person(
    cx: &Cx,
    actor: &Actor,
    (stored, settled): (&StoredProvider, &Settled),
    told: &Told,
    report: &mut TestReport,
) -> Result<(), Fault> {
    let provider = &stored.provider;
    if !is_of_a_tenant(provider, &told.claims) {
        let mend = "Sign in there with an account of one of the directories, or change which may come.";
        let tid = told.claims.get("tid").and_then(|tid| tid.as_str()).unwrap_or("none");
        report.checks.push(Check::of("Directory (tid)", false, "one that may come", tid, mend));
    }
    let person = match check::person(provider, settled, &told.claims) {
        Ok(person) => person,
        Err(refusal) => {
            let mend = "Say in claims where the provider has its subject: a claim that never changes.";
            report.checks.push(Check::of("Mapping", false, "a subject", refusal.to_string(), mend));
            return Ok(());
        }
    };
    report.checks.push(Check::of("Mapping", true, "a subject", &person.subject, ""));
    report.checks.extend(check::of_rules(provider, settled.trust_email, &told.claims, &person));
    report.mapped = check::mapped(&person, settled.trust_email);
    report.decision = Some(match report.trouble() {
        Some(trouble) => format!("Nobody is signed in: {} failed.", trouble.name),
        None => follows(cx, actor, (provider, settled), told, &person).await?,
    });
    Ok(())
}

/// What a sign-in would have led to. Nothing is done.
async fn follows(
    cx: &Cx,
    actor: &Actor,
    (provider, settled): (&Provider, &Settled),
    told: &Told,
    person: &Person,
) -> Result<String, Fault> {
    let (issuer, subject) = (told.issuer.clone(), person.subject.clone());
    let email = person.email.clone();
    let (link, owner, address_is_taken) = cx
        .db()
        .read(move |c| {
            let link = upstream_identities::find(c, &issuer, &subject)?;
            let owner = match &link {
                Some(link) => users::find(c, &link.user_id)?,
                None => None,
            };
            let taken = match &email {
                Some(email) => users::find_by_email_key(c, email.key())?.is_some(),
                None => false,
            };
            Ok((link, owner, taken))
        })
        .await?;
    let known = Known { linked: link.as_ref().zip(owner.as_ref()), address_is_taken };
    // As if it were switched on: that is what one wants to know before.
    let enabled = Provider { enabled: true, ..provider.clone() };
    let words = match decide(&enabled, settled.trust_email, person, known) {
        Decision::SignIn(_) => match owner.as_ref() {
            Some(user) if home::only_of(cx, user).is_some_and(|home| home.way.id != provider.id) => {
                "refused: another provider is the only way in for this person".to_owned()
            }
            Some(user) if actor.needs(Permission::UsersRead).is_ok() => format!("signed in as {}", user.email.as_str()),
            _ => "signed in as the person who is linked".to_owned(),
        },
        Decision::ProveAccount => {
            "asked to sign in to their account here once, since nobody is linked yet; an account is not made".to_owned()
        }
        Decision::Create(email)
            if home::of(cx, &email).is_some_and(|home| home.is_only && home.way.id != provider.id) =>
        {
            "refused: another provider is the only way in for addresses of this domain".to_owned()
        }
        Decision::Create(email) => format!("given a new account with the address {}", email.as_str()),
        Decision::Refuse(refused) => format!("refused: {}", refused.words()),
    };
    let begin = if provider.enabled { "This person would be " } else { "Once it is switched on, this person is " };
    Ok(format!("{begin}{words}."))
}
