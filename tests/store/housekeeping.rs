//! Counters, keys, links, leases, values, traces, events, and the sweeping of all that grows.

use vouchsafe::identity::guess::{GuessCounter, GuessRule};
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::signing::StoredKey;
use vouchsafe::store::events::{EventRow, EventSearch};
use vouchsafe::store::outbox::Letters;
use vouchsafe::store::raised_bars::RaisedBar;
use vouchsafe::store::traces::{TraceRow, TraceSearch};
use vouchsafe::store::{
    Conn, events, failed_accounts, guesses, keys, leases, meta, outbox, raised_bars, revoked_tokens, setup_links,
    traces,
};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later};

contract!(
    guesses_are_counted,
    a_hundred_guesses_at_once_count_a_hundred,
    accounts_that_were_tried_in_vain_are_counted_by_network,
    a_bar_is_raised_for_its_time,
    j05_of_those_who_fail_at_once_one_raises_the_bar,
    keys_are_stored_and_retired_once,
    one_setup_link_is_live,
    a_setup_link_is_taken_once,
    one_node_holds_a_lease,
    the_first_value_stays,
    traces_keep_their_order,
    traces_are_searched_by_what_they_name,
    traces_are_searched_in_pages,
    traces_are_swept_by_age_and_number,
    events_are_listed_in_pages,
    the_chain_is_locked_by_whoever_adds_to_it,
    a_letter_is_claimed_by_one_node,
    letters_that_are_stuck_are_listed_tried_again_and_thrown_away,
    sweeps_are_bounded,
);

fn counter(failures: i64) -> GuessCounter {
    GuessCounter { failures, last_at: NOW, blocked_until: later(failures) }
}

async fn guesses_are_counted(arena: Arena) {
    arena
        .write(|c| {
            assert_eq!(guesses::for_update(c, "a")?, None);
            assert_eq!(guesses::for_update(c, "a")?, None, "the row made to be locked counts nothing");
            guesses::put(c, "a", &counter(1))?;
            guesses::put(c, "a", &counter(2))?;
            guesses::put(c, "nul\0", &counter(3))?;
            assert_eq!(guesses::for_update(c, "a")?, Some(counter(2)));
            assert_eq!(guesses::for_update(c, "nul\0")?, Some(counter(3)));
            let keys = ["a", "b", "nul\0"].map(str::to_owned);
            let found = guesses::find_many(c, &keys)?;
            assert_eq!((found.len(), found.get("a"), found.get("nul\0")), (2, Some(&counter(2)), Some(&counter(3))));
            guesses::forget(c, "a")?;
            assert_eq!(guesses::for_update(c, "a")?, None);
            Ok(())
        })
        .await;
    let swept = arena.write(|c| guesses::delete_older(c, later(1))).await;
    assert!(swept >= 1, "{swept}");
    assert!(arena.read(|c| guesses::find_many(c, &["nul\0".to_owned()])).await.is_empty());
}

async fn a_hundred_guesses_at_once_count_a_hundred(arena: Arena) {
    let rule = GuessRule {
        free: 1000,
        first_delay: Lifetime::from_seconds(30),
        longest_delay: Lifetime::from_minutes(15),
        forget_after: Lifetime::from_hours(24),
    };
    let admitted = arena
        .race(100, |_| {
            move |c: &mut Conn| {
                for key in ["account:alice", "address:192.0.2.1"] {
                    let counter = guesses::for_update(c, key)?;
                    let Ok(counter) = rule.admit(counter, NOW) else { return Ok(false) };
                    guesses::put(c, key, &counter)?;
                }
                Ok(true)
            }
        })
        .await;
    assert_eq!(admitted, 100);
    let keys = ["account:alice", "address:192.0.2.1"].map(str::to_owned);
    let found = arena.read(move |c| guesses::find_many(c, &keys)).await;
    assert_eq!(found.values().map(|c| c.failures).collect::<Vec<_>>(), [100, 100]);
}

async fn accounts_that_were_tried_in_vain_are_counted_by_network(arena: Arena) {
    let (here, there) = ("203.0.113.0/24", "2001:db8::/48");
    arena
        .write(move |c| {
            for (network, account, at) in [(here, "a", 1), (here, "b", 2), (here, "a", 3), (there, "a", 1)] {
                failed_accounts::failed(c, network, account, later(at))?;
            }
            assert_eq!(failed_accounts::count(c, here, NOW, 10)?, 2, "an account counts once");
            assert_eq!(failed_accounts::count(c, here, later(2), 10)?, 1, "within the window");
            assert_eq!(failed_accounts::count(c, here, NOW, 1)?, 1, "no further than asked");
            failed_accounts::succeeded(c, here, "a")?;
            failed_accounts::succeeded(c, here, "nobody")?;
            assert_eq!((failed_accounts::count(c, here, NOW, 10)?, failed_accounts::count(c, there, NOW, 10)?), (1, 1));
            assert_eq!(failed_accounts::delete_older(c, later(2))?, 1);
            assert_eq!((failed_accounts::count(c, here, NOW, 10)?, failed_accounts::count(c, there, NOW, 10)?), (1, 0));
            Ok(())
        })
        .await;
}

fn bar(network: &str, accounts: i64) -> RaisedBar {
    RaisedBar { network: network.to_owned(), raised_at: NOW, expires_at: later(60), accounts }
}

async fn a_bar_is_raised_for_its_time(arena: Arena) {
    arena
        .write(|c| {
            raised_bars::raise(c, &bar("a", 20))?;
            raised_bars::raise(c, &bar("b", 30))?;
            assert_eq!(raised_bars::find_live(c, "a", later(59))?, Some(bar("a", 20)));
            assert_eq!(raised_bars::find_live(c, "a", later(60))?, None, "its time is over");
            assert_eq!(raised_bars::list_live(c, NOW, 10)?, [bar("b", 30), bar("a", 20)]);
            assert_eq!(raised_bars::list_live(c, NOW, 1)?.len(), 1);
            let again = RaisedBar { raised_at: later(60), expires_at: later(90), ..bar("a", 25) };
            raised_bars::raise(c, &again)?;
            assert_eq!(raised_bars::list_live(c, later(61), 10)?, [again]);
            assert_eq!(raised_bars::delete_expired(c, later(61))?, 1);
            Ok(())
        })
        .await;
}

async fn j05_of_those_who_fail_at_once_one_raises_the_bar(arena: Arena) {
    for round in 0..50 {
        let network = format!("10.0.{round}.0/24");
        let raised = arena
            .race(4, |number| {
                let network = network.clone();
                move |c: &mut Conn| {
                    guesses::for_update(c, &format!("network:{network}"))?;
                    if raised_bars::find_live(c, &network, NOW)?.is_some() {
                        return Ok(false);
                    }
                    failed_accounts::failed(c, &network, &format!("account-{number}"), NOW)?;
                    if failed_accounts::count(c, &network, NOW - Lifetime::from_minutes(1), 3)? < 3 {
                        return Ok(false);
                    }
                    raised_bars::raise(c, &bar(&network, 3))?;
                    Ok(true)
                }
            })
            .await;
        assert_eq!(raised, 1, "{round}");
    }
}

fn key(kid: &str, alg: Algorithm) -> StoredKey {
    StoredKey {
        kid: kid.to_owned(),
        alg,
        sealed_private: vec![1, 0, 255],
        public_jwk: "{\"kty\":\"OKP\"}".to_owned(),
        created_at: NOW,
        signs_from: later(10),
        retires_at: None,
        gone_at: None,
    }
}

async fn keys_are_stored_and_retired_once(arena: Arena) {
    arena
        .write(|c| {
            assert!(keys::insert(c, &key("b", Algorithm::EdDSA))?);
            assert!(!keys::insert(c, &key("b", Algorithm::RS256))?, "the kid is taken");
            assert!(keys::insert(c, &key("a", Algorithm::PS256))?);
            assert_eq!(keys::list(c)?, [key("a", Algorithm::PS256), key("b", Algorithm::EdDSA)]);
            Ok(())
        })
        .await;
    let winners = arena.race(10, |i| {
        move |c: &mut Conn| keys::retire(c, "a", later(100 + i64::try_from(i).expect("small")), later(200))
    });
    assert_eq!(winners.await, 1);
    let gone = arena.write(|c| Ok((keys::delete_gone(c, later(199))?, keys::delete_gone(c, later(200))?))).await;
    assert_eq!(gone, (0, 1));
    assert_eq!(arena.read(keys::list).await, [key("b", Algorithm::EdDSA)]);
}

async fn one_setup_link_is_live(arena: Arena) {
    let made = arena.race(10, |i| {
        move |c: &mut Conn| setup_links::replace(c, format!("link{i}").as_bytes(), NOW, later(900)).map(|()| true)
    });
    assert_eq!(made.await, 10);
    let live = arena
        .read(|c| {
            let mut live = 0;
            for i in 0..10 {
                live += usize::from(setup_links::find_live(c, format!("link{i}").as_bytes(), NOW)?);
            }
            Ok(live)
        })
        .await;
    assert_eq!(live, 1);
}

async fn a_setup_link_is_taken_once(arena: Arena) {
    arena.write(|c| setup_links::replace(c, b"link", NOW, later(900))).await;
    assert!(!arena.read(|c| setup_links::find_live(c, b"link", later(900))).await, "expired");
    assert!(!arena.write(|c| setup_links::take(c, b"link", later(900))).await, "expired");
    assert_eq!(arena.race(10, |_| |c: &mut Conn| setup_links::take(c, b"link", later(1))).await, 1);
    for round in 0..50_u8 {
        arena.write(move |c| setup_links::replace(c, &[round], NOW, later(900))).await;
        let taken = move |c: &mut Conn| setup_links::take(c, &[round], later(1));
        assert_eq!(arena.race(4, |_| taken).await, 1, "{round}");
    }
    assert!(!arena.read(|c| setup_links::find_live(c, b"link", later(1))).await);
    arena.write(|c| setup_links::replace(c, b"next", NOW, later(900))).await;
    assert_eq!(arena.write(|c| setup_links::delete_expired(c, later(901))).await, 52);
}

async fn one_node_holds_a_lease(arena: Arena) {
    let holders = arena.race(20, |i| move |c: &mut Conn| leases::take(c, "sweep", &format!("node{i}"), NOW, later(60)));
    assert_eq!(holders.await, 1);
    arena
        .write(|c| {
            assert!(!leases::take(c, "sweep", "late", later(59), later(200))?, "it is held");
            assert!(leases::take(c, "sweep", "late", later(60), later(200))?, "it ran out");
            assert!(leases::take(c, "sweep", "late", later(61), later(300))?, "prolonged");
            leases::release(c, "sweep", "somebody else")?;
            assert!(!leases::take(c, "sweep", "other", later(62), later(300))?);
            leases::release(c, "sweep", "late")?;
            assert!(leases::take(c, "sweep", "other", later(62), later(300))?);
            Ok(())
        })
        .await;
}

async fn the_first_value_stays(arena: Arena) {
    let winners = arena.race(20, |i| {
        move |c: &mut Conn| {
            let mine = format!("value{i}");
            Ok(meta::insert_if_absent(c, "check", &mine)? == mine)
        }
    });
    assert_eq!(winners.await, 1);
    arena
        .write(|c| {
            assert_eq!(meta::find(c, "none")?, None);
            meta::put(c, "check", "new")?;
            meta::put(c, "other", "x")?;
            assert_eq!(meta::find(c, "check")?.as_deref(), Some("new"));
            assert_eq!(meta::insert_if_absent(c, "check", "late")?, "new");
            Ok(())
        })
        .await;
}

fn trace(correlation_id: &str, at: Timestamp, step: &str) -> TraceRow {
    TraceRow {
        correlation_id: correlation_id.to_owned(),
        at,
        step: step.to_owned(),
        outcome: "ok".to_owned(),
        check_name: Some("redirect_uri".to_owned()),
        expected: None,
        received: Some("<\"'é>".to_owned()),
        client_id: Some("shop".to_owned()),
        user_id: None,
        address: Some("192.0.2.1".to_owned()),
    }
}

async fn traces_keep_their_order(arena: Arena) {
    let rows = [trace("c1", later(2), "one"), trace("c1", later(1), "two"), trace("c2", NOW, "other")];
    let stored = rows.clone();
    arena.write(move |c| traces::insert_many(c, &stored)).await;
    assert_eq!(arena.read(|c| traces::of(c, "c1")).await, rows[..2]);
    assert!(arena.read(|c| traces::of(c, "no\0ne")).await.is_empty());
    arena
        .write(|c| traces::insert_many(c, &[TraceRow { received: Some("a\0b".to_owned()), ..trace("c3", NOW, "nul") }]))
        .await;
    assert_eq!(arena.read(|c| traces::of(c, "c3")).await[0].received.as_deref(), Some("a\u{fffd}b"));
}

/// Six steps, ten seconds apart: of two apps, two people, two addresses; every other one refused.
fn six_steps() -> Vec<TraceRow> {
    (0..6)
        .map(|i| TraceRow {
            client_id: Some(if i < 4 { "shop" } else { "wiki" }.to_owned()),
            user_id: (i % 3 == 0).then(|| "ada".to_owned()),
            address: Some(format!("192.0.2.{}", i % 2)),
            check_name: (i % 2 == 0).then(|| "scope.registered (RFC 6749 section 3.3)".to_owned()),
            ..trace(if i < 5 { "c1" } else { "c2" }, later(i * 10), &i.to_string())
        })
        .collect()
}

async fn traces_are_searched_by_what_they_name(arena: Arena) {
    let text = |t: &str| Some(t.to_owned());
    let all = TraceSearch::default;
    arena.write(|c| traces::insert_many(c, &six_steps())).await;
    for (wanted, steps) in [
        (all(), "5 4 3 2 1 0"),
        (TraceSearch { correlation_id: text("c2"), ..all() }, "5"),
        (TraceSearch { client_id: text("shop"), ..all() }, "3 2 1 0"),
        (TraceSearch { client_id: text("sho"), ..all() }, ""),
        (TraceSearch { client_id: text("shop\0"), ..all() }, ""),
        (TraceSearch { user_id: text("ada"), ..all() }, "3 0"),
        (TraceSearch { address: text("192.0.2.1"), ..all() }, "5 3 1"),
        (TraceSearch { from: Some(later(20)), until: Some(later(40)), ..all() }, "3 2"),
        (TraceSearch { only_refusals: true, ..all() }, "4 2 0"),
        (TraceSearch { client_id: text("shop"), user_id: text("ada"), only_refusals: true, ..all() }, "0"),
    ] {
        let asked = wanted.clone();
        let found = arena.read(move |c| traces::search(c, &asked, None, 10)).await;
        let found: Vec<&str> = found.iter().map(|(_, row)| row.step.as_str()).collect();
        assert_eq!(found.join(" "), steps, "{wanted:?}");
    }
    let failed = arena.read(|c| traces::failures_of_client(c, "shop", 1)).await;
    assert_eq!(failed.iter().map(|(_, row)| row.step.as_str()).collect::<Vec<_>>(), ["2"]);
    assert_eq!(failed[0].1, six_steps()[2], "a row comes back as it was stored");
}

async fn traces_are_searched_in_pages(arena: Arena) {
    arena.write(|c| traces::insert_many(c, &six_steps())).await;
    let wanted = TraceSearch { client_id: Some("shop".to_owned()), ..TraceSearch::default() };
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let asked = wanted.clone();
        let page = arena.read(move |c| traces::search(c, &asked, before, 3)).await;
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        seen.push(page.iter().map(|(_, row)| row.step.clone()).collect::<String>());
        // What is noted meanwhile does not move the pages.
        arena.write(|c| traces::insert_many(c, &six_steps()[..1])).await;
    }
    assert_eq!(seen, ["321", "0"]);
}

async fn traces_are_swept_by_age_and_number(arena: Arena) {
    arena
        .write(|c| {
            let rows: Vec<_> = (0..20).map(|i| trace("c", later(i), &format!("{i}"))).collect();
            traces::insert_many(c, &rows)
        })
        .await;
    assert_eq!(arena.write(|c| traces::delete_older(c, later(5), 100)).await, 5, "by age");
    assert_eq!(arena.write(|c| traces::delete_older(c, NOW, 4)).await, 11, "by number");
    let left = arena.read(|c| traces::of(c, "c")).await;
    assert_eq!(left.iter().map(|t| t.step.as_str()).collect::<Vec<_>>(), ["16", "17", "18", "19"]);
}

async fn events_are_listed_in_pages(arena: Arena) {
    let event = |kind: &str, at| EventRow {
        at,
        kind: kind.to_owned(),
        actor: None,
        user_id: Some("alice".to_owned()),
        client_id: None,
        correlation_id: Some("c1".to_owned()),
        address: Some("192.0.2.1".to_owned()),
        detail: "{}".to_owned(),
    };
    let (first, second) = (event("signed_in", NOW), event("signed_out", later(5)));
    let stored = [first.clone(), second.clone()];
    arena.write(move |c| (1..).zip(&stored).try_for_each(|(id, e)| events::insert(c, id, e, b"seal"))).await;
    assert_eq!(arena.read(events::last_id).await, 2);
    let page = arena.read(|c| events::list(c, 0, 1)).await;
    assert_eq!((page[0].id, &page[0].event, page[0].seal.as_deref()), (1, &first, Some(b"seal".as_slice())));
    let page = arena.read(|c| events::list(c, 1, 10)).await;
    assert_eq!(page.into_iter().map(|l| l.event).collect::<Vec<_>>(), std::slice::from_ref(&second));
    let found = |wanted: EventSearch, before| {
        let arena = &arena;
        async move {
            let rows = arena.read(move |c| events::search(c, &wanted, before, 10)).await;
            rows.into_iter().map(|l| l.id).collect::<Vec<_>>()
        }
    };
    let any = EventSearch::default();
    assert_eq!(found(any.clone(), None).await, [2, 1], "newest first");
    assert_eq!(found(any.clone(), Some(2)).await, [1]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found(EventSearch { kind: some("signed_in"), ..any.clone() }, None).await, [1]);
    assert_eq!(found(EventSearch { user_id: some("alice"), from: Some(later(5)), ..any.clone() }, None).await, [2]);
    assert_eq!(found(EventSearch { until: Some(later(5)), ..any.clone() }, None).await, [1]);
    let on = |wanted: EventSearch, behind, limit| {
        let arena = &arena;
        async move {
            let rows = arena.read(move |c| events::search_on(c, &wanted, behind, limit)).await;
            rows.into_iter().map(|l| l.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(on(any.clone(), 0, 10).await, [1, 2], "oldest first");
    assert_eq!((on(any.clone(), 0, 1).await, on(any.clone(), 1, 1).await), (vec![1], vec![2]), "a piece at a time");
    assert!(on(any.clone(), 2, 10).await.is_empty() && on(any.clone(), i64::MAX, 10).await.is_empty());
    assert_eq!(on(EventSearch { user_id: some("alice"), from: Some(later(5)), ..any.clone() }, 0, 10).await, [2]);
    assert_eq!(on(EventSearch { kind: some("signed_in"), until: Some(later(5)), ..any.clone() }, 0, 10).await, [1]);
    for odd in ["bob", "a\0b"] {
        assert!(found(EventSearch { user_id: some(odd), ..any.clone() }, None).await.is_empty());
    }
    let old = arena.read(|c| events::oldest_before(c, later(5))).await;
    assert_eq!(old.len(), 1);
    assert_eq!(arena.write(|c| events::delete_up_to(c, 1)).await, 1);
    assert_eq!(arena.read(|c| events::list(c, 0, 10)).await.len(), 1);
}

/// Many at once find the ends of the chain one after the other, also when there is no chain yet.
async fn the_chain_is_locked_by_whoever_adds_to_it(arena: Arena) {
    let added = arena.race(20, |_| {
        |c: &mut Conn| {
            let mut ends = events::chain_for_update(c)?.unwrap_or_default();
            ends.last_id += 1;
            ends.seal = b"seal".to_vec();
            events::chain_set(c, &ends)?;
            Ok(true)
        }
    });
    assert_eq!(added.await, 20);
    assert_eq!(arena.read(events::chain).await.map(|ends| ends.last_id), Some(20));
}

async fn a_letter_is_claimed_by_one_node(arena: Arena) {
    let waiting = outbox::Waiting {
        id: "l1".to_owned(),
        recipient: "ada@example.com".to_owned(),
        subject: "Hello".to_owned(),
        letter: b"sealed".to_vec(),
        created_at: NOW,
        next_try_at: later(1),
        tries: 0,
        last_error: None,
        given_up_at: None,
    };
    let stored = waiting.clone();
    arena.write(move |c| outbox::insert(c, &stored)).await;
    assert!(arena.write(|c| outbox::claim(c, 10, NOW, later(9))).await.is_empty(), "not before its time");
    let claims = arena.race(20, |_| |c: &mut Conn| Ok(!outbox::claim(c, 10, later(1), later(5))?.is_empty()));
    assert_eq!(claims.await, 1);
    let again = arena.write(|c| outbox::claim(c, 10, later(5), later(10))).await;
    assert_eq!(again, [outbox::Waiting { tries: 2, next_try_at: later(10), ..waiting }]);
    arena.write(|c| outbox::failed(c, "l1", "gone", later(10), Some(NOW))).await;
    assert!(arena.write(|c| outbox::claim(c, 10, later(20), later(30))).await.is_empty(), "it was given up");
    assert_eq!(arena.read(|c| outbox::list(c, Letters::Tried, None, 10)).await.len(), 1);
    assert_eq!(arena.write(|c| outbox::delete_given_up(c, later(1))).await, 1);
}

async fn letters_that_are_stuck_are_listed_tried_again_and_thrown_away(arena: Arena) {
    let letter = |id: &str, at: i64, error: Option<&str>| outbox::Waiting {
        id: id.to_owned(),
        recipient: format!("{id}@example.com"),
        subject: "Hello".to_owned(),
        letter: b"sealed".to_vec(),
        created_at: later(at),
        next_try_at: later(100),
        tries: 3,
        last_error: error.map(str::to_owned),
        given_up_at: error.map(|_| NOW),
    };
    assert_eq!(arena.read(|c| outbox::count(c, Letters::All)).await, (0, None));
    let all =
        [letter("a", 2, Some("no")), letter("b", 1, None), letter("c", 2, Some("gone")), letter("d", 3, Some(""))];
    for one in all.clone() {
        arena.write(move |c| outbox::insert(c, &one)).await;
    }
    let ids = |found: Vec<outbox::Waiting>| found.into_iter().map(|w| w.id).collect::<Vec<_>>();
    assert_eq!(ids(arena.read(|c| outbox::list(c, Letters::All, None, 10)).await), ["b", "a", "c", "d"]);
    assert_eq!(ids(arena.read(|c| outbox::list(c, Letters::Tried, None, 2)).await), ["a", "c"]);
    let after = (later(2), "a".to_owned());
    assert_eq!(ids(arena.read(move |c| outbox::list(c, Letters::Tried, Some(&after), 10)).await), ["c", "d"]);
    assert_eq!(arena.read(|c| outbox::count(c, Letters::All)).await, (4, Some(later(1))));
    assert_eq!(arena.read(|c| outbox::count(c, Letters::Tried)).await, (3, Some(later(2))));
    let again = arena.write(|c| outbox::again(c, "a", later(5))).await;
    assert_eq!(again, Some(outbox::Waiting { next_try_at: later(5), given_up_at: None, ..all[0].clone() }));
    assert_eq!(arena.write(|c| outbox::take(c, "c")).await.as_ref(), Some(&all[2]));
    assert_eq!(arena.write(|c| outbox::take(c, "c")).await, None);
    assert_eq!(arena.write(|c| outbox::again(c, "c", NOW)).await, None);
    assert_eq!(arena.write(|c| outbox::claim(c, 10, later(5), later(9))).await.len(), 1, "it is due");
}

async fn sweeps_are_bounded(arena: Arena) {
    arena
        .write(|c| {
            for i in 0..5_003 {
                revoked_tokens::insert(c, &format!("jti{i}"), NOW)?;
            }
            Ok(())
        })
        .await;
    assert_eq!(arena.write(|c| revoked_tokens::delete_expired(c, later(1))).await, 5_000);
    assert_eq!(arena.write(|c| revoked_tokens::delete_expired(c, later(1))).await, 3);
    assert_eq!(arena.write(|c| revoked_tokens::delete_expired(c, later(1))).await, 0);
}
