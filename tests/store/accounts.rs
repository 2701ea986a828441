//! Factors, recovery codes, mailed links, challenges.

use vouchsafe::identity::factor::{Factor, FactorId, FactorKind};
use vouchsafe::identity::{Level, UserId};
use vouchsafe::store::account_links::{AccountLink, NOT_ME};
use vouchsafe::store::mail_codes::{MailCode, Tried};
use vouchsafe::store::pictures::{self, StoredPicture};
use vouchsafe::store::{Conn, account_links, ceremonies, devices, factors, mail_codes, recovery_codes, users};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later, shop_and_alice};

contract!(
    factors_are_stored_whole,
    k09_a_credential_belongs_to_one_person,
    k01_a_time_step_counts_once,
    k08_a_recovery_code_counts_once,
    k08_new_recovery_codes_void_the_old_ones,
    a_mailed_link_is_for_one_purpose_and_once,
    of_the_links_to_an_address_the_last_three_stay_good,
    k09_a_question_is_answered_once,
    k09_of_two_copies_of_a_passkey_at_once_one_is_refused,
    k11_a_mailed_code_counts_once_and_few_tries_are_looked_at,
    k11_a_mailed_code_is_of_one_step_one_person_and_its_time,
    links_that_say_it_was_not_me_outlive_other_changes,
    j11_a_mailed_link_counts_once_however_many_press,
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
            assert!(factors::used(c, &passkey.id, (&passkey.data, b"new"), later(9))?);
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
    for round in 0..50_u8 {
        let added = arena.race(4, |i| {
            let id = format!("f{round}-{i}");
            let own = Factor { credential_id: Some(vec![round]), ..factor(&id, FactorKind::Passkey) };
            move |c| factors::insert(c, &own)
        });
        assert_eq!(added.await, 1, "{round}");
    }
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
            account_links::add(c, b"r", "reset", &link("alice@example.com"))?;
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
            devices::remember(c, &alice(), b"new", later(3))?;
            assert_eq!(devices::delete_others(c, &alice(), Some(b"new"))?, 1);
            assert!(devices::is_known(c, &alice(), b"new")? && !devices::is_known(c, &alice(), b"old")?);
            assert_eq!(devices::delete_others(c, &alice(), None)?, 1);
            let told = account_links::list_of_user(c, &alice(), NOT_ME, later(5))?;
            assert_eq!(told.iter().map(|link| link.created_at).collect::<Vec<_>>(), [later(1)]);
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
    arena.write(|c| account_links::add(c, b"h", "reset", &link("alice@example.com"))).await;
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
    for round in 0..50_u8 {
        arena.write(move |c| account_links::insert(c, &[round], "reset", &link("r@x.test"))).await;
        let taken = move |c: &mut Conn| Ok(account_links::take(c, &[round], "reset", NOW)?.is_some());
        assert_eq!(arena.race(4, |_| taken).await, 1, "{round}");
    }
}

async fn of_the_links_to_an_address_the_last_three_stay_good(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            let own = |seconds| AccountLink { created_at: later(seconds), ..link("a") };
            account_links::add(c, b"1", "reset", &own(0))?;
            account_links::add(c, b"2", "verify", &own(0))?;
            account_links::add(c, b"3", "reset", &AccountLink { user_id: None, ..link("b") })?;
            account_links::add(c, b"4", "reset", &own(1))?;
            account_links::add(c, b"5", "reset", &own(2))?;
            assert!(account_links::find_live(c, b"1", "reset", NOW)?.is_some(), "three stay good");
            account_links::add(c, b"6", "reset", &own(3))?;
            let live =
                |c: &mut _, hash: &[u8], purpose| account_links::find_live(c, hash, purpose, NOW).map(|l| l.is_some());
            assert!(
                !live(c, b"1", "reset")?
                    && live(c, b"2", "verify")?
                    && live(c, b"3", "reset")?
                    && live(c, b"4", "reset")?
                    && live(c, b"5", "reset")?
                    && live(c, b"6", "reset")?
            );
            assert_eq!(account_links::delete_to(c, "a", "reset")?, 3);
            assert_eq!(account_links::delete_of_user(c, &alice())?, 1);
            assert_eq!(account_links::delete_expired(c, later(60))?, 0);
            assert_eq!(account_links::delete_expired(c, later(61))?, 1);
            Ok(())
        })
        .await;
}

async fn k09_a_question_is_answered_once(arena: Arena) {
    for round in 0..50_u8 {
        assert_eq!(arena.race(4, |_| move |c| ceremonies::answer(c, &[round], later(60))).await, 1, "{round}");
    }
    assert_eq!(arena.write(|c| ceremonies::delete_expired(c, later(60))).await, 0);
    assert_eq!(arena.write(|c| ceremonies::delete_expired(c, later(61))).await, 50);
}

fn mail_code(id: &str, code: u8) -> MailCode {
    MailCode { id: id.to_owned(), user_id: alice(), purpose: "second_factor", hash: vec![code], expires_at: later(60) }
}

async fn k11_a_mailed_code_counts_once_and_few_tries_are_looked_at(arena: Arena) {
    shop_and_alice(&arena).await;
    for round in 0..50 {
        let id = format!("r{round}");
        let stored = mail_code(&id, 1);
        arena.write(move |c| mail_codes::replace(c, &stored)).await;
        let right = arena.race(4, |_| {
            let tried = mail_code(&id, 1);
            move |c| Ok(mail_codes::take(c, &tried, NOW)? == Tried::Right)
        });
        assert_eq!(right.await, 1, "{round}");
        let stored = mail_code(&id, 1);
        arena.write(move |c| mail_codes::replace(c, &stored)).await;
        let looked_at = arena.race(8, |_| {
            let tried = mail_code(&id, 2);
            move |c| Ok(mail_codes::take(c, &tried, NOW)? == Tried::Wrong)
        });
        assert_eq!(looked_at.await, 5, "{round}");
        let right = mail_code(&id, 1);
        assert_eq!(arena.write(move |c| mail_codes::take(c, &right, NOW)).await, Tried::Void, "tried too often");
    }
}

async fn k11_a_mailed_code_is_of_one_step_one_person_and_its_time(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            mail_codes::replace(c, &mail_code("a", 1))?;
            let bob = MailCode { user_id: UserId("bob".to_owned()), ..mail_code("a", 1) };
            let other = MailCode { purpose: "address", ..mail_code("a", 1) };
            for tried in [mail_code("b", 1), bob, other] {
                assert_eq!(mail_codes::take(c, &tried, NOW)?, Tried::Void, "{tried:?}");
            }
            assert_eq!(mail_codes::take(c, &mail_code("a", 1), later(60))?, Tried::Void, "too late");
            mail_codes::replace(c, &mail_code("b", 1))?;
            assert_eq!(mail_codes::take(c, &mail_code("a", 1), NOW)?, Tried::Void, "replaced");
            assert_eq!(mail_codes::delete_expired(c, later(60))?, 0);
            assert_eq!(mail_codes::delete_expired(c, later(61))?, 1);
            Ok(())
        })
        .await;
}

async fn k09_of_two_copies_of_a_passkey_at_once_one_is_refused(arena: Arena) {
    shop_and_alice(&arena).await;
    arena.write(|c| factors::insert(c, &Factor { data: vec![0], ..factor("p", FactorKind::Passkey) })).await;
    let id = || FactorId("p".to_owned());
    for round in 0..50_u8 {
        let used = arena.race(4, |_| move |c| factors::used(c, &id(), (&[round], &[round + 1]), NOW));
        assert_eq!(used.await, 1, "{round}");
    }
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
            account_links::add(c, b"1", "reset", &link("a"))?;
            mail_codes::replace(c, &mail_code("a", 1))?;
            users::delete(c, &alice())
        })
        .await;
    for table in ["factors", "recovery_codes", "account_links", "mail_codes"] {
        assert!(arena.lines(&format!("SELECT user_id AS line FROM {table}")).is_empty(), "{table}");
    }
}
