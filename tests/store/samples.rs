//! Owns sample values: small functions that make one of each model, to be changed with `..`.

use vouchsafe::identity::{Email, RoleName, Session, SessionId, User, UserId};
use vouchsafe::oauth::authorization::{Authorization, Code, Grant, RefreshToken};
use vouchsafe::oauth::client::{Client, ClientAbout, ClientAuthMethod, ClientSecret, GrantType};
use vouchsafe::oauth::client_policy::{ClientPolicy, Profile};
use vouchsafe::oauth::scope::ScopeSet;
use vouchsafe::store::{Conn, Fault, clients, grants, users};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::arena::Arena;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

pub(crate) fn later(seconds: i64) -> Timestamp {
    NOW + Lifetime::from_seconds(seconds)
}

pub(crate) fn client(id: &str) -> Client {
    Client {
        client_id: id.to_owned(),
        name: format!("Shop \"{id}\" – ünï"),
        profile: Profile::Web,
        auth_method: ClientAuthMethod::ClientSecretBasic,
        redirect_uris: vec!["https://shop.example/cb?x=1".to_owned()],
        post_logout_redirect_uris: vec![],
        grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scopes: ScopeSet::of(["openid", "email"]),
        policy: ClientPolicy::of(Profile::Web),
        about: ClientAbout { client_uri: Some("https://shop.example".to_owned()), ..ClientAbout::default() },
        disabled_at: None,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

pub(crate) fn secret(id: &str, client_id: &str) -> ClientSecret {
    ClientSecret {
        id: id.to_owned(),
        client_id: client_id.to_owned(),
        hash: vec![0, 255, 1, 2],
        created_at: NOW,
        expires_at: None,
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        id: UserId(id.to_owned()),
        email: Email::parse(&format!("{id}@Example.com")).expect("address"),
        email_verified: true,
        role: RoleName::PERSON,
        profile: vouchsafe::identity::user::Profile { name: Some("Zoë".to_owned()), ..Default::default() },
        groups: vec![],
        disabled_at: None,
        valid_from: Timestamp::from_millis(0),
        created_at: NOW,
        updated_at: NOW,
        version: 1,
        attributes: Default::default(),
        last_sign_in_at: None,
        picture: None,
    }
}

pub(crate) fn session(id: &str, user_id: &str) -> Session {
    Session {
        id: SessionId(id.to_owned()),
        user_id: UserId(user_id.to_owned()),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: later(3600),
        ended_at: None,
        acr: "1".to_owned(),
        amr: vec!["pwd".to_owned()],
        user_agent: "Browser/1".to_owned(),
        address: "2001:db8::1".to_owned(),
    }
}

pub(crate) fn authorization(client_id: &str, user_id: &str, session_id: Option<&str>) -> Authorization {
    Authorization {
        client_id: client_id.to_owned(),
        user_id: Some(UserId(user_id.to_owned())),
        session_id: session_id.map(|s| SessionId(s.to_owned())),
        scope: ScopeSet::of(["openid"]),
        auth_time: Some(NOW),
        acr: Some("1".to_owned()),
        amr: vec!["pwd".to_owned()],
        nonce: Some("n\0n".to_owned()),
        claims: Default::default(),
        resources: vec!["https://api.example".to_owned()],
    }
}

pub(crate) fn code(hash: &[u8], authorization: Authorization) -> Code {
    Code {
        hash: hash.to_vec(),
        grant_id: format!("grant-of-{hash:?}"),
        authorization,
        redirect_uri: "https://shop.example/cb".to_owned(),
        redirect_uri_was_sent: true,
        code_challenge: Some("challenge".to_owned()),
        created_at: NOW,
        expires_at: later(60),
        used_at: None,
        correlation_id: "c-1".to_owned(),
    }
}

pub(crate) fn grant(id: &str, authorization: Authorization) -> Grant {
    Grant {
        id: id.to_owned(),
        authorization,
        offline: false,
        created_at: NOW,
        expires_at: later(86_400),
        revoked_at: None,
        correlation_id: "c-1".to_owned(),
    }
}

pub(crate) fn refresh_token(hash: &[u8], grant_id: &str, generation: i64) -> RefreshToken {
    RefreshToken {
        hash: hash.to_vec(),
        grant_id: grant_id.to_owned(),
        client_id: "shop".to_owned(),
        created_at: NOW,
        expires_at: later(7200),
        used_at: None,
        generation,
        superseded_at: None,
    }
}

/// A client `shop` and a person `alice`.
pub(crate) async fn shop_and_alice(arena: &Arena) {
    arena
        .write(|c| {
            assert!(clients::insert(c, &client("shop"))?);
            assert!(users::insert(c, &user("alice"))?);
            Ok(())
        })
        .await;
}

/// A grant `g` of alice's to the shop, out of session `s`.
pub(crate) fn insert_grant(c: &mut Conn, id: &str) -> Result<(), Fault> {
    grants::insert(c, &grant(id, authorization("shop", "alice", Some("s"))))
}
