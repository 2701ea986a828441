//! Owns taking a person back from a provider: the state is used up first, then the answer is held against it, the code redeemed,
//! the claims believed and read, and what follows is done in one transaction. It does not own the rules
//! (`oauth::upstream`).

use super::linking::Carried;
use super::road::{Road, place_of};
use super::{Failed, LIFETIME, STEP, Trip, Why, note_health, open_secret, posted, settled, why};
use super::{home, own_trip, tokens};
use crate::flow::admin::change::differences;
use crate::flow::admin::user_document::UserDocument;
use crate::flow::oauth::authorize::reopen;
use crate::flow::own_app::OwnApp;
use crate::flow::sign_in::begin::{Proven, about, begin_session};
use crate::flow::sign_in::browser::Browser;
use crate::flow::sign_in::half::Half;
use crate::flow::sign_in::login::LoginOutcome;
use crate::flow::sign_in::pending::{Linking, Pending};
use crate::flow::sign_in::second_factor::{self, Waiting};
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::level::at_another_provider;
use crate::identity::upstream::UpstreamIdentity;
use crate::identity::{Email, Level, RoleName, User, UserId};
use crate::oauth::authorize::Callback;
use crate::oauth::client::Client;
use crate::oauth::params::Params;
use crate::oauth::upstream::answer::{Answered, is_proven_as_wished};
use crate::oauth::upstream::claims::{self, Person, Reading};
use crate::oauth::upstream::decide::{Decision, Known, Refused, decide};
use crate::oauth::upstream::provider::{Provider, SyncRule};
use crate::oauth::upstream::quirks::{ToldName, is_of_a_tenant};
use crate::oauth::upstream::sync::taken_over;
use crate::oauth::upstream::tokens::UpstreamTokens;
use crate::oauth::upstream::{Preset, Settled};
use crate::secret::random::{token32, uuid};
use crate::secret::token::hash;
use crate::sensitive::Sensitive;
use crate::store::upstream_providers::StoredProvider;
use crate::store::upstream_sessions::Origin;
use crate::store::{self, Conn, factors, groups, upstream_identities, upstream_providers, upstream_trips, users};
use crate::upstream::{Party, Redemption, Told};

/// Longest name of a provider's session that is remembered, in bytes.
const LONGEST_SID: usize = 255;

/// A provider that is not any more what it was when somebody was sent there.
const CHANGED: &str = "the provider's issuer, client or addresses were changed meanwhile";

/// What comes of it.
pub enum Back {
    /// As after a password: signed in, or a second factor is asked for.
    Done(LoginOutcome),
    /// Go on with this request: the person signs in here first.
    ProveAccount(String),
    /// Show a page with the other ways in.
    Failed(Box<Failed>),
    /// It was begun on a page of ours, which goes on at this path.
    Own(OwnApp, String),
}

/// The request that waits.
struct Waits {
    pending: Pending,
    client: Client,
    callback: Callback,
}

/// Takes a person back.
///
/// # Errors
/// A [`Fault`].
pub async fn callback(cx: &mut Cx, provider: &str, params: &Params, browser: &Browser) -> Result<Back, Fault> {
    let Some(sealed) = take(cx, params).await? else {
        return Ok(not_begun(cx, "there is no such state, or it was used up"));
    };
    let Some(trip) = Trip::open(cx, &sealed) else {
        return Ok(match own_trip::carry(cx, &sealed, provider, params).await? {
            Some((app, to)) => Back::Own(app, to),
            None => not_begun(cx, "the state is of something else"),
        });
    };
    cx.adopt(&trip.correlation_id);
    if trip.road.provider != provider {
        return Ok(not_begun(cx, "the state is of another provider"));
    }
    let waits = match reopen(cx, &trip.request, browser).await? {
        Ok((pending, client, callback)) => Waits { pending, client, callback },
        Err(page) => return Ok(Back::Done(LoginOutcome::Page(Box::new(page)))),
    };
    let wanted = trip.road.provider.clone();
    let stored = cx.db().read(move |c| upstream_providers::find(c, &wanted)).await?;
    let Some(stored) = stored.filter(|stored| stored.provider.enabled) else {
        return Ok(failed(cx, &waits, &trip, Why::Closed, "the provider was disabled or deleted meanwhile", None));
    };
    let name = Some(stored.provider.name.as_str());
    let settled = settled(&stored)?;
    if !trip.road.leads_to(&stored.provider, &settled) {
        return Ok(failed(cx, &waits, &trip, Why::Wrong, CHANGED, name));
    }
    let code = match trip.road.answered(params) {
        Answered::Code(code) => code,
        Answered::Denied { error } => {
            return Ok(failed(cx, &waits, &trip, Why::Denied, &format!("the provider says {error}"), name));
        }
        Answered::Wrong(words) => return Ok(failed(cx, &waits, &trip, Why::Wrong, words, name)),
    };
    let told = match redeem(cx, (&stored, &settled), &trip.road, &code).await? {
        Ok(told) => told,
        Err((why, words)) => return Ok(failed(cx, &waits, &trip, why, &words, name)),
    };
    let (told, mut person) = told;
    let told_name = posted::told_name(cx, params).filter(|_| stored.provider.preset == Preset::Apple);
    if let Some(name) = told_name.clone() {
        name.fill(&mut person.profile);
    }
    if !is_proven_as_wished(&trip.wishes, person.auth_time, trip.began_at, cx.now) {
        let words = "the app insists on a fresh proof, and the provider does not say that it asked for one";
        return Ok(failed(cx, &waits, &trip, Why::NotFresh, words, name));
    }
    let sid = told.claims.get("sid").and_then(|sid| sid.as_str()).filter(|sid| sid.len() <= LONGEST_SID);
    let came = Came {
        stored: stored.clone(),
        trust_email: settled.trust_email,
        place: place_of(&stored.provider, &settled),
        sid: sid.map(str::to_owned),
        issuer: told.issuer,
        tokens: told.tokens.filter(|_| stored.provider.keep_tokens),
        person,
        told_name,
    };
    follow(cx, &trip, waits, came, browser).await
}

/// Takes what is remembered under the state, once: whatever comes of it, it is used up.
async fn take(cx: &Cx, params: &Params) -> Result<Option<Vec<u8>>, Fault> {
    let Some(state) = params.find("state").filter(|state| state.len() == 43) else { return Ok(None) };
    let (hashed, now) = (hash(state), cx.now);
    Ok(cx.db().write(move |c| upstream_trips::take(c, &hashed, now)).await?)
}

fn not_begun(cx: &Cx, words: &str) -> Back {
    cx.count(Count::FailedSignIns);
    cx.note(Note::new(STEP, format!("refused: {words}")));
    Back::Failed(Box::new(Failed { why: Why::NotBegun, provider: None, request: None }))
}

fn failed(cx: &Cx, waits: &Waits, trip: &Trip, why: Why, words: &str, name: Option<&str>) -> Back {
    cx.count(Count::FailedSignIns);
    let words = format!("refused: {}: {words}", trip.road.provider);
    cx.note(Note::new(STEP, words).client(&waits.client.client_id));
    let request = Some(trip.request.clone());
    Back::Failed(Box::new(Failed { why, provider: name.map(str::to_owned), request }))
}

type Refusing = (Why, String);

/// Redeems the code, and reads the person out of what the provider says.
pub(super) async fn redeem(
    cx: &Cx,
    (stored, settled): (&StoredProvider, &Settled),
    road: &Road,
    code: &str,
) -> Result<Result<(Told, Person), Refusing>, Fault> {
    let secret = open_secret(&cx.parts, stored)?;
    let (verifier, jti) = (Sensitive::new(road.verifier.as_str()), token32(&*cx.parts.chance));
    let redemption = Redemption {
        party: Party { provider: &stored.provider, settled, secret: secret.as_ref(), jti: &jti, now: cx.now },
        code,
        verifier: &verifier,
        nonce: &road.nonce,
        redirect_uri: &road.redirect_uri,
    };
    let done = cx.parts.upstreams.redeem(&redemption).await;
    note_health(cx, stored, &done).await?;
    let told = match done {
        Ok(told) => told,
        Err(error) => return Ok(Err((why(&error), error.to_string()))),
    };
    if !is_of_a_tenant(&stored.provider, &told.claims) {
        return Ok(Err((Why::NotAllowed, "the directory (tid) is none of those that may come".to_owned())));
    }
    let reading = Reading {
        kind: settled.kind,
        table: &settled.claims,
        required: &stored.provider.required_claims,
        second_factor: &stored.provider.second_factor,
        groups: &stored.provider.groups,
    };
    Ok(match claims::person(reading, &told.claims) {
        Ok(person) => Ok((told, person)),
        Err(refusal @ claims::ClaimsRefusal::Required) => Err((Why::NotAllowed, refusal.to_string())),
        Err(refusal) => Err((Why::Wrong, refusal.to_string())),
    })
}

/// What to call somebody on a page whom a provider named.
pub(super) fn shown(person: &Person) -> String {
    let email = person.email.as_ref().map(|email| email.as_str().to_owned());
    let name = || person.profile.preferred_username.clone().or(person.profile.name.clone());
    email.or_else(name).unwrap_or_default()
}

/// Somebody whom a provider named.
#[derive(Clone)]
struct Came {
    stored: StoredProvider,
    trust_email: bool,
    /// What the provider is to us ([`place_of`]).
    place: String,
    issuer: String,
    person: Person,
    /// The provider's name for its session.
    sid: Option<String>,
    /// Its tokens, if they are kept.
    tokens: Option<UpstreamTokens>,
    /// What they are called, where a provider tells it once and unsigned.
    told_name: Option<ToldName>,
}

impl Came {
    /// What to call them on a page.
    fn shown(&self) -> String {
        shown(&self.person)
    }

    /// Key of the address that the provider proves to be theirs.
    fn proves(&self) -> Option<String> {
        let is_proven = self.trust_email && self.person.email_is_verified;
        self.person.email.as_ref().filter(|_| is_proven).map(|email| email.key().to_owned())
    }

    fn new_user(&self, cx: &Cx, id: &str, email: Email) -> User {
        User {
            id: UserId(id.to_owned()),
            email,
            email_verified: true,
            // Whatever the provider says: roles are given here.
            role: RoleName::PERSON,
            profile: self.person.profile.clone(),
            groups: self.person.groups.clone(),
            disabled_at: None,
            valid_from: cx.now,
            created_at: cx.now,
            updated_at: cx.now,
            version: 1,
            attributes: Default::default(),
            last_sign_in_at: None,
            picture: None,
        }
    }

    fn link(&self, cx: &Cx, id: &str, user_id: UserId) -> UpstreamIdentity {
        UpstreamIdentity {
            id: id.to_owned(),
            provider: self.stored.provider.id.clone(),
            issuer: self.issuer.clone(),
            subject: self.person.subject.clone(),
            user_id,
            shown: self.shown(),
            created_at: cx.now,
            last_used_at: Some(cx.now),
            disabled_at: None,
        }
    }
}

/// Takes over what the provider says of the person, if it is to be taken over at each sign-in.
fn take_over(c: &mut Conn, cx: &Cx, provider: &Provider, user: User, person: &Person) -> Result<User, store::Fault> {
    if provider.sync == SyncRule::First {
        return Ok(user);
    }
    let user = users::find_for_update(c, &user.id)?.unwrap_or(user);
    let Some(mut after) = taken_over(provider, &user, person) else { return Ok(user) };
    after.updated_at = cx.now;
    users::update(c, &after)?;
    for group in after.groups.iter().filter(|group| !user.groups.contains(group)) {
        if groups::find(c, group)?.is_some() {
            groups::member_add(c, group, &user.id)?;
        }
    }
    for group in user.groups.iter().filter(|group| !after.groups.contains(group)) {
        groups::member_remove(c, group, &user.id)?;
    }
    let shown = |user: &User| serde_json::json!(UserDocument::of(user));
    let mut entry = about("profile_synced", cx, &user.id);
    entry.event.detail = differences(Some(&shown(&user)), Some(&shown(&after))).to_string();
    entry.append(c)?;
    Ok(users::find(c, &user.id)?.unwrap_or(after))
}

/// What was done in the transaction.
enum Settling {
    SignIn { user: Box<User>, link: String, reach: Level },
    ProveAccount,
    Refuse(Refused),
}

/// Decides and does it.
async fn follow(cx: &mut Cx, trip: &Trip, waits: Waits, came: Came, browser: &Browser) -> Result<Back, Fault> {
    let (own, wanted, ids) =
        (cx.clone(), came.clone(), [uuid(&*cx.parts.chance, cx.now), uuid(&*cx.parts.chance, cx.now)]);
    let settling = cx.db().write(move |c| settle(c, &own, &wanted, &ids)).await?;
    let name = Some(came.stored.provider.name.as_str());
    match settling {
        Settling::Refuse(refused) => {
            let why = match refused {
                Refused::Domain => Why::NotAllowed,
                Refused::ProviderChanged => Why::Wrong,
                _ => Why::Shut,
            };
            Ok(failed(cx, &waits, trip, why, refused.words(), name))
        }
        Settling::ProveAccount => {
            cx.note(
                Note::new(STEP, "nobody is linked yet: the person signs in here first").client(&waits.client.client_id),
            );
            let handle = token32(&*cx.parts.chance);
            let (hashed, until) = (hash(&handle), cx.now + LIFETIME);
            let carried = Carried {
                sid: came.sid.clone(),
                tokens: came.tokens.clone(),
                place: came.place.clone(),
                began_at: trip.began_at,
            };
            let kept = carried.seal(cx)?;
            cx.db().write(move |c| upstream_trips::insert(c, &hashed, &kept, until)).await?;
            let linking = Linking {
                handle,
                provider: came.stored.provider.id.clone(),
                name: came.stored.provider.name.clone(),
                shown: came.shown(),
                proves: came.proves(),
                issuer: came.issuer,
                subject: came.person.subject,
                told_name: came.told_name,
            };
            Ok(Back::ProveAccount(waits.pending.with_linking(linking).seal(cx)?))
        }
        Settling::SignIn { user, link, reach } => {
            let origin = Origin { link, sid: came.sid, began_at: trip.began_at };
            let amr = at_another_provider(came.person.has_second_factor);
            let (client, redirect_uri) = (&waits.client, waits.callback.redirect_uri());
            let waiting = Waiting { client, redirect_uri, user: &user, request: &waits.pending.request };
            if reach > Level::Password && Level::reached(&amr) == Level::Password {
                cx.note(
                    Note::new(STEP, "signed in at the provider, and a second factor is to be shown")
                        .user(user.id.as_str()),
                );
                let half = Half::after_upstream(cx, user.id.clone(), origin, amr, trip.request.clone());
                return Ok(Back::Done(second_factor::next(cx, half, waiting).await?));
            }
            let note = Note::new(STEP, format!("signed in through {}", trip.road.provider));
            cx.note(note.client(&waits.client.client_id).user(user.id.as_str()));
            let proven = Proven { origin: Some(origin), ..Proven::by(*user, amr) };
            let Some(now) = begin_session(cx, proven, browser, waits.pending).await? else {
                let words = "the provider said meanwhile that the person signed out there";
                let request = Some(trip.request.clone());
                cx.count(Count::FailedSignIns);
                cx.note(Note::new(STEP, format!("refused: {}: {words}", trip.road.provider)));
                let failed = Failed { why: Why::Ended, provider: Some(came.stored.provider.name), request };
                return Ok(Back::Failed(Box::new(failed)));
            };
            cx.count(Count::SignIns);
            Ok(Back::Done(LoginOutcome::SignedIn(Box::new(now))))
        }
    }
}

fn settle(c: &mut Conn, cx: &Cx, came: &Came, ids: &[String; 2]) -> Result<Settling, store::Fault> {
    // Once more if somebody made the account at the same moment.
    for _ in 0..2 {
        // As it is now: it may have been switched off while the person was there.
        let Some(stored) = upstream_providers::find(c, &came.stored.provider.id)? else {
            return Ok(Settling::Refuse(Refused::ProviderDisabled));
        };
        if !settled(&stored).is_ok_and(|settled| place_of(&stored.provider, &settled) == came.place) {
            return Ok(Settling::Refuse(Refused::ProviderChanged));
        }
        let link = upstream_identities::find(c, &came.issuer, &came.person.subject)?;
        let owner = match &link {
            Some(link) => users::find(c, &link.user_id)?,
            None => None,
        };
        let address_is_taken = match &came.person.email {
            Some(email) => users::find_by_email_key(c, email.key())?.is_some(),
            None => false,
        };
        let known = Known { linked: link.as_ref().zip(owner.as_ref()), address_is_taken };
        match decide(&stored.provider, came.trust_email, &came.person, known) {
            Decision::Refuse(refused) => return Ok(Settling::Refuse(refused)),
            Decision::ProveAccount => return Ok(Settling::ProveAccount),
            Decision::SignIn(_) => {
                let (Some(link), Some(user)) = (link, owner) else { continue };
                if home::only_of(cx, &user).is_some_and(|home| home.way.id != stored.provider.id) {
                    return Ok(Settling::Refuse(Refused::OnlyElsewhere));
                }
                upstream_identities::used(c, &link.id, &came.shown(), cx.now)?;
                tokens::keep(c, cx, &stored.provider, &link.id, came.tokens.as_ref())?;
                let user = take_over(c, cx, &stored.provider, user, &came.person)?;
                let reach = factors::reach(c, std::slice::from_ref(&user.id.0))?;
                let reach = reach.get(user.id.as_str()).copied().unwrap_or(Level::Password);
                return Ok(Settling::SignIn { user: Box::new(user), link: link.id, reach });
            }
            Decision::Create(email) => {
                // Whoever has the only way in for an address says who its people are.
                if home::of(cx, &email).is_some_and(|home| home.is_only && home.way.id != stored.provider.id) {
                    return Ok(Settling::Refuse(Refused::OnlyElsewhere));
                }
                let user = came.new_user(cx, &ids[0], email);
                let link = came.link(cx, &ids[1], user.id.clone());
                if upstream_identities::insert_with_account(c, &user, &link)? {
                    tokens::keep(c, cx, &stored.provider, &link.id, came.tokens.as_ref())?;
                    let mut entry = about("signed_up", cx, &user.id);
                    let detail = serde_json::json!({ "provider": link.provider, "groups": user.groups });
                    entry.event.detail = detail.to_string();
                    entry.append(c)?;
                    return Ok(Settling::SignIn { user: Box::new(user), link: link.id, reach: Level::Password });
                }
            }
        }
    }
    Err(store::Fault::Unavailable("an account of the same person is being made".to_owned()))
}
