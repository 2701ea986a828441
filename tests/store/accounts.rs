//! Factors, recovery codes, mailed links, challenges.

use vouchsafe::identity::factor::{Factor, FactorId, FactorKind};
use vouchsafe::identity::{Level, UserId};
use vouchsafe::store::account_links::{AccountLink, NOT_ME};
use vouchsafe::store::pictures::{self, StoredPicture};
use vouchsafe::store::{account_links, ceremonies, devices, factors, recovery_codes, users};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later, shop_and_alice};

contract!(
    factors_are_stored_whole,
    k09_a_credential_belongs_to_one_person,
    k01_a_time_step_counts_once,
    k08_a_recovery_code_counts_once,
    k08_new_recovery_codes_void_the_old_ones,
    a_mailed_link_is_for_one_purpose_and_once,
    a_new_link_voids_the_one_before,
    links_that_say_it_was_not_me_outlive_other_changes,
    j11_a_mailed_link_counts_once_however_many_press,
    k09_a_challenge_is_answered_once,
    what_a_person_has_goes_with_them,
    a_picture_is_stored_whole_and_named_in_the_persons_row,
    of_pictures_set_at_once_one_is_left,
);

fn alice() -> UserId {
    UserId("alice".to_owned())
}

fn factor(id: &str, kind: FactorKind) -> Factor {
    Factor {
        id: FactorId(id.to_owned()),
        user_id: alice(),
        kind,
        name: "Phone".to_owned(),
        data: vec![0, 1, 255],
        credential_id: (kind == FactorKind::Passkey).then(|| id.as_bytes().to_vec()),
        last_step: 7,
        created_at: NOW,
        last_used_at: None,
    }
}

async fn factors_are_stored_whole(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            assert!(factors::reach(c, &["alice".to_owned()])?.is_empty());
            assert!(factors::insert(c, &factor("a", FactorKind::Totp))?);
            assert!(!factors::insert(c, &factor("a", FactorKind::Totp))?, "the same page sent twice adds one");
            assert_eq!(factors::reach(c, &["alice".to_owned()])?["alice"], Level::SecondFactor);
            let passkey = Factor { created_at: later(5), ..factor("b", FactorKind::Passkey) };
            assert!(factors::insert(c, &passkey)?);
            let both = ["alice".to_owned(), "bob".to_owned()];
            let reach = factors::reach(c, &both)?;
            assert_eq!((reach.len(), reach["alice"]), (1, Level::PhishingResistant));
            assert_eq!(factors::list(c, &alice())?, [factor("a", FactorKind::Totp), passkey.clone()]);
            assert_eq!(factors::find_by_credential(c, b"b")?, Some(passkey.clone()));
            assert_eq!(factors::find_by_credential(c, b"a")?, None);
            let bob = UserId("bob".to_owned());
            assert!(!factors::rename(c, &bob, &passkey.id, "Mine")?, "not hers");
            assert!(factors::rename(c, &alice(), &passkey.id, "Laptop\0")?);
            assert!(factors::used(c, &passkey.id, b"new", later(9))?);
            let found = factors::find_by_credential(c, b"b")?.expect("it is there");
            assert_eq!(
                (found.name.as_str(), found.data, found.last_used_at),
                ("Laptop\u{fffd}", b"new".to_vec(), Some(later(9)))
            );
            assert!(!factors::delete(c, &bob, &passkey.id)?, "not hers");
            assert!(factors::delete(c, &alice(), &passkey.id)? && !factors::delete(c, &alice(), &passkey.id)?);
            assert_eq!(factors::delete_of_user(c, &alice())?, 1);
            Ok(())
        })
        .await;
}

async fn k09_a_credential_belongs_to_one_person(arena: Arena) {
    shop_and_alice(&arena).await;
    let added = arena.race(20, |i| {
        let own = Factor { credential_id: Some(b"one".to_vec()), ..factor(&format!("f{i}"), FactorKind::Passkey) };
        move |c| factors::insert(c, &own)
    });
    assert_eq!(added.await, 1);
}

async fn k01_a_time_step_counts_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena.write(|c| factors::insert(c, &factor("a", FactorKind::Totp))).await;
    let id = || FactorId("a".to_owned());
    assert!(!arena.write(move |c| factors::take_step(c, &id(), 7, NOW)).await, "the step it was set up with");
    for round in 8..58 {
        assert_eq!(arena.race(4, |_| move |c| factors::take_step(c, &id(), round, NOW)).await, 1, "{round}");
    }
    assert!(!arena.write(move |c| factors::take_step(c, &id(), 56, NOW)).await, "a step before");
    let found = arena.read(|c| factors::list(c, &alice())).await;
    assert_eq!((found[0].last_step, found[0].last_used_at), (57, Some(NOW)));
}

async fn k08_a_recovery_code_counts_once(arena: Arena) {
    shop_and_alice(&arena).await;
    let hashes: Vec<Vec<u8>> = (0..50).map(|i| vec![i]).collect();
    arena.write(move |c| recovery_codes::replace(c, &alice(), &hashes, NOW)).await;
    let bob = UserId("bob".to_owned());
    assert!(!arena.write(move |c| recovery_codes::take(c, &bob, &[0], NOW)).await, "another person's");
    for code in 0..50_u8 {
        assert_eq!(arena.race(4, |_| move |c| recovery_codes::take(c, &alice(), &[code], NOW)).await, 1, "{code}");
    }
    assert_eq!(arena.read(|c| recovery_codes::left(c, &alice())).await, 0);
}

async fn k08_new_recovery_codes_void_the_old_ones(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            recovery_codes::replace(c, &alice(), &[vec![1], vec![2]], NOW)?;
            recovery_codes::replace(c, &alice(), &[vec![3]], NOW)?;
            assert!(!recovery_codes::take(c, &alice(), &[1], NOW)?);
            assert_eq!(recovery_codes::left(c, &alice())?, 1);
            assert_eq!(recovery_codes::delete_of_user(c, &alice())?, 1);
            Ok(())
        })
        .await;
}

fn link(email_key: &str) -> AccountLink {
    AccountLink {
        user_id: Some(alice()),
        email_key: email_key.to_owned(),
        detail: r#"{"a":1}"#.to_owned(),
        created_at: NOW,
        expires_at: later(60),
    }
}

async fn links_that_say_it_was_not_me_outlive_other_changes(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            for (hash, at) in [(b"1", 1), (b"2", 2), (b"3", 3)] {
                let own = AccountLink { created_at: later(at), ..link("alice@example.com") };
                account_links::insert(c, hash, NOT_ME, &own)?;
            }
            account_links::replace(c, b"r", "reset", &link("alice@example.com"))?;
            assert_eq!(account_links::delete_of_user(c, &alice())?, 1, "the other one");
            let bob = UserId("bob".to_owned());
            assert_eq!(account_links::delete_not_me(c, &bob, NOW)?, 0, "not hers");
            assert_eq!(account_links::delete_not_me(c, &alice(), later(2))?, 2);
            assert!(account_links::find_live(c, b"1", NOT_ME, later(5))?.is_some(), "the oldest has the last word");
            users::password_set(c, &alice(), "phc", NOW)?;
            assert!(users::password_delete(c, &alice())? && !users::password_delete(c, &alice())?);
            assert_eq!(users::password_find(c, &alice())?, None);
            devices::remember(c, &alice(), b"old", NOW)?;
            devices::remember(c, &alice(), b"new", later(2))?;
            assert_eq!(devices::delete_since(c, &alice(), later(2))?, 1);
            assert!(devices::is_known(c, &alice(), b"old")? && !devices::is_known(c, &alice(), b"new")?);
            recovery_codes::replace(c, &alice(), &[vec![1]], NOW)?;
            assert_eq!(recovery_codes::delete_since(c, &alice(), later(1))?, 0);
            assert_eq!(recovery_codes::delete_since(c, &alice(), NOW)?, 1);
            Ok(())
        })
        .await;
}

async fn j11_a_mailed_link_counts_once_however_many_press(arena: Arena) {
    shop_and_alice(&arena).await;
    for round in 0..50_u8 {
        arena.write(move |c| account_links::insert(c, &[round], NOT_ME, &link("alice@example.com"))).await;
        let taken = arena.race(4, |_| {
            move |c| {
                users::find_for_update(c, &alice())?;
                Ok(account_links::take(c, &[round], NOT_ME, NOW)?.is_some())
            }
        });
        assert_eq!(taken.await, 1, "{round}");
    }
}

async fn a_mailed_link_is_for_one_purpose_and_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena.write(|c| account_links::replace(c, b"h", "reset", &link("alice@example.com"))).await;
    arena
        .write(|c| {
            assert_eq!(
                account_links::find_live(c, b"h", "reset", NOW)?,
                Some(link("alice@example.com")),
                "looking uses nothing"
            );
            assert_eq!(account_links::find_live(c, b"h", "verify", NOW)?, None, "another purpose");
            assert_eq!(account_links::take(c, b"h", "verify", NOW)?, None, "another purpose");
            assert_eq!(account_links::find_live(c, b"h", "reset", later(60))?, None, "too old");
            Ok(())
        })
        .await;
    assert_eq!(arena.race(20, |_| |c| Ok(account_links::take(c, b"h", "reset", NOW)?.is_some())).await, 1);
}

async fn a_new_link_voids_the_one_before(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            account_links::replace(c, b"1", "reset", &link("a"))?;
            account_links::replace(c, b"2", "verify", &link("a"))?;
            account_links::replace(c, b"3", "reset", &AccountLink { user_id: None, ..link("b") })?;
            account_links::replace(c, b"4", "reset", &link("a"))?;
            let live =
                |c: &mut _, hash: &[u8], purpose| account_links::find_live(c, hash, purpose, NOW).map(|l| l.is_some());
            assert!(
                !live(c, b"1", "reset")?
                    && live(c, b"2", "verify")?
                    && live(c, b"3", "reset")?
                    && live(c, b"4", "reset")?
            );
            assert_eq!(account_links::delete_of_user(c, &alice())?, 2);
            assert_eq!(account_links::delete_expired(c, later(60))?, 0);
            assert_eq!(account_links::delete_expired(c, later(61))?, 1);
            Ok(())
        })
        .await;
}

async fn k09_a_challenge_is_answered_once(arena: Arena) {
    arena.write(|c| ceremonies::insert(c, b"h", b"state", later(60))).await;
    arena.write(|c| ceremonies::insert(c, b"old", b"state", later(60))).await;
    assert_eq!(arena.write(|c| ceremonies::take(c, b"old", later(60))).await, None, "too late");
    assert_eq!(arena.race(10, |_| |c| Ok(ceremonies::take(c, b"h", NOW)?.as_deref() == Some(b"state"))).await, 1);
    arena.write(|c| ceremonies::insert(c, b"left", b"state", later(60))).await;
    assert_eq!(arena.write(|c| ceremonies::delete_expired(c, later(61))).await, 1);
}

fn picture(id: &str) -> StoredPicture {
    StoredPicture {
        id: id.to_owned(),
        user_id: alice(),
        media_type: "image/jpeg".to_owned(),
        bytes: vec![0, 255, 0xd8],
        created_at: later(3),
    }
}

async fn a_picture_is_stored_whole_and_named_in_the_persons_row(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            let before = users::find(c, &alice())?.expect("she is there");
            assert_eq!((before.picture, pictures::find_of_user(c, &alice())?.is_none()), (None, true));
            assert!(!pictures::delete(c, &alice(), later(4))?, "there is none");
            pictures::put(c, &picture("one"))?;
            assert!(pictures::find(c, "one")? == Some(picture("one")) && pictures::find(c, "o\0ne")?.is_none());
            pictures::put(c, &picture("two"))?;
            assert!(pictures::find(c, "one")?.is_none(), "one each");
            let named = users::find(c, &alice())?.expect("she is there");
            assert_eq!((named.picture.as_deref(), named.version, named.updated_at), (Some("two"), 3, later(3)));
            users::update(c, &named)?;
            assert_eq!(users::find(c, &alice())?.expect("she is there").picture.as_deref(), Some("two"));
            assert!(pictures::delete(c, &alice(), later(9))?);
            assert_eq!(users::find(c, &alice())?.expect("she is there").picture, None);
            pictures::put(c, &picture("three"))?;
            users::delete(c, &alice())?;
            assert!(pictures::find(c, "three")?.is_none(), "it goes with its person");
            Ok(())
        })
        .await;
}

async fn of_pictures_set_at_once_one_is_left(arena: Arena) {
    shop_and_alice(&arena).await;
    for round in 0..50 {
        let set = arena.race(2, |racer| {
            let mine = picture(&format!("{round}-{racer}"));
            move |c| {
                users::find_for_update(c, &alice())?;
                pictures::put(c, &mine)?;
                Ok(true)
            }
        });
        assert_eq!(set.await, 2);
        let (user, left) = arena.read(|c| Ok((users::find(c, &alice())?, pictures::find_of_user(c, &alice())?))).await;
        assert_eq!(user.and_then(|user| user.picture), left.map(|picture| picture.id), "round {round}");
    }
}

async fn what_a_person_has_goes_with_them(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            factors::insert(c, &factor("a", FactorKind::Totp))?;
            recovery_codes::replace(c, &alice(), &[vec![1]], NOW)?;
            account_links::replace(c, b"1", "reset", &link("a"))?;
            users::delete(c, &alice())
        })
        .await;
    for table in ["factors", "recovery_codes", "account_links"] {
        assert!(arena.lines(&format!("SELECT created_at AS line FROM {table}")).is_empty(), "{table}");
    }
}
