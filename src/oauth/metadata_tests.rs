//! Owns the tests of what we publish about ourselves: that it is complete, true, and says what is off.

use std::collections::BTreeSet;

use super::*;
use crate::identity::Level;
use crate::oauth::fixtures::ISSUER;

const AT: Endpoints = Endpoints {
    authorize: "/authorize",
    token: "/token",
    userinfo: "/userinfo",
    jwks: "/jwks.json",
    revoke: "/revoke",
    introspect: "/introspect",
    logout: "/logout",
};

fn published() -> Value {
    let orders = Scope {
        name: "orders.read".to_owned(),
        description: "Read your orders".to_owned(),
        claims: Vec::new(),
        audience: None,
        mappings: Vec::new(),
    };
    document(ISSUER, &AT, &Algorithm::ALL, &[orders], SignUp::NotOffered)
}

fn list(document: &Value, name: &str) -> Vec<String> {
    let values = document[name].as_array().unwrap_or_else(|| panic!("{name} is no array"));
    values.iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[test]
fn rfc8414_2_the_issuer_is_byte_equal_and_every_address_is_below_it() {
    for issuer in [ISSUER, "https://op.test:8443/tenant", "http://localhost:8080"] {
        let d = document(issuer, &AT, &Algorithm::ALL, &[], SignUp::NotOffered);
        assert_eq!(d["issuer"], issuer);
        for (name, path) in [
            ("authorization_endpoint", AT.authorize),
            ("token_endpoint", AT.token),
            ("userinfo_endpoint", AT.userinfo),
            ("jwks_uri", AT.jwks),
            ("revocation_endpoint", AT.revoke),
            ("introspection_endpoint", AT.introspect),
            ("end_session_endpoint", AT.logout),
        ] {
            assert_eq!(d[name], format!("{issuer}{path}"), "{name}");
        }
    }
}

#[test]
fn oidc_discovery_3_what_is_off_is_said_to_be_off() {
    let d = published();
    for off in ["request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"] {
        assert_eq!(d[off], false, "{off}: the default of request_uri_parameter_supported is true");
    }
    assert_eq!(list(&d, "grant_types_supported"), ["authorization_code", "refresh_token", "client_credentials"]);
    assert_eq!(list(&d, "response_types_supported"), ["code"]);
    assert_eq!(list(&d, "response_modes_supported"), ["query", "form_post"]);
    assert_eq!(list(&d, "subject_types_supported"), ["public"]);
}

#[test]
fn what_is_published_is_what_is_judged() {
    let d = published();
    for method in list(&d, "token_endpoint_auth_methods_supported") {
        assert!(ClientAuthMethod::parse(&method).is_some(), "{method}");
    }
    for prompt in list(&d, "prompt_values_supported") {
        assert!(prompt::Prompt::parse(Some(&prompt)).is_ok(), "{prompt}");
    }
    for grant in list(&d, "grant_types_supported") {
        assert!(GrantType::parse(&grant).is_some(), "{grant}");
    }
    for name in ["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"] {
        assert!(list(&d, name).iter().all(|alg| Algorithm::parse(alg).is_some()), "{name}");
    }
    let only = document(ISSUER, &AT, &[Algorithm::ES256, Algorithm::RS256], &[], SignUp::NotOffered);
    assert_eq!(list(&only, "id_token_signing_alg_values_supported"), ["ES256", "RS256"], "those that can sign now");
    assert_eq!(list(&d, "acr_values_supported"), [Level::Password.acr(), Level::SecondFactor.acr()]);
    assert_eq!((&d["claims_parameter_supported"], &d["claim_types_supported"]), (&json!(true), &json!(["normal"])));
}

#[test]
fn rfc7636_and_rfc9207_and_mcp_flags_are_discoverable() {
    let d = published();
    assert_eq!(list(&d, "code_challenge_methods_supported"), ["S256"]);
    assert_eq!(d["authorization_response_iss_parameter_supported"], true);
}

#[test]
fn rfc8414_2_no_algorithm_none_no_empty_array_no_doubled_value() {
    for (name, value) in published().as_object().unwrap() {
        let Some(values) = value.as_array() else { continue };
        let distinct: BTreeSet<String> = values.iter().map(Value::to_string).collect();
        assert!(!values.is_empty(), "{name}");
        assert_eq!(distinct.len(), values.len(), "{name} says something twice");
        assert!(!name.contains("_alg_") || !distinct.contains("\"none\""), "{name}");
    }
}

#[test]
fn rfc7662_2_1_public_clients_may_revoke_but_not_introspect() {
    let d = published();
    assert!(!list(&d, "introspection_endpoint_auth_methods_supported").contains(&"none".to_owned()));
    assert!(list(&d, "revocation_endpoint_auth_methods_supported").contains(&"none".to_owned()));
}

#[test]
fn scopes_and_claims_are_the_standard_ones_and_the_administrators() {
    let d = published();
    let scopes = list(&d, "scopes_supported");
    for scope in ["openid", "profile", "email", "address", "phone", "groups", "offline_access", "orders.read"] {
        assert!(scopes.contains(&scope.to_owned()), "{scope}");
    }
    let claims = list(&d, "claims_supported");
    for claim in ["sub", "email", "email_verified", "name", "groups", "phone_number", "address", "auth_time", "acr"] {
        assert!(claims.contains(&claim.to_owned()), "{claim}");
    }
    assert_eq!(d["service_documentation"], Value::Null, "nothing points at people who are not us");
}
