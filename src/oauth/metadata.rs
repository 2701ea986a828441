//! Owns what we publish about ourselves (RFC 8414, OIDC Discovery 1.0 section 3). It says what is off as well as what is on,
//! because the defaults of the standards are not ours. It does not own the paths: the caller hands them in.

use serde_json::{Value, json};

use crate::identity::Level;
use crate::messages::Language;
use crate::oauth::claims;
use crate::oauth::client::{ClientAuthMethod, GrantType};
use crate::oauth::jose::Algorithm;
use crate::oauth::prompt::{self, SignUp};
use crate::oauth::scope::{STANDARD, Scope};

/// Paths of the endpoints below the issuer.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints {
    /// `authorization_endpoint`.
    pub authorize: &'static str,
    /// `token_endpoint`.
    pub token: &'static str,
    /// `userinfo_endpoint`.
    pub userinfo: &'static str,
    /// `jwks_uri`.
    pub jwks: &'static str,
    /// `revocation_endpoint`.
    pub revoke: &'static str,
    /// `introspection_endpoint`.
    pub introspect: &'static str,
    /// `end_session_endpoint`.
    pub logout: &'static str,
}

/// The document of both well-known addresses. `algorithms` are those that can sign now; `defined` the administrator's scopes.
pub fn document(issuer: &str, at: &Endpoints, algorithms: &[Algorithm], defined: &[Scope], sign_up: SignUp) -> Value {
    let url = |path: &str| format!("{issuer}{path}");
    let algorithms: Vec<&str> = algorithms.iter().map(|a| a.as_str()).collect();
    let scopes: Vec<&str> =
        STANDARD.iter().map(|(name, _)| *name).chain(defined.iter().map(|s| s.name.as_str())).collect();
    let methods = ClientAuthMethod::ALL.map(ClientAuthMethod::as_str);
    json!({
        "issuer": issuer,
        "authorization_endpoint": url(at.authorize),
        "token_endpoint": url(at.token),
        "userinfo_endpoint": url(at.userinfo),
        "jwks_uri": url(at.jwks),
        "revocation_endpoint": url(at.revoke),
        "introspection_endpoint": url(at.introspect),
        "end_session_endpoint": url(at.logout),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "subject_types_supported": ["public"],
        "scopes_supported": scopes,
        "claims_supported": claims::SUPPORTED.iter().chain(&["phone_number", "phone_number_verified", "address"]).collect::<Vec<_>>(),
        "claim_types_supported": ["normal"],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": prompt::supported(sign_up),
        "acr_values_supported": [Level::Password.acr(), Level::SecondFactor.acr()],
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "ui_locales_supported": Language::all().map(Language::tag).collect::<Vec<_>>(),
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
    })
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
