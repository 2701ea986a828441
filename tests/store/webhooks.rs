//! Webhooks and what they are still to be told: a delivery is taken by one node, told once, tried again or given up.

use vouchsafe::identity::{EventPattern, Webhook};
use vouchsafe::store::webhook_deliveries::{self as deliveries, Deliveries, Delivery, Next, Tried};
use vouchsafe::store::webhooks::{self, StoredWebhook};
use vouchsafe::store::{Conn, Fault};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later};

contract!(
    a_webhook_is_what_was_put,
    of_two_webhooks_of_one_name_one_is_put,
    a_webhook_is_switched_off_once,
    a_delivery_is_taken_by_one_node,
    what_is_due_is_taken_in_order_and_of_one_webhook,
    a_try_is_settled_as_it_went,
    deliveries_are_listed_newest_first,
    old_deliveries_are_forgotten,
    an_event_is_told_once_to_each,
);

fn webhook(name: &str) -> StoredWebhook {
    StoredWebhook {
        webhook: Webhook {
            id: format!("id of {name}"),
            name: name.to_owned(),
            description: "Tells".to_owned(),
            url: "https://crm.test/".to_owned(),
            events: vec![EventPattern::parse("user_*").expect("a pattern")],
            enabled: true,
        },
        secret: b"sealed".to_vec(),
        old_secret: Some((b"before".to_vec(), later(60))),
        failing_since: None,
        disabled_why: None,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn put(arena: &Arena, stored: StoredWebhook) -> bool {
    arena.write(move |c| webhooks::put(c, &stored)).await
}

async fn find(arena: &Arena, name: &'static str) -> Option<StoredWebhook> {
    arena.read(move |c| webhooks::find(c, name)).await
}

/// Events 1 to `count` for the webhook `crm`, one second apart.
async fn told(arena: &Arena, count: i64) {
    put(arena, webhook("crm")).await;
    for event in 1..=count {
        arena.write(move |c| deliveries::insert(c, &["id of crm"], (event, "user_added"), later(event))).await;
    }
}

fn claim(c: &mut Conn, limit: i64, now: Timestamp, until: Timestamp) -> Result<Vec<i64>, Fault> {
    let taken = deliveries::claim(c, "id of crm", limit, now, until)?;
    let mut ids: Vec<i64> = taken.into_iter().map(|delivery| delivery.event_id).collect();
    ids.sort_unstable();
    Ok(ids)
}

async fn list(arena: &Arena, which: Deliveries) -> Vec<Delivery> {
    arena.read(move |c| deliveries::list(c, "id of crm", which, None, 10)).await
}

fn tried(at: Timestamp, status: Option<u16>, error: Option<&str>) -> Tried {
    Tried { at, status, took: Lifetime::from_millis(12), error: error.map(str::to_owned) }
}

async fn a_webhook_is_what_was_put(arena: Arena) {
    for name in ["erp", "crm"] {
        assert!(put(&arena, webhook(name)).await);
    }
    assert_eq!(find(&arena, "crm").await, Some(webhook("crm")));
    assert_eq!(arena.read(|c| webhooks::find_by_id(c, "id of crm")).await, Some(webhook("crm")));
    let names = async |after: Option<&'static str>| {
        let page = arena.read(move |c| webhooks::page(c, after, 10)).await;
        page.into_iter().map(|stored| stored.webhook.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(None).await, names(Some("crm")).await),
        (vec!["crm".to_owned(), "erp".to_owned()], vec!["erp".to_owned()])
    );
    let changed = StoredWebhook { old_secret: None, failing_since: Some(NOW), version: 2, ..webhook("crm") };
    assert!(put(&arena, changed.clone()).await);
    assert_eq!(find(&arena, "crm").await, Some(changed));
    assert_eq!(arena.read(webhooks::count).await, 2);
    assert!(arena.write(|c| webhooks::delete(c, "id of crm")).await);
    assert_eq!((find(&arena, "crm").await, find(&arena, "a\0b").await), (None, None));
}

async fn of_two_webhooks_of_one_name_one_is_put(arena: Arena) {
    let put = arena.race(20, |number| {
        move |c: &mut Conn| {
            let mut stored = webhook("crm");
            stored.webhook.id = format!("id {number}");
            webhooks::put(c, &stored)
        }
    });
    assert_eq!(put.await, 1);
}

async fn a_webhook_is_switched_off_once(arena: Arena) {
    put(&arena, webhook("crm")).await;
    arena.write(|c| webhooks::fails(c, "id of crm", later(1))).await;
    arena.write(|c| webhooks::fails(c, "id of crm", later(2))).await;
    assert_eq!(find(&arena, "crm").await.and_then(|w| w.failing_since), Some(later(1)), "since the first");
    arena.write(|c| webhooks::succeeds(c, "id of crm")).await;
    assert_eq!(find(&arena, "crm").await, Some(webhook("crm")));
    let off = arena.race(20, |_| |c: &mut Conn| webhooks::switch_off(c, "id of crm", "gone", later(3)));
    assert_eq!(off.await, 1);
    let is = find(&arena, "crm").await.expect("it is there");
    assert_eq!(
        (is.webhook.enabled, is.disabled_why.as_deref(), is.version, is.updated_at),
        (false, Some("gone"), 2, later(3))
    );
}

async fn a_delivery_is_taken_by_one_node(arena: Arena) {
    told(&arena, 0).await;
    for round in 1..=50 {
        arena.write(move |c| deliveries::insert(c, &["id of crm"], (round, "user_added"), NOW)).await;
        let taken = arena.race(2, |_| |c: &mut Conn| Ok(!claim(c, 8, later(1), later(300))?.is_empty()));
        assert_eq!(taken.await, 1, "round {round}");
    }
    // A node that died while it sent: its claim ends, and another one takes over.
    let after = arena.race(8, |_| |c: &mut Conn| Ok(!claim(c, 50, later(300), later(600))?.is_empty()));
    assert_eq!(after.await, 1);
    assert!(list(&arena, Deliveries::Waiting).await.iter().all(|delivery| delivery.tries == 2));
}

async fn what_is_due_is_taken_in_order_and_of_one_webhook(arena: Arena) {
    told(&arena, 5).await;
    put(&arena, webhook("erp")).await;
    put(&arena, StoredWebhook { webhook: Webhook { enabled: false, ..webhook("off").webhook }, ..webhook("off") })
        .await;
    arena.write(|c| deliveries::insert(c, &["id of erp", "id of off"], (1, "user_added"), later(3))).await;
    let due = async |now| {
        let mut due = arena.read(move |c| deliveries::due(c, now)).await;
        due.sort();
        due
    };
    assert_eq!(due(NOW).await, [""; 0]);
    assert_eq!(due(later(1)).await, ["id of crm"]);
    assert_eq!(due(later(3)).await, ["id of crm", "id of erp"], "one that is off is not due");
    assert_eq!(arena.write(|c| claim(c, 2, later(3), later(300))).await, [1, 2]);
    assert_eq!(arena.write(|c| claim(c, 9, later(3), later(300))).await, [3]);
    assert_eq!(due(later(3)).await, ["id of erp"]);
    arena.write(|c| deliveries::delete_of(c, "id of crm")).await;
    assert_eq!(due(later(999)).await, ["id of erp"]);
}

async fn a_try_is_settled_as_it_went(arena: Arena) {
    told(&arena, 3).await;
    arena.write(|c| claim(c, 9, later(3), later(300))).await;
    let settle = async |event: i64, tried: Tried, next: Next| {
        arena.write(move |c| deliveries::settle(c, "id of crm", event, &tried, next)).await;
    };
    settle(1, tried(later(4), Some(204), None), Next::Delivered).await;
    settle(2, tried(later(5), Some(500), Some("a fault\0")), Next::Again(later(50))).await;
    settle(3, tried(later(6), None, Some(&"x".repeat(900))), Next::GivenUp).await;
    let one = |all: Vec<Delivery>| all.into_iter().next().expect("one");
    let delivered = one(list(&arena, Deliveries::Delivered).await);
    assert_eq!((delivered.event_id, delivered.delivered_at, delivered.next_try_at), (1, Some(later(4)), None));
    assert_eq!(delivered.last, Some(tried(later(4), Some(204), None)));
    let again = one(list(&arena, Deliveries::Waiting).await);
    assert_eq!((again.event_id, again.next_try_at, again.tries), (2, Some(later(50)), 1));
    assert_eq!(again.last, Some(tried(later(5), Some(500), Some("a fault\u{fffd}"))));
    let given_up = one(list(&arena, Deliveries::GivenUp).await);
    assert_eq!((given_up.event_id, given_up.given_up_at), (3, Some(later(6))));
    assert_eq!(given_up.last.and_then(|last| last.error).map(|error| error.len()), Some(500));
    assert_eq!(arena.write(|c| claim(c, 9, later(49), later(300))).await, [0; 0]);
    for event in [1, 3] {
        let anew =
            arena.write(move |c| deliveries::again(c, "id of crm", event, later(60))).await.expect("it is known");
        assert_eq!(
            (anew.next_try_at, anew.tries, anew.delivered_at, anew.given_up_at),
            (Some(later(60)), 0, None, None)
        );
    }
    assert_eq!(arena.write(|c| claim(c, 9, later(60), later(300))).await, [1, 2, 3]);
    assert_eq!(arena.write(|c| deliveries::again(c, "id of crm", 4, NOW)).await, None);
}

async fn deliveries_are_listed_newest_first(arena: Arena) {
    told(&arena, 5).await;
    let ids = async |before: Option<i64>, limit| {
        let page = arena.read(move |c| deliveries::list(c, "id of crm", Deliveries::All, before, limit)).await;
        page.into_iter().map(|delivery| delivery.event_id).collect::<Vec<_>>()
    };
    assert_eq!((ids(None, 2).await, ids(Some(4), 9).await), (vec![5, 4], vec![3, 2, 1]));
}

async fn old_deliveries_are_forgotten(arena: Arena) {
    told(&arena, 5).await;
    assert_eq!(arena.write(|c| deliveries::delete_older(c, later(3))).await, 2);
    assert_eq!(list(&arena, Deliveries::All).await.len(), 3);
}

async fn an_event_is_told_once_to_each(arena: Arena) {
    told(&arena, 1).await;
    let twice: Result<(), Fault> =
        arena.db.write(|c| deliveries::insert(c, &["id of crm"], (1, "user_added"), NOW)).await;
    assert!(twice.is_err());
}
