//! Owns what a JWT says by which we prove ourselves at a provider: an assertion of RFC 7523 section 2.2, or the client secret that
//! Apple wants signed. It does not own the key, nor the signature (`signing`).

use serde_json::{Value, json};

use super::provider::{AssertionAudience, ClientAuth, Provider, Settled};
use crate::time::{Lifetime, Timestamp};

/// Name of the parameter's kind of assertion (RFC 7523 section 2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// So long it counts: it is made for one request.
const LIFETIME: Lifetime = Lifetime::from_minutes(2);

/// A JWT that is not signed yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsigned {
    /// The header's `typ`.
    pub typ: &'static str,
    /// The claims.
    pub claims: Value,
}

/// What we say of ourselves at this token endpoint. `None`: we prove ourselves without a JWT.
pub fn unsigned(provider: &Provider, settled: &Settled, endpoint: &str, jti: &str, now: Timestamp) -> Option<Unsigned> {
    let us = provider.client_id.as_str();
    let (iat, exp) = (now.seconds(), (now + LIFETIME).seconds());
    match settled.client_auth {
        ClientAuth::PrivateKeyJwt => {
            // The issuer as the only audience, and a type of its own: what draft-ietf-oauth-rfc7523bis asks for, so that an
            // assertion for one server is good at no other. Servers from before may know the token endpoint alone.
            let (typ, aud) = match settled.assertion_audience {
                AssertionAudience::Issuer => ("client-authentication+jwt", settled.issuer.as_str()),
                AssertionAudience::TokenEndpoint => ("JWT", endpoint),
            };
            let claims = json!({ "iss": us, "sub": us, "aud": aud, "jti": jti, "iat": iat, "exp": exp });
            Some(Unsigned { typ, claims })
        }
        ClientAuth::SignedSecret => {
            let team = provider.team_id.as_deref().unwrap_or_default();
            let claims = json!({ "iss": team, "sub": us, "aud": settled.issuer, "iat": iat, "exp": exp });
            Some(Unsigned { typ: "JWT", claims })
        }
        ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost | ClientAuth::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::upstream::Preset;

    const ENDPOINT: &str = "https://idp.test/token";

    fn of(provider: &Provider) -> Option<Unsigned> {
        unsigned(provider, &provider.settled().unwrap(), ENDPOINT, "once", Timestamp::from_seconds(1_000))
    }

    fn oidc() -> Provider {
        Provider {
            issuer: Some("https://idp.test".to_owned()),
            client_auth: Some(ClientAuth::PrivateKeyJwt),
            ..Provider::of_preset(Preset::Oidc, "idp", "us")
        }
    }

    #[test]
    fn an_assertion_is_for_the_issuer_alone_unless_the_server_is_from_before() {
        let is = |aud: &str| json!({ "iss": "us", "sub": "us", "aud": aud, "jti": "once", "iat": 1_000, "exp": 1_120 });
        let new = of(&oidc()).unwrap();
        assert_eq!((new.typ, new.claims), ("client-authentication+jwt", is("https://idp.test")));
        let old = of(&Provider { assertion_audience: Some(AssertionAudience::TokenEndpoint), ..oidc() }).unwrap();
        assert_eq!((old.typ, old.claims), ("JWT", is(ENDPOINT)));
        // An OAuth 2 provider has no issuer: what stands there is a site.
        let github =
            Provider { client_auth: Some(ClientAuth::PrivateKeyJwt), ..Provider::of_preset(Preset::Github, "g", "us") };
        assert_eq!(of(&github).unwrap().claims["aud"], ENDPOINT);
        assert_eq!(of(&Provider::of_preset(Preset::Google, "g", "us")), None);
    }

    #[test]
    fn apples_secret_names_team_and_services_id_and_counts_for_two_minutes() {
        let apple = Provider {
            team_id: Some("DEF123GHIJ".to_owned()),
            key_id: Some("ABC123DEFG".to_owned()),
            ..Provider::of_preset(Preset::Apple, "apple", "com.example.id")
        };
        let secret = of(&apple).unwrap();
        let wanted = json!({
            "iss": "DEF123GHIJ", "sub": "com.example.id", "aud": "https://appleid.apple.com", "iat": 1_000, "exp": 1_120,
        });
        assert_eq!((secret.typ, secret.claims), ("JWT", wanted));
    }
}
