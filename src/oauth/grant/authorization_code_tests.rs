//! Owns the tests of redeeming a code: bound to its client, its address, its challenge and its time, all at once.

use super::*;
use crate::oauth::client::Client;
use crate::oauth::fixtures::{CHALLENGE, VERIFIER, at, authenticated, authorization, native, spa, web};
use crate::time::Lifetime;

const OTHER_CHALLENGE: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

fn code(client_id: &str) -> Code {
    Code {
        hash: vec![1; 32],
        grant_id: "g1".to_owned(),
        authorization: authorization(client_id, &["openid", "email"]),
        redirect_uri: "https://c1.test/cb".to_owned(),
        redirect_uri_was_sent: true,
        code_challenge: Some(CHALLENGE.to_owned()),
        created_at: at(0),
        expires_at: at(60),
        used_at: Some(at(1)),
        correlation_id: "cid".to_owned(),
    }
}

fn asks<'a>(redirect_uri: Option<&'a str>, verifier: Option<&'a str>) -> Request<'a> {
    Request { code: "vs_ac_x", redirect_uri, verifier }
}

/// As the endpoint does it: only what has the form of a verifier is hashed. The hash itself is the room next door's.
fn outcome(code: &Code, request: &Request<'_>, client: &Client, now: Timestamp) -> Result<Authorization, &'static str> {
    let computed = request.verifier.filter(|v| pkce::is_verifier(v));
    let computed = computed.map(|v| if v == VERIFIER { CHALLENGE } else { OTHER_CHALLENGE });
    redeem(code, request, computed, &authenticated(client), now).map_err(|refusal| {
        assert_eq!((refusal.code, refusal.code.status()), (ErrorCode::InvalidGrant, 400));
        refusal.finding.check
    })
}

const SAME: Option<&str> = Some("https://c1.test/cb");

#[test]
fn c05_code_is_bound_to_client_and_redirect_uri() {
    let right = asks(SAME, Some(VERIFIER));
    assert_eq!(outcome(&code("c1"), &right, &web("c1"), at(1)).unwrap(), code("c1").authorization);
    for thief in [web("c2"), spa("p1"), web("C1"), web("c1 ")] {
        assert_eq!(outcome(&code("c1"), &right, &thief, at(1)), Err("code.client"), "{}", thief.client_id);
    }
    for other in [
        "https://c1.test/cb/",
        "https://c1.test/cb?x=1",
        "https://c1.test/",
        "https://C1.test/cb",
        "https://c2.test/cb",
        "https://c1.test:443/cb",
    ] {
        let request = asks(Some(other), Some(VERIFIER));
        assert_eq!(outcome(&code("c1"), &request, &web("c1"), at(1)), Err("code.redirect_uri"), "{other}");
    }
}

#[test]
fn rfc6749_4_1_3_the_address_may_be_left_out_when_it_was_left_out_before_or_pkce_binds_the_code() {
    for (was_sent, challenge, allowed) in
        [(true, true, true), (true, false, false), (false, true, true), (false, false, true)]
    {
        let mut code = code("c1");
        code.redirect_uri_was_sent = was_sent;
        code.code_challenge = challenge.then(|| CHALLENGE.to_owned());
        let verifier = challenge.then_some(VERIFIER);
        let expected = if allowed { Ok(code.authorization.clone()) } else { Err("code.redirect_uri") };
        assert_eq!(outcome(&code, &asks(None, verifier), &web("c1"), at(1)), expected, "{was_sent} {challenge}");
        let other = outcome(&code, &asks(Some("https://evil.test/"), verifier), &web("c1"), at(1));
        assert_eq!(other, Err("code.redirect_uri"), "one that was sent is always compared");
        assert!(outcome(&code, &asks(SAME, verifier), &web("c1"), at(1)).is_ok());
    }
}

#[test]
fn a11_the_chosen_loopback_port_is_part_of_what_the_code_is_bound_to() {
    let mut code = code("n1");
    code.redirect_uri = "http://127.0.0.1:49152/cb".to_owned();
    for (uri, expected) in [
        ("http://127.0.0.1:49152/cb", Ok(code.authorization.clone())),
        ("http://127.0.0.1:49153/cb", Err("code.redirect_uri")),
        ("http://127.0.0.1/cb", Err("code.redirect_uri")),
    ] {
        assert_eq!(outcome(&code, &asks(Some(uri), Some(VERIFIER)), &native("n1"), at(1)), expected, "{uri}");
    }
}

#[test]
fn c03_c04_c11_rfc7636_4_6_the_verifier_and_the_challenge_belong_together() {
    let (short, long) = ("a".repeat(42), "a".repeat(129));
    let other = "b".repeat(43);
    let cases = [
        (true, Some(VERIFIER), None),
        (true, Some(other.as_str()), Some("pkce.verifier_matches")),
        (true, None, Some("pkce.verifier_present")),
        (true, Some(short.as_str()), Some("pkce.verifier_present")),
        (true, Some(long.as_str()), Some("pkce.verifier_present")),
        (true, Some(CHALLENGE), Some("pkce.verifier_matches")),
        (false, None, None),
        (false, Some(VERIFIER), Some("pkce.no_downgrade")),
        (false, Some(short.as_str()), Some("pkce.verifier_form")),
        (false, Some("ü"), Some("pkce.verifier_form")),
    ];
    for (has_challenge, verifier, refused) in cases {
        let mut code = code("c1");
        code.code_challenge = has_challenge.then(|| CHALLENGE.to_owned());
        let seen = outcome(&code, &asks(SAME, verifier), &web("c1"), at(1)).err();
        assert_eq!(seen, refused, "challenge: {has_challenge}, verifier: {verifier:?}");
    }
}

#[test]
fn c08_rfc6749_4_1_2_a_code_lives_until_its_end_and_not_a_millisecond_longer() {
    let end = code("c1").expires_at;
    let right = asks(SAME, Some(VERIFIER));
    for (now, lives) in [(at(0), true), (end - Lifetime::from_millis(1), true), (end, false), (at(3_600), false)] {
        let expected = if lives { None } else { Some("code.lifetime") };
        assert_eq!(outcome(&code("c1"), &right, &web("c1"), now).err(), expected, "{now:?}");
    }
}

#[test]
fn c05_the_first_binding_that_fails_is_named_to_the_trace_only() {
    let wrong_in_all = asks(Some("https://evil.test/"), Some("short"));
    assert_eq!(outcome(&code("c1"), &wrong_in_all, &web("c2"), at(90)), Err("code.client"));
    assert_eq!(outcome(&code("c1"), &wrong_in_all, &web("c1"), at(90)), Err("code.lifetime"));
    assert_eq!(outcome(&code("c1"), &wrong_in_all, &web("c1"), at(1)), Err("code.redirect_uri"));
    let expired = redeem(&code("c1"), &asks(SAME, None), None, &authenticated(&web("c1")), at(90)).unwrap_err();
    let unknown = not_usable("code.known", "a code that is not in the database");
    assert_eq!(expired.description, unknown.description, "a stranger cannot tell which codes existed");
    assert_eq!(unknown.code, ErrorCode::InvalidGrant);
}

#[test]
fn c11_what_was_authorised_is_copied_and_never_recomputed() {
    let redeemed = outcome(&code("c1"), &asks(SAME, Some(VERIFIER)), &web("c1"), at(59)).unwrap();
    assert_eq!(redeemed.nonce.as_deref(), Some("n-0S6_WzA2Mj"), "byte by byte");
    assert_eq!(redeemed.auth_time, Some(at(-10)));
}

#[test]
fn rfc6749_4_1_3_the_request_is_read() {
    let form = Params::of([("code", "x"), ("redirect_uri", ""), ("code_verifier", VERIFIER)]);
    let request = read(&form).unwrap();
    assert_eq!((request.code, request.redirect_uri, request.verifier), ("x", None, Some(VERIFIER)));
    for missing in [Params::of([]), Params::of([("code", "")])] {
        let refusal = read(&missing).err().unwrap();
        assert_eq!((refusal.code, refusal.finding.expected.as_str()), (ErrorCode::InvalidRequest, "code"));
    }
    let empty_verifier = Params::of([("code", "x"), ("code_verifier", "")]);
    assert_eq!(read(&empty_verifier).unwrap().verifier, None, "c03: absent, so a challenge stays unmet");
}
