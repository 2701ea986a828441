//! Owns the one decision of the sign-in: given a valid request and what is known of the browser, what must happen next.
//! Steps never know each other; each does its one thing and comes back here. It does not own the pages.

use crate::identity::{Level, SecondFactorRule, Session, SessionId, User, UserId};
use crate::oauth::authorize::ValidRequest;
use crate::oauth::client::Client;
use crate::oauth::consent::Consent;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::prompt::SignUp;
use crate::oauth::redirect_uri;
use crate::time::{Lifetime, Timestamp};

/// A proof as young as this one need not be given again before a factor is set up.
pub const JUST_PROVEN: Lifetime = Lifetime::from_minutes(5);

/// A session of this browser that is live and whose person is good.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Its person.
    pub user: User,
    /// What the person can reach with the factors they have.
    pub reach: Level,
}

impl SignedIn {
    /// How well the session was proven.
    pub fn level(&self) -> Level {
        Level::reached(&self.session.amr)
    }
}

/// Everything the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The request.
    pub request: &'a ValidRequest,
    /// Who asks.
    pub client: &'a Client,
    /// When the request came in: what the person did after it, they did for it.
    pub began_at: Timestamp,
    /// The account chosen for this request, if the person chose.
    pub chosen: Option<&'a SessionId>,
    /// The session in which the person pressed "allow" for this very request. A consent of the same minute to another
    /// request is none: somebody else may have opened that one.
    pub consented: Option<&'a SessionId>,
    /// Sessions of the browser, the one used last first.
    pub sessions: &'a [SignedIn],
    /// Who must have a second factor.
    pub second_factor: &'a SecondFactorRule,
    /// Whether people can make accounts by themselves.
    pub sign_up: SignUp,
    /// People of these sessions who have yet to accept the terms.
    pub owe_terms: &'a [UserId],
    /// Now.
    pub now: Timestamp,
}

/// Which account goes on, or what must happen before one can.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountStep<'a> {
    /// Offer to make an account.
    SignUp,
    /// Ask for a password. With a session: that person must prove again who they are.
    SignIn(Option<&'a SignedIn>),
    /// Ask which account.
    ChooseAccount,
    /// Ask this person for the proof that is missing to this level.
    StepUp(&'a SignedIn, Level),
    /// This person must set up a factor that reaches this level before they go on.
    Enrol(&'a SignedIn, Level),
    /// This person must accept the terms before they go on.
    Terms(&'a SignedIn),
    /// This one goes on to consent.
    Account(&'a SignedIn),
    /// Tell the app no.
    Refuse(Refusal),
}

/// What the account's consent means for the request.
#[derive(Clone, Debug, PartialEq)]
pub enum ConsentStep {
    /// Ask the person.
    Ask,
    /// Nothing to ask: make the code.
    Issue,
    /// Tell the app no.
    Refuse(Refusal),
}

/// First half of the decision: whose account.
pub fn account<'a>(s: &Situation<'a>) -> AccountStep<'a> {
    // Whoever made an account for this request, or signed in instead, has chosen one.
    if s.request.prompt.create && s.chosen.is_none() {
        // It may have been closed since the request came in.
        return if s.sign_up == SignUp::Offered { AccountStep::SignUp } else { AccountStep::SignIn(None) };
    }
    match proven_account(s) {
        AccountStep::Account(account) if s.owe_terms.contains(&account.user.id) => terms_step(s, account),
        step => step,
    }
}

/// Terms come last: only who has shown who they are accepts something.
fn terms_step<'a>(s: &Situation<'a>, account: &'a SignedIn) -> AccountStep<'a> {
    if !s.request.prompt.none {
        return AccountStep::Terms(account);
    }
    let words = "the person has to accept the terms, and prompt=none forbids asking";
    let refusal = Refusal::new(ErrorCode::InteractionRequired, "terms.accepted", "OIDC Core section 3.1.2.6", words);
    AccountStep::Refuse(refusal.because("the terms that hold now, accepted", "older terms, or none"))
}

fn proven_account<'a>(s: &Situation<'a>) -> AccountStep<'a> {
    let candidates: Vec<&SignedIn> = s.sessions.iter().filter(|known| is_wanted(known, s.request)).collect();
    let chosen = s.chosen.and_then(|id| candidates.iter().find(|known| known.session.id == *id));
    let hinted = s.request.login_hint.as_deref().and_then(|hint| {
        let key = crate::identity::Email::parse(hint).ok()?;
        candidates.iter().find(|known| known.user.email.key() == key.key())
    });
    let hinted_elsewhere = s.request.login_hint.is_some() && hinted.is_none();
    let account = match (chosen, candidates.as_slice()) {
        (Some(known), _) => *known,
        (None, []) => return sign_in_or_refuse(s, None),
        (None, _) if s.request.prompt.select_account => return AccountStep::ChooseAccount,
        (None, [_]) if hinted_elsewhere && !s.request.prompt.none => return AccountStep::ChooseAccount,
        (None, [only]) => only,
        (None, [first, ..]) if s.request.prompt.none => hinted.copied().unwrap_or(first),
        (None, _) => match hinted {
            Some(known) => *known,
            None => return AccountStep::ChooseAccount,
        },
    };
    if !is_fresh(&account.session, s) {
        return sign_in_or_refuse(s, Some(account));
    }
    level_step(s, account)
}

/// Whether the account was proven well enough: for the administrator's rules of the server and of the client, for a class that the request insists on (OIDC
/// Core section 5.5.1.1), and, as far as the person can, for one that it would like (`acr_values`, section 3.1.2.1).
fn level_step<'a>(s: &Situation<'a>, account: &'a SignedIn) -> AccountStep<'a> {
    let rule = least(s.second_factor, s.client, &account.user);
    let reach = s.second_factor.reach(&account.user, account.reach);
    let essential = s.request.claims.essential_acr();
    let Some(insisted) = insisted(s.request) else {
        return AccountStep::Refuse(unmet(essential.as_ref(), account));
    };
    let needed = needed(s.request, rule, reach);
    if account.level() >= needed {
        return AccountStep::Account(account);
    }
    if insisted > reach && insisted > rule || insisted > account.level() && s.request.prompt.none {
        return AccountStep::Refuse(unmet(essential.as_ref(), account));
    }
    if s.request.prompt.none {
        // What is only liked never fails.
        return if rule > account.level() { not_proven_enough(account, rule) } else { AccountStep::Account(account) };
    }
    if needed <= reach {
        return AccountStep::StepUp(account, needed);
    }
    // Whoever sets up a factor has shown just now all that they have: a browser left open must not be enough.
    let proven_at = account.session.auth_time;
    match proven_at >= s.began_at || s.now.since(proven_at) <= JUST_PROVEN {
        false => AccountStep::SignIn(Some(account)),
        true if account.level() < reach => AccountStep::StepUp(account, reach),
        true => AccountStep::Enrol(account, needed),
    }
}

/// The lowest level that this person may go on with at this client, whatever the request says.
pub fn least(rule: &SecondFactorRule, client: &Client, user: &User) -> Level {
    rule.least(user).max(client.policy.minimum_acr.unwrap_or(Level::Password))
}

/// The lowest level that the request insists on; `None` if it insists on classes of which none is ours.
fn insisted(request: &ValidRequest) -> Option<Level> {
    match request.claims.essential_acr() {
        Some(wanted) => wanted.into_iter().filter_map(Level::of_acr).min(),
        None => Some(Level::Password),
    }
}

/// The level that somebody must show for this request: by the administrator's rule, because the request insists, or because
/// it would like it and the person can reach it.
pub fn needed(request: &ValidRequest, rule: Level, reach: Level) -> Level {
    let liked = request.acr_values.iter().filter_map(|acr| Level::of_acr(acr)).find(|level| *level <= reach);
    rule.max(insisted(request).unwrap_or(Level::Password)).max(liked.unwrap_or(Level::Password))
}

fn unmet(wanted: Option<&Vec<&str>>, account: &SignedIn) -> Refusal {
    let words = "the authentication context class that the request insists on cannot be reached";
    let section = "OIDC Core section 5.5.1.1";
    Refusal::new(ErrorCode::UnmetAuthenticationRequirements, "acr.essential", section, words)
        .because(wanted.map(|w| w.join(" ")).unwrap_or_default(), account.level().acr())
}

fn not_proven_enough<'a>(account: &SignedIn, rule: Level) -> AccountStep<'a> {
    let words = "the person has to prove more than they did, and prompt=none forbids asking";
    let refusal = Refusal::new(ErrorCode::LoginRequired, "session.level", "OIDC Core section 3.1.2.6", words);
    AccountStep::Refuse(refusal.because(rule.acr(), account.level().acr()))
}

/// The class that the app is told: the first of those it asked for that was reached, by the name it was asked by, or the one
/// that was reached.
pub fn told_acr(request: &ValidRequest, account: &SignedIn) -> String {
    let essential = request.claims.essential_acr().unwrap_or_default();
    let asked = essential.into_iter().chain(request.acr_values.iter().map(String::as_str));
    let reached = account.level();
    let mut asked = asked.filter(|acr| Level::of_acr(acr).is_some_and(|level| level <= reached));
    asked.next().unwrap_or(reached.acr()).to_owned()
}

/// Second half: whether this person has allowed what is asked.
pub fn consent(
    s: &Situation<'_>,
    account: &SignedIn,
    given: Option<&Consent>,
    claims_beyond: &[String],
) -> ConsentStep {
    let for_this_request = s.consented == Some(&account.session.id);
    let asked_again = s.request.prompt.consent && !for_this_request;
    // RFC 8252 section 8.6: anybody on the machine can pose as such a client, so neither an old consent nor the
    // administrator's trust in the real one proves anything.
    let is_impersonable = s.client.is_public() && redirect_uri::is_claimable_by_others(&s.request.redirect_uri);
    let is_vouched_for = for_this_request || !is_impersonable;
    if s.client.policy.trusted && !asked_again && is_vouched_for {
        return ConsentStep::Issue;
    }
    let covers = given.is_some_and(|c| {
        // Whoever allowed it allowed an app of that name and address: after a change of the app, they are asked again.
        let is_of_this_app = for_this_request || c.granted_at >= s.client.updated_at;
        is_of_this_app
            && s.request.scope.is_within(&c.scopes)
            && claims_beyond.iter().all(|name| c.claims.contains(name))
    });
    if covers && !asked_again && is_vouched_for {
        return ConsentStep::Issue;
    }
    if s.request.prompt.none {
        let words = "the person has not consented to this request, and prompt=none forbids asking";
        let had = given.map_or("no consent".to_owned(), |c| format!("consent to: {}", c.scopes));
        let refusal = Refusal::new(ErrorCode::ConsentRequired, "consent.covers", "OIDC Core section 3.1.2.6", words);
        let wanted = format!("consent of {} to: {}", account.user.id, s.request.scope);
        return ConsentStep::Refuse(refusal.because(wanted, had));
    }
    ConsentStep::Ask
}

/// Whether the request can be about this person (`id_token_hint`, `claims.id_token.sub`).
fn is_wanted(known: &SignedIn, request: &ValidRequest) -> bool {
    let is = |wanted: Option<&str>| wanted.is_none_or(|sub| known.user.id.as_str() == sub);
    is(request.hinted_subject.as_deref()) && is(request.claims.wanted_subject())
}

/// OIDC Core section 3.1.2.1: `prompt=login` and `max_age`. A sign-in after the request began is always fresh enough, or
/// `max_age=0` could never be met.
fn is_fresh(session: &Session, s: &Situation<'_>) -> bool {
    if session.auth_time >= s.began_at {
        return true;
    }
    let young_enough =
        s.request.max_age.is_none_or(|age| s.now.since(session.auth_time) <= Lifetime::from_seconds(age));
    !s.request.prompt.login && s.request.max_age != Some(0) && young_enough
}

fn sign_in_or_refuse<'a>(s: &Situation<'a>, who: Option<&'a SignedIn>) -> AccountStep<'a> {
    if !s.request.prompt.none {
        return AccountStep::SignIn(who);
    }
    let words = "the person is not signed in as the request demands, and prompt=none forbids asking";
    let received = match who {
        Some(known) => format!("a session whose auth_time is {}", known.session.auth_time.rfc3339()),
        None => format!("{} sessions, none of the wanted person", s.sessions.len()),
    };
    let refusal = Refusal::new(ErrorCode::LoginRequired, "session.present", "OIDC Core section 3.1.2.6", words);
    AccountStep::Refuse(refusal.because("a live, fresh session", received))
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
