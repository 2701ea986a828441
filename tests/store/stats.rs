//! Numbers added up over time, live sessions counted, and when clients and secrets were last used.

use std::collections::BTreeMap;

use vouchsafe::identity::Session;
use vouchsafe::store::stats::Total;
use vouchsafe::store::usage::{ClientAt, ClientUsage, EndingSecret, Uses};
use vouchsafe::store::{Conn, clients, sessions, stats, usage, users};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::arena::{Arena, contract};
use crate::samples::{self, NOW, client, later, secret, session, user};

contract!(
    numbers_add_up_whoever_adds,
    a_range_is_summed_in_spans,
    a_value_that_is_put_replaces,
    old_buckets_are_swept,
    live_sessions_are_counted,
    last_uses_never_move_backwards,
    a_use_is_no_change_of_the_client,
    what_wants_attention_is_found,
);

const BUCKET: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn bucket(number: i64) -> Timestamp {
    Timestamp::from_millis(BUCKET.millis() + 600_000 * number)
}

fn values(values: &[(&str, i64)]) -> Vec<(String, i64)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

async fn all(arena: &Arena) -> Vec<(String, i64)> {
    let step = Lifetime::from_minutes(10);
    let totals = arena.read(move |c| stats::range(c, bucket(0), bucket(1), step)).await;
    totals.into_iter().map(|total| (total.name, total.sum)).collect()
}

async fn numbers_add_up_whoever_adds(arena: Arena) {
    let added = arena.race(50, |i| {
        let both = values(&[("a", 1), ("b", i64::try_from(i).expect("small"))]);
        move |c: &mut Conn| stats::add(c, BUCKET, &both).map(|()| true)
    });
    assert_eq!(added.await, 50);
    assert_eq!(all(&arena).await, values(&[("a", 50), ("b", 49 * 50 / 2)]));
}

async fn a_range_is_summed_in_spans(arena: Arena) {
    arena
        .write(|c| {
            for number in -1..7 {
                stats::add(c, bucket(number), &values(&[("x", 10 + number)]))?;
            }
            stats::add(c, bucket(6), &values(&[("a", 3)]))
        })
        .await;
    let total = |number, name: &str, sum, highest| Total { from: bucket(number), name: name.to_owned(), sum, highest };
    let spans = arena.read(|c| stats::range(c, bucket(0), bucket(7), Lifetime::from_minutes(30))).await;
    assert_eq!(
        spans,
        [total(0, "x", 33, 12), total(3, "x", 42, 15), total(6, "a", 3, 3), total(6, "x", 16, 16)],
        "before the range is outside, and so is its end"
    );
    let none = arena.read(|c| stats::range(c, bucket(7), bucket(9), Lifetime::from_minutes(10))).await;
    assert!(none.is_empty());
}

async fn a_value_that_is_put_replaces(arena: Arena) {
    arena
        .write(|c| {
            stats::put(c, BUCKET, "sessions", 7)?;
            stats::put(c, BUCKET, "sessions", 5)
        })
        .await;
    assert_eq!(all(&arena).await, values(&[("sessions", 5)]));
}

async fn old_buckets_are_swept(arena: Arena) {
    arena
        .write(|c| {
            for number in 0..3 {
                stats::add(c, bucket(number), &values(&[("a", 1), ("b", 1)]))?;
            }
            Ok(())
        })
        .await;
    assert_eq!(arena.write(|c| stats::delete_older(c, bucket(2))).await, 4);
    assert_eq!(arena.write(|c| stats::delete_older(c, bucket(2))).await, 0);
    let left = arena.read(|c| stats::range(c, bucket(0), bucket(9), Lifetime::from_minutes(10))).await;
    assert!(left.len() == 2 && left.iter().all(|total| total.from == bucket(2)), "{left:?}");
}

async fn live_sessions_are_counted(arena: Arena) {
    arena
        .write(|c| {
            users::insert(c, &user("alice"))?;
            let of = |id: &str| session(id, "alice");
            for made in [
                of("live"),
                Session { last_seen_at: NOW - Lifetime::from_seconds(59), ..of("used a while ago") },
                Session { last_seen_at: NOW - Lifetime::from_seconds(60), ..of("idle too long") },
                Session { expires_at: NOW, ..of("past its end") },
                Session { ended_at: Some(NOW), ..of("ended") },
            ] {
                sessions::insert(c, &made, made.id.as_str().as_bytes())?;
            }
            Ok(())
        })
        .await;
    let idle = Lifetime::from_seconds(60);
    assert_eq!(arena.read(move |c| sessions::count_live(c, NOW, idle)).await, 2);
    assert_eq!(arena.read(move |c| sessions::count_live(c, later(1), idle)).await, 1);
}

fn uses(clients: &[(&str, Timestamp)], secrets: &[(&str, Timestamp)], disabled: &[(&str, Timestamp)]) -> Uses {
    let map = |entries: &[(&str, Timestamp)]| {
        entries.iter().map(|(id, at)| ((*id).to_owned(), *at)).collect::<BTreeMap<_, _>>()
    };
    Uses { clients: map(clients), secrets: map(secrets), disabled: map(disabled) }
}

async fn last_uses_never_move_backwards(arena: Arena) {
    arena
        .write(|c| {
            for id in ["shop", "blog"] {
                clients::insert(c, &client(id))?;
            }
            clients::secret_insert(c, &secret("s1", "shop"))?;
            clients::secret_insert(c, &secret("s2", "shop"))
        })
        .await;
    let noted = arena.race(20, |i| {
        let at = later(i64::try_from(i).expect("small"));
        let uses = uses(&[("shop", at), ("gone", at)], &[("s1", at)], &[("blog", at)]);
        move |c: &mut Conn| usage::note(c, &uses).map(|()| true)
    });
    assert_eq!(noted.await, 20);
    let ids = ["shop", "blog", "gone", "nu\0l"].map(str::to_owned);
    let found = arena.read(move |c| usage::of_clients(c, &ids)).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found["shop"], ClientUsage { last_used_at: Some(later(19)), asked_while_disabled_at: None });
    assert_eq!(found["blog"], ClientUsage { last_used_at: None, asked_while_disabled_at: Some(later(19)) });
    let secrets = arena.read(|c| usage::of_secrets(c, "shop")).await;
    assert_eq!(secrets.len(), 2);
    assert_eq!((secrets["s1"], secrets["s2"]), (Some(later(19)), None));
    assert!(arena.read(|c| usage::of_secrets(c, "nu\0l")).await.is_empty());
}

/// A consent counts only if its client was not changed since: a use must leave the record as it is.
async fn a_use_is_no_change_of_the_client(arena: Arena) {
    arena.write(|c| clients::insert(c, &client("shop"))).await;
    arena.write(|c| usage::note(c, &uses(&[("shop", later(5))], &[], &[("shop", later(5))]))).await;
    assert_eq!(arena.read(|c| clients::find(c, "shop")).await, Some(client("shop")));
    arena.write(|c| clients::update(c, &samples::client("shop"))).await;
    let found = arena.read(|c| usage::of_clients(c, &["shop".to_owned()])).await;
    assert_eq!(found["shop"].last_used_at, Some(later(5)), "and a change leaves the last use");
}

async fn what_wants_attention_is_found(arena: Arena) {
    let at = |id: &str, at| ClientAt { client_id: id.to_owned(), name: client(id).name, at };
    arena
        .write(|c| {
            for id in ["used", "unused", "never", "off"] {
                clients::insert(c, &client(id))?;
            }
            clients::set_disabled(c, "off", Some(later(10)), later(10))?;
            let ends = |id: &str, of: &str, after: Option<i64>| {
                let expires_at = after.map(later);
                vouchsafe::oauth::client::ClientSecret { expires_at, ..secret(id, of) }
            };
            for secret in [
                ends("gone", "used", Some(50)),
                ends("soon", "used", Some(150)),
                ends("other", "used", None),
                ends("only", "unused", Some(120)),
                ends("late", "unused", Some(90)),
                ends("far", "never", Some(500)),
                ends("of off", "off", Some(120)),
            ] {
                clients::secret_insert(c, &secret)?;
            }
            usage::note(c, &uses(&[("used", later(80)), ("unused", later(1))], &[("soon", later(70))], &[]))
        })
        .await;
    let unused = arena.read(|c| usage::unused(c, later(60), 10)).await;
    assert_eq!(unused, [at("never", NOW), at("unused", later(1))], "not the one that is switched off");
    assert_eq!(arena.read(|c| usage::unused(c, later(60), 1)).await, [at("never", NOW)]);

    let ending = arena.read(|c| usage::secrets_ending(c, later(100), later(200), 10)).await;
    let of = |id: &str, client, last_used_at, has_successor| {
        let secret_id = id.to_owned();
        EndingSecret { secret_id, client, last_used_at, has_successor }
    };
    assert_eq!(
        ending,
        [of("only", at("unused", later(120)), None, false), of("soon", at("used", later(150)), Some(later(70)), true)]
    );

    for (asked, found) in [(9, 0), (10, 1)] {
        arena.write(move |c| usage::note(c, &uses(&[], &[], &[("off", later(asked)), ("used", later(asked))]))).await;
        let asked_for = arena.read(|c| usage::asked_while_disabled(c, later(5), 10)).await;
        assert_eq!(asked_for.len(), found, "asked {asked} s in, disabled after 10: {asked_for:?}");
    }
    assert!(arena.read(|c| usage::asked_while_disabled(c, later(10), 10)).await.is_empty(), "long ago");
}
