//! Owns the sample values that the tests of this floor share: a confidential, a public and a native client, a person's
//! session, a grant. It does not own any rule, and is compiled for tests only.

use crate::identity::user::Profile as Person;
use crate::identity::{Email, RoleName, Session, SessionId, User, UserId};
use crate::oauth::authorization::{Authorization, Grant};
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::client::{Client, ClientAbout, ClientAuthMethod, ClientSecret, GrantType};
use crate::oauth::client_auth::{self, AuthenticatedClient};
use crate::oauth::client_policy::{ClientPolicy, Profile};
use crate::oauth::scope::ScopeSet;
use crate::oauth::step::SignedIn;
use crate::sensitive::Sensitive;
use crate::time::{Lifetime, Timestamp};

pub(crate) const ISSUER: &str = "https://op.test";
/// The challenge of RFC 7636 appendix B.
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The verifier it was made from.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// So many seconds into the story. The story begins far from zero, so that a forgotten zero shows.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

fn client(id: &str, profile: Profile, auth_method: ClientAuthMethod, redirect_uri: &str) -> Client {
    Client {
        client_id: id.to_owned(),
        name: format!("App {id}"),
        profile,
        auth_method,
        redirect_uris: vec![redirect_uri.to_owned()],
        post_logout_redirect_uris: vec![format!("https://{id}.test/bye")],
        grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scopes: ScopeSet::of(["openid", "profile", "email", "offline_access", "orders.read"]),
        policy: ClientPolicy::of(profile),
        about: ClientAbout::default(),
        disabled_at: None,
        created_at: at(-100_000),
        updated_at: at(-100_000),
        version: 1,
    }
}

/// A web application with a secret, redirecting to `https://<id>.test/cb`.
pub(crate) fn web(id: &str) -> Client {
    client(id, Profile::Web, ClientAuthMethod::ClientSecretBasic, &format!("https://{id}.test/cb"))
}

/// A public single-page application with a claimed https address.
pub(crate) fn spa(id: &str) -> Client {
    client(id, Profile::Spa, ClientAuthMethod::None, &format!("https://{id}.test/cb"))
}

/// A public native application on a loopback address.
pub(crate) fn native(id: &str) -> Client {
    client(id, Profile::Native, ClientAuthMethod::None, "http://127.0.0.1/cb")
}

/// A program without people.
pub(crate) fn service(id: &str) -> Client {
    let mut client = client(id, Profile::Service, ClientAuthMethod::ClientSecretBasic, "https://unused.test/");
    client.redirect_uris.clear();
    client.grants = vec![GrantType::ClientCredentials];
    client
}

/// The client after it proved who it is, by the front door.
pub(crate) fn authenticated(client: &Client) -> AuthenticatedClient {
    let secret = ClientSecret {
        id: "s".to_owned(),
        client_id: client.client_id.clone(),
        hash: vec![7; 32],
        created_at: at(-1_000),
        expires_at: None,
    };
    let has_secret = client.auth_method != ClientAuthMethod::None;
    let presented = client_auth::Presented {
        method: client.auth_method,
        client_id: client.client_id.clone(),
        secret: has_secret.then(|| Sensitive::new("secret")),
    };
    let hash = [7_u8; 32];
    let known = Some((client.clone(), vec![secret]));
    client_auth::authenticate(&presented, has_secret.then_some(&hash[..]), known, at(0)).unwrap()
}

/// Somebody with an account.
pub(crate) fn user(id: &str) -> User {
    User {
        id: UserId(id.to_owned()),
        email: Email::parse(&format!("{id}@example.com")).unwrap(),
        email_verified: true,
        role: RoleName::PERSON,
        profile: Person::default(),
        groups: Vec::new(),
        disabled_at: None,
        valid_from: at(-100_000),
        created_at: at(-100_000),
        updated_at: at(-100_000),
        version: 1,
        attributes: Default::default(),
        last_sign_in_at: None,
        picture: None,
    }
}

/// A live session of somebody who proved who they are at `auth_time`. Its id is `s-` and theirs.
pub(crate) fn signed_in(id: &str, auth_time: Timestamp) -> SignedIn {
    let session = Session {
        id: SessionId(format!("s-{id}")),
        user_id: UserId(id.to_owned()),
        created_at: auth_time,
        auth_time,
        last_seen_at: auth_time,
        expires_at: auth_time + Lifetime::from_hours(24),
        ended_at: None,
        acr: crate::identity::Level::Password.acr().to_owned(),
        amr: vec!["pwd".to_owned()],
        user_agent: String::new(),
        address: String::new(),
    };
    SignedIn { session, user: user(id), reach: crate::identity::Level::Password }
}

/// What alice allowed the client.
pub(crate) fn authorization(client_id: &str, scope: &[&str]) -> Authorization {
    Authorization {
        client_id: client_id.to_owned(),
        user_id: Some(UserId("alice".to_owned())),
        session_id: Some(SessionId("s-alice".to_owned())),
        scope: ScopeSet::of(scope.iter().copied()),
        auth_time: Some(at(-10)),
        acr: Some("urn:vouchsafe:acr:password".to_owned()),
        amr: vec!["pwd".to_owned()],
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
    }
}

/// A family begun at 0 that ends after 30 days.
pub(crate) fn grant(client_id: &str, scope: &[&str]) -> Grant {
    Grant {
        id: "g1".to_owned(),
        authorization: authorization(client_id, scope),
        offline: true,
        created_at: at(0),
        expires_at: at(0) + Lifetime::from_days(30),
        revoked_at: None,
        correlation_id: "c1".to_owned(),
    }
}
