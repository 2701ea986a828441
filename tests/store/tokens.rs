//! Codes, grants, refresh tokens, revoked access tokens: what is used once, and what hangs together.

use vouchsafe::identity::{SessionId, UserId};
use vouchsafe::oauth::authorization::{Authorization, Grant, RefreshToken};
use vouchsafe::store::codes::Taken;
use vouchsafe::store::{Conn, Fault, clients, codes, grants, refresh_tokens, revoked_tokens, users};

use crate::arena::{Arena, contract};
use crate::samples::{
    NOW, authorization, client, code, grant, insert_grant, later, refresh_token, shop_and_alice, user,
};

contract!(
    a_code_is_taken_once,
    a_code_is_taken_once_by_many,
    codes_are_bound_to_people,
    codes_are_removed,
    grants_are_stored_whole,
    grants_are_revoked_by_their_owners,
    refresh_tokens_rotate,
    refresh_tokens_rotate_once,
    a_lost_answer_is_replaced,
    a_family_is_held,
    the_last_use_of_each_live_grant_is_told,
    deleting_a_client_deletes_its_tokens,
    revoked_tokens_are_remembered,
);

async fn a_code_is_taken_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            let stored = code(b"h", authorization("shop", "alice", Some("s")));
            codes::insert(c, &stored)?;
            let mut used = stored;
            used.used_at = Some(later(1));
            assert_eq!(codes::take(c, b"h", later(1))?, Taken::First(used.clone()));
            assert_eq!(codes::take(c, b"h", later(2))?, Taken::Replayed(used));
            assert_eq!(codes::take(c, b"other", NOW)?, Taken::Unknown);
            Ok(())
        })
        .await;
}

async fn a_code_is_taken_once_by_many(arena: Arena) {
    shop_and_alice(&arena).await;
    for round in 0..50_u8 {
        arena.write(move |c| codes::insert(c, &code(&[round], authorization("shop", "alice", None)))).await;
        let firsts = arena
            .race(16, |_| {
                move |c: &mut Conn| match codes::take(c, &[round], NOW)? {
                    Taken::First(_) => Ok(true),
                    Taken::Replayed(_) => Ok(false),
                    Taken::Unknown => Err(Fault::Internal("it vanished".to_owned())),
                }
            })
            .await;
        assert_eq!(firsts, 1, "round {round}");
    }
}

async fn codes_are_bound_to_people(arena: Arena) {
    shop_and_alice(&arena).await;
    let nobody = Authorization { user_id: None, ..authorization("shop", "alice", None) };
    let answer = arena.db.write(move |c| codes::insert(c, &code(b"h", nobody.clone()))).await;
    assert!(matches!(answer, Err(Fault::Internal(_))), "{answer:?}");
    let answer = arena.db.write(|c| codes::insert(c, &code(b"h", authorization("shop", "ghost", None)))).await;
    assert!(matches!(answer, Err(Fault::Internal(_))), "a person who is not there: {answer:?}");
}

async fn codes_are_removed(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            users::insert(c, &user("bob"))?;
            clients::insert(c, &client("blog"))?;
            for (hash, client_id, user_id, session) in [
                (b"1", "shop", "alice", "s1"),
                (b"2", "blog", "alice", "s2"),
                (b"3", "shop", "bob", "s3"),
                (b"4", "blog", "bob", "s3"),
            ] {
                codes::insert(c, &code(hash, authorization(client_id, user_id, Some(session))))?;
            }
            assert_eq!(codes::delete_expired(c, later(60))?, 0, "not before their end");
            assert_eq!(codes::delete_of_session(c, &SessionId("s1".to_owned()))?, 1);
            assert_eq!(codes::delete_of_client_and_user(c, "shop", &UserId("bob".to_owned()))?, 1);
            assert_eq!(codes::delete_of_user(c, &UserId("alice".to_owned()))?, 1);
            assert_eq!(codes::delete_expired(c, later(61))?, 1);
            assert_eq!(codes::delete_expired(c, later(61))?, 0);
            Ok(())
        })
        .await;
}

async fn grants_are_stored_whole(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            let of_alice = Grant { offline: true, ..grant("g", authorization("shop", "alice", Some("s"))) };
            grants::insert(c, &of_alice)?;
            assert_eq!(grants::find(c, "g")?, Some(of_alice.clone()));
            assert_eq!(grants::find(c, "no\0ne")?, None);
            let machine = Authorization { user_id: None, session_id: None, ..of_alice.authorization };
            let of_nobody = grant("m", machine);
            grants::insert(c, &of_nobody)?;
            assert_eq!(grants::find(c, "m")?, Some(of_nobody));
            assert!(grants::revoke(c, "g", "test", later(1))?);
            assert!(!grants::revoke(c, "g", "again", later(2))?);
            assert!(!grants::revoke(c, "none", "test", later(2))?);
            assert_eq!(grants::find(c, "g")?.and_then(|g| g.revoked_at), Some(later(1)));
            Ok(())
        })
        .await;
    arena.write(|c| refresh_tokens::insert(c, &refresh_token(b"t", "g", 0))).await;
    assert_eq!(arena.write(|c| grants::delete_expired(c, later(86_401))).await, 2);
    assert_eq!(arena.read(|c| refresh_tokens::find(c, b"t")).await, None, "a token goes with its family");
}

async fn grants_are_revoked_by_their_owners(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            users::insert(c, &user("bob"))?;
            clients::insert(c, &client("blog"))?;
            for (id, client_id, user_id, session, offline) in [
                ("1", "shop", "alice", "s1", false),
                ("2", "shop", "alice", "s1", true),
                ("3", "blog", "alice", "s1", false),
                ("4", "shop", "bob", "s2", false),
                ("5", "blog", "bob", "s2", true),
                ("6", "blog", "bob", "s3", true),
            ] {
                grants::insert(c, &Grant { offline, ..grant(id, authorization(client_id, user_id, Some(session))) })?;
            }
            let (alice, bob) = (UserId("alice".to_owned()), UserId("bob".to_owned()));
            let session = |id: &str| SessionId(id.to_owned());
            let live = |c: &mut Conn| -> Result<String, Fault> {
                let mut ids = String::new();
                for id in ["1", "2", "3", "4", "5", "6"] {
                    if grants::find(c, id)?.is_some_and(|g| g.revoked_at.is_none()) {
                        ids.push_str(id);
                    }
                }
                Ok(ids)
            };
            assert_eq!(grants::revoke_of_user_and_client(c, &alice, "blog", "withdrawn", NOW)?, 1);
            assert_eq!(live(c)?, "12456");
            assert_eq!(grants::revoke_of_session(c, &session("s1"), false, "logout", NOW)?, 1);
            assert_eq!(live(c)?, "2456", "offline access outlives the session");
            assert_eq!(grants::revoke_of_session(c, &session("s2"), true, "logout", NOW)?, 2);
            assert_eq!(live(c)?, "26");
            assert_eq!(grants::revoke_of_client(c, "shop", "disabled", NOW)?, 1);
            assert_eq!(live(c)?, "6");
            assert_eq!(grants::revoke_of_user(c, &bob, "password changed", NOW)?, 1);
            assert_eq!(grants::revoke_of_user(c, &bob, "password changed", NOW)?, 0);
            assert_eq!(live(c)?, "");
            Ok(())
        })
        .await;
}

async fn refresh_tokens_rotate(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            insert_grant(c, "g")?;
            let first = refresh_token(b"t0", "g", 0);
            refresh_tokens::insert(c, &first)?;
            assert_eq!(refresh_tokens::find(c, b"t0")?, Some(first.clone()));
            assert_eq!(refresh_tokens::find_with_grant(c, b"none")?, None);
            let (found, family) = refresh_tokens::find_with_grant(c, b"t0")?.expect("is there");
            assert_eq!((found, family.id.as_str()), (first, "g"));
            assert_eq!(refresh_tokens::leaf(c, "g")?.map(|t| t.hash), Some(b"t0".to_vec()));
            let second = refresh_token(b"t1", "g", 1);
            assert!(refresh_tokens::rotate(c, b"t0", &second, later(1))?);
            assert!(!refresh_tokens::rotate(c, b"t0", &refresh_token(b"x", "g", 1), later(2))?, "used");
            assert!(!refresh_tokens::rotate(c, b"none", &refresh_token(b"x", "g", 1), later(2))?, "unknown");
            assert_eq!(refresh_tokens::find(c, b"x")?, None);
            assert_eq!(refresh_tokens::find(c, b"t0")?.and_then(|t| t.used_at), Some(later(1)));
            assert_eq!(refresh_tokens::leaf(c, "g")?, Some(second));
            Ok(())
        })
        .await;
    assert!(arena.read(|c| refresh_tokens::peek_with_grant(c, b"t1")).await.is_some());
    assert_eq!(arena.write(|c| refresh_tokens::delete_expired(c, later(7200))).await, 0);
    assert_eq!(arena.write(|c| refresh_tokens::delete_expired(c, later(7201))).await, 2);
}

async fn refresh_tokens_rotate_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena.write(|c| insert_grant(c, "g")).await;
    arena.write(|c| refresh_tokens::insert(c, &refresh_token(b"t0", "g", 0))).await;
    let winners = arena
        .race(50, |i| {
            move |c: &mut Conn| {
                let next = refresh_token(format!("next{i}").as_bytes(), "g", 1);
                refresh_tokens::rotate(c, b"t0", &next, NOW)
            }
        })
        .await;
    assert_eq!(winners, 1);
    let mut found = 0;
    for i in 0..50 {
        let token = arena.read(move |c| refresh_tokens::find(c, format!("next{i}").as_bytes())).await;
        found += usize::from(token.is_some());
    }
    assert_eq!(found, 1, "only the winner's successor exists");
}

async fn a_lost_answer_is_replaced(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            insert_grant(c, "g")?;
            refresh_tokens::insert(c, &refresh_token(b"t0", "g", 0))?;
            refresh_tokens::rotate(c, b"t0", &refresh_token(b"lost", "g", 1), later(1))?;
            Ok(())
        })
        .await;
    let winners = arena
        .race(20, |i| {
            move |c: &mut Conn| {
                let next = refresh_token(format!("again{i}").as_bytes(), "g", 1);
                refresh_tokens::reissue(c, b"t0", b"lost", &next, later(2))
            }
        })
        .await;
    assert_eq!(winners, 1);
    let (leaf, lost, moved) = arena
        .write(|c| {
            let leaf = refresh_tokens::leaf(c, "g")?.expect("one leaf");
            let lost = refresh_tokens::find(c, b"lost")?.expect("is there");
            let moved = refresh_tokens::rotate(c, b"lost", &refresh_token(b"x", "g", 2), later(3))?;
            Ok((leaf, lost, moved))
        })
        .await;
    assert_eq!((leaf.generation, leaf.used_at), (1, None));
    assert_eq!((lost.superseded_at, moved), (Some(later(2)), false), "what was superseded never goes on");
}

async fn the_last_use_of_each_live_grant_is_told(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            let alice = UserId("alice".to_owned());
            for (id, newest) in [("g", 50), ("h", 20)] {
                insert_grant(c, id)?;
                for (at, seconds) in [0, newest].into_iter().enumerate() {
                    let hash = format!("{id}{at}");
                    let token = refresh_token(hash.as_bytes(), id, i64::try_from(at).expect("small"));
                    refresh_tokens::insert(c, &RefreshToken { created_at: later(seconds), ..token })?;
                }
            }
            let used = refresh_tokens::last_used_of_user(c, &alice)?;
            assert_eq!((used.len(), used["g"], used["h"]), (2, later(50), later(20)));
            grants::revoke(c, "h", "test", NOW)?;
            assert_eq!(refresh_tokens::last_used_of_user(c, &alice)?.len(), 1, "of live ones");
            assert!(refresh_tokens::last_used_of_user(c, &UserId("bob".to_owned()))?.is_empty());
            Ok(())
        })
        .await;
}

async fn a_family_is_held(arena: Arena) {
    // Look, decide, move: the flow's shape. Without the family's lock two of them would see the same leaf, and the second
    // would be a fault instead of an answer.
    shop_and_alice(&arena).await;
    arena.write(|c| insert_grant(c, "g")).await;
    arena.write(|c| refresh_tokens::insert(c, &refresh_token(b"t0", "g", 0))).await;
    let winners = arena
        .race(30, |i| {
            move |c: &mut Conn| {
                let (row, _): (RefreshToken, Grant) = refresh_tokens::find_with_grant(c, b"t0")?.expect("is there");
                if row.used_at.is_some() {
                    return Ok(false);
                }
                let next = refresh_token(format!("next{i}").as_bytes(), "g", 1);
                match refresh_tokens::rotate(c, b"t0", &next, NOW)? {
                    true => Ok(true),
                    false => Err(Fault::Internal("the chain moved under the lock".to_owned())),
                }
            }
        })
        .await;
    assert_eq!(winners, 1);
}

async fn deleting_a_client_deletes_its_tokens(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            insert_grant(c, "g")?;
            refresh_tokens::insert(c, &refresh_token(b"t0", "g", 0))?;
            codes::insert(c, &code(b"h", authorization("shop", "alice", None)))?;
            clients::secret_insert(c, &crate::samples::secret("s1", "shop"))?;
            assert!(clients::delete(c, "shop")?);
            assert_eq!(grants::find(c, "g")?, None);
            assert_eq!(refresh_tokens::find(c, b"t0")?, None);
            assert_eq!(codes::take(c, b"h", NOW)?, Taken::Unknown);
            Ok(())
        })
        .await;
}

async fn revoked_tokens_are_remembered(arena: Arena) {
    arena
        .write(|c| {
            revoked_tokens::insert(c, "jti", later(900))?;
            revoked_tokens::insert(c, "jti", later(900))?;
            assert!(revoked_tokens::is_revoked(c, "jti")?);
            assert!(!revoked_tokens::is_revoked(c, "other")?);
            assert_eq!(revoked_tokens::delete_expired(c, later(900))?, 0);
            assert_eq!(revoked_tokens::delete_expired(c, later(901))?, 1);
            assert!(!revoked_tokens::is_revoked(c, "jti")?);
            Ok(())
        })
        .await;
}
