//! Owns the tests of the introspection answer: what it says, to whom, and that it says nothing else.

use super::*;
use crate::oauth::fixtures::{ISSUER, at, authorization, grant, service, web};
use crate::oauth::token::{self, Minting};
use crate::time::{Lifetime, Timestamp};

fn stored(expires_at: Timestamp) -> RefreshToken {
    RefreshToken {
        hash: vec![1; 32],
        grant_id: "g1".to_owned(),
        client_id: "c1".to_owned(),
        created_at: at(5),
        expires_at,
        used_at: None,
        generation: 0,
        superseded_at: None,
    }
}

#[test]
fn rfc7662_2_2_inactive_is_one_member_and_nothing_else() {
    assert_eq!(inactive().to_string(), r#"{"active":false}"#);
}

#[test]
fn rfc7662_2_2_an_access_token_answers_with_its_claims_and_without_our_own() {
    let client = web("c1");
    let access_token_lifetime = client.policy.access_token_lifetime;
    let m = Minting { issuer: ISSUER, client: &client, now: at(0), grant_ends: None, access_token_lifetime };
    let a = authorization("c1", &["openid", "email"]);
    let claims = token::access_token(&m, &a, &["https://api.test".to_owned()], "j1", Some("g1"));
    let answer = access_token(&claims);
    assert_eq!((&answer["active"], &answer["token_type"]), (&json!(true), &json!("Bearer")));
    for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "auth_time", "acr", "amr"] {
        assert_eq!(answer[name], claims[name], "{name}");
    }
    assert_eq!(answer.as_object().unwrap().len(), 13, "the grant's name is nobody's business: {answer}");
    let bare = access_token(&json!({ "sub": "svc", "email": "x@y.test" }).as_object().unwrap().clone());
    assert_eq!(
        bare,
        json!({ "active": true, "token_type": "Bearer", "sub": "svc" }),
        "absent, not null; never personal"
    );
}

#[test]
fn rfc7662_2_2_a_refresh_token_ends_with_the_earlier_of_its_ends() {
    let family = grant("c1", &["openid", "offline_access"]);
    for (own_end, expected) in [(at(60), at(60)), (family.expires_at + Lifetime::from_days(1), family.expires_at)] {
        let answer = refresh_token(&stored(own_end), &family, ISSUER);
        let expected = json!({
            "active": true,
            "iss": ISSUER,
            "client_id": "c1",
            "sub": "alice",
            "scope": "offline_access openid",
            "iat": at(5).seconds(),
            "exp": expected.seconds(),
        });
        assert_eq!(answer, expected, "no token_type: no resource takes it");
    }
    let mut machine = grant("c1", &["orders.read"]);
    machine.authorization.user_id = None;
    let answer = refresh_token(&stored(at(60)), &machine, ISSUER);
    assert!(!answer.as_object().unwrap().contains_key("sub"), "absent, not null: {answer}");
}

#[test]
fn rfc7662_4_a_caller_learns_only_what_concerns_it() {
    let api = || vec!["https://api.test".to_owned()];
    let mut resource_server = service("rs");
    resource_server.policy.resource_identifier = Some("https://api.test".to_owned());
    let mut caller_of_the_api = web("c2");
    caller_of_the_api.policy.audiences = api();
    for (caller, client_id, audience, expected) in [
        (web("c1"), "c1", api(), true),
        (web("c1"), "c1", Vec::new(), true),
        (web("c2"), "c1", api(), false),
        (web("c2"), "c1", Vec::new(), false),
        (web("c2"), "c1", vec!["https://other.test".to_owned(), "c2".to_owned()], true),
        (resource_server.clone(), "c1", api(), true),
        (caller_of_the_api, "c1", api(), false),
        (resource_server.clone(), "c1", vec!["https://api.test/".to_owned()], false),
        (resource_server, "c1", vec![ISSUER.to_owned()], false),
    ] {
        assert_eq!(concerns(&caller, client_id, &audience), expected, "{} {client_id} {audience:?}", caller.client_id);
    }
}
