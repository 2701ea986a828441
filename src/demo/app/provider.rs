//! Owns what the app knows of its provider: the discovery document, the keys, and the client object made of both. All of
//! it comes through the `openidconnect` crate from the issuer URL alone.

use std::sync::Arc;

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    ProviderMetadata, RedirectUrl,
};
use serde::{Deserialize, Serialize};

use super::AppSettings;
use super::explain::Place;
use super::show;
use super::timeline::{Actor, Check, Mood, Step};
use crate::demo::wire::Recorder;

/// Members of the discovery document that the crate does not read by itself.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(super) struct Extra {
    pub(super) revocation_endpoint: Option<String>,
    pub(super) introspection_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    pub(super) code_challenge_methods_supported: Vec<String>,
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

/// The crate's client, with the endpoints that discovery gave it.
pub(super) type OidcClient =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A provider as it was found.
pub(super) struct Provider {
    pub(super) client: OidcClient,
    pub(super) extra: Extra,
    scopes: Option<Vec<String>>,
}

impl Provider {
    /// Whether a scope can be asked for. A provider that lists none may know any.
    pub(super) fn offers(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_some_and(|scopes| scopes.iter().any(|offered| offered == scope))
    }
}

/// Fetches discovery document and keys, and tells it in two steps.
///
/// # Errors
/// The steps so far, and what went wrong in words.
pub(super) async fn discover(
    settings: &AppSettings,
    recorder: &Recorder,
) -> Result<(Arc<Provider>, Vec<Step>), (Vec<Step>, String)> {
    let found = fetch(settings, recorder).await;
    let mut steps = steps(recorder);
    match found {
        Ok(provider) => {
            if let Some(first) = steps.first_mut() {
                first.check(Check::good("issuer is exactly the URL we started from", "OIDC Discovery §4.3"));
                let has_pkce = provider.extra.code_challenge_methods_supported.iter().any(|m| m == "S256");
                first.check(Check::new(has_pkce, "PKCE with S256 is on offer", "RFC 9700 §2.1.1"));
            }
            Ok((Arc::new(provider), steps))
        }
        Err(words) => {
            if let Some(last) = steps.last_mut() {
                last.check(Check::bad(words.clone(), "OIDC Discovery §4.3"));
            }
            Err((steps, words))
        }
    }
}

async fn fetch(settings: &AppSettings, recorder: &Recorder) -> Result<Provider, String> {
    let http = |request| recorder.send(request);
    let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|e| format!("The issuer is not a URL: {e}"))?;
    let metadata = Metadata::discover_async(issuer, &http).await.map_err(|e| chain(&e))?;
    let extra = metadata.additional_metadata().clone();
    let scopes = metadata.scopes_supported().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect());
    let redirect = RedirectUrl::new(settings.callback()).map_err(|e| format!("Our own address is not a URL: {e}"))?;
    let secret = ClientSecret::new(settings.client_secret.expose().to_owned());
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(settings.client_id.clone()), Some(secret))
        .set_redirect_uri(redirect);
    Ok(Provider { client, extra, scopes })
}

fn steps(recorder: &Recorder) -> Vec<Step> {
    let words = [
        (
            "discovery",
            "Ask the provider what it can do",
            "All we were told is one URL, the issuer. Everything else stands in a document at a fixed place below it.",
        ),
        (
            "public keys",
            "Fetch its public keys",
            "With these we can check the provider's signatures by ourselves, without asking it again.",
        ),
    ];
    recorder
        .take()
        .iter()
        .zip(words)
        .map(|(exchange, (label, title, why))| {
            let mut step = show::step(label, Actor::Provider, exchange, Place::Discovery, Place::Discovery);
            step.is_folded = step.mood == Mood::Good;
            step.titled(title, why)
        })
        .collect()
}

/// An error with its causes: the crate's own texts stop at the first line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}
