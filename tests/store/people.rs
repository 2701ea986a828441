//! Clients, scopes, people, sessions, devices, consents.

use std::collections::BTreeSet;

use vouchsafe::identity::level::CodeKind;
use vouchsafe::identity::{Email, RoleName, SessionId, UserId};
use vouchsafe::oauth::authorization::Grant;
use vouchsafe::oauth::client::Client;
use vouchsafe::oauth::client_policy::{PkceRule, Profile};
use vouchsafe::oauth::consent::Consent;
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::oauth::resource::Resource;
use vouchsafe::oauth::scope::{Scope, ScopeSet};
use vouchsafe::signing::StoredKey;
use vouchsafe::store::clients::{ClientBelongings, ClientSearch};
use vouchsafe::store::grants::{GrantAfter, GrantSearch};
use vouchsafe::store::resources::StoredResource;
use vouchsafe::store::sessions::Proof;
use vouchsafe::store::{clients, consents, devices, grants, keys, resources, scopes, sessions, users};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::arena::{Arena, contract};
use crate::samples::{self, NOW, later, shop_and_alice};

contract!(
    clients_are_stored_whole,
    client_secrets_overlap_and_end,
    an_edited_client_stays_disabled,
    clients_are_listed_in_pages,
    clients_are_searched,
    what_hangs_on_a_client_is_counted,
    n04_a_secret_ends_for_its_own_client_only,
    scopes_are_defined_and_replaced,
    resource_servers_are_defined_and_replaced,
    grants_are_listed_in_pages,
    a_key_ends_early,
    people_are_stored_whole,
    an_address_is_taken_once,
    an_edited_person_stays_disabled,
    people_are_listed_in_pages,
    passwords_are_set_and_upgraded,
    groups_are_replaced,
    groups_survive_a_race,
    sessions_are_found_by_their_tokens,
    sessions_rotate_once,
    sessions_end,
    devices_are_remembered,
    consents_are_united,
    consents_lose_no_update,
);

async fn clients_are_stored_whole(arena: Arena) {
    let mut shop = samples::client("shop");
    shop.policy.pkce = PkceRule::Optional;
    shop.policy.default_max_age = Some(77);
    let copy = shop.clone();
    assert!(arena.write(move |c| clients::insert(c, &copy)).await);
    assert!(!arena.write(|c| clients::insert(c, &samples::client("shop"))).await, "the id is taken");
    let copy = shop.clone();
    arena
        .read(move |c| {
            assert_eq!(clients::find(c, "shop")?, Some(copy.clone()));
            assert_eq!(clients::find(c, "Shop")?, None, "ids are compared bytewise");
            assert_eq!(clients::find(c, "sh\0op")?, None, "no database error for what cannot be there");
            assert_eq!(clients::find_with_secrets(c, "sh\0op")?, None);
            assert_eq!(clients::find_with_secrets(c, "shop")?, Some((copy.clone(), vec![])));
            assert_eq!(clients::find_with_secrets(c, "none")?, None);
            Ok(())
        })
        .await;
    assert!(arena.write(|c| clients::delete(c, "shop")).await);
    assert!(!arena.write(|c| clients::delete(c, "shop")).await);
}

async fn client_secrets_overlap_and_end(arena: Arena) {
    arena
        .write(|c| {
            clients::insert(c, &samples::client("shop"))?;
            clients::insert(c, &samples::client("other"))?;
            clients::secret_insert(c, &samples::secret("s1", "shop"))?;
            clients::secret_insert(c, &samples::secret("o1", "other"))?;
            let second =
                vouchsafe::oauth::client::ClientSecret { created_at: later(1), ..samples::secret("s2", "shop") };
            clients::secret_insert(c, &second)
        })
        .await;
    let ids = |found: Option<(_, Vec<vouchsafe::oauth::client::ClientSecret>)>| -> Vec<(String, Option<Timestamp>)> {
        found
            .map(|(_, s): (vouchsafe::oauth::client::Client, _)| s)
            .into_iter()
            .flatten()
            .map(|s| (s.id, s.expires_at))
            .collect()
    };
    let found = arena.read(|c| clients::find_with_secrets(c, "shop")).await;
    assert_eq!(found.as_ref().map(|(_, s)| s[1].hash.clone()), Some(vec![0, 255, 1, 2]));
    assert_eq!(ids(found), [("s2".to_owned(), None), ("s1".to_owned(), None)], "the newest first");
    assert_eq!(arena.write(|c| clients::secrets_expire_others(c, "shop", "s2", later(100))).await, 1);
    assert_eq!(arena.write(|c| clients::secrets_expire_others(c, "shop", "s2", later(200))).await, 0, "never later");
    let found = arena.read(|c| clients::find_with_secrets(c, "shop")).await;
    assert_eq!(ids(found), [("s2".to_owned(), None), ("s1".to_owned(), Some(later(100)))]);
    assert_eq!(arena.write(|c| clients::secrets_delete_expired(c, later(99))).await, 0);
    assert_eq!(arena.write(|c| clients::secrets_delete_expired(c, later(100))).await, 1);
    assert_eq!(ids(arena.read(|c| clients::find_with_secrets(c, "other")).await).len(), 1);
}

async fn an_edited_client_stays_disabled(arena: Arena) {
    let edited = arena
        .write(|c| {
            clients::insert(c, &samples::client("shop"))?;
            assert!(clients::set_disabled(c, "shop", Some(NOW), later(5))?);
            assert!(!clients::set_disabled(c, "none", Some(NOW), NOW)?);
            let mut form = samples::client("shop");
            form.name = "New name".to_owned();
            form.redirect_uris = vec![];
            form.updated_at = later(9);
            assert!(clients::update(c, &form)?);
            assert!(!clients::update(c, &samples::client("none"))?);
            clients::find(c, "shop")
        })
        .await
        .expect("is there");
    assert_eq!((edited.name.as_str(), edited.disabled_at, edited.updated_at), ("New name", Some(NOW), later(9)));
    assert!(edited.redirect_uris.is_empty());
    arena.write(|c| clients::set_disabled(c, "shop", None, later(10))).await;
    assert_eq!(arena.read(|c| clients::find(c, "shop")).await.and_then(|s| s.disabled_at), None);
}

async fn clients_are_listed_in_pages(arena: Arena) {
    arena
        .write(|c| {
            for id in ["b", "B", "a", "ä", "_"] {
                clients::insert(c, &samples::client(id))?;
            }
            Ok(())
        })
        .await;
    let ids = |list: Vec<vouchsafe::oauth::client::Client>| -> Vec<String> {
        list.into_iter().map(|c| c.client_id).collect()
    };
    assert_eq!(ids(arena.read(|c| clients::list(c, None, 3)).await), ["B", "_", "a"], "bytewise on both engines");
    assert_eq!(ids(arena.read(|c| clients::list(c, Some("a"), 3)).await), ["b", "ä"]);
}

async fn clients_are_searched(arena: Arena) {
    arena
        .write(|c| {
            let named = |id: &str, name: &str| Client { name: name.to_owned(), ..samples::client(id) };
            clients::insert(c, &named("Team-wiki", "100%_sure"))?;
            clients::insert(c, &named("app", "Wiki \\ more"))?;
            let scopes = ScopeSet::of(["openid", "orders:read"]);
            clients::insert(c, &Client { profile: Profile::Spa, scopes, ..named("blog", "Blog") })?;
            clients::set_disabled(c, "blog", Some(NOW), NOW)?;
            Ok(())
        })
        .await;
    let found = async |wanted: ClientSearch, after: Option<&'static str>| {
        let list = arena.read(move |c| clients::search(c, &wanted, after, 10)).await;
        list.into_iter().map(|c| c.client_id).collect::<Vec<_>>()
    };
    let begins = |text: &str| ClientSearch { begins: Some(text.to_owned()), ..ClientSearch::default() };
    assert_eq!(found(ClientSearch::default(), None).await, ["Team-wiki", "app", "blog"]);
    assert_eq!(found(ClientSearch::default(), Some("app")).await, ["blog"]);
    assert_eq!(found(begins("WIKI"), None).await, ["app"]);
    assert_eq!(found(begins("team"), None).await, ["Team-wiki"]);
    assert_eq!(found(begins("100%_s"), None).await, ["Team-wiki"]);
    assert_eq!(found(begins("wiki \\"), None).await, ["app"]);
    for nothing in ["1%", "_", "%", "a\0"] {
        assert!(found(begins(nothing), None).await.is_empty(), "{nothing:?}");
    }
    let only = ClientSearch { profile: Some(Profile::Spa), disabled: Some(true), begins: None };
    assert_eq!(found(only, None).await, ["blog"]);
    let on = ClientSearch { disabled: Some(false), ..ClientSearch::default() };
    assert_eq!(found(on, None).await, ["Team-wiki", "app"]);
    let holders = async |scope: &'static str| arena.read(move |c| clients::with_scope(c, scope)).await;
    assert_eq!(holders("orders:read").await, ["blog"]);
    assert_eq!(holders("orders").await, Vec::<String>::new(), "no part of a scope");
    assert_eq!(holders("openid").await.len(), 3);
}

async fn what_hangs_on_a_client_is_counted(arena: Arena) {
    shop_and_alice(&arena).await;
    let counted = arena
        .write(|c| {
            clients::secret_insert(c, &samples::secret("s1", "shop"))?;
            samples::insert_grant(c, "g1")?;
            samples::insert_grant(c, "g2")?;
            grants::revoke(c, "g2", "test", NOW)?;
            let shop = clients::find_for_update(c, "shop")?.expect("is there");
            assert_eq!(shop.version, 1);
            clients::update(c, &Client { version: 2, ..shop })?;
            clients::belongings(c, "shop", later(1))
        })
        .await;
    assert_eq!(counted, ClientBelongings { consents: 0, grants: 1, secrets: 1 });
    assert_eq!(arena.read(|c| clients::find(c, "shop")).await.map(|s| s.version), Some(2));
    assert_eq!(arena.read(|c| clients::belongings(c, "none", NOW)).await, ClientBelongings::default());
}

async fn n04_a_secret_ends_for_its_own_client_only(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            clients::insert(c, &samples::client("other"))?;
            clients::secret_insert(c, &samples::secret("s1", "shop"))?;
            assert!(!clients::secret_end(c, "other", "s1", later(1))?, "another client's");
            assert!(!clients::secret_end(c, "shop", "s2", later(1))?);
            assert!(!clients::secret_end(c, "shop", "s\0", later(1))?);
            assert!(clients::secret_end(c, "shop", "s1", later(1))?);
            assert!(!clients::secret_end(c, "shop", "s1", later(2))?, "it has ended");
            let ids = ["shop".to_owned(), "other".to_owned()];
            let secrets = clients::secrets_of(c, &ids)?;
            assert_eq!(secrets.iter().map(|s| s.expires_at).collect::<Vec<_>>(), [Some(later(1))]);
            Ok(())
        })
        .await;
}

async fn resource_servers_are_defined_and_replaced(arena: Arena) {
    let stored = |name: &str, minutes: Option<i64>, version| StoredResource {
        resource: Resource {
            audience: "https://api".to_owned(),
            name: name.to_owned(),
            access_token_lifetime: minutes.map(Lifetime::from_minutes),
            access_token_alg: minutes.map(|_| Algorithm::ES256),
        },
        version,
        created_at: NOW,
        updated_at: later(version),
    };
    let (first, second) = (stored("A", Some(5), 1), stored("B", None, 2));
    arena.write(move |c| resources::put(c, &first)).await;
    let expected = second.clone();
    arena.write(move |c| resources::put(c, &second)).await;
    let copy = expected.clone();
    arena
        .write(move |c| {
            assert_eq!(resources::find(c, "https://api")?, Some(copy.clone()));
            assert_eq!(resources::find_for_update(c, "https://api")?, Some(copy.clone()));
            assert_eq!(resources::find(c, "a\0")?, None);
            assert_eq!(resources::page(c, None, 5)?, std::slice::from_ref(&copy));
            assert!(resources::page(c, Some("https://api"), 5)?.is_empty());
            let wanted = ["https://x".to_owned(), "https://api".to_owned(), "a\0".to_owned()];
            assert_eq!(resources::among(c, &wanted)?, std::slice::from_ref(&copy.resource));
            assert!(resources::delete(c, "https://api")?);
            assert!(!resources::delete(c, "https://api")?);
            Ok(())
        })
        .await;
}

async fn grants_are_listed_in_pages(arena: Arena) {
    shop_and_alice(&arena).await;
    let listed = async |wanted: GrantSearch, after: Option<GrantAfter>, limit| {
        let page = arena.read(move |c| grants::page(c, &wanted, later(1), after.as_ref(), limit)).await;
        page.into_iter().map(|g| g.id).collect::<Vec<_>>()
    };
    arena
        .write(|c| {
            for (id, at) in [("a", 0), ("b", 0), ("c", 1), ("over", 1), ("ended", 1)] {
                let expires_at = if id == "over" { later(1) } else { later(100) };
                let of = samples::grant(id, samples::authorization("shop", "alice", None));
                grants::insert(c, &Grant { created_at: later(at), expires_at, ..of })?;
            }
            grants::revoke(c, "ended", "test", NOW)
        })
        .await;
    let all = GrantSearch::default;
    assert_eq!(listed(all(), None, 10).await, ["c", "b", "a"], "the youngest first");
    let after = GrantAfter { created_at: NOW, id: "b".to_owned() };
    assert_eq!(listed(all(), Some(after), 10).await, ["a"]);
    assert_eq!(listed(all(), None, 1).await, ["c"]);
    let of = |user: &str, client: &str| GrantSearch {
        user_id: Some(UserId(user.to_owned())),
        client_id: Some(client.to_owned()),
    };
    assert_eq!(listed(of("alice", "shop"), None, 10).await.len(), 3);
    assert!(listed(of("bob", "shop"), None, 10).await.is_empty());
    assert!(listed(of("alice", "s\0"), None, 10).await.is_empty());
}

async fn a_key_ends_early(arena: Arena) {
    let key = StoredKey {
        kid: "k1".to_owned(),
        alg: Algorithm::ES256,
        sealed_private: vec![1],
        public_jwk: "{}".to_owned(),
        created_at: NOW,
        signs_from: NOW,
        retires_at: Some(later(5)),
        gone_at: Some(later(9)),
    };
    arena
        .write(move |c| {
            assert!(keys::insert(c, &key)?);
            assert!(keys::end(c, "k1", later(2), later(3))?, "whatever was decided before");
            assert!(!keys::end(c, "k2", later(2), later(3))?);
            let is = keys::list(c)?.remove(0);
            assert_eq!((is.retires_at, is.gone_at), (Some(later(2)), Some(later(3))));
            Ok(())
        })
        .await;
}

async fn scopes_are_defined_and_replaced(arena: Arena) {
    let scope = |description: &str, audience: Option<&str>| Scope {
        name: "orders:read".to_owned(),
        description: description.to_owned(),
        claims: vec!["email".to_owned()],
        audience: audience.map(str::to_owned),
        mappings: Vec::new(),
    };
    let (first, second) = (scope("Read", Some("https://api")), scope("Read your orders", None));
    let stored = |scope, version, updated_at| scopes::StoredScope { scope, version, created_at: NOW, updated_at };
    let (first, second) = (stored(first, 1, NOW), stored(second, 2, later(1)));
    arena.write(move |c| scopes::put(c, &first)).await;
    let expected = second.clone();
    arena.write(move |c| scopes::put(c, &second)).await;
    assert_eq!(arena.read(|c| scopes::find(c, "orders:read")).await, Some(expected.clone()));
    assert_eq!(arena.write(|c| scopes::find_for_update(c, "orders:read")).await, Some(expected.clone()));
    assert_eq!(arena.read(|c| scopes::page(c, Some("orders"), 5)).await, std::slice::from_ref(&expected));
    assert!(arena.read(|c| scopes::page(c, Some("orders:read"), 5)).await.is_empty());
    assert_eq!(arena.read(scopes::list).await, [expected.scope]);
    assert!(arena.write(|c| scopes::delete(c, "orders:read")).await);
    assert!(!arena.write(|c| scopes::delete(c, "orders:read")).await);
}

async fn people_are_stored_whole(arena: Arena) {
    let mut alice = samples::user("alice");
    alice.role = RoleName::OWNER;
    alice.groups = vec!["admins".to_owned(), "staff".to_owned()];
    let copy = alice.clone();
    assert!(arena.write(move |c| users::insert(c, &copy)).await);
    assert!(arena.write(|c| users::insert(c, &samples::user("bob"))).await);
    arena
        .read(move |c| {
            assert_eq!(users::find(c, &alice.id)?, Some(alice.clone()));
            assert_eq!(users::find_by_email_key(c, "alice@example.com")?, Some(alice.clone()));
            assert_eq!(users::find_by_email_key(c, "ali\0ce@example.com")?, None);
            assert_eq!(users::find(c, &UserId("bob".to_owned()))?, Some(samples::user("bob")), "without groups");
            assert_eq!((users::count(c)?, users::count_owners(c)?), (2, 1));
            Ok(())
        })
        .await;
    let gone = arena
        .write(|c| {
            users::set_disabled(c, &UserId("alice".to_owned()), Some(NOW), NOW)?;
            assert_eq!(users::count_owners(c)?, 0, "who is shut out owns nothing");
            users::delete(c, &UserId("alice".to_owned()))
        })
        .await;
    assert!(gone);
    assert_eq!(arena.read(|c| users::find_by_email_key(c, "alice@example.com")).await, None);
}

async fn an_address_is_taken_once(arena: Arena) {
    let winners = arena
        .race(20, |i| {
            move |c: &mut vouchsafe::store::Conn| {
                let mut user = samples::user(&format!("u{i}"));
                user.email = Email::parse("Same@Example.com").expect("address");
                users::insert(c, &user)
            }
        })
        .await;
    assert_eq!(winners, 1);
    assert_eq!(arena.read(users::count).await, 1);
}

async fn an_edited_person_stays_disabled(arena: Arena) {
    let alice = UserId("alice".to_owned());
    let id = alice.clone();
    arena
        .write(move |c| {
            users::insert(c, &samples::user("alice"))?;
            assert!(users::set_disabled(c, &id, Some(NOW), NOW)?);
            assert!(users::set_valid_from(c, &id, later(50))?);
            assert!(!users::set_valid_from(c, &id, later(40))?, "never back");
            let mut form = samples::user("alice");
            form.email = Email::parse("new@example.com").expect("address");
            form.email_verified = false;
            form.role = RoleName::OWNER;
            form.updated_at = later(3);
            assert!(users::update(c, &form)?);
            assert!(!users::update(c, &samples::user("nobody"))?);
            Ok(())
        })
        .await;
    let edited = arena.read(move |c| users::find(c, &alice)).await.expect("is there");
    assert_eq!((edited.disabled_at, edited.valid_from), (Some(NOW), later(50)));
    assert_eq!(
        (edited.email.as_str(), edited.email_verified, edited.role),
        ("new@example.com", false, RoleName::OWNER)
    );
}

async fn people_are_listed_in_pages(arena: Arena) {
    arena
        .write(|c| {
            for id in ["c", "a", "b"] {
                let mut user = samples::user(id);
                user.groups = vec![format!("of-{id}"), "all".to_owned()];
                users::insert(c, &user)?;
            }
            Ok(())
        })
        .await;
    let list = arena.read(|c| users::list(c, None, 2)).await;
    assert_eq!(list.iter().map(|u| u.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(list[1].groups, ["all", "of-b"]);
    let rest = arena.read(move |c| users::list(c, Some("b@example.com"), 2)).await;
    assert_eq!(rest.iter().map(|u| u.id.as_str()).collect::<Vec<_>>(), ["c"]);
    assert!(arena.read(|c| users::list(c, Some("z"), 2)).await.is_empty());
}

async fn passwords_are_set_and_upgraded(arena: Arena) {
    let alice = UserId("alice".to_owned());
    arena
        .write(move |c| {
            users::insert(c, &samples::user("alice"))?;
            assert_eq!(users::password_find(c, &alice)?, None);
            users::password_set(c, &alice, "$old", NOW)?;
            users::password_set(c, &alice, "$newer", later(1))?;
            assert!(!users::password_upgrade(c, &alice, "$old", "$x")?, "it was changed meanwhile");
            assert!(users::password_upgrade(c, &alice, "$newer", "$stronger")?);
            assert_eq!(users::password_find(c, &alice)?.as_deref(), Some("$stronger"));
            users::delete(c, &alice)?;
            assert_eq!(users::password_find(c, &alice)?, None);
            Ok(())
        })
        .await;
}

async fn groups_are_replaced(arena: Arena) {
    let alice = UserId("alice".to_owned());
    let groups = arena
        .write(move |c| {
            users::insert(c, &samples::user("alice"))?;
            users::groups_set(c, &alice, &["b".to_owned(), "a".to_owned(), "b".to_owned()], NOW)?;
            assert_eq!(users::find(c, &alice)?.expect("is there").groups, ["a", "b"]);
            users::groups_set(c, &alice, &["c".to_owned()], NOW)?;
            Ok(users::find(c, &alice)?.expect("is there").groups)
        })
        .await;
    assert_eq!(groups, ["c"]);
}

async fn groups_survive_a_race(arena: Arena) {
    // Many people put into the same new groups, named in different orders: nobody may wait in a circle.
    let winners = arena
        .race(30, |i| {
            move |c: &mut vouchsafe::store::Conn| {
                let mut user = samples::user(&format!("u{i}"));
                user.groups = (0..4).map(|g| format!("g{}", (g + i) % 4)).collect();
                users::insert(c, &user)
            }
        })
        .await;
    assert_eq!(winners, 30);
    assert!(arena.read(|c| users::list(c, None, 50)).await.iter().all(|u| u.groups.len() == 4));
}

async fn sessions_are_found_by_their_tokens(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            for id in ["s1", "s2", "s3"] {
                sessions::insert(c, &samples::session(id, "alice"), id.as_bytes())?;
            }
            Ok(())
        })
        .await;
    arena
        .read(|c| {
            assert!(sessions::find_by_token_hashes(c, &[])?.is_empty());
            let one = sessions::find_by_token_hashes(c, &[b"s2".to_vec()])?;
            assert_eq!(one, [(b"s2".to_vec(), samples::session("s2", "alice"), samples::user("alice"))]);
            let mut two = sessions::find_by_token_hashes(c, &[b"s3".to_vec(), b"no".to_vec(), b"s1".to_vec()])?;
            two.sort_by(|a, b| a.0.cmp(&b.0));
            assert_eq!(two.iter().map(|(hash, _, _)| hash.as_slice()).collect::<Vec<_>>(), [b"s1", b"s3"]);
            assert_eq!(sessions::find(c, &SessionId("s1".to_owned()))?, Some(samples::session("s1", "alice")));
            assert_eq!(sessions::find(c, &SessionId("no".to_owned()))?, None);
            Ok(())
        })
        .await;
}

async fn sessions_rotate_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena.write(|c| sessions::insert(c, &samples::session("s", "alice"), b"t0")).await;
    let winners = arena
        .race(20, |i| {
            move |c: &mut vouchsafe::store::Conn| {
                sessions::rotate(c, &SessionId("s".to_owned()), b"t0", format!("new{i}").as_bytes())
            }
        })
        .await;
    assert_eq!(winners, 1);
    let id = SessionId("s".to_owned());
    let found = arena
        .write(move |c| {
            let amr = ["pwd".to_owned(), "otp".to_owned()];
            let proof = Proof { auth_time: later(30), now: later(30), acr: "2", amr: &amr };
            assert!(sessions::reauthenticated(c, &id, proof, b"t2")?);
            for code in [None, Some(CodeKind::App), Some(CodeKind::Recovery), Some(CodeKind::Mail), None] {
                sessions::set_code(c, &id, code)?;
                assert_eq!(sessions::code(c, &id)?, code);
            }
            Ok(sessions::find_by_token_hashes(c, &[b"t2".to_vec()])?.remove(0).1)
        })
        .await;
    assert_eq!((found.auth_time, found.last_seen_at, found.acr.as_str()), (later(30), later(30), "2"));
    assert_eq!(found.amr, ["pwd", "otp"]);
}

async fn sessions_end(arena: Arena) {
    shop_and_alice(&arena).await;
    let alice = UserId("alice".to_owned());
    arena
        .write(move |c| {
            users::insert(c, &samples::user("bob"))?;
            for (id, user) in [("s1", "alice"), ("s2", "alice"), ("s3", "alice"), ("b1", "bob")] {
                sessions::insert(c, &samples::session(id, user), id.as_bytes())?;
            }
            let s1 = SessionId("s1".to_owned());
            sessions::touch(c, &s1, later(61))?;
            sessions::touch(c, &s1, later(5))?;
            assert_eq!(sessions::find(c, &s1)?.map(|s| s.last_seen_at), Some(later(61)), "never back");
            let ids = |list: Vec<vouchsafe::identity::Session>| list.into_iter().map(|s| s.id.0).collect::<Vec<_>>();
            assert_eq!(ids(sessions::list(c, Some(&alice), NOW, 10)?), ["s1", "s2", "s3"], "last used first");
            assert_eq!(sessions::list(c, None, NOW, 10)?.len(), 4);
            assert_eq!(sessions::list(c, None, NOW, 2)?.len(), 2);
            assert!(sessions::list(c, None, later(3600), 10)?.is_empty(), "expired");
            assert!(sessions::end(c, &SessionId("s2".to_owned()), later(7))?);
            assert!(!sessions::end(c, &SessionId("s2".to_owned()), later(8))?);
            assert!(!sessions::rotate(c, &SessionId("s2".to_owned()), b"s2", b"x")?, "an ended one stays ended");
            assert_eq!(sessions::end_all_of_user(c, &alice, Some(&s1), later(9))?, 1);
            assert_eq!(ids(sessions::list(c, Some(&alice), NOW, 10)?), ["s1"]);
            assert_eq!(sessions::end_all_of_user(c, &alice, None, later(9))?, 1);
            assert_eq!(ids(sessions::list(c, None, NOW, 10)?), ["b1"], "bob's goes on");
            assert_eq!(sessions::find(c, &SessionId("s2".to_owned()))?.and_then(|s| s.ended_at), Some(later(7)));
            Ok(())
        })
        .await;
}

async fn devices_are_remembered(arena: Arena) {
    shop_and_alice(&arena).await;
    let alice = UserId("alice".to_owned());
    arena
        .write(move |c| {
            assert!(!devices::is_known(c, &alice, b"d")?);
            devices::remember(c, &alice, b"d", NOW)?;
            devices::remember(c, &alice, b"d", later(5))?;
            assert!(devices::is_known(c, &alice, b"d")?);
            assert!(!devices::is_known(c, &alice, b"e")?);
            devices::renew(c, b"d", b"e")?;
            assert!(devices::is_known(c, &alice, b"e")? && !devices::is_known(c, &alice, b"d")?, "a planted one dies");
            Ok(())
        })
        .await;
}

fn consent(scopes: &[&str], claims: &[&str], at: Timestamp) -> Consent {
    Consent {
        user_id: UserId("alice".to_owned()),
        client_id: "shop".to_owned(),
        scopes: ScopeSet::of(scopes.iter().copied()),
        claims: claims.iter().map(|c| (*c).to_owned()).collect(),
        created_at: at,
        granted_at: at,
    }
}

async fn consents_are_united(arena: Arena) {
    shop_and_alice(&arena).await;
    let alice = UserId("alice".to_owned());
    arena
        .write(move |c| {
            consents::grant(c, &consent(&["openid", "email"], &["name", "birthdate"], NOW))?;
            consents::grant(c, &consent(&["openid", "phone"], &["name", "zoneinfo"], later(9)))?;
            let mut both = consent(&["openid", "email", "phone"], &["birthdate", "name", "zoneinfo"], NOW);
            both.granted_at = later(9);
            assert_eq!(consents::find(c, &alice, "shop")?, Some(both.clone()));
            assert_eq!(consents::list_of_user(c, &alice)?, [both]);
            assert!(consents::withdraw(c, &alice, "shop")?);
            assert!(!consents::withdraw(c, &alice, "shop")?);
            assert_eq!(consents::find(c, &alice, "shop")?, None);
            Ok(())
        })
        .await;
}

async fn consents_lose_no_update(arena: Arena) {
    shop_and_alice(&arena).await;
    let winners = arena
        .race(40, |i| {
            move |c: &mut vouchsafe::store::Conn| {
                consents::grant(c, &consent(&[&format!("scope{i}")], &[&format!("claim{i}")], NOW))?;
                Ok(true)
            }
        })
        .await;
    assert_eq!(winners, 40);
    let found = arena.read(|c| consents::find(c, &UserId("alice".to_owned()), "shop")).await.expect("is there");
    let all: BTreeSet<String> = (0..40).map(|i| format!("scope{i}")).collect();
    assert_eq!(found.scopes.iter().map(str::to_owned).collect::<BTreeSet<_>>(), all);
    assert_eq!(found.claims.len(), 40);
}
