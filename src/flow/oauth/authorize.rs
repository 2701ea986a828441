//! Owns the authorization endpoint: begins a request or goes on with one, asks `oauth::step` what must happen, and does it:
//! shows a page, makes the code, or refuses. It does not own the pages nor the steps people take.

use crate::flow::account::sign_up;
use crate::flow::admin::try_it::door;
use crate::flow::oauth::{issue, scopes};
use crate::flow::sign_in::browser::{self, Browser, Found, form_token};
use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::flow::sign_in::enrol::{self, EnrolForm};
use crate::flow::sign_in::passkey;
use crate::flow::sign_in::pending::Pending;
use crate::flow::sign_in::second_factor::{self, SecondFactorForm, Waiting};
use crate::flow::sign_in::terms;
use crate::flow::sign_in::upstream::{WayIn, hinted, home, ways_in};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::{Email, Level, UserId};
use crate::oauth::authorization::{Authorization, Code};
use crate::oauth::authorize::{self, Answer, Callback, ValidRequest};
use crate::oauth::client::Client;
use crate::oauth::consent::Consent;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::scope::{self, Scope};
use crate::oauth::step::{self, AccountStep, ConsentStep, SignedIn, Situation};
use crate::oauth::token;
use crate::secret;
use crate::secret::token::{Kind, hash, make};
use crate::signing::Expect;
use crate::store::{clients, codes, consents, sessions, users};

const STEP: &str = "authorize";

/// What the authorization endpoint does next.
pub enum Next {
    /// Send the browser back to the app.
    Answer(Box<Answered>),
    /// Show the sign-in page.
    SignIn(Box<SignInView>),
    /// Lead the browser to a provider, as the app wants: its id, and the sealed request.
    Upstream(String, String),
    /// Offer to make an account.
    SignUp(Box<SignUpView>),
    /// Ask which account.
    Choose(Box<ChooseView>),
    /// Ask for a second factor.
    SecondFactor(Box<SecondFactorForm>),
    /// Have a second factor set up.
    Enrol(Box<EnrolForm>),
    /// Have the terms accepted.
    Terms(Box<TermsView>),
    /// Ask for consent.
    Consent(Box<ConsentView>),
    /// Show an error; nothing redirects.
    Page(Box<PageRefusal>),
}

/// An answer on its way to the app.
pub struct Answered {
    /// What to tell the browser.
    pub answer: Answer,
}

/// A refusal that is shown as a page, with what an app developer may safely be told.
pub struct PageRefusal {
    /// The refusal.
    pub refusal: Refusal,
    /// Facts for the developer: a label and a value.
    pub facts: Vec<(String, String)>,
}

/// What every step's page needs.
pub struct StepView {
    /// The client.
    pub client: Client,
    /// Where the person will be sent afterwards.
    pub redirect_uri: String,
    /// The sealed request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
}

/// The sign-in page.
pub struct SignInView {
    /// Common part.
    pub step: StepView,
    /// Prefilled address.
    pub login: String,
    /// The question to a passkey, where there are passkeys.
    pub passkey: Option<PasskeyForm>,
    /// Whether a signed-in person must prove again who they are.
    pub reauthenticate: bool,
    /// Whether the password is asked for, or the address alone: some belong to a provider.
    pub asks_password: bool,
    /// Whether the last sign-in was with an account that the app did not ask for.
    pub other_account_wanted: bool,
    /// Other ways in.
    pub others: OtherWays,
}

/// What the sign-in page says of providers.
#[derive(Clone, Default)]
pub struct OtherWays {
    /// The buttons.
    pub ways: Vec<WayIn>,
    /// The provider, by its name for people, whose identity is linked once the person signs in here.
    pub linking: Option<String>,
}

impl OtherWays {
    /// For a request.
    pub fn of(cx: &Cx, pending: &Pending) -> Self {
        Self { ways: ways_in(cx, pending), linking: pending.linking.as_ref().map(|linking| linking.name.clone()) }
    }

    /// The same with the provider that this address belongs to, which may have no button otherwise.
    #[must_use]
    pub fn with_home(mut self, cx: &Cx, address: &str) -> Self {
        let home = Email::parse(address).ok().and_then(|email| home::of(cx, &email));
        if let Some(home) = home.filter(|home| !self.ways.contains(&home.way)) {
            self.ways.insert(0, home.way);
        }
        self
    }
}

/// The page on which an account is made.
pub struct SignUpView {
    /// Common part.
    pub step: StepView,
    /// Prefilled address.
    pub email: String,
}

/// The page with the terms.
pub struct TermsView {
    /// Common part.
    pub step: StepView,
    /// Who is asked.
    pub account: SignedIn,
}

/// The account chooser.
pub struct ChooseView {
    /// Common part.
    pub step: StepView,
    /// Accounts signed in on this browser.
    pub accounts: Vec<SignedIn>,
}

/// The consent page.
pub struct ConsentView {
    /// Common part.
    pub step: StepView,
    /// Who is asked.
    pub account: SignedIn,
    /// Each scope: token, words, and whether it is new.
    pub scopes: Vec<(String, String, bool)>,
    /// Single claims beyond the scopes.
    pub claims: Vec<String>,
    /// Whether any program on the person's machine could be the app.
    pub is_claimable_by_others: bool,
}

/// Begins an authorization request.
///
/// # Errors
/// A [`Fault`].
pub async fn begin(cx: &Cx, params: &Params, browser: &Browser, binding: &str) -> Result<Next, Fault> {
    let client = match find_client(cx, params).await? {
        Ok(client) => client,
        Err(page) => return Ok(Next::Page(Box::new(page))),
    };
    let asked = door::Asked { redirect_uri: params.find("redirect_uri"), state: params.find("state"), browser };
    let client = door::admit(cx, client, &asked).await?;
    let note = || Note::default().client(&client.client_id);
    let callback = match authorize::callback(params, &client, cx.issuer()) {
        Ok(callback) => callback,
        Err(refusal) => {
            let facts = redirect_facts(&refusal, &client);
            return Ok(page(cx.refuse(STEP, refusal, note()), facts));
        }
    };
    let checked = match authorize::validate(params, &client, &callback) {
        Ok(request) => {
            let sign_up = sign_up::offered(cx);
            let request = request.prompt.is_supported(sign_up).and_then(|()| with_hint(cx, params, request));
            with_resources(cx, &client, request).await?
        }
        Err(refusal) => Err(refusal),
    };
    match checked {
        Ok(request) => {
            let mut pending = Pending::begin(cx, request, binding);
            pending.idp_hint = params.find("idp_hint").map(str::to_owned).filter(|hint| hint.len() <= 40);
            proceed(cx, &client, &callback, pending, browser, binding).await
        }
        Err(refusal) => Ok(answer_error(cx, &callback, cx.refuse(STEP, refusal, note()))),
    }
}

/// Goes on with a request after a step.
///
/// # Errors
/// A [`Fault`].
pub async fn resume(cx: &mut Cx, sealed: &str, browser: &Browser) -> Result<Next, Fault> {
    let (pending, client, callback) = match reopen(cx, sealed, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(Next::Page(Box::new(page))),
    };
    let binding = browser.binding.clone().unwrap_or_default();
    proceed(cx, &client, &callback, pending, browser, &binding).await
}

/// Opens a request under way and checks again what may have changed since: the client and its registered addresses.
///
/// # Errors
/// Inner: what to show. Outer: a [`Fault`].
pub async fn reopen(
    cx: &mut Cx,
    sealed: &str,
    browser: &Browser,
) -> Result<Result<(Pending, Client, Callback), PageRefusal>, Fault> {
    let pending = match Pending::open(cx, STEP, sealed, browser.binding.as_deref()) {
        Ok(pending) => pending,
        Err(refusal) => return Ok(Err(PageRefusal { refusal, facts: Vec::new() })),
    };
    let params = Params::of([("client_id", pending.request.client_id.as_str())]);
    let client = match find_client(cx, &params).await? {
        Ok(client) => client,
        Err(page) => return Ok(Err(page)),
    };
    let (redirect_uri, state) = (Some(pending.request.redirect_uri.as_str()), pending.request.state.as_deref());
    let client = door::admit(cx, client, &door::Asked { redirect_uri, state, browser }).await?;
    match authorize::resume(&pending.request, &client, cx.issuer()) {
        Ok(callback) => Ok(Ok((pending, client, callback))),
        Err(refusal) => {
            let facts = redirect_facts(&refusal, &client);
            let refusal = cx.refuse(STEP, refusal, Note::default().client(&client.client_id));
            Ok(Err(PageRefusal { refusal, facts }))
        }
    }
}

async fn find_client(cx: &Cx, params: &Params) -> Result<Result<Client, PageRefusal>, Fault> {
    let client_id = match authorize::client_id(params) {
        Ok(id) => id.to_owned(),
        Err(refusal) => {
            let refusal = cx.refuse(STEP, refusal, Note::default());
            return Ok(Err(PageRefusal { refusal, facts: Vec::new() }));
        }
    };
    let wanted = client_id.clone();
    let known = match wanted.len() > 255 {
        true => None,
        false => cx.db().read(move |c| clients::find(c, &wanted)).await?,
    };
    let (check, received) = match known {
        Some(client) if client.disabled_at.is_none() => return Ok(Ok(client)),
        Some(client) => {
            cx.parts.usage.asked_while_disabled(&client.client_id, cx.now);
            ("client.enabled", format!("a disabled client: {client_id}"))
        }
        None => ("client.known", client_id.clone()),
    };
    let words = "the app is not known here, or it is switched off";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, check, "RFC 6749 section 4.1.2.1", words)
        .because("a registered, enabled client", received);
    let refusal = cx.refuse(STEP, refusal, Note::default().client(&client_id));
    Ok(Err(PageRefusal { refusal, facts: vec![("Received client_id".to_owned(), client_id)] }))
}

/// What is safe to tell about a redirect URI: the received one, and how many are registered; never which.
fn redirect_facts(refusal: &Refusal, client: &Client) -> Vec<(String, String)> {
    vec![
        ("App".to_owned(), client.name.clone()),
        ("Received redirect_uri".to_owned(), refusal.finding.received.clone()),
        ("Registered redirect URIs".to_owned(), client.redirect_uris.len().to_string()),
    ]
}

/// Holds the wanted resources against the client's (RFC 8707 section 2.1), so that an app learns of a mistake before a person
/// is bothered.
async fn with_resources(
    cx: &Cx,
    client: &Client,
    request: Result<ValidRequest, Refusal>,
) -> Result<Result<ValidRequest, Refusal>, Fault> {
    let request = match request {
        Ok(request) if !request.resources.is_empty() => request,
        as_it_is => return Ok(as_it_is),
    };
    let (client, issuer) = (client.clone(), cx.issuer().to_owned());
    let checked = cx.db().read(move |c| {
        let defined = scopes::defined(c, &issuer)?;
        let resources: Vec<&str> = request.resources.iter().map(String::as_str).collect();
        let audience = match token::audience(&resources, &client, &request.scope, &defined, &issuer) {
            Ok(audience) => audience,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(issue::access_token_rule(c, &client.policy, &audience, &issuer)?.map(|_| request.clone()))
    });
    Ok(checked.await?)
}

/// Verifies `id_token_hint`: our signature, our issuer; expired is fine (OIDC Core section 3.1.2.1).
fn with_hint(cx: &Cx, params: &Params, request: ValidRequest) -> Result<ValidRequest, Refusal> {
    let Some(hint) = params.find("id_token_hint") else { return Ok(request) };
    let expect = Expect::id_token_hint(cx.issuer());
    match cx.parts.keyring.verify(hint, &expect, cx.now) {
        Ok(verified) => {
            let hinted_subject = verified.claims().get("sub").and_then(|s| s.as_str()).map(str::to_owned);
            Ok(ValidRequest { hinted_subject, ..request })
        }
        Err(why) => {
            let words = "id_token_hint is not an ID token of this server";
            Err(Refusal::new(ErrorCode::InvalidRequest, "id_token_hint.ours", "OIDC Core section 3.1.2.1", words)
                .because("an ID token of ours, even if expired", why))
        }
    }
}

/// What was loaded for the decision.
struct Known {
    found: Vec<Found>,
    owe_terms: Vec<UserId>,
    consent: Option<Consent>,
    defined: Vec<Scope>,
}

async fn proceed(
    cx: &Cx,
    client: &Client,
    callback: &Callback,
    pending: Pending,
    browser: &Browser,
    binding: &str,
) -> Result<Next, Fault> {
    let known = load(cx, client, &pending, browser).await?;
    let signed_in: Vec<SignedIn> = known.found.iter().map(|f| f.signed_in.clone()).collect();
    let rule = second_factor::rule(cx);
    let situation = Situation {
        request: &pending.request,
        client,
        began_at: pending.began_at,
        chosen: pending.chosen.as_ref(),
        consented: pending.consented.as_ref(),
        sessions: &signed_in,
        second_factor: &rule,
        owe_terms: &known.owe_terms,
        sign_up: sign_up::offered(cx),
        now: cx.now,
    };
    let view = |step: &'static str, bound_to: &str| {
        let request = pending.seal(cx)?;
        let csrf = form_token(cx, binding, step, bound_to);
        Ok::<_, Fault>(StepView {
            client: client.clone(),
            redirect_uri: callback.redirect_uri().to_owned(),
            request,
            csrf,
        })
    };
    let account = match account_step(&pending, &situation) {
        AccountStep::Refuse(refusal) => {
            return Ok(answer_error(cx, callback, cx.refuse(STEP, refusal, Note::default().client(&client.client_id))));
        }
        AccountStep::SignIn(who) => {
            let address = who.map(|w| w.user.email.as_str()).or(pending.request.login_hint.as_deref());
            let address = address.and_then(|text| Email::parse(text).ok());
            let home = || address.and_then(|email| home::led_to(cx, &pending, &email));
            if let Some(provider) = hinted(cx, &pending).or_else(home) {
                return Ok(Next::Upstream(provider, pending.seal(cx)?));
            }
            cx.note(Note::new(STEP, "the sign-in page was shown").client(&client.client_id));
            let login = who.map(|w| w.user.email.as_str().to_owned()).or(pending.request.login_hint.clone());
            let other_account_wanted = pending.chosen.is_some() && who.is_none();
            let (step, passkey) = (view("login", "")?, passkey::ask(cx, &pending)?);
            let is_known = login.is_some();
            let login = login.unwrap_or_default();
            return Ok(Next::SignIn(Box::new(SignInView {
                step,
                login,
                passkey,
                asks_password: is_known || pending.linking.is_some() || !home::is_asked_first(cx),
                reauthenticate: who.is_some(),
                other_account_wanted,
                others: OtherWays::of(cx, &pending),
            })));
        }
        AccountStep::SignUp => {
            cx.note(Note::new(STEP, "the sign-up page was shown").client(&client.client_id));
            let email = pending.request.login_hint.clone().unwrap_or_default();
            return Ok(Next::SignUp(Box::new(SignUpView { step: view("sign_up", "")?, email })));
        }
        AccountStep::Terms(account) => {
            cx.note(Note::new(STEP, "the terms were shown").client(&client.client_id));
            let step = view("terms", account.session.id.as_str())?;
            return Ok(Next::Terms(Box::new(TermsView { step, account: account.clone() })));
        }
        AccountStep::ChooseAccount => {
            cx.note(Note::new(STEP, "the account chooser was shown").client(&client.client_id));
            return Ok(Next::Choose(Box::new(ChooseView { step: view("choose", "")?, accounts: signed_in })));
        }
        AccountStep::StepUp(account, needed) => {
            cx.note(Note::new(STEP, "a second factor was asked for").client(&client.client_id));
            let (request, user) = (pending.seal(cx)?, &account.user);
            let waiting = Waiting { client, redirect_uri: callback.redirect_uri(), user, request: &pending.request };
            let form = second_factor::raise(cx, account, request, &waiting, needed).await?;
            return Ok(Next::SecondFactor(Box::new(form)));
        }
        AccountStep::Enrol(account, needed) => {
            if needed == Level::PhishingResistant && cx.parts.passkeys.is_none() {
                let note = Note::default().client(&client.client_id).user(account.user.id.as_str());
                return Ok(answer_error(cx, callback, cx.refuse(STEP, enrol::impossible(), note)));
            }
            cx.note(Note::new(STEP, "a second factor has to be set up").client(&client.client_id));
            return Ok(Next::Enrol(Box::new(enrol::offer(cx, account, client, pending.seal(cx)?, needed).await?)));
        }
        AccountStep::Account(account) => account,
    };
    let beyond = pending.request.claims.beyond(&pending.request.scope, &known.defined);
    match step::consent(&situation, account, known.consent.as_ref(), &beyond) {
        ConsentStep::Refuse(refusal) => {
            let note = Note::default().client(&client.client_id).user(account.user.id.as_str());
            Ok(answer_error(cx, callback, cx.refuse(STEP, refusal, note)))
        }
        ConsentStep::Ask => {
            let note = Note::new(STEP, "the consent page was shown").client(&client.client_id);
            cx.note(note.user(account.user.id.as_str()));
            let scopes = scope_lines(&pending.request, &known.defined, known.consent.as_ref());
            let step = view("consent", account.session.id.as_str())?;
            let is_claimable_by_others =
                client.is_public() && crate::oauth::redirect_uri::is_claimable_by_others(callback.redirect_uri());
            let view = ConsentView { step, account: account.clone(), scopes, claims: beyond, is_claimable_by_others };
            Ok(Next::Consent(Box::new(view)))
        }
        ConsentStep::Issue => issue_code(cx, client, callback, &pending, account).await,
    }
}

fn account_step<'a>(pending: &Pending, situation: &Situation<'a>) -> AccountStep<'a> {
    if pending.another_account && !pending.request.prompt.none {
        return AccountStep::SignIn(None);
    }
    step::account(situation)
}

/// One trip to the database for everything the decision asks.
async fn load(cx: &Cx, client: &Client, pending: &Pending, browser: &Browser) -> Result<Known, Fault> {
    let (hashes, rule, now) = (browser.session_hashes(), cx.policy().sessions, cx.now);
    let custom = !pending.request.scope.iter().all(scope::is_standard);
    if hashes.is_empty() && !custom {
        return Ok(Known { found: Vec::new(), owe_terms: Vec::new(), consent: None, defined: Vec::new() });
    }
    let (client, pending, issuer) = (client.clone(), pending.clone(), cx.issuer().to_owned());
    let (second_factor, settings, offered) = (second_factor::rule(cx), cx.parts.settings.get(), sign_up::offered(cx));
    let known = cx.db().read(move |c| {
        let mut found = browser::live_sessions(c, &hashes, rule, now)?;
        if !second_factor.groups.is_empty() {
            for f in &mut found {
                let user = users::find(c, &f.signed_in.user.id)?;
                f.signed_in.user.groups = user.map(|user| user.groups).unwrap_or_default();
            }
        }
        let defined = if custom { scopes::defined(c, &issuer)? } else { Vec::new() };
        let signed_in: Vec<SignedIn> = found.iter().map(|f| f.signed_in.clone()).collect();
        let owe_terms = terms::owed(c, &settings.sign_up, &signed_in)?;
        let situation = Situation {
            request: &pending.request,
            client: &client,
            began_at: pending.began_at,
            chosen: pending.chosen.as_ref(),
            consented: pending.consented.as_ref(),
            sessions: &signed_in,
            second_factor: &second_factor,
            owe_terms: &owe_terms,
            sign_up: offered,
            now,
        };
        // Trust alone settles it for confidential clients only (`step::consent`).
        let asks_consent = !client.policy.trusted || client.is_public() || pending.request.prompt.consent;
        let consent = match step::account(&situation) {
            AccountStep::Account(account) if asks_consent => consents::find(c, &account.user.id, &client.client_id)?,
            _ => None,
        };
        Ok(Known { found, owe_terms, consent, defined })
    });
    Ok(known.await?)
}

fn scope_lines(request: &ValidRequest, defined: &[Scope], given: Option<&Consent>) -> Vec<(String, String, bool)> {
    let words = |token: &str| {
        let standard = scope::STANDARD.iter().find(|(name, _)| *name == token).map(|(_, words)| (*words).to_owned());
        let own = || defined.iter().find(|s| s.name == token).map(|s| s.description.clone());
        standard.or_else(own).unwrap_or_else(|| token.to_owned())
    };
    let is_new = |token: &str| given.is_some_and(|c| !c.scopes.contains(token));
    // The standard ones in their usual order, then the administrator's.
    let rank = |token: &str| scope::STANDARD.iter().position(|(name, _)| *name == token).unwrap_or(usize::MAX);
    let mut tokens: Vec<&str> = request.scope.iter().collect();
    tokens.sort_by_key(|token| rank(token));
    tokens.into_iter().map(|token| (token.to_owned(), words(token), is_new(token))).collect()
}

/// Makes the code: minted before the transaction, stored as a hash with everything it is bound to.
async fn issue_code(
    cx: &Cx,
    client: &Client,
    callback: &Callback,
    pending: &Pending,
    account: &SignedIn,
) -> Result<Next, Fault> {
    let code = make(Kind::Code, &*cx.parts.chance);
    let row = Code {
        hash: hash(code.expose()),
        grant_id: secret::random::uuid(&*cx.parts.chance, cx.now),
        authorization: authorization(client, pending, account),
        redirect_uri: callback.redirect_uri().to_owned(),
        redirect_uri_was_sent: pending.request.redirect_uri_was_sent,
        code_challenge: pending.request.code_challenge.clone(),
        created_at: cx.now,
        expires_at: cx.now + client.policy.code_lifetime,
        used_at: None,
        correlation_id: pending.correlation_id.clone(),
    };
    let touched = account.session.wants_touch(cx.now).then(|| account.session.id.clone());
    let now = cx.now;
    cx.db()
        .write(move |c| {
            if let Some(session) = &touched {
                sessions::touch(c, session, now)?;
            }
            codes::insert(c, &row)
        })
        .await?;
    Ok(Next::Answer(Box::new(Answered { answer: callback.code(code.expose()) })))
}

fn authorization(client: &Client, pending: &Pending, account: &SignedIn) -> Authorization {
    let SignedIn { session, user, .. } = account;
    Authorization {
        client_id: client.client_id.clone(),
        user_id: Some(user.id.clone()),
        session_id: Some(session.id.clone()),
        scope: pending.request.scope.clone(),
        auth_time: Some(session.auth_time),
        acr: Some(step::told_acr(&pending.request, account)),
        amr: session.amr.clone(),
        nonce: pending.request.nonce.clone(),
        claims: pending.request.claims.clone(),
        resources: pending.request.resources.clone(),
    }
}

/// Sends an error back to the app.
fn answer_error(cx: &Cx, callback: &Callback, refusal: Refusal) -> Next {
    Next::Answer(Box::new(Answered { answer: callback.error(&refusal, &cx.correlation_id) }))
}

fn page(refusal: Refusal, facts: Vec<(String, String)>) -> Next {
    Next::Page(Box::new(PageRefusal { refusal, facts }))
}
