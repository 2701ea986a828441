//! Owns turning an authorization into tokens: after the commit, never inside it. It does not own the claims
//! (`oauth::token`) nor the signature (`signing`).

use serde_json::{Map, Value};

use crate::flow::cx::base64url;
use crate::flow::oauth::scopes;
use crate::flow::{Cx, Fault};
use crate::identity::User;
use crate::oauth::authorization::Authorization;
use crate::oauth::claims;
use crate::oauth::client::Client;
use crate::oauth::client_policy::ClientPolicy;
use crate::oauth::error::Refusal;
use crate::oauth::jose::TokenType;
use crate::oauth::mapping::{self, MappingTarget, Subject};
use crate::oauth::resource::{self, AccessTokenRule};
use crate::oauth::scope::{self, Scope};
use crate::oauth::token::{self, Minting, TokenAnswer};
use crate::secret;
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, resources, users};
use crate::time::Timestamp;

/// What tokens are made by beside the authorization; loaded in the transaction that redeems.
pub struct Making {
    /// `aud` of the access token.
    pub audience: Vec<String>,
    /// Life and algorithm of the access token.
    pub rule: AccessTokenRule,
    /// Scopes beside the standard ones, if any was granted.
    pub defined: Vec<Scope>,
    /// The person, only where a token is to hold claims about them.
    pub user: Option<User>,
}

/// Loads it. `resources`: what the token request names (RFC 8707).
///
/// # Errors
/// Inner: `invalid_target`. Outer: a [`store::Fault`].
pub fn making(
    c: &mut Conn,
    client: &Client,
    a: &Authorization,
    resources: &[&str],
    issuer: &str,
) -> Result<Result<Making, Refusal>, store::Fault> {
    let defined = match a.scope.iter().all(scope::is_standard) {
        true => Vec::new(),
        false => scopes::defined(c, issuer)?,
    };
    let audience = token::resources(resources, &a.resources)
        .and_then(|resources| token::audience(&resources, client, &a.scope, &defined, issuer));
    let audience = match audience {
        Ok(audience) => audience,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rule = match access_token_rule(c, &client.policy, &audience, issuer)? {
        Ok(rule) => rule,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let is_mapped = |target| mapping::any_into(&client.policy, &a.scope, &defined, target);
    let is_personal =
        !a.claims.id_token.is_empty() || is_mapped(MappingTarget::IdToken) || is_mapped(MappingTarget::AccessToken);
    let user = match &a.user_id {
        Some(id) if is_personal => users::find(c, id)?.map(|user| user.with_picture(issuer)),
        _ => None,
    };
    Ok(Ok(Making { audience, rule, defined, user }))
}

/// Life and algorithm of an access token for this audience. We ourselves are no resource server that anybody defines.
///
/// # Errors
/// Inner: `invalid_target`. Outer: a [`store::Fault`].
pub fn access_token_rule(
    c: &mut Conn,
    policy: &ClientPolicy,
    audience: &[String],
    issuer: &str,
) -> Result<Result<AccessTokenRule, Refusal>, store::Fault> {
    if audience.iter().all(|one| one == issuer) {
        return Ok(Ok(AccessTokenRule::of_client(policy)));
    }
    let known = resources::among(c, audience)?;
    Ok(resource::rule(policy, audience, &known))
}

/// Everything the tokens are made of.
pub struct Ready<'a> {
    /// The client.
    pub client: &'a Client,
    /// Who was authorised for what.
    pub authorization: &'a Authorization,
    /// What they are made by.
    pub making: &'a Making,
    /// The family and its absolute end, unless a client acts for itself.
    pub grant: Option<(&'a str, Timestamp)>,
    /// The refresh token that was saved.
    pub refresh_token: Option<Sensitive>,
}

/// Mints the tokens.
///
/// # Errors
/// A [`Fault`] of the keyring.
pub fn mint(cx: &Cx, ready: Ready<'_>) -> Result<TokenAnswer, Fault> {
    let Ready { client, authorization, making, .. } = ready;
    let minting = minting(cx, client, making, ready.grant.map(|(_, end)| end));
    let jti = secret::random::token32(&*cx.parts.chance);
    let claims = access_claims(&minting, authorization, making, &jti, ready.grant.map(|(id, _)| id));
    let keyring = &cx.parts.keyring;
    let access_token = keyring.sign(making.rule.alg, TokenType::AccessToken, &claims, cx.now)?;
    let id_token = match authorization.user_id.is_some() && authorization.scope.contains("openid") {
        false => None,
        true => {
            let claims = id_claims(&minting, authorization, making, &at_hash(&access_token));
            Some(keyring.sign(client.policy.id_token_alg, TokenType::IdToken, &claims, cx.now)?)
        }
    };
    Ok(TokenAnswer {
        access_token: access_token.into(),
        expires_in: minting.access_token_end().since(cx.now).seconds(),
        refresh_token: ready.refresh_token,
        id_token: id_token.map(Sensitive::from),
        scope: authorization.scope.clone(),
    })
}

/// What the tokens' dates are counted from.
pub fn minting<'a>(cx: &'a Cx, client: &'a Client, making: &Making, grant_ends: Option<Timestamp>) -> Minting<'a> {
    Minting { issuer: cx.issuer(), client, now: cx.now, grant_ends, access_token_lifetime: making.rule.lifetime }
}

/// The claims of the access token.
pub fn access_claims(
    m: &Minting<'_>,
    a: &Authorization,
    making: &Making,
    jti: &str,
    grant_id: Option<&str>,
) -> Map<String, Value> {
    let mapped = mapped(m.client, a, making, MappingTarget::AccessToken);
    token::over(token::access_token(m, a, &making.audience, jti, grant_id), mapped)
}

/// The claims of the ID token.
pub fn id_claims(m: &Minting<'_>, a: &Authorization, making: &Making, at_hash: &str) -> Map<String, Value> {
    let mut personal = making.user.as_ref().map(|user| claims::for_id_token(user, a)).unwrap_or_default();
    personal.extend(mapped(m.client, a, making, MappingTarget::IdToken));
    token::id_token(m, a, at_hash, personal)
}

/// The claims of the userinfo answer, before it is signed, if it is.
pub fn userinfo_claims(user: &User, policy: &ClientPolicy, a: &Authorization, defined: &[Scope]) -> Map<String, Value> {
    let mut body = claims::for_userinfo(user, a, defined);
    let rules = mapping::in_force(policy, &a.scope, defined);
    body.extend(mapping::claims_for(rules, MappingTarget::Userinfo, Subject { user: Some(user) }));
    body.insert("sub".to_owned(), user.id.as_str().into());
    body
}

fn mapped(client: &Client, a: &Authorization, making: &Making, target: MappingTarget) -> Map<String, Value> {
    let rules = mapping::in_force(&client.policy, &a.scope, &making.defined);
    mapping::claims_for(rules, target, Subject { user: making.user.as_ref() })
}

/// OIDC Core section 3.1.3.6: the left half of the hash. All our algorithms go with SHA-256; for EdDSA there is no rule, and
/// 256 bits is what everybody computes.
fn at_hash(access_token: &str) -> String {
    base64url(&secret::token::hash(access_token)[..16])
}
