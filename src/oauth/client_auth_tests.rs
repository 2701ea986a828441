//! Owns the tests of client authentication: how credentials are read, and that one registered way is the only way.

use super::*;
use crate::oauth::client::ClientAuthMethod as Method;
use crate::oauth::fixtures::{at, spa, web};
use crate::time::Lifetime;

const GOOD: [u8; 32] = [7; 32];
const WRONG: [u8; 32] = [8; 32];

fn basic(credentials: &str) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(credentials)).into_bytes()
}

fn read(headers: &[&[u8]], form: &[(&str, &str)]) -> Result<(Method, String, Option<String>), Refusal> {
    let read = presented(headers, &Params::of(form.iter().copied()))?;
    Ok((read.method, read.client_id, read.secret.map(|s| s.expose().to_owned())))
}

fn registered(method: Method) -> Client {
    Client { auth_method: method, ..web("c1") }
}

fn secret(hash: [u8; 32], expires_at: Option<Timestamp>) -> ClientSecret {
    ClientSecret {
        id: "s".to_owned(),
        client_id: "c1".to_owned(),
        hash: hash.to_vec(),
        created_at: at(-10),
        expires_at,
    }
}

fn shown(method: Method) -> Presented {
    let has_secret = method != Method::None;
    Presented { method, client_id: "c1".to_owned(), secret: has_secret.then(|| Sensitive::new("s3cret")) }
}

fn check(
    method: Method,
    hash: Option<&[u8]>,
    known: Option<(Client, Vec<ClientSecret>)>,
) -> Result<AuthenticatedClient, Refusal> {
    authenticate(&shown(method), hash, known, at(0))
}

#[test]
fn rfc6749_2_3_1_credentials_are_read_from_one_place() {
    let header = basic("c1:s3cret");
    let text = |s: &str| Some(s.to_owned());
    let in_basic = (Method::ClientSecretBasic, "c1".to_owned(), text("s3cret"));
    let in_body = (Method::ClientSecretPost, "c1".to_owned(), text("s3cret"));
    let public = (Method::None, "c1".to_owned(), None);
    assert_eq!(read(&[&header], &[]).unwrap(), in_basic);
    assert_eq!(read(&[&header], &[("client_id", "c1")]).unwrap(), in_basic);
    assert_eq!(read(&[], &[("client_id", "c1"), ("client_secret", "s3cret")]).unwrap(), in_body);
    assert_eq!(read(&[], &[("client_id", "c1")]).unwrap(), public);
    assert_eq!(read(&[], &[("client_id", "c1"), ("client_secret", "")]).unwrap(), public, "empty counts as absent");
    assert_eq!(read(&[&header], &[("client_secret", "")]).unwrap(), in_basic, "empty counts as absent");
}

#[test]
fn rfc6749_2_3_never_two_methods_and_never_a_doubled_parameter() {
    let header = basic("c1:s3cret");
    type Case<'a> = (&'a [&'a [u8]], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 6] = [
        (&[&header], &[("client_id", "c1"), ("client_secret", "s3cret")], "client_auth.one_method"),
        (&[&header], &[("client_secret", "other")], "client_auth.one_method"),
        (&[&header, &header], &[], "client_auth.one_header"),
        (&[&header], &[("client_id", "c2")], "client_auth.one_client"),
        (&[], &[("client_id", "c1"), ("client_id", "c1"), ("client_secret", "s3cret")], "params.once"),
        (&[], &[("client_id", "c1"), ("client_secret", "x"), ("client_secret", "s3cret")], "params.once"),
    ];
    for (headers, form, check) in cases {
        let refusal = read(headers, form).unwrap_err();
        assert_eq!((refusal.code, refusal.finding.check), (ErrorCode::InvalidRequest, check), "{form:?}");
        assert!(!format!("{refusal:?}").contains("s3cret"), "no secret in the trace");
    }
}

#[test]
fn rfc6749_3_2_1_no_credentials_at_all() {
    for form in [&[][..], &[("client_id", "")], &[("client_secret", "s3cret")]] {
        let refusal = read(&[], form).unwrap_err();
        assert_eq!((refusal.code, refusal.finding.check), (ErrorCode::InvalidClient, "client_auth.present"));
    }
}

#[test]
fn d04_rfc6749_2_3_1_basic_is_form_urlencoded_inside() {
    for (credentials, client_id, secret) in [
        ("c1:s3cret", "c1", "s3cret"),
        ("c1:a:b", "c1", "a:b"),
        ("c1:a%3Ab%25%2B", "c1", "a:b%+"),
        ("c1:a+b", "c1", "a b"),
        ("app%3A1:x", "app:1", "x"),
        ("c1:%C3%BC\u{fc}", "c1", "\u{fc}\u{fc}"),
    ] {
        let (_, id, text) = read(&[&basic(credentials)], &[]).unwrap();
        assert_eq!((id.as_str(), text.as_deref()), (client_id, Some(secret)), "{credentials}");
    }
    let lower = String::from_utf8(basic("c1:s3cret")).unwrap().replace("Basic", "bAsIc");
    assert!(read(&[lower.as_bytes()], &[]).is_ok(), "the scheme's name has no case (RFC 9110 section 11.1)");
}

#[test]
fn d04_a_malformed_header_is_invalid_client_and_never_a_fault() {
    let inner_space = "Basic YzE6 czNjcmV0".as_bytes().to_vec();
    let cases = [
        Vec::new(),
        b"Basic".to_vec(),
        b"Basic ".to_vec(),
        b"Basic  YzE6czNjcmV0".to_vec(),
        b"Basic !!!!".to_vec(),
        b"Basic YzE6czNjcmV0=".to_vec(),
        b"Bearer YzE6czNjcmV0".to_vec(),
        b"Basic \xff\xfe".to_vec(),
        inner_space,
        basic("no colon"),
        basic("c1:"),
        basic(":s3cret"),
        basic(":"),
        basic("c1:%"),
        basic("c1:%zz"),
        basic("c1:%ff"),
        basic("c1:a%00b"),
        basic("c1:a\u{0}b"),
    ];
    for header in &cases {
        let refusal = read(&[header], &[]).unwrap_err();
        let seen = (refusal.code, refusal.finding.check, refusal.code.status());
        assert_eq!(seen, (ErrorCode::InvalidClient, "client_auth.basic_form", 401), "{header:?}");
        assert!(!format!("{refusal:?}").contains("czNjcmV0"), "no secret in the trace");
    }
}

#[test]
fn d03_the_registered_method_is_the_only_one() {
    for own in Method::ALL {
        for presented in Method::ALL {
            let hash = (presented != Method::None).then_some(&GOOD[..]);
            let known = Some((registered(own), vec![secret(GOOD, None)]));
            let judged = check(presented, hash, known);
            assert_eq!(judged.is_ok(), own == presented, "{own:?} by {presented:?}");
            if let Err(refusal) = judged {
                assert_eq!(refusal.finding.check, "client_auth.registered_method");
                assert_eq!(refusal.finding.received, presented.as_str());
            }
        }
    }
}

#[test]
fn d05_every_failure_says_the_same() {
    let disabled = Client { disabled_at: Some(at(-1)), ..web("c1") };
    let cases = [
        ("client.known", check(Method::ClientSecretBasic, Some(&GOOD), None)),
        ("client.enabled", check(Method::ClientSecretBasic, Some(&GOOD), Some((disabled, vec![secret(GOOD, None)])))),
        ("client_auth.registered_method", check(Method::None, None, Some((web("c1"), vec![secret(GOOD, None)])))),
        (
            "client_auth.secret",
            check(Method::ClientSecretBasic, Some(&WRONG), Some((web("c1"), vec![secret(GOOD, None)]))),
        ),
        ("client_auth.secret", check(Method::ClientSecretBasic, Some(&GOOD), Some((web("c1"), Vec::new())))),
        ("client_auth.secret", check(Method::ClientSecretBasic, None, Some((web("c1"), vec![secret(GOOD, None)])))),
        (
            "client_auth.secret",
            check(Method::ClientSecretBasic, Some(&GOOD[..31]), Some((web("c1"), vec![secret(GOOD, None)]))),
        ),
        (
            "client_auth.secret",
            check(Method::ClientSecretBasic, Some(&[]), Some((web("c1"), vec![secret(GOOD, None)]))),
        ),
        ("client.known", check(Method::None, None, None)),
    ];
    for (check, judged) in cases {
        let refusal = judged.unwrap_err();
        assert_eq!(refusal.finding.check, check, "the trace tells the cases apart");
        assert_eq!((refusal.code, refusal.code.status()), (ErrorCode::InvalidClient, 401));
        assert_eq!(refusal.description.as_str(), "client authentication failed", "the answer does not: {check}");
    }
}

#[test]
fn two_secrets_count_at_once_so_that_one_can_be_replaced() {
    let soon = at(0) + Lifetime::from_millis(1);
    let with = |secrets: Vec<ClientSecret>, hash: &[u8]| {
        check(Method::ClientSecretBasic, Some(hash), Some((web("c1"), secrets))).is_ok()
    };
    for (old_ends, old_counts) in [(None, true), (Some(soon), true), (Some(at(0)), false), (Some(at(-9)), false)] {
        let secrets = vec![secret(GOOD, old_ends), secret(WRONG, None)];
        assert_eq!(with(secrets.clone(), &GOOD), old_counts, "{old_ends:?}");
        assert!(with(secrets, &WRONG), "the new one counts meanwhile");
    }
    assert!(!with(vec![secret(GOOD, None), secret(WRONG, None)], &[9; 32]));
}

#[test]
fn rfc6749_2_1_a_public_client_names_itself_and_is_taken_for_what_it_is() {
    let judged = check(Method::None, None, Some((spa("p1"), Vec::new()))).unwrap();
    assert!(judged.client().is_public());
    let left_over = vec![secret(GOOD, None)];
    for method in [Method::ClientSecretBasic, Method::ClientSecretPost] {
        let judged = check(method, Some(&GOOD), Some((spa("p1"), left_over.clone())));
        assert!(judged.is_err(), "a left-over secret does not make it confidential");
    }
}

#[test]
fn the_secret_that_was_used_is_known_by_its_id() {
    let named = |id: &str, hash| ClientSecret { id: id.to_owned(), ..secret(hash, None) };
    let ended = ClientSecret { id: "ended".to_owned(), ..secret(GOOD, Some(at(0))) };
    let secrets = vec![named("first", WRONG), ended, named("second", GOOD), named("third", [9; 32])];
    let used = |hash: &[u8]| {
        let known = Some((registered(Method::ClientSecretBasic), secrets.clone()));
        let client = check(Method::ClientSecretBasic, Some(hash), known).unwrap();
        client.secret_id().map(str::to_owned)
    };
    assert_eq!(used(&GOOD).as_deref(), Some("second"), "not the one that has ended");
    assert_eq!(used(&WRONG).as_deref(), Some("first"));
    assert_eq!(used(&[9; 32]).as_deref(), Some("third"));
    let public = check(Method::None, None, Some((spa("c1"), vec![named("left over", GOOD)]))).unwrap();
    assert_eq!(public.secret_id(), None);
}
