//! What the administration's plots show: what was done through HTTP stands in the numbers, on one node and on two, and
//! clients and secrets know when they were last used.

use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::overview::{self, Overview, Range};
use vouchsafe::flow::latency::Area;
use vouchsafe::flow::ops::stats;
use vouchsafe::flow::stats::Count;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::store::{Engine, clients, usage};
use vouchsafe::time::Lifetime;

use crate::support::app::BEGIN;
use crate::support::{Browser, Client, TestApp, Tokens};

const ALICE: &str = "alice@example.com";

impl TestApp {
    async fn flush_stats(&self) {
        stats::flush(&self.app.parts, self.clock.now()).await.expect("the numbers are stored");
    }

    async fn overview(&self) -> Overview {
        overview::overview(&self.cx(), &Actor::CommandLine, Range::Day).await.expect("no fault").expect("an overview")
    }
}

/// One failed and one good sign-in, tokens by every grant, a replayed code, a reused refresh token, and a refusal each.
async fn a_busy_day(app: &TestApp, web: &Client, service: &Client) {
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(web, &[])).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", "wrong")]).await;
    assert_eq!(page.status, 422);
    let code = app.sign_in(&mut browser, web, ALICE, &[]).await.code();
    let tokens = Tokens::of(&app.redeem(web, &code).await);
    let second = Tokens::of(&app.refresh(web, &tokens.refresh).await);
    Tokens::of(&app.refresh(web, &second.refresh).await);
    assert_eq!(app.refresh(web, &tokens.refresh).await.status, 400, "used before");
    assert_eq!(app.redeem(web, &code).await.status, 400, "used before");
    assert_eq!(app.userinfo(&tokens.access).await.status, 401, "its family is over");
    Tokens::of(&app.call("/token", service, &[("grant_type", "client_credentials")]).await);
    assert_eq!(app.call("/token", service, &[("grant_type", "magic")]).await.status, 400);
    assert_eq!(browser.get(&app.authorize_with(&[("client_id", "nobody")])).await.status, 400);
    assert_eq!(app.send(app.http.get(app.url("/healthz"))).await.status, 200);
}

const DAY: [(Count, i64); 8] = [
    (Count::SignIns, 1),
    (Count::FailedSignIns, 1),
    (Count::TokensByCode, 1),
    (Count::TokensByRefresh, 2),
    (Count::TokensByClient, 1),
    (Count::AuthorizeRefusals, 1),
    (Count::TokenRefusals, 3),
    (Count::Reuses, 2),
];

async fn clients_of(app: &TestApp) -> (Client, Client) {
    app.person(ALICE).await;
    (app.web("c1").await, app.client_with("s1", Profile::Service, |_| {}).await)
}

#[tokio::test]
async fn what_happened_stands_in_the_overview() {
    let app = TestApp::start().await;
    let (web, service) = clients_of(&app).await;
    a_busy_day(&app, &web, &service).await;
    assert_eq!(app.rows("stats"), 0, "nothing is written before its time");
    app.flush_stats().await;
    app.flush_stats().await;
    let seen = app.overview().await;
    for (what, times) in DAY {
        assert_eq!((seen.total(what), seen.count(what).last()), (times, Some(&times)), "{what:?}");
    }
    let answers = |area| seen.latency(area).p50.iter().flatten().count();
    for area in [Area::Authorize, Area::Token, Area::SignIn, Area::Lookup] {
        assert_eq!(answers(area), 1, "{area:?}: there were answers in one bucket");
    }
    let stored = "SELECT CAST(SUM(value) AS TEXT) AS line FROM stats WHERE name LIKE ";
    let sum = |pattern: &str| app.lines(&format!("{stored}'{pattern}'"))[0].parse::<i64>().expect("a number");
    assert_eq!(seen.total(Count::Requests), sum("latency:%"), "each request is timed once");
    assert_eq!(sum("latency:lookup:%"), 1, "userinfo");
    assert_eq!(sum("latency:token:%"), 7, "the probe is no request");

    app.pass(Lifetime::from_minutes(10));
    app.call("/token", &service, &[("grant_type", "client_credentials")]).await;
    app.flush_stats().await;
    let points = app.overview().await.count(Count::TokensByClient).to_vec();
    assert_eq!(points[points.len() - 2..], [1, 1], "another bucket");
}

#[tokio::test]
async fn nothing_is_lost_on_a_clean_stop() {
    let app = TestApp::start().await;
    let (web, service) = clients_of(&app).await;
    a_busy_day(&app, &web, &service).await;
    let app = app.restart().await;
    let seen = app.overview().await;
    for (what, times) in DAY {
        assert_eq!(seen.total(what), times, "{what:?}");
    }
    let used = app.app.parts.db.read(|c| usage::of_secrets(c, "s1")).await.expect("usage");
    assert_eq!(used["s-s1"], Some(BEGIN));
}

#[tokio::test]
async fn what_could_not_be_stored_is_kept() {
    let app = TestApp::start().await;
    let (_, service) = clients_of(&app).await;
    app.call("/token", &service, &[("grant_type", "client_credentials")]).await;
    app.lines("ALTER TABLE stats RENAME TO elsewhere");
    stats::flush(&app.app.parts, app.clock.now()).await.expect_err("there is no table");
    app.lines("ALTER TABLE elsewhere RENAME TO stats");
    app.flush_stats().await;
    assert_eq!(app.overview().await.total(Count::TokensByClient), 1);
    let used = app.app.parts.db.read(|c| usage::of_secrets(c, "s1")).await.expect("usage");
    assert_eq!(used["s-s1"], Some(BEGIN));
}

#[tokio::test]
async fn clients_and_secrets_know_when_they_were_last_used() {
    let app = TestApp::start().await;
    let (_, service) = clients_of(&app).await;
    let spa = app.client_with("p1", Profile::Spa, |_| {}).await;
    let wrong = Client { secret: Some("wrong".to_owned()), ..service.clone() };
    app.call("/token", &wrong, &[("grant_type", "client_credentials")]).await.is_bad_client();
    app.flush_stats().await;
    let usage_of = |ids: &'static [&'static str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let db = app.app.parts.db.clone();
        async move { db.read(move |c| usage::of_clients(c, &ids)).await.expect("usage") }
    };
    assert_eq!(usage_of(&["s1"]).await["s1"].last_used_at, None, "a wrong secret is no use");
    app.call("/introspect", &service, &[("token", "x")]).await;
    app.pass(Lifetime::from_seconds(5));
    app.call("/revoke", &spa, &[("token", "x")]).await;
    app.flush_stats().await;
    let usage = usage_of(&["s1", "p1"]).await;
    assert_eq!(usage["s1"].last_used_at, Some(BEGIN));
    assert_eq!(usage["p1"].last_used_at, Some(BEGIN + Lifetime::from_seconds(5)));

    let now = app.clock.now();
    app.write(move |c| clients::set_disabled(c, "p1", Some(now), now)).await;
    app.write(move |c| clients::set_disabled(c, "s1", Some(now), now)).await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get(&app.authorize_url(&spa, &[])).await.status, 400);
    app.call("/token", &service, &[("grant_type", "client_credentials")]).await.is_bad_client();
    app.flush_stats().await;
    let asked: Vec<_> = usage_of(&["s1", "p1"]).await.into_values().map(|of| of.asked_while_disabled_at).collect();
    assert_eq!(asked, [Some(now); 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_add_to_the_same_numbers_and_count_sessions_once() {
    let Some(here) = TestApp::start_on(Engine::Postgres, &[]).await else { return };
    let (web, service) = clients_of(&here).await;
    let there = here.second().await;
    a_busy_day(&here, &web, &service).await;
    a_busy_day(&there, &web, &service).await;
    let flushes = [&here, &there].map(|node| {
        let (parts, now) = (node.app.parts.clone(), node.clock.now());
        tokio::spawn(async move {
            let mut keeper = stats::Keeper::default();
            keeper.tick(&parts, now).await?;
            keeper.tick(&parts, now).await
        })
    });
    for flush in flushes {
        flush.await.expect("no panic").expect("no fault");
    }
    let seen = there.overview().await;
    for (what, times) in DAY {
        assert_eq!(seen.total(what), 2 * times, "{what:?}");
    }
    assert_eq!(seen.live_sessions.last(), Some(&Some(2)), "each saw one sign-in; both sessions are in one database");
    assert_eq!(seen.live_sessions.iter().flatten().count(), 1);
    let sampled = [&here, &there].map(|node| stats::sample(&node.app.parts, node.clock.now()));
    for sample in sampled {
        assert!(!sample.await.expect("no fault"), "this bucket has its sample");
    }
    here.pass(Lifetime::from_minutes(10));
    assert!(stats::sample(&there.app.parts, there.clock.now()).await.expect("no fault"), "the next one has not");
    assert!(!stats::sample(&here.app.parts, here.clock.now()).await.expect("no fault"));
}
