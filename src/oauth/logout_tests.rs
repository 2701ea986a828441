//! Owns the tests of RP-initiated logout: who asks, where the browser may go, and whether the person is asked.

use super::*;
use crate::oauth::fixtures::web;

fn hint(client_id: &str, subject: &str, session_id: Option<&str>) -> Hint {
    Hint { client_id: client_id.to_owned(), subject: subject.to_owned(), session_id: session_id.map(str::to_owned) }
}

#[test]
fn rp_logout_2_client_id_and_hint_must_agree() {
    let (c1, c2) = (hint("c1", "alice", None), hint("c2", "alice", None));
    for (named, hint, expected) in [
        (None, None, Ok(None)),
        (Some("c1"), None, Ok(Some("c1"))),
        (None, Some(&c1), Ok(Some("c1"))),
        (Some("c1"), Some(&c1), Ok(Some("c1"))),
        (Some(""), Some(&c1), Ok(Some("c1"))),
        (Some("c1"), Some(&c2), Err("logout.client_agrees")),
        (Some("C1"), Some(&c1), Err("logout.client_agrees")),
    ] {
        let params = Params::of(named.map(|id| ("client_id", id)));
        assert_eq!(client_id(&params, hint).map_err(|r| r.finding.check), expected, "{named:?} {hint:?}");
    }
    for name in ["client_id", "state", "post_logout_redirect_uri", "id_token_hint"] {
        let doubled = Params::of([(name, "c1"), (name, "c1")]);
        assert_eq!(client_id(&doubled, None).unwrap_err().finding.check, "params.once", "{name}");
    }
}

#[test]
fn m03_rp_logout_3_only_the_exact_registered_address() {
    let client = web("c1");
    let to = |uri| after(&Params::of([("post_logout_redirect_uri", uri), ("state", "a&b=c")]), Some(&client));
    let good = to("https://c1.test/bye").unwrap().unwrap();
    assert_eq!(good.client_id, "c1");
    assert_eq!(good.location.as_deref(), Some("https://c1.test/bye?state=a%26b%3Dc"), "state is echoed");
    for evil in [
        "https://evil.test/",
        "https://c1.test@evil.test/bye",
        "https://c1.test\\@evil.test/bye",
        "https://c1.test/bye/",
        "https://c1.test/bye/../x",
        "https://c1.test/bye?x=1",
        "https://c1.test/bye#x",
        "https://C1.test/bye",
        "HTTPS://c1.test/bye",
        "https://c1.test/%62ye",
        "https://c1.test/cb",
        "//c1.test/bye",
        "/bye",
        " ",
        "javascript:alert(1)",
    ] {
        let refusal = to(evil).unwrap_err();
        assert_eq!((refusal.code, refusal.finding.check), (ErrorCode::InvalidRequest, "logout.redirect_registered"));
    }
}

#[test]
fn m03_nothing_redirects_without_a_known_client() {
    let wanted = Params::of([("post_logout_redirect_uri", "https://c1.test/bye")]);
    assert_eq!(after(&wanted, None).unwrap_err().finding.check, "logout.client_known");
    assert_eq!(after(&Params::of([("state", "x")]), None).unwrap(), None);
    let stays = after(&Params::of([("state", "x")]), Some(&web("c1"))).unwrap().unwrap();
    assert_eq!((stays.client_id.as_str(), stays.location), ("c1", None), "state alone leads nowhere");
    let foreign = after(&wanted, Some(&web("c2"))).unwrap_err();
    assert_eq!(foreign.finding.check, "logout.redirect_registered", "another client's address is nobody's");
}

#[test]
fn rp_logout_3_the_address_goes_out_as_it_was_registered() {
    let mut client = web("c1");
    client.post_logout_redirect_uris = vec!["https://c1.test/bye?tenant=%2F".to_owned()];
    let uri = client.post_logout_redirect_uris[0].clone();
    let plain = after(&Params::of([("post_logout_redirect_uri", uri.as_str())]), Some(&client)).unwrap().unwrap();
    assert_eq!(plain.location.as_deref(), Some(uri.as_str()), "not a byte is added");
    let params = Params::of([("post_logout_redirect_uri", uri.as_str()), ("state", "s")]);
    let with_state = after(&params, Some(&client)).unwrap().unwrap();
    assert_eq!(with_state.location.as_deref(), Some("https://c1.test/bye?tenant=%2F&state=s"));
}

#[test]
fn m03_the_person_is_asked_unless_the_hint_is_about_this_very_session() {
    let browser = [("s-alice", "alice"), ("s-bob", "bob")];
    for (hint, proven) in [
        (None, false),
        (Some(hint("c1", "alice", Some("s-alice"))), true),
        (Some(hint("c1", "bob", Some("s-bob"))), true),
        (Some(hint("c1", "alice", Some("s-bob"))), false),
        (Some(hint("c1", "alice", Some("s-old"))), false),
        (Some(hint("c1", "alice", None)), false),
        (Some(hint("c1", "mallory", Some("s-alice"))), false),
    ] {
        assert_eq!(is_proven(hint.as_ref(), &browser), proven, "{hint:?}");
    }
    assert!(!is_proven(Some(&hint("c1", "alice", Some("s-alice"))), &[]), "no session, nothing to prove");
}
