//! Providers that people sign in through, and who people are there.

use vouchsafe::identity::upstream::UpstreamIdentity;
use vouchsafe::identity::{RoleName, SessionId, User, UserId};
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::store::upstream_providers::StoredProvider;
use vouchsafe::store::upstream_sessions::{self, Origin};
use vouchsafe::store::{
    Conn, Fault, sessions, upstream_ended, upstream_identities, upstream_logouts, upstream_providers, upstream_tokens,
    upstream_trips, users,
};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later, session, shop_and_alice, user};

contract!(
    providers_are_stored_whole_and_keep_their_secret,
    l05_an_identity_opens_one_account,
    l07_two_first_sign_ins_at_once_make_one_account,
    links_are_shut_removed_and_go_with_provider_and_person,
    l01_whoever_comes_back_is_waited_for_once,
    a_logout_token_counts_once,
    what_ended_at_a_provider_is_remembered_for_a_while,
    sessions_are_found_by_the_providers_names_and_forget_it,
    one_renews_tokens_and_a_sign_in_meanwhile_wins,
);

fn stored(id: &str) -> StoredProvider {
    StoredProvider {
        provider: Provider::of_preset(Preset::Google, id, "us – ünï"),
        secret: None,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
        failing: None,
    }
}

fn link(id: &str, subject: &str, user: &str) -> UpstreamIdentity {
    UpstreamIdentity {
        id: id.to_owned(),
        provider: "google".to_owned(),
        issuer: "https://accounts.google.com".to_owned(),
        subject: subject.to_owned(),
        user_id: UserId(user.to_owned()),
        shown: "alice@example.com".to_owned(),
        created_at: NOW,
        last_used_at: None,
        disabled_at: None,
    }
}

fn ground(c: &mut Conn) -> Result<(), Fault> {
    upstream_providers::put(c, &stored("google"))
}

async fn providers_are_stored_whole_and_keep_their_secret(arena: Arena) {
    arena
        .write(|c| {
            upstream_providers::put(c, &stored("google"))?;
            upstream_providers::put(c, &stored("acme"))?;
            assert_eq!(upstream_providers::find(c, "google")?, Some(stored("google")));
            assert_eq!(upstream_providers::find_for_update(c, "google")?, Some(stored("google")));
            assert_eq!(upstream_providers::find(c, "a\0")?, None);
            assert!(upstream_providers::secret_set(c, "google", Some(&[0, 255]), later(1))?);
            assert!(!upstream_providers::secret_set(c, "nobody", Some(&[0]), later(1))?);
            upstream_providers::health_set(c, "google", Some("503\0"), later(2))?;
            let changed = StoredProvider {
                provider: Provider { hidden: true, ..stored("google").provider },
                version: 3,
                updated_at: later(3),
                ..stored("google")
            };
            upstream_providers::put(c, &changed)?;
            let found = upstream_providers::find(c, "google")?.expect("there");
            assert_eq!((found.secret.as_deref(), found.version), (Some(&[0, 255][..]), 3));
            assert_eq!(found.failing, Some((later(2), "503\u{fffd}".to_owned())));
            assert_eq!(upstream_providers::failing(c, 10)?, [found]);
            upstream_providers::health_set(c, "google", None, later(4))?;
            assert!(upstream_providers::failing(c, 10)?.is_empty());
            upstream_providers::secret_forget(c, "google")?;
            let found = upstream_providers::find(c, "google")?.expect("there");
            assert_eq!((found.secret, found.version), (None, 3));
            let ids = |page: Vec<StoredProvider>| page.into_iter().map(|s| s.provider.id).collect::<Vec<_>>();
            assert_eq!(ids(upstream_providers::page(c, None, 10)?), ["acme", "google"]);
            assert_eq!(ids(upstream_providers::page(c, Some("acme"), 10)?), ["google"]);
            assert!(upstream_providers::delete(c, "acme")? && !upstream_providers::delete(c, "acme")?);
            Ok(())
        })
        .await;
}

async fn l05_an_identity_opens_one_account(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            ground(c)?;
            assert!(users::insert(c, &user("bob"))?);
            assert!(upstream_identities::insert(c, &link("1", "s1", "alice"))?);
            assert!(!upstream_identities::insert(c, &link("2", "s1", "bob"))?, "linked to somebody else");
            let found = upstream_identities::find(c, "https://accounts.google.com", "s1")?;
            assert_eq!(found, Some(link("1", "s1", "alice")));
            for (issuer, subject) in
                [("https://accounts.google.com", "S1"), ("https://accounts.google.com/", "s1"), ("x", "s1\0")]
            {
                assert_eq!(upstream_identities::find(c, issuer, subject)?, None, "{issuer} {subject}");
            }
            upstream_identities::used(c, "1", "new\0name", later(5))?;
            let found = upstream_identities::of_user(c, &UserId("alice".to_owned()))?.remove(0);
            assert_eq!((found.shown.as_str(), found.last_used_at), ("new\u{fffd}name", Some(later(5))));
            assert_eq!(upstream_identities::count_of_provider(c, "google")?, 1);
            assert!(upstream_identities::roles_of_provider(c, "google")?.is_empty());
            let owner = User { role: RoleName::OWNER, ..user("olga") };
            assert!(users::insert(c, &owner)?);
            assert!(upstream_identities::insert(c, &link("3", "s3", "olga"))?);
            assert_eq!(upstream_identities::roles_of_provider(c, "google")?, [RoleName::OWNER]);
            Ok(())
        })
        .await;
}

async fn l07_two_first_sign_ins_at_once_make_one_account(arena: Arena) {
    arena.write(ground).await;
    for round in 0..50 {
        let made = arena.race(4, |racer| {
            // Two come with one address, two with others: the provider's answer may differ.
            let id = format!("u{round}x{racer}");
            let email = if racer < 2 { format!("same{round}") } else { id.clone() };
            let new = User { id: UserId(id.clone()), ..user(&email) };
            let link = UpstreamIdentity { user_id: new.id.clone(), ..link(&id, &format!("s{round}"), "") };
            move |c| upstream_identities::insert_with_account(c, &new, &link)
        });
        assert_eq!(made.await, 1, "{round}");
        let people = arena.read(users::count).await;
        assert_eq!(people, round + 1, "no account is left over");
    }
}

async fn links_are_shut_removed_and_go_with_provider_and_person(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            ground(c)?;
            let (alice, bob) = (UserId("alice".to_owned()), UserId("bob".to_owned()));
            upstream_identities::insert(c, &link("1", "s1", "alice"))?;
            assert!(upstream_identities::is_open(c, &alice, "1")? && !upstream_identities::is_open(c, &bob, "1")?);
            assert!(!upstream_identities::set_disabled(c, &bob, "1", Some(NOW))?, "not his");
            assert!(upstream_identities::set_disabled(c, &alice, "1", Some(NOW))?);
            assert!(!upstream_identities::is_open(c, &alice, "1")?);
            upstream_identities::set_disabled(c, &alice, "1", None)?;
            let off = Provider { enabled: false, ..stored("google").provider };
            upstream_providers::put(c, &StoredProvider { provider: off, ..stored("google") })?;
            assert!(!upstream_identities::is_open(c, &alice, "1")?, "the provider is shut");
            assert!(!upstream_identities::delete(c, &bob, "1")?, "not his");
            assert!(upstream_identities::delete(c, &alice, "1")? && !upstream_identities::delete(c, &alice, "1")?);
            upstream_identities::insert(c, &link("2", "s2", "alice"))?;
            upstream_identities::insert(c, &UpstreamIdentity { created_at: later(9), ..link("3", "s3", "alice") })?;
            assert_eq!(upstream_identities::delete_since(c, &alice, later(9))?, 1);
            upstream_providers::delete(c, "google")?;
            assert!(upstream_identities::of_user(c, &alice)?.is_empty(), "they go with the provider");
            ground(c)?;
            upstream_identities::insert(c, &link("4", "s4", "alice"))?;
            users::delete(c, &alice)?;
            assert_eq!(upstream_identities::count_of_provider(c, "google")?, 0, "they go with the person");
            Ok(())
        })
        .await;
}

async fn l01_whoever_comes_back_is_waited_for_once(arena: Arena) {
    arena.write(|c| upstream_trips::insert(c, b"old", b"state", later(60))).await;
    assert_eq!(arena.write(|c| upstream_trips::take(c, b"old", later(60))).await, None, "too late");
    for round in 0..50_u8 {
        arena.write(move |c| upstream_trips::insert(c, &[round], b"state", later(60))).await;
        let taken = move |c: &mut Conn| Ok(upstream_trips::take(c, &[round], NOW)?.as_deref() == Some(b"state"));
        assert_eq!(arena.race(4, move |_| taken).await, 1, "{round}");
    }
    arena.write(|c| upstream_trips::insert(c, b"left", b"state", later(60))).await;
    for _ in 0..2 {
        let found = arena.write(|c| upstream_trips::find(c, b"left", NOW)).await;
        assert_eq!(found.as_deref(), Some(&b"state"[..]), "looking takes nothing");
    }
    assert_eq!(arena.write(|c| upstream_trips::find(c, b"left", later(60))).await, None, "too late");
    assert_eq!(arena.write(|c| upstream_trips::delete_expired(c, later(60))).await, 0);
    assert_eq!(arena.write(|c| upstream_trips::delete_expired(c, later(61))).await, 1);
}

async fn a_logout_token_counts_once(arena: Arena) {
    for round in 0..50_u8 {
        let used = move |c: &mut Conn| upstream_logouts::insert(c, &[round], later(60));
        assert_eq!(arena.race(4, move |_| used).await, 1, "{round}");
    }
    assert_eq!(arena.write(|c| upstream_logouts::delete_expired(c, later(60))).await, 0);
    assert_eq!(arena.write(|c| upstream_logouts::delete_expired(c, later(61))).await, 50);
}

async fn what_ended_at_a_provider_is_remembered_for_a_while(arena: Arena) {
    let ended = move |at, until| move |c: &mut Conn| upstream_ended::put(c, b"x", later(at), later(until));
    assert_eq!(arena.read(|c| upstream_ended::last(c, b"x")).await, None);
    arena.write(ended(1, 60)).await;
    arena.write(ended(2, 61)).await;
    assert_eq!(arena.read(|c| upstream_ended::last(c, b"x")).await, Some(later(2)), "the last one counts");
    assert_eq!(arena.write(|c| upstream_ended::delete_expired(c, later(61))).await, 0);
    assert_eq!(arena.write(|c| upstream_ended::delete_expired(c, later(62))).await, 1);
}

const GOOGLE: (&str, &str) = ("google", "https://accounts.google.com");

/// The sessions that were found, by their ids.
fn found(c: &mut Conn, subject: Option<&str>, sid: Option<&str>) -> Result<Vec<String>, Fault> {
    let found = upstream_sessions::of_provider(c, GOOGLE, subject, sid, 10)?;
    Ok(found.into_iter().map(|(session, _)| session.0).collect())
}

async fn sessions_are_found_by_the_providers_names_and_forget_it(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            ground(c)?;
            let alice = UserId("alice".to_owned());
            upstream_identities::insert(c, &link("1", "s1", "alice"))?;
            upstream_identities::insert(c, &link("2", "s2", "alice"))?;
            for (id, link, sid) in [("a", "1", Some("x1")), ("b", "1", None), ("c", "2", Some("x1"))] {
                sessions::insert(c, &session(id, "alice"), id.as_bytes())?;
                let origin = Origin { link: link.to_owned(), sid: sid.map(str::to_owned), began_at: NOW };
                upstream_sessions::set(c, &SessionId(id.to_owned()), Some(&origin))?;
            }
            assert_eq!(found(c, Some("s1"), None)?, ["a", "b"]);
            assert_eq!(found(c, None, Some("x1"))?, ["a", "c"]);
            assert_eq!(found(c, Some("s2"), Some("x1"))?, ["c"]);
            assert!(found(c, None, None)?.is_empty() && found(c, Some("s1\0"), None)?.is_empty());
            for other in [("google", "https://other.test"), ("google2", GOOGLE.1)] {
                assert!(upstream_sessions::of_provider(c, other, Some("s1"), None, 10)?.is_empty(), "{other:?}");
            }
            // Another sign-in takes the place of the one before; one of our own rests on none.
            let other = Origin { link: "2".to_owned(), sid: None, began_at: NOW };
            upstream_sessions::set(c, &SessionId("a".to_owned()), Some(&other))?;
            assert_eq!(found(c, None, Some("x1"))?, ["c"]);
            upstream_sessions::set(c, &SessionId("b".to_owned()), None)?;
            assert!(found(c, Some("s1"), None)?.is_empty());
            sessions::end(c, &SessionId("a".to_owned()), NOW)?;
            assert_eq!(found(c, Some("s2"), None)?, ["c"], "what has ended is not found");
            upstream_identities::delete(c, &alice, "2")?;
            assert!(found(c, Some("s2"), None)?.is_empty(), "nor what was unlinked");
            assert!(sessions::find(c, &SessionId("c".to_owned()))?.is_some());
            Ok(())
        })
        .await;
}

async fn one_renews_tokens_and_a_sign_in_meanwhile_wins(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            ground(c)?;
            upstream_identities::insert(c, &link("1", "s1", "alice"))?;
            upstream_tokens::put(c, "1", b"first", Some(later(60)), NOW)
        })
        .await;
    for round in 0..50 {
        let version = arena.write(|c| upstream_tokens::find(c, "1")).await.expect("kept").version;
        let holds = move |c: &mut Conn| upstream_tokens::hold(c, "1", version, NOW, later(15));
        assert_eq!(arena.race(4, move |_| holds).await, 1, "{round}");
        // Whoever holds it and is gone holds it no longer than said.
        assert!(arena.write(move |c| upstream_tokens::hold(c, "1", version, later(15), later(30))).await, "{round}");
        let replaces = move |c: &mut Conn| upstream_tokens::replace(c, "1", version, (b"newer", None), NOW);
        assert_eq!(arena.race(4, move |_| replaces).await, 1, "{round}");
    }
    arena
        .write(|c| {
            let before = upstream_tokens::find(c, "1")?.expect("kept");
            assert_eq!(before.sealed, b"newer");
            assert!(upstream_tokens::hold(c, "1", before.version, NOW, later(15))?);
            upstream_tokens::release(c, "1", before.version)?;
            assert!(upstream_tokens::hold(c, "1", before.version, NOW, later(15))?, "given back");
            upstream_tokens::put(c, "1", b"signed in", None, NOW)?;
            assert!(!upstream_tokens::replace(c, "1", before.version, (b"late", None), NOW)?);
            upstream_tokens::forget(c, "1", before.version)?;
            let after = upstream_tokens::find(c, "1")?.expect("still kept");
            assert_eq!((after.sealed.as_slice(), after.version), (&b"signed in"[..], before.version + 1));
            assert!(upstream_tokens::hold(c, "1", after.version, NOW, later(15))?, "nobody holds what is new");
            upstream_tokens::forget(c, "1", after.version)?;
            assert_eq!(upstream_tokens::find(c, "1")?, None);
            upstream_tokens::put(c, "1", b"again", None, NOW)?;
            assert_eq!(upstream_tokens::delete_of_provider(c, "other")?, 0);
            assert_eq!(upstream_tokens::delete_of_provider(c, "google")?, 1);
            Ok(())
        })
        .await;
}
