//! Owns what an OpenID Connect provider publishes: its metadata and its keys, remembered for an hour. It does not own when it
//! is asked.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, ProviderMetadata};
use serde::{Deserialize, Serialize};

use super::UpstreamError;
use super::wire::Wire;
use crate::oauth::upstream::Settled;
use crate::oauth::upstream::preset::CONSUMERS;
use crate::oauth::upstream::quirks::TENANT;
use crate::time::{Lifetime, Timestamp};

/// So long metadata and keys count: a key that the provider takes away is refused after this time at the latest.
const REMEMBERED: Lifetime = Lifetime::from_hours(1);
/// Keys are not asked for more often, whatever key ids tokens name (security case H08).
const KEYS_EVERY: Lifetime = Lifetime::from_minutes(1);

/// Members of the metadata that the crate does not read by itself.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(super) struct Extra {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What was found at a provider.
#[derive(Clone)]
pub(super) struct Found {
    metadata: Metadata,
    pub(super) keys: CoreJsonWebKeySet,
    /// Whose keys these are, by key id, where the provider says so: Microsoft keeps keys of several issuers in one set.
    key_issuers: Vec<(String, String)>,
    /// The issuer that was asked; the metadata's own is a template at shared addresses.
    asked: String,
    fetched_at: Timestamp,
    keys_at: Timestamp,
}

impl Found {
    pub(super) fn is_good(&self, settled: &Settled, now: Timestamp) -> bool {
        self.asked == settled.issuer && now < self.fetched_at + REMEMBERED && now >= self.fetched_at
    }

    pub(super) fn issuer(&self) -> &str {
        self.metadata.issuer().as_str()
    }

    pub(super) fn authorization_endpoint(&self) -> &str {
        self.metadata.authorization_endpoint().as_str()
    }

    pub(super) fn token_endpoint(&self) -> Option<&str> {
        self.metadata.token_endpoint().map(|url| url.as_str())
    }

    pub(super) fn userinfo_endpoint(&self) -> Option<&str> {
        self.metadata.userinfo_endpoint().map(|url| url.as_str())
    }

    /// Whether a key may sign for this issuer: every one, unless the key names its own.
    pub(super) fn may_sign(&self, kid: Option<&str>, issuer: &str, tid: &str) -> bool {
        let mut own = self.key_issuers.iter().filter(|(id, _)| Some(id.as_str()) == kid).peekable();
        own.peek().is_none() || own.any(|(_, named)| named.replace(TENANT, tid) == issuer)
    }

    pub(super) fn sends_iss(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }
}

/// Fetches metadata and keys. The metadata must name the very issuer that was asked (OIDC Discovery section 4.3).
pub(super) async fn fetch(wire: &Wire, settled: &Settled, now: Timestamp) -> Result<Found, UpstreamError> {
    let url = format!("{}/.well-known/openid-configuration", settled.issuer.trim_end_matches('/'));
    let document = wire.json(&url, None).await?;
    let metadata: Metadata = serde_json::from_value(document)
        .map_err(|error| UpstreamError::wrong(format!("{url} is no metadata of a provider: {error}")))?;
    let wanted = settled.issuer_template.as_ref().unwrap_or(&settled.issuer);
    // Whether the shared address of private accounts names their directory or the template: both mean the same.
    let named = metadata.issuer().as_str();
    let is_template = settled.issuer_template.is_some() && named.replace(TENANT, CONSUMERS) == *wanted;
    if named != wanted && !is_template {
        return Err(UpstreamError::wrong(format!("{url} is of another issuer, not of {wanted}")));
    }
    let (keys, key_issuers) = fetch_keys(wire, &metadata).await?;
    Ok(Found { metadata, keys, key_issuers, asked: settled.issuer.clone(), fetched_at: now, keys_at: now })
}

/// Fetches the keys again, unless that was done within the last minute.
pub(super) async fn refresh_keys(wire: &Wire, found: &mut Found, now: Timestamp) -> Result<(), UpstreamError> {
    if now < found.keys_at + KEYS_EVERY {
        return Ok(());
    }
    // Whether or not it succeeds.
    found.keys_at = now;
    (found.keys, found.key_issuers) = fetch_keys(wire, &found.metadata).await?;
    Ok(())
}

type Keys = (CoreJsonWebKeySet, Vec<(String, String)>);

async fn fetch_keys(wire: &Wire, metadata: &Metadata) -> Result<Keys, UpstreamError> {
    let body = wire.json(metadata.jwks_uri().as_str(), None).await?;
    let issuers = body["keys"].as_array().into_iter().flatten().filter_map(|key| {
        let text = |name: &str| key[name].as_str().map(str::to_owned);
        text("kid").zip(text("issuer"))
    });
    let issuers = issuers.collect();
    let keys = serde_json::from_value(body);
    Ok((keys.map_err(|error| UpstreamError::wrong(format!("the keys cannot be read: {error}")))?, issuers))
}
