//! Owns the userinfo endpoint (OIDC Core section 5.3): verifies the token, asks whether its principal is still good, and
//! releases claims by scope.

use serde_json::{Map, Value};

use crate::flow::oauth::{issue, scopes};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::UserId;
use crate::oauth::bearer::invalid_token;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::jose::TokenType;
use crate::oauth::scope::{self, ScopeSet};
use crate::secret::token::seems;
use crate::sensitive::Sensitive;
use crate::signing::{Expect, ExpectedAudience, TokenRefusal};
use crate::store::standing::{AccessStanding, AccessTokenRef};
use crate::store::{standing, users};

const STEP: &str = "userinfo";

/// A verified access token of ours, with the members that we put there.
pub struct AccessToken {
    claims: Map<String, Value>,
}

impl AccessToken {
    /// Verifies signature, type, issuer and lifetime; `audience` when the token must be for somebody in particular.
    ///
    /// # Errors
    /// `invalid_token` with what exactly is wrong.
    pub fn verify(cx: &Cx, token: &str, audience: Option<&str>) -> Result<Self, Refusal> {
        let expect = match audience {
            Some(audience) => Expect::access_token(cx.issuer(), audience),
            None => Expect { audience: ExpectedAudience::Any, ..Expect::access_token(cx.issuer(), "") },
        };
        match cx.parts.keyring.verify(token, &expect, cx.now) {
            Ok(verified) => Ok(Self { claims: verified.into_claims() }),
            Err(TokenRefusal::NotThreeParts) => {
                let received = format!("no JWT: {}", seems(token, None));
                Err(invalid_token("access_token.verifies").because("a valid access token of ours", received))
            }
            Err(why) => Err(invalid_token("access_token.verifies").because("a valid access token of ours", why)),
        }
    }

    /// All claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// One text claim.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// `aud` as a list.
    pub fn audience(&self) -> Vec<String> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(|a| a.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }
    }

    /// What the database must be asked about it.
    pub fn reference(&self) -> AccessTokenRef {
        let text = |name: &str| self.text(name).map(str::to_owned);
        let grant_id = text("gid");
        AccessTokenRef {
            jti: text("jti").unwrap_or_default(),
            client_id: text("client_id").unwrap_or_default(),
            user_id: grant_id.as_ref().and_then(|_| text("sub")).map(UserId),
            grant_id,
        }
    }
}

/// Judges what the database said of a token.
///
/// # Errors
/// `invalid_token`.
pub fn still_good(cx: &Cx, known: &AccessStanding) -> Result<(), Refusal> {
    if known.jti_revoked {
        return Err(invalid_token("access_token.not_revoked").because("a token that was not revoked", "a revoked one"));
    }
    known.standing.judge(cx.policy().sessions, cx.now).map_err(|downfall| {
        invalid_token("principal.good").because("a client, person, session and grant in good standing", downfall)
    })
}

/// The answer: JSON, or a JWT if the client registered so.
pub enum UserinfoAnswer {
    /// `application/json`.
    Json(Value),
    /// `application/jwt`.
    Jwt(String),
}

/// Answers for a bearer token.
///
/// # Errors
/// Inner: `invalid_token` or `insufficient_scope`. Outer: a [`Fault`].
pub async fn answer(cx: &Cx, token: &Sensitive) -> Result<Result<UserinfoAnswer, Refusal>, Fault> {
    let token = match AccessToken::verify(cx, token.expose(), Some(cx.issuer())) {
        Ok(token) => token,
        Err(refusal) => return Ok(Err(cx.refuse(STEP, refusal, Note::default()))),
    };
    let reference = token.reference();
    let note = Note::default().client(&reference.client_id);
    let granted = ScopeSet::parse(token.text("scope").unwrap_or_default()).unwrap_or_default();
    let Some(user_id) = reference.user_id.clone().filter(|_| granted.contains("openid")) else {
        let words = "the access token lacks the scope openid";
        let refusal = Refusal::new(ErrorCode::InsufficientScope, "scope.openid", "OIDC Core section 5.3.1", words);
        return Ok(Err(cx.refuse(STEP, refusal.because("openid", granted), note)));
    };
    let custom = !granted.iter().all(scope::is_standard);
    let issuer = cx.issuer().to_owned();
    let loaded = cx.db().read(move |c| {
        let known = standing::of_access_token(c, &reference)?;
        let user = users::find(c, &user_id)?.map(|user| user.with_picture(&issuer));
        let defined = if custom { scopes::defined(c, &issuer)? } else { Vec::new() };
        Ok((known, user, defined, reference.client_id.clone()))
    });
    let (known, user, defined, client_id) = loaded.await?;
    if let Err(refusal) = still_good(cx, &known) {
        return Ok(Err(cx.refuse(STEP, refusal, note)));
    }
    let (Some(user), Some(authorization), Some(policy)) = (user, known.authorization, known.policy) else {
        let refusal =
            invalid_token("principal.present").because("a person, a grant and a client", "one of them is gone");
        return Ok(Err(cx.refuse(STEP, refusal, note)));
    };
    // The token may have been narrowed below its grant (RFC 6749 section 6).
    let authorization = crate::oauth::authorization::Authorization { scope: granted, ..authorization };
    let mut body = issue::userinfo_claims(&user, &policy, &authorization, &defined);
    let Some(alg) = policy.userinfo_alg else {
        return Ok(Ok(UserinfoAnswer::Json(Value::Object(body))));
    };
    body.insert("iss".to_owned(), cx.issuer().into());
    body.insert("aud".to_owned(), client_id.into());
    let jwt = cx.parts.keyring.sign(alg, TokenType::Userinfo, &body, cx.now)?;
    Ok(Ok(UserinfoAnswer::Jwt(jwt)))
}
