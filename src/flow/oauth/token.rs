//! Owns the token endpoint in five phases: who is the client, may it use this grant, redeem and save in one transaction,
//! mint after the commit, answer. Each grant fills in only what is its own.

use crate::flow::account::notice::{Envelope, Notice};
use crate::flow::audit::Entry;
use crate::flow::cx::base64url;
use crate::flow::oauth::client::{self, Incoming};
use crate::flow::oauth::issue::{self, Making, Ready};
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::Downfall;
use crate::identity::session::SessionRule;
use crate::oauth::authorization::{Authorization, Code, Grant, RefreshToken};
use crate::oauth::client::{Client, GrantType};
use crate::oauth::client_auth::AuthenticatedClient;
use crate::oauth::client_policy::RefreshRule;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::grant::{authorization_code, client_credentials, refresh_token};
use crate::oauth::params::Params;
use crate::oauth::pkce;
use crate::oauth::token::{self, TokenAnswer};
use crate::secret::token::{Kind, check_shape, hash, make, seems};
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, clients, codes, grants, refresh_tokens, standing, users};
use crate::time::{Lifetime, Timestamp};

const STEP: &str = "token";

/// Exchanges a grant for tokens.
///
/// # Errors
/// Inner: the OAuth error, already noted under the correlation id of `cx`. Outer: a [`Fault`].
pub async fn exchange(cx: &mut Cx, incoming: &Incoming<'_>) -> Result<Result<TokenAnswer, Refusal>, Fault> {
    let grant = match token::grant_type(incoming.form) {
        Ok(grant) => grant,
        Err(refusal) => return Ok(Err(cx.refuse(STEP, refusal, Note::default()))),
    };
    let client = match client::authenticate(cx, STEP, incoming).await? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    redeem(cx, grant, incoming.form, &client).await
}

/// The same for a client that need not be asked any more who it is.
///
/// # Errors
/// Those of [`exchange`].
pub async fn exchange_as(
    cx: &mut Cx,
    form: &Params,
    client: &AuthenticatedClient,
) -> Result<Result<TokenAnswer, Refusal>, Fault> {
    match token::grant_type(form) {
        Ok(grant) => redeem(cx, grant, form, client).await,
        Err(refusal) => Ok(Err(cx.refuse(STEP, refusal, Note::default().client(&client.client().client_id)))),
    }
}

async fn redeem(
    cx: &mut Cx,
    grant: GrantType,
    form: &Params,
    client: &AuthenticatedClient,
) -> Result<Result<TokenAnswer, Refusal>, Fault> {
    let note = Note::default().client(&client.client().client_id);
    if let Err(refusal) = token::allowed(grant, client.client()) {
        return Ok(Err(cx.refuse(STEP, refusal, note)));
    }
    let redeemed = match grant {
        GrantType::AuthorizationCode => by_code(cx, form, client).await?,
        GrantType::RefreshToken => by_refresh_token(cx, form, client).await?,
        GrantType::ClientCredentials => by_client_credentials(cx, form, client).await?,
    };
    let redeemed = match redeemed {
        Ok(redeemed) => redeemed,
        Err(refusal) => {
            if is_reuse(&refusal) {
                cx.count(Count::Reuses);
            }
            return Ok(Err(cx.refuse(STEP, refusal, note)));
        }
    };
    let ready = Ready {
        client: client.client(),
        authorization: &redeemed.authorization,
        making: &redeemed.making,
        grant: redeemed.grant.as_ref().map(|(id, end)| (id.as_str(), *end)),
        refresh_token: redeemed.refresh_token,
    };
    let answer = issue::mint(cx, ready)?;
    cx.count(Count::tokens_by(grant));
    Ok(Ok(answer))
}

/// Whether somebody came a second time with what is good once, so that the family ended. Told by the check, after the commit:
/// a transaction may run twice.
fn is_reuse(refusal: &Refusal) -> bool {
    matches!(refusal.finding.check, "code.unused" | "refresh_token.chain" | "refresh_token.reuse")
}

/// What every grant ends in.
struct Redeemed {
    authorization: Authorization,
    making: Making,
    /// The family and its absolute end.
    grant: Option<(String, Timestamp)>,
    refresh_token: Option<Sensitive>,
}

/// Everything a transaction needs, owned, because it may run twice and on another thread.
#[derive(Clone)]
struct Work {
    client: AuthenticatedClient,
    form: Params,
    issuer: String,
    sessions: SessionRule,
    reuse_window: Lifetime,
    /// Begins every entry for the security log.
    entry: Entry,
    now: Timestamp,
    /// Made beforehand: chance does not happen inside a transaction.
    fresh_refresh_token: Sensitive,
    /// For a letter, if a family ends.
    envelope: Envelope,
    cx: Cx,
}

impl Work {
    fn of(cx: &Cx, form: &Params, client: &AuthenticatedClient) -> Self {
        Self {
            client: client.clone(),
            form: form.clone(),
            issuer: cx.issuer().to_owned(),
            sessions: cx.policy().sessions,
            reuse_window: cx.policy().reuse_window,
            entry: Entry::new(cx, ""),
            now: cx.now,
            fresh_refresh_token: make(Kind::RefreshToken, &*cx.parts.chance),
            envelope: Envelope::new(cx),
            cx: cx.clone(),
        }
    }

    fn client(&self) -> &Client {
        self.client.client()
    }

    fn making(&self, c: &mut Conn, a: &Authorization) -> Result<Result<Making, Refusal>, store::Fault> {
        issue::making(c, self.client(), a, &self.form.all("resource"), &self.issuer)
    }

    fn refresh_row(&self, grant: &Grant, generation: i64) -> RefreshToken {
        RefreshToken {
            hash: hash(self.fresh_refresh_token.expose()),
            grant_id: grant.id.clone(),
            client_id: grant.authorization.client_id.clone(),
            created_at: self.now,
            expires_at: (self.now + self.client().policy.refresh_idle).min(grant.expires_at),
            used_at: None,
            generation,
            superseded_at: None,
        }
    }
}

fn fallen(downfall: Downfall) -> Refusal {
    let words = "what the person allowed is no longer valid";
    Refusal::new(ErrorCode::InvalidGrant, "principal.good", "RFC 6749 section 5.2", words)
        .because("a client, person, session and grant in good standing", downfall)
}

async fn by_client_credentials(
    cx: &Cx,
    form: &Params,
    client: &AuthenticatedClient,
) -> Result<Result<Redeemed, Refusal>, Fault> {
    let authorization = match client_credentials::authorize(form, client) {
        Ok(authorization) => authorization,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (work, a) = (Work::of(cx, form, client), authorization.clone());
    let making = cx.db().read(move |c| work.making(c, &a)).await?;
    Ok(making.map(|making| Redeemed { authorization, making, grant: None, refresh_token: None }))
}

async fn by_code(cx: &mut Cx, form: &Params, client: &AuthenticatedClient) -> Result<Result<Redeemed, Refusal>, Fault> {
    if let Err(refusal) = authorization_code::read(form) {
        return Ok(Err(refusal));
    }
    let work = Work::of(cx, form, client);
    let (flow_id, redeemed) = cx.db().write(move |c| redeem_code(c, &work)).await?;
    if let Some(id) = flow_id {
        cx.adopt(&id);
    }
    Ok(redeemed)
}

type Outcome = Result<Redeemed, Refusal>;

/// One transaction: the code is taken, whatever comes of it. A refusal commits what it learnt. The sign-in's correlation id
/// comes back even with a refusal, so that the failure stands in the trace of the sign-in.
fn redeem_code(c: &mut Conn, work: &Work) -> Result<(Option<String>, Outcome), store::Fault> {
    let request = match authorization_code::read(&work.form) {
        Ok(request) => request,
        Err(refusal) => return Ok((None, Err(refusal))),
    };
    if !check_shape(Kind::Code, request.code) {
        let received = format!("a text that is no code of ours: {}", seems(request.code, Some(Kind::Code)));
        return Ok((None, Err(authorization_code::not_usable("code.form", &received))));
    }
    let code = match codes::take(c, &hash(request.code), work.now)? {
        codes::Taken::First(code) => code,
        codes::Taken::Unknown => {
            return Ok((None, Err(authorization_code::not_usable("code.known", "a code that is not in the database"))));
        }
        codes::Taken::Replayed(code) => {
            replayed(c, work, &code)?;
            let refusal = authorization_code::not_usable("code.unused", "a code that was used before");
            return Ok((Some(code.correlation_id), Err(refusal)));
        }
    };
    let flow_id = Some(code.correlation_id.clone());
    let computed = request.verifier.filter(|v| pkce::is_verifier(v)).map(|v| base64url(&hash(v)));
    let redeemed = authorization_code::redeem(&code, &request, computed.as_deref(), &work.client, work.now);
    match redeemed {
        Ok(authorization) => Ok((flow_id, begin_grant(c, work, &code, authorization)?)),
        Err(refusal) => Ok((flow_id, Err(refusal))),
    }
}

/// RFC 6749 section 4.1.2: a code that comes twice was stolen, so everything made from it ends.
fn replayed(c: &mut Conn, work: &Work, code: &Code) -> Result<(), store::Fault> {
    grants::revoke(c, &code.grant_id, "code replayed", work.now)?;
    let user_id = code.authorization.user_id.as_ref().map(|u| u.as_str());
    event("code_replayed", work, user_id, &code.grant_id).append(c)
}

fn event(kind: &str, work: &Work, user_id: Option<&str>, grant_id: &str) -> Entry {
    let mut entry = work.entry.of_kind(kind);
    entry.event.user_id = user_id.map(str::to_owned);
    entry.event.client_id = Some(work.client().client_id.clone());
    entry.event.detail = serde_json::json!({ "grant_id": grant_id }).to_string();
    entry
}

/// Begins the family that the code stands for, if its person, session and client are still good.
fn begin_grant(c: &mut Conn, work: &Work, code: &Code, authorization: Authorization) -> Result<Outcome, store::Fault> {
    let client = work.client();
    let offline = authorization.scope.contains("offline_access");
    // Without a refresh token the family lives as long as its longest token.
    let refreshes = client.may_use(GrantType::RefreshToken)
        && match client.policy.refresh {
            RefreshRule::Never => false,
            RefreshRule::OfflineAccess => offline,
            RefreshRule::Always => true,
        };
    let making = match work.making(c, &authorization)? {
        Ok(making) => making,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let life = if refreshes { client.policy.refresh_absolute } else { making.rule.lifetime };
    let grant = Grant {
        id: code.grant_id.clone(),
        authorization: authorization.clone(),
        offline: offline && refreshes,
        created_at: code.created_at,
        expires_at: work.now + life,
        revoked_at: None,
        correlation_id: code.correlation_id.clone(),
    };
    if let Err(downfall) = standing::of_grant(c, &grant)?.judge(work.sessions, work.now) {
        return Ok(Err(fallen(downfall)));
    }
    grants::insert(c, &grant)?;
    if refreshes {
        refresh_tokens::insert(c, &work.refresh_row(&grant, 0))?;
    }
    let refresh_token = refreshes.then(|| work.fresh_refresh_token.clone());
    Ok(Ok(Redeemed { authorization, making, grant: Some((grant.id, grant.expires_at)), refresh_token }))
}

async fn by_refresh_token(
    cx: &mut Cx,
    form: &Params,
    client: &AuthenticatedClient,
) -> Result<Result<Redeemed, Refusal>, Fault> {
    match refresh_token::read(form) {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(token) if !check_shape(Kind::RefreshToken, token) => {
            let what = seems(token, Some(Kind::RefreshToken));
            return Ok(Err(refresh_token::unknown(&format!("a text that is no refresh token of ours: {what}"))));
        }
        Ok(_) => {}
    }
    let work = Work::of(cx, form, client);
    let (flow_id, redeemed) = cx.db().write(move |c| rotate(c, &work)).await?;
    if let Some(id) = flow_id {
        cx.adopt(&id);
    }
    Ok(redeemed)
}

/// One transaction: find the token's family and hold it, decide, move the chain.
fn rotate(c: &mut Conn, work: &Work) -> Result<(Option<String>, Outcome), store::Fault> {
    let presented = work.form.find("refresh_token").unwrap_or_default();
    let Some((row, grant)) = refresh_tokens::find_with_grant(c, &hash(presented))? else {
        return Ok((None, Err(refresh_token::unknown("a refresh token that is not in the database"))));
    };
    let flow_id = Some(grant.correlation_id.clone());
    let leaf = match row.used_at.is_none() && row.superseded_at.is_none() {
        true => Some(row.clone()),
        false => refresh_tokens::leaf(c, &grant.id)?,
    };
    let seen = refresh_token::Presented { token: &row, grant: &grant, leaf: leaf.as_ref() };
    let turn = match refresh_token::turn(&seen, &work.client, work.reuse_window, work.now) {
        Ok(turn) => turn,
        Err(denied) => {
            if denied.reuse && grant.revoked_at.is_none() {
                let user_id = grant.authorization.user_id.as_ref().map(|u| u.as_str());
                grants::revoke(c, &grant.id, "refresh token reused", work.now)?;
                tell_of_reuse(c, work, &grant)?;
                event("refresh_token_reused", work, user_id, &grant.id).append(c)?;
            }
            return Ok((flow_id, Err(denied.refusal)));
        }
    };
    if let Err(downfall) = standing::of_grant(c, &grant)?.judge(work.sessions, work.now) {
        return Ok((flow_id, Err(fallen(downfall))));
    }
    let authorization = match refresh_token::narrowed(&work.form, &grant) {
        Ok(authorization) => authorization,
        Err(refusal) => return Ok((flow_id, Err(refusal))),
    };
    let making = match work.making(c, &authorization)? {
        Ok(making) => making,
        Err(refusal) => return Ok((flow_id, Err(refusal))),
    };
    let next = work.refresh_row(&grant, row.generation + 1);
    let moved = match turn {
        refresh_token::Turn::Rotate => refresh_tokens::rotate(c, &row.hash, &next, work.now)?,
        refresh_token::Turn::Reissue => {
            let lost = leaf.as_ref().map(|l| l.hash.clone()).unwrap_or_default();
            refresh_tokens::reissue(c, &row.hash, &lost, &next, work.now)?
        }
    };
    if !moved {
        // Somebody else moved the chain between our look and our step; the family's lock makes this a fault, not a race.
        return Err(store::Fault::Unavailable("the refresh token's family changed meanwhile".to_owned()));
    }
    let refresh_token = Some(work.fresh_refresh_token.clone());
    let grant = Some((grant.id, grant.expires_at));
    Ok((flow_id, Ok(Redeemed { authorization, making, grant, refresh_token })))
}

/// The person is told, though whoever came with the token need not be a thief: the letter says so.
fn tell_of_reuse(c: &mut Conn, work: &Work, grant: &Grant) -> Result<(), store::Fault> {
    let Some(id) = &grant.authorization.user_id else { return Ok(()) };
    let Some(user) = users::find(c, id)?.filter(|user| user.disabled_at.is_none()) else { return Ok(()) };
    let notice = Notice::RefreshTokenReused { client: work.client().name.clone() };
    work.envelope.about(&user, notice).post(c, &work.cx)
}

/// Removes expired secrets of a client; part of the sweeper.
///
/// # Errors
/// A [`store::Fault`].
pub fn sweep_secrets(c: &mut Conn, now: Timestamp) -> Result<i64, store::Fault> {
    clients::secrets_delete_expired(c, now)
}
