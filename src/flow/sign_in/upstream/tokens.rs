//! Owns the tokens of providers that are kept: sealed beside the link they came with, renewed by one at a time on all nodes, and
//! handed out to apps that the provider's record names. A refresh token never leaves. It does not own how long they are good
//! (`oauth::upstream::tokens`) nor the asking (`upstream`).

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{note_health, open_secret, settled};
use crate::flow::oauth::userinfo::{AccessToken, still_good};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault, Parts};
use crate::identity::UserId;
use crate::identity::upstream::UpstreamIdentity;
use crate::oauth::bearer::invalid_token;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::scope::{ScopeSet, UPSTREAM_TOKENS};
use crate::oauth::upstream::Provider;
use crate::oauth::upstream::tokens::UpstreamTokens;
use crate::secret::random::token32;
use crate::sensitive::Sensitive;
use crate::store::upstream_providers::StoredProvider;
use crate::store::upstream_tokens::StoredTokens;
use crate::store::{self, Conn, standing, upstream_identities, upstream_providers, upstream_tokens};
use crate::time::{Lifetime, Timestamp};
use crate::upstream::{Party, UpstreamError};

const STEP: &str = "upstream_token";
/// So long one node may take to renew tokens; a provider has ten seconds.
const HELD: Lifetime = Lifetime::from_seconds(15);
/// The others look again so often, and so many times.
const PAUSE: Duration = Duration::from_millis(100);
const TIMES: usize = 120;

/// What is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Plain {
    access_token: String,
    refresh_token: Option<String>,
    scope: Option<String>,
    expires_at: Option<Timestamp>,
}

impl From<&UpstreamTokens> for Plain {
    fn from(tokens: &UpstreamTokens) -> Self {
        Self {
            access_token: tokens.access_token.expose().to_owned(),
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            scope: tokens.scope.clone(),
            expires_at: tokens.expires_at,
        }
    }
}

impl From<Plain> for UpstreamTokens {
    fn from(plain: Plain) -> Self {
        Self {
            access_token: Sensitive::new(plain.access_token),
            refresh_token: plain.refresh_token.map(Sensitive::new),
            scope: plain.scope,
            expires_at: plain.expires_at,
        }
    }
}

fn place(link: &str) -> Vec<u8> {
    format!("tokens of the link {link}").into_bytes()
}

fn seal(parts: &Parts, link: &str, tokens: &UpstreamTokens) -> Result<Vec<u8>, String> {
    let plain = serde_json::to_vec(&Plain::from(tokens)).map_err(|e| e.to_string())?;
    parts.upstream_secrets.seal(&plain, &place(link)).map_err(|e| e.to_string())
}

fn open(parts: &Parts, link: &str, stored: &StoredTokens) -> Result<UpstreamTokens, String> {
    let plain = parts.upstream_secrets.open(&stored.sealed, &place(link)).map_err(|e| e.to_string())?;
    serde_json::from_slice::<Plain>(&plain).map(UpstreamTokens::from).map_err(|e| e.to_string())
}

/// Keeps the tokens of a sign-in, if this provider's are kept. A refresh token that does not come again stays.
pub(super) fn keep(
    c: &mut Conn,
    cx: &Cx,
    provider: &Provider,
    link: &str,
    tokens: Option<&UpstreamTokens>,
) -> Result<(), store::Fault> {
    let Some(tokens) = tokens.filter(|_| provider.keep_tokens) else { return Ok(()) };
    // What does not open any more is worth nothing.
    let before = upstream_tokens::find(c, link)?.and_then(|stored| open(&cx.parts, link, &stored).ok());
    let tokens = before.map_or_else(|| tokens.clone(), |before| before.renewed(tokens.clone()));
    let sealed = seal(&cx.parts, link, &tokens).map_err(store::Fault::Internal)?;
    upstream_tokens::put(c, link, &sealed, tokens.expires_at, cx.now)
}

/// What is known of whoever asks for a token.
struct Known {
    standing: standing::AccessStanding,
    stored: Option<StoredProvider>,
    /// The links of the person to this provider that are not shut, with their tokens; the last used first.
    links: Vec<(UpstreamIdentity, StoredTokens)>,
}

fn known(c: &mut Conn, token: &standing::AccessTokenRef, user: &UserId, provider: &str) -> Result<Known, store::Fault> {
    let standing = standing::of_access_token(c, token)?;
    let stored = upstream_providers::find(c, provider)?;
    let mut links = Vec::new();
    for link in upstream_identities::of_user(c, user)? {
        if link.provider == provider
            && link.disabled_at.is_none()
            && let Some(tokens) = upstream_tokens::find(c, &link.id)?
        {
            links.push((link, tokens));
        }
    }
    links.sort_by_key(|(link, _)| std::cmp::Reverse(link.last_used_at.unwrap_or(link.created_at)));
    Ok(Known { standing, stored, links })
}

fn gone(words: &'static str, received: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InteractionRequired, "upstream_token.present", "none", words)
        .because("a token of the provider that is good or can be renewed", received)
}

/// Gives the bearer of an access token of ours the provider's access token of the same person.
///
/// # Errors
/// Inner: `invalid_token`, `insufficient_scope`, `unauthorized_client`, `invalid_request` or `interaction_required`. Outer: a
/// [`Fault`]; [`Fault::Busy`] if the provider does not answer.
///
/// # Panics
/// Outside of a worker of the server (a `LocalSet`).
pub async fn hand_out(cx: &Cx, provider: &str, token: &Sensitive) -> Result<Result<Value, Refusal>, Fault> {
    let began = Instant::now();
    let mut note = Note::default();
    macro_rules! allowed {
        ($judged:expr) => {
            match $judged {
                Ok(allowed) => allowed,
                Err(refusal) => return Ok(Err(cx.refuse(STEP, refusal, note))),
            }
        };
    }
    let token = allowed!(AccessToken::verify(cx, token.expose(), Some(cx.issuer())));
    let reference = token.reference();
    note = note.client(&reference.client_id);
    let user = allowed!(meant(cx, &token, &reference));
    note = note.user(user.as_str());
    let mut is_renewed = false;
    let (link, tokens) = loop {
        let (asked, user, wanted) = (reference.clone(), user.clone(), provider.to_owned());
        let known = cx.db().read(move |c| known(c, &asked, &user, &wanted)).await?;
        let (stored, link, row) = allowed!(judge(cx, known, provider, &reference.client_id));
        let tokens = opened(cx, &link.id, &row)?;
        // What was just renewed is handed out however soon it ends.
        if is_renewed || tokens.is_good(cx.now) {
            break (link, tokens);
        }
        // To its end, whether or not the app waits: a provider may have renewed the tokens by then, and the old ones are void.
        let renewing = tokio::task::spawn_local(make_good(cx.clone(), stored, link.id, row));
        allowed!(renewing.await.map_err(|e| Fault::Internal(format!("renewing tokens: {e}")))??);
        // It took a while: whether the app may have them is asked again, and what is stored by now is what it gets.
        is_renewed = true;
    };
    cx.note(Note { step: STEP, outcome: format!("gave a token of {provider}"), ..note });
    let mut body = json!({
        "access_token": tokens.access_token.expose(),
        "token_type": "Bearer",
        "iss": link.issuer,
        "sub": link.subject,
    });
    if let Some(end) = tokens.expires_at {
        let waited = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
        body["expires_in"] = end.since(cx.now).seconds().saturating_sub(waited).max(0).into();
    }
    if let Some(scope) = tokens.scope {
        body["scope"] = scope.into();
    }
    Ok(Ok(body))
}

/// The person, if the access token is for this and for nobody else: whoever else takes it could ask for them too.
fn meant(cx: &Cx, token: &AccessToken, reference: &standing::AccessTokenRef) -> Result<UserId, Refusal> {
    let audience = token.audience();
    if audience.iter().any(|one| one != cx.issuer()) {
        return Err(invalid_token("upstream_token.audience")
            .because(format!("an access token for {} alone (ask with resource)", cx.issuer()), audience.join(" ")));
    }
    let granted = ScopeSet::parse(token.text("scope").unwrap_or_default()).unwrap_or_default();
    reference.user_id.clone().filter(|_| granted.contains(UPSTREAM_TOKENS)).ok_or_else(|| {
        let words = "the access token lacks the scope upstream_tokens";
        Refusal::new(ErrorCode::InsufficientScope, "scope.upstream_tokens", "RFC 6750 section 3.1", words)
            .because(UPSTREAM_TOKENS, granted)
    })
}

/// The provider, the link and its tokens, if everything allows it as it stands.
fn judge(
    cx: &Cx,
    known: Known,
    provider: &str,
    client_id: &str,
) -> Result<(StoredProvider, UpstreamIdentity, StoredTokens), Refusal> {
    still_good(cx, &known.standing)?;
    if known.standing.authorization.is_none() {
        return Err(invalid_token("principal.present").because("a person, a grant and a client", "one is gone"));
    }
    let Some(stored) = known.stored.filter(|s| s.provider.enabled && s.provider.keep_tokens) else {
        let words = "there is no such provider whose tokens are kept";
        return Err(Refusal::new(ErrorCode::InvalidRequest, "upstream_token.provider", "none", words)
            .because("an enabled provider with keep_tokens", provider.chars().take(40).collect::<String>()));
    };
    if !stored.provider.token_clients.iter().any(|one| one == client_id) {
        let words = "this client may not have tokens of this provider";
        return Err(Refusal::new(ErrorCode::UnauthorizedClient, "upstream_token.client", "none", words)
            .because("a client of the provider's token_clients", client_id));
    }
    let Some((link, row)) = known.links.into_iter().next() else {
        let words = "there is no token of this person; let them sign in through the provider once (idp_hint)";
        return Err(gone(words, "none"));
    };
    Ok((stored, link, row))
}

fn opened(cx: &Cx, link: &str, row: &StoredTokens) -> Result<UpstreamTokens, Fault> {
    open(&cx.parts, link, row).map_err(|why| Fault::Internal(format!("tokens of the link {link}: {why}")))
}

/// Renews tokens if they must be. Of many that ask at once, on whatever node, one renews; the others wait for it.
async fn make_good(
    cx: Cx,
    stored: StoredProvider,
    link: String,
    first: StoredTokens,
) -> Result<Result<(), Refusal>, Fault> {
    let mut seen = Some(first);
    for round in 0..TIMES {
        let Some(row) = seen else {
            let words = "the provider renews its tokens no more; let the person sign in through it again (idp_hint)";
            return Ok(Err(gone(words, "one that it refused to renew")));
        };
        let tokens = opened(&cx, &link, &row)?;
        if round > 0 && tokens.is_good(cx.now) {
            return Ok(Ok(()));
        }
        if tokens.refresh_token.is_none() {
            let words =
                "the token has expired and cannot be renewed; let the person sign in through the provider again";
            return Ok(Err(gone(words, "one that expired, without a refresh token")));
        }
        let (id, version, now) = (link.clone(), row.version, cx.now);
        if cx.db().write(move |c| upstream_tokens::hold(c, &id, version, now, now + HELD)).await? {
            return renewed(&cx, &stored, &link, (tokens, version)).await;
        }
        tokio::time::sleep(PAUSE).await;
        let id = link.clone();
        seen = cx.db().read(move |c| upstream_tokens::find(c, &id)).await?;
    }
    Err(Fault::Busy { retry_after: 2 })
}

/// Asks the provider for new ones; the row is held.
async fn renewed(
    cx: &Cx,
    stored: &StoredProvider,
    link: &str,
    (tokens, version): (UpstreamTokens, i64),
) -> Result<Result<(), Refusal>, Fault> {
    let id = link.to_owned();
    let done = ask(cx, stored, &tokens).await;
    let newer = match done {
        Ok(Ok(Some(newer))) => newer,
        Ok(Ok(None)) => {
            cx.db().write(move |c| upstream_tokens::forget(c, &id, version)).await?;
            let words = "the provider renews its tokens no more; let the person sign in through it again (idp_hint)";
            return Ok(Err(gone(words, "one that it refused to renew")));
        }
        failed => {
            cx.db().write(move |c| upstream_tokens::release(c, &id, version)).await?;
            let why = failed?.err().map(|error| error.to_string()).unwrap_or_default();
            cx.note(Note::new(STEP, format!("{}: its tokens could not be renewed: {why}", stored.provider.id)));
            return Err(Fault::Busy { retry_after: 5 });
        }
    };
    let all = tokens.renewed(newer);
    let sealed = seal(&cx.parts, link, &all).map_err(Fault::Internal)?;
    let (end, now) = (all.expires_at, cx.now);
    cx.db().write(move |c| upstream_tokens::replace(c, &id, version, (&sealed, end), now)).await?;
    Ok(Ok(()))
}

type Asked = Result<Option<UpstreamTokens>, UpstreamError>;

async fn ask(cx: &Cx, stored: &StoredProvider, tokens: &UpstreamTokens) -> Result<Asked, Fault> {
    let Some(refresh_token) = &tokens.refresh_token else { return Ok(Ok(None)) };
    let (settled, secret) = (settled(stored)?, open_secret(&cx.parts, stored)?);
    let jti = token32(&*cx.parts.chance);
    let party =
        Party { provider: &stored.provider, settled: &settled, secret: secret.as_ref(), jti: &jti, now: cx.now };
    let done = cx.parts.upstreams.refresh(&party, refresh_token).await;
    note_health(cx, stored, &done).await?;
    Ok(done)
}
