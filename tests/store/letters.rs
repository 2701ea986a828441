//! Letters that were asked for, links of a person, terms that were accepted.

use vouchsafe::identity::{Email, User, UserId};
use vouchsafe::store::account_links::{self, AccountLink, NEW_ADDRESS, NOT_ME, RESET, SIGN_UP};
use vouchsafe::store::link_requests::{self, LinkRequest};
use vouchsafe::store::{accepted_terms, users};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later, shop_and_alice, user};

contract!(
    what_was_asked_for_is_stored_whole_and_taken_once,
    j12_links_of_a_person_are_replaced_and_void_by_purpose,
    j11_a_link_that_many_use_at_once_counts_once,
    an_address_that_many_take_at_once_is_one_persons,
    terms_are_accepted_once_a_version,
);

fn alice() -> UserId {
    UserId("alice".to_owned())
}

fn asked(id: &str) -> LinkRequest {
    LinkRequest {
        id: id.to_owned(),
        purpose: RESET.to_owned(),
        user_id: None,
        email: "Alice@Example.com".to_owned(),
        request: "sealed".to_owned(),
        language: "de".to_owned(),
        address: "192.0.2.1".to_owned(),
        correlation_id: "abcd".to_owned(),
        created_at: NOW,
    }
}

async fn what_was_asked_for_is_stored_whole_and_taken_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            link_requests::insert(c, &LinkRequest { created_at: later(1), user_id: Some(alice()), ..asked("b") })?;
            link_requests::insert(c, &asked("a"))?;
            let all = link_requests::oldest(c, 10)?;
            assert_eq!(all[0], asked("a"));
            assert_eq!((all.len(), all[1].user_id.clone()), (2, Some(alice())));
            assert_eq!(link_requests::oldest(c, 1)?.len(), 1);
            link_requests::insert(c, &LinkRequest { email: "a\0@b".to_owned(), ..asked("nul") })?;
            assert!(link_requests::take(c, "nul")?);
            assert_eq!(link_requests::delete_of_user(c, &alice())?, 1);
            Ok(())
        })
        .await;
    for round in 0..50 {
        let id = format!("r{round}");
        let own = asked(&id);
        arena.write(move |c| link_requests::insert(c, &own)).await;
        let id = &id;
        let taken = arena.race(4, |_| {
            let id = id.clone();
            move |c| link_requests::take(c, &id)
        });
        assert_eq!(taken.await, 1, "{round}");
    }
    arena.write(|c| link_requests::insert(c, &LinkRequest { user_id: Some(alice()), ..asked("z") })).await;
    arena.write(|c| users::delete(c, &alice())).await;
    assert_eq!(arena.read(|c| link_requests::oldest(c, 10)).await, [asked("a")], "what was theirs went with them");
}

fn link(email_key: &str) -> AccountLink {
    AccountLink {
        user_id: Some(alice()),
        email_key: email_key.to_owned(),
        detail: "{}".to_owned(),
        created_at: NOW,
        expires_at: later(60),
    }
}

async fn j12_links_of_a_person_are_replaced_and_void_by_purpose(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            account_links::insert(c, b"n", NOT_ME, &link("alice@example.com"))?;
            account_links::insert(c, b"r", RESET, &link("alice@example.com"))?;
            account_links::replace_of_user(c, b"1", NEW_ADDRESS, &alice(), &link("one@example.com"))?;
            account_links::replace_of_user(c, b"2", NEW_ADDRESS, &alice(), &link("two@example.com"))?;
            // Somebody else's wish for the same address voids nothing.
            users::insert(c, &user("bob"))?;
            let bobs = AccountLink { user_id: Some(UserId("bob".to_owned())), ..link("two@example.com") };
            account_links::replace_of_user(c, b"3", NEW_ADDRESS, &UserId("bob".to_owned()), &bobs)?;
            let live = |c: &mut _, hash: &[u8], purpose| {
                account_links::find_live(c, hash, purpose, NOW).map(|link| link.is_some())
            };
            assert!(!live(c, b"1", NEW_ADDRESS)? && live(c, b"2", NEW_ADDRESS)? && live(c, b"3", NEW_ADDRESS)?);
            let found = account_links::find_of_user(c, &alice(), NEW_ADDRESS, NOW)?;
            assert_eq!(found, Some(link("two@example.com")));
            assert_eq!(account_links::find_of_user(c, &alice(), NEW_ADDRESS, later(60))?, None, "too old");
            assert_eq!(account_links::find_of_user(c, &alice(), SIGN_UP, NOW)?, None);
            assert_eq!(account_links::delete_of_user_for(c, &alice(), NEW_ADDRESS)?, 1);
            assert!(live(c, b"r", RESET)?);
            assert_eq!(account_links::delete_of_user(c, &alice())?, 1);
            assert!(live(c, b"n", NOT_ME)? && live(c, b"3", NEW_ADDRESS)?);
            Ok(())
        })
        .await;
}

async fn j11_a_link_that_many_use_at_once_counts_once(arena: Arena) {
    shop_and_alice(&arena).await;
    for round in 0..50_u8 {
        arena.write(move |c| account_links::replace_of_user(c, &[round], RESET, &alice(), &link("a"))).await;
        let taken = arena.race(20, |_| move |c| Ok(account_links::take(c, &[round], RESET, NOW)?.is_some()));
        assert_eq!(taken.await, 1, "{round}");
    }
}

/// Twenty links to one address, each good: an administrator's new person, a change of address, a sign-up.
async fn an_address_that_many_take_at_once_is_one_persons(arena: Arena) {
    for round in 0..50 {
        let added = arena.race(20, |i| {
            let email = Email::parse(&format!("New{round}@example.com")).expect("an address");
            let own = User { email, ..user(&format!("u{round}-{i}")) };
            move |c| users::insert(c, &own)
        });
        assert_eq!(added.await, 1, "{round}");
    }
}

async fn terms_are_accepted_once_a_version(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            let both = ["alice".to_owned(), "bob".to_owned()];
            assert!(accepted_terms::newest(c, &both)?.is_empty() && accepted_terms::newest(c, &[])?.is_empty());
            accepted_terms::put(c, &alice(), 2, NOW)?;
            accepted_terms::put(c, &alice(), 2, later(9))?;
            accepted_terms::put(c, &alice(), 10, later(1))?;
            assert_eq!(accepted_terms::list(c, &alice())?, [(10, later(1)), (2, NOW)], "the first time counts");
            let newest = accepted_terms::newest(c, &both)?;
            assert_eq!((newest.len(), newest["alice"]), (1, 10));
            users::delete(c, &alice())
        })
        .await;
    assert!(arena.lines("SELECT user_id AS line FROM accepted_terms").is_empty());
    arena.write(|c| users::insert(c, &user("alice"))).await;
    let round = |version: i64| {
        let racing = arena.race(4, move |_| move |c| accepted_terms::put(c, &alice(), version, NOW).map(|()| true));
        async move { assert_eq!(racing.await, 4) }
    };
    for version in 1..=50 {
        round(version).await;
    }
    assert_eq!(arena.read(|c| accepted_terms::list(c, &alice())).await.len(), 50);
}
