//! Owns the tests of a client that acts for itself: no person, and nothing of a person's.

use super::*;
use crate::oauth::fixtures::{authenticated, service, spa, web};

fn ask(scope: Option<&str>, client: &crate::oauth::client::Client) -> Result<Authorization, Refusal> {
    let form = Params::of(scope.map(|s| ("scope", s)));
    authorize(&form, &authenticated(client))
}

#[test]
fn d11_rfc6749_4_4_there_is_no_person_in_it() {
    let granted = ask(Some("orders.read"), &service("svc")).unwrap();
    assert_eq!((granted.client_id.as_str(), granted.scope.to_string().as_str()), ("svc", "orders.read"));
    assert_eq!((granted.user_id, granted.session_id, granted.auth_time), (None, None, None));
    assert_eq!((granted.acr, granted.amr, granted.nonce), (None, Vec::new(), None));
    assert!(granted.claims.is_empty());
}

#[test]
fn d11_scopes_that_speak_of_a_person_are_refused_even_if_registered() {
    let every: String = scope::STANDARD.map(|(name, _)| name).join(" ");
    let mut client = service("svc");
    client.scopes = ScopeSet::parse(&format!("{every} orders.read")).unwrap();
    for (name, _) in scope::STANDARD {
        for asked in [name.to_owned(), format!("orders.read {name}")] {
            let refusal = ask(Some(&asked), &client).unwrap_err();
            assert_eq!((refusal.code, refusal.finding.check), (ErrorCode::InvalidScope, "scope.impersonal"), "{asked}");
        }
    }
    assert_eq!(ask(None, &client).unwrap().scope.to_string(), "orders.read", "nor are they given unasked");
}

#[test]
fn d11_d12_scope_stays_within_the_registration() {
    let many = "orders.read ".repeat(101);
    for (bad, check) in [
        ("admin", "scope.registered"),
        ("orders.read admin", "scope.registered"),
        ("ORDERS.READ", "scope.registered"),
        ("orders\"read", "scope.syntax"),
        (many.as_str(), "scope.syntax"),
    ] {
        let refusal = ask(Some(bad), &service("svc")).unwrap_err();
        assert_eq!((refusal.code, refusal.finding.check), (ErrorCode::InvalidScope, check), "{bad:.40}");
    }
    assert_eq!(ask(Some(""), &service("svc")).unwrap().scope.to_string(), "orders.read", "empty counts as absent");
    let mut bare = service("svc");
    bare.scopes = ScopeSet::of(["openid"]);
    assert!(ask(None, &bare).unwrap().scope.is_empty());
}

#[test]
fn rfc6749_4_4_public_clients_cannot_act_for_themselves() {
    assert_eq!(ask(Some("orders.read"), &spa("p1")).unwrap_err().code, ErrorCode::UnauthorizedClient);
    assert!(ask(Some("orders.read"), &web("c1")).is_ok(), "whether the grant is allowed is judged by token::allowed");
}
