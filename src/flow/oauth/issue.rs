//! Owns turning an authorization into tokens: after the commit, never inside it. It does not own the claims
//! (`oauth::token`) nor the signature (`signing`).

use crate::flow::cx::base64url;
use crate::flow::{Cx, Fault};
use crate::identity::User;
use crate::oauth::authorization::Authorization;
use crate::oauth::claims;
use crate::oauth::client::Client;
use crate::oauth::jose::TokenType;
use crate::oauth::token::{self, Minting, TokenAnswer};
use crate::secret;
use crate::sensitive::Sensitive;
use crate::time::Timestamp;

/// Everything the tokens are made of.
pub struct Ready<'a> {
    /// The client.
    pub client: &'a Client,
    /// Who was authorised for what.
    pub authorization: &'a Authorization,
    /// `aud` of the access token.
    pub audience: Vec<String>,
    /// The family and its absolute end, unless a client acts for itself.
    pub grant: Option<(&'a str, Timestamp)>,
    /// The person, loaded only when the ID token needs claims about them.
    pub user: Option<&'a User>,
    /// The refresh token that was saved.
    pub refresh_token: Option<Sensitive>,
}

/// Mints the tokens.
///
/// # Errors
/// A [`Fault`] of the keyring.
pub fn mint(cx: &Cx, ready: Ready<'_>) -> Result<TokenAnswer, Fault> {
    let Ready { client, authorization, .. } = ready;
    let grant_ends = ready.grant.map(|(_, end)| end);
    let minting = Minting { issuer: cx.issuer(), client, now: cx.now, grant_ends };
    let jti = secret::random::token32(&*cx.parts.chance);
    let claims = token::access_token(&minting, authorization, &ready.audience, &jti, ready.grant.map(|(id, _)| id));
    let keyring = &cx.parts.keyring;
    let access_token = keyring.sign(client.policy.access_token_alg, TokenType::AccessToken, &claims, cx.now)?;
    let id_token = match authorization.user_id.is_some() && authorization.scope.contains("openid") {
        false => None,
        true => {
            let personal = ready.user.map(|user| claims::for_id_token(user, authorization)).unwrap_or_default();
            let claims = token::id_token(&minting, authorization, &at_hash(&access_token), personal);
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

/// OIDC Core section 3.1.3.6: the left half of the hash. All our algorithms go with SHA-256; for EdDSA there is no rule, and
/// 256 bits is what everybody computes.
fn at_hash(access_token: &str) -> String {
    base64url(&secret::token::hash(access_token)[..16])
}
