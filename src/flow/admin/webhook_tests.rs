//! Webhooks as administrators set them, and the outbox that an event fills in its own transaction. Tests only.

use super::*;
use crate::flow::admin::webhook_delivery::{self, DeliveryState};
use crate::flow::admin::{bench, resource};
use crate::flow::audit::Entry;
use crate::identity::{Permissions, UserId};
use crate::outbound::guarded::Rule;

const CLI: Actor = Actor::CommandLine;

fn crm(events: &[&str]) -> WebhookDocument {
    WebhookDocument {
        name: "crm".to_owned(),
        description: "Tells the CRM".to_owned(),
        url: "https://crm.example.com/hooks/T0P-5ECRET?key=hunter2".to_owned(),
        events: events.iter().map(|&event| event.to_owned()).collect(),
        enabled: true,
    }
}

#[tokio::test]
async fn webhooks_are_judged_in_every_part() {
    let house = bench::house().await;
    let cx = house.cx();
    let with = |change: fn(&mut WebhookDocument)| {
        let mut document = crm(&["*"]);
        change(&mut document);
        document
    };
    for (document, field) in [
        (with(|d| d.name = "CRM".to_owned()), "name"),
        (with(|d| d.name = String::new()), "name"),
        (with(|d| d.description = "a\nb".to_owned()), "description"),
        (with(|d| d.description = "x".repeat(201)), "description"),
        (with(|d| d.url = "http://crm.example.com/".to_owned()), "url"),
        (with(|d| d.url = "https://127.0.0.1/".to_owned()), "url"),
        (with(|d| d.url = "https://[::ffff:10.0.0.1]/".to_owned()), "url"),
        (with(|d| d.url = "https://169.254.169.254/latest".to_owned()), "url"),
        (with(|d| d.url = "https://user:pass@crm.example.com/".to_owned()), "url"),
        (with(|d| d.url = "https://${host}/".to_owned()), "url"),
        (with(|d| d.url = format!("https://crm.example.com/{}", "x".repeat(1_000))), "url"),
        (with(|d| d.events = Vec::new()), "events"),
        (with(|d| d.events = vec![" ".to_owned()]), "events"),
        (with(|d| d.events = vec!["user_aded".to_owned()]), "events"),
        (with(|d| d.events = vec!["webhook.test".to_owned()]), "events"),
    ] {
        let refused = create(&cx, &CLI, document.clone()).await.unwrap().unwrap_err();
        assert_eq!(refused.field, Some(field), "{document:?}");
    }
}

#[tokio::test]
async fn a_webhook_lives_through_its_versions_and_the_log_tells_no_secret() {
    let house = bench::house().await;
    let cx = house.cx();
    let made = create(&cx, &CLI, crm(&["user_*", "user_*", " signed_in "])).await.unwrap().unwrap();
    assert_eq!(
        (made.view.version, made.view.document.events.as_slice()),
        (1, ["user_*".to_owned(), "signed_in".to_owned()].as_slice())
    );
    assert!(WebhookSecret::parse(made.secret.expose()).is_some());
    assert_eq!(create(&cx, &CLI, crm(&["*"])).await.unwrap().unwrap_err().code, "webhook_taken");
    let off = WebhookDocument { enabled: false, ..crm(&["*"]) };
    let changed = replace(&cx, &CLI, "crm", off.clone(), Some(1)).await.unwrap().unwrap();
    assert_eq!((changed.version, &changed.document), (2, &off));
    assert_eq!(replace(&cx, &CLI, "crm", off.clone(), Some(1)).await.unwrap().unwrap_err().code, "version_is_stale");
    let renamed = WebhookDocument { name: "erp".to_owned(), ..off };
    assert_eq!(replace(&cx, &CLI, "crm", renamed, None).await.unwrap().unwrap_err().code, "webhook_name_fixed");
    let rotated = rotate_secret(&cx, &CLI, "crm", Lifetime::from_hours(1)).await.unwrap().unwrap();
    assert_ne!(rotated.secret.expose(), made.secret.expose());
    assert!(rotated.view.old_secret_until.is_some() && rotated.view.version == 3);
    let third = rotate_secret(&cx, &CLI, "crm", Lifetime::from_hours(1)).await.unwrap();
    assert_eq!(third.unwrap_err().code, "webhook_has_two_secrets");
    let too_long = rotate_secret(&cx, &CLI, "crm", LONGEST_OVERLAP + Lifetime::from_seconds(1)).await.unwrap();
    assert_eq!(too_long.unwrap_err().field, Some("overlap_seconds"));
    remove(&cx, &CLI, "crm", Some(3)).await.unwrap().unwrap();
    assert_eq!(find(&cx, &CLI, "crm").await.unwrap().unwrap_err().code, "unknown_webhook");
    let events = ["webhook_added", "webhook_changed", "webhook_secret_rotated", "webhook_removed"];
    assert_eq!(house.events().await, events.map(|kind| format!("{kind} by command line")));
    let log = house.parts.db.read(|c| store::events::list(c, 0, 100)).await.unwrap();
    for logged in log {
        for secret in ["T0P-5ECRET", "hunter2", made.secret.expose(), rotated.secret.expose()] {
            assert!(!logged.event.detail.contains(secret), "{}", logged.event.detail);
        }
    }
}

#[tokio::test]
async fn n03_who_may_not_read_the_log_hands_it_to_nobody() {
    let house = bench::house().await;
    let cx = house.cx();
    let actor = |permissions: &[Permission]| Actor::Person {
        id: UserId("somebody".to_owned()),
        permissions: Permissions::of(permissions),
    };
    use Permission::{AuditRead, WebhooksRead, WebhooksWrite};
    for few in [vec![WebhooksWrite], vec![AuditRead, WebhooksRead], vec![WebhooksRead, WebhooksWrite]] {
        let few = actor(&few);
        assert_eq!(create(&cx, &few, crm(&["*"])).await.unwrap().unwrap_err().code, "permission_missing");
    }
    let may = actor(&[WebhooksWrite, AuditRead]);
    create(&cx, &may, crm(&["*"])).await.unwrap().unwrap();
    assert_eq!(find(&cx, &may, "crm").await.unwrap().unwrap_err().code, "permission_missing");
    let reads = actor(&[WebhooksRead]);
    assert!(find(&cx, &reads, "crm").await.unwrap().is_ok());
    assert!(webhook_delivery::list(&cx, &reads, "crm", None, (None, 10)).await.unwrap().is_ok());
    let refused = [
        replace(&cx, &reads, "crm", crm(&["signed_in"]), None).await.unwrap().map(drop),
        rotate_secret(&cx, &reads, "crm", Lifetime::from_hours(1)).await.unwrap().map(drop),
        test(&cx, &reads, "crm").await.unwrap().map(drop),
        webhook_delivery::redeliver(&cx, &reads, "crm", 1).await.unwrap().map(drop),
        remove(&cx, &reads, "crm", None).await.unwrap(),
    ];
    for (at, refused) in refused.into_iter().enumerate() {
        assert_eq!(refused.unwrap_err().code, "permission_missing", "{at}");
    }
}

/// What waits for the webhook, newest first.
async fn waiting(house: &bench::House) -> Vec<String> {
    let state = Some(DeliveryState::Waiting);
    let page = webhook_delivery::list(&house.cx(), &CLI, "crm", state, (None, 100)).await.unwrap().unwrap();
    page.items.into_iter().map(|delivery| delivery.kind).collect()
}

#[tokio::test]
async fn an_event_fills_the_outbox_of_whoever_subscribes_and_only_if_it_happened() {
    let house = bench::house().await;
    let cx = house.cx();
    let define = async |name: &str| {
        let document = resource::ResourceDocument {
            audience: format!("https://{name}.test"),
            name: name.to_owned(),
            ..Default::default()
        };
        resource::create(&cx, &CLI, document).await.unwrap().unwrap();
    };
    define("before").await;
    create(&cx, &CLI, crm(&["resource_*"])).await.unwrap().unwrap();
    define("while").await;
    let undone: Result<(), store::Fault> = {
        let entry = Entry::new(&cx, "resource_added");
        let write = house.parts.db.write(move |c| {
            entry.append(c)?;
            Err(store::Fault::Internal("undone".to_owned()))
        });
        write.await
    };
    assert!(undone.is_err());
    resource::remove(&cx, &CLI, "https://while.test", None).await.unwrap().unwrap();
    rotate_secret(&cx, &CLI, "crm", Lifetime::from_hours(1)).await.unwrap().unwrap();
    assert_eq!(waiting(&house).await, ["resource_removed", "resource_added"]);
    replace(&cx, &CLI, "crm", WebhookDocument { enabled: false, ..crm(&["*"]) }, None).await.unwrap().unwrap();
    define("off").await;
    assert_eq!(waiting(&house).await.len(), 2, "it is switched off");
    remove(&cx, &CLI, "crm", None).await.unwrap().unwrap();
    create(&cx, &CLI, crm(&["*"])).await.unwrap().unwrap();
    assert_eq!(
        waiting(&house).await,
        [""; 0],
        "what an earlier one waited for is nobody's; and its own coming is not told"
    );
}

#[tokio::test]
async fn there_is_an_end_to_webhooks() {
    let house = bench::house().await;
    let cx = house.cx();
    for number in 0..MOST {
        let document = WebhookDocument { name: format!("w{number}"), ..crm(&["signed_in"]) };
        create(&cx, &CLI, document).await.unwrap().unwrap();
    }
    assert_eq!(create(&cx, &CLI, crm(&["*"])).await.unwrap().unwrap_err().code, "too_many_webhooks");
    let again = WebhookDocument { name: "w1".to_owned(), ..crm(&["*"]) };
    assert!(replace(&cx, &CLI, "w1", again, None).await.unwrap().is_ok(), "those that are there can be changed");
}

#[test]
fn the_configuration_opens_more_addresses() {
    let here: Vec<_> = ["127.0.0.0/8"].iter().map(|net| net.parse().unwrap()).collect();
    let guarded = Guarded::new(Rule { allow_http: here.clone(), allow: here, ..Rule::default() }).unwrap();
    let document = WebhookDocument { url: "http://127.0.0.1:9000/".to_owned(), ..crm(&["*"]) };
    assert!(judge(document, &guarded, "id").is_ok());
}
