//! Owns `grant_type=client_credentials` (RFC 6749 section 4.4): a client acts for itself. No person, hence no ID token, no
//! refresh token and none of the scopes that speak of a person.

use crate::oauth::authorization::Authorization;
use crate::oauth::authorize;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::client_auth::AuthenticatedClient;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::scope::{self, ScopeSet};

/// Makes the authorization: the asked scope, or everything of the client's that does not speak of a person.
///
/// # Errors
/// `invalid_scope` for a scope about a person or not of this client; `unauthorized_client` for a public client.
pub fn authorize(form: &Params, client: &AuthenticatedClient) -> Result<Authorization, Refusal> {
    let client = client.client();
    if client.is_public() {
        let words = "a public client cannot act for itself: it has nothing to prove who it is";
        return Err(Refusal::new(ErrorCode::UnauthorizedClient, "client.confidential", "RFC 6749 section 4.4", words)
            .because("a confidential client", "a public one"));
    }
    let asked = authorize::asked_scope(form.find("scope"))?;
    if let Some(personal) = asked.iter().find(|token| scope::is_standard(token)) {
        let words = format!("scope {personal} speaks of a person, and there is none in this grant");
        return Err(Refusal::new(ErrorCode::InvalidScope, "scope.impersonal", "RFC 6749 section 4.4.2", words)
            .because("scopes that speak of no person", personal));
    }
    authorize::allowed_scope(&asked, client)?;
    let granted = if asked.is_empty() { impersonal(&client.scopes) } else { asked };
    Ok(Authorization {
        client_id: client.client_id.clone(),
        user_id: None,
        session_id: None,
        scope: granted,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        nonce: None,
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
    })
}

fn impersonal(scopes: &ScopeSet) -> ScopeSet {
    ScopeSet::of(scopes.iter().filter(|token| !scope::is_standard(token)))
}

#[cfg(test)]
#[path = "client_credentials_tests.rs"]
mod tests;
