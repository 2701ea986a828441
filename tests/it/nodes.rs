//! Key flows on SQLite, on PostgreSQL, and with two nodes on one PostgreSQL; races with as many connections as there are
//! tries; and what happens when PostgreSQL goes away. Without PostgreSQL's server programs the latter are skipped with a line
//! that says so, and fail when `REQUIRE_ALL=1`.

use std::sync::Arc;

use tokio::sync::Barrier;
use vouchsafe::flow::ops::keys;
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::signing::{KeyState, Rotation};
use vouchsafe::store::{Engine, clients, grants, keys as stored, users};
use vouchsafe::time::Lifetime;

use crate::support::invariants::FaultsExpected;
use crate::support::postgres::Cluster;
use crate::support::relying_party::{PASSWORD, claims, header};
use crate::support::{Browser, Client, Page, TestApp, Tokens, ground};

const ALICE: &str = "alice@example.com";

/// One node, or two on one database.
struct House {
    nodes: Vec<TestApp>,
    client: Client,
}

impl House {
    async fn on(engine: Engine, count: usize) -> Option<Arc<Self>> {
        let settings = [
            ("VOUCHSAFE_LIMITS_ADDRESS_FREE", "100000"),
            ("VOUCHSAFE_LIMITS_NETWORK_FREE", "100000"),
            ("VOUCHSAFE_PASSWORDS_WAIT_MS", "30000"),
        ];
        let first = TestApp::start_on(engine, &settings).await?;
        let client = first.web("c1").await;
        first.person(ALICE).await;
        let mut nodes = vec![first];
        while nodes.len() < count {
            nodes.push(nodes[0].second().await);
        }
        Some(Arc::new(Self { nodes, client }))
    }

    /// Requests are spread over the nodes in turn.
    fn node(&self, number: usize) -> &TestApp {
        &self.nodes[number % self.nodes.len()]
    }

    async fn tokens(&self, browser: &Browser) -> Tokens {
        self.node(0).tokens(&mut browser.at(self.node(0)), &self.client, ALICE, &[]).await
    }

    async fn signed_in(&self) -> Browser {
        let mut browser = Browser::new(self.node(0));
        let page = self.node(0).sign_in(&mut browser, &self.client, ALICE, &[]).await;
        assert!(page.param("code").is_some(), "{page:?}");
        browser
    }

    async fn code(&self, browser: &Browser) -> String {
        let page = browser.at(self.node(0)).get(&self.node(0).authorize_url(&self.client, &[])).await;
        page.param("code").unwrap_or_else(|| panic!("no code: {page:?}"))
    }

    /// Good on every node, or on none.
    async fn is_active(&self, token: &str) -> bool {
        let first = self.node(0).is_active(&self.client, token).await;
        for node in &self.nodes {
            assert_eq!(node.is_active(&self.client, token).await, first, "the nodes do not agree");
        }
        first
    }
}

/// `count` at the same moment, each on its own connection.
async fn at_once<F, T>(count: usize, work: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let (barrier, work) = (barrier.clone(), work(number));
            tokio::spawn(async move {
                barrier.wait().await;
                work.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// Makes of each case a test on either engine and one with two nodes.
macro_rules! everywhere {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let house = super::House::on(super::Engine::Sqlite, 1).await.expect("SQLite is always there");
                super::$case(house).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                if let Some(house) = super::House::on(super::Engine::Postgres, 1).await {
                    super::$case(house).await;
                }
            })*
        }
        mod two_nodes {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                if let Some(house) = super::House::on(super::Engine::Postgres, 2).await {
                    super::$case(house).await;
                }
            })*
        }
    };
}

everywhere!(
    the_code_flow_with_every_step_elsewhere,
    f01_fifty_refreshes_at_once_never_make_two_families,
    c07_fifty_redemptions_of_one_code_at_once,
    f04_a_refresh_never_outruns_a_revocation,
    f11_what_is_revoked_here_is_dead_there_at_once,
    j05_guesses_are_counted_over_all_nodes,
    m04_a_logout_here_is_a_logout_there,
    n09_disabling_ends_every_step_under_way,
    e15_r36_a_rotation_is_one_rotation,
);

async fn the_code_flow_with_every_step_elsewhere(house: Arc<House>) {
    let (client, issuer) = (&house.client, &house.node(0).issuer);
    let mut browser = Browser::new(house.node(0));
    let page = browser.open(&house.node(0).authorize_url(client, &[("scope", "openid email offline_access")])).await;
    let mut browser = browser.at(house.node(1));
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("approve"), "{}", page.body);
    let mut browser = browser.at(house.node(0));
    let page = browser.submit(&page, &[("decision", "approve")]).await;
    assert_eq!(page.param("iss").as_deref(), Some(issuer.as_str()));
    let tokens = Tokens::of(&house.node(1).redeem(client, &page.param("code").expect("a code")).await);
    assert_eq!(claims(&tokens.id)["iss"], issuer.as_str());
    assert_eq!(house.node(0).userinfo(&tokens.access).await.json()["email"], ALICE);
    let second = Tokens::of(&house.node(0).refresh(client, &tokens.refresh).await);
    let third = Tokens::of(&house.node(1).refresh(client, &second.refresh).await);
    assert!(house.is_active(&third.access).await && house.is_active(&third.refresh).await);
    let silent = browser.at(house.node(1)).get(&house.node(1).authorize_url(client, &[("prompt", "none")])).await;
    assert!(silent.param("code").is_some(), "{silent:?}");
    let trace = house.node(1);
    assert_eq!(trace.rows("sessions"), 1);
}

async fn f01_fifty_refreshes_at_once_never_make_two_families(house: Arc<House>) {
    let browser = house.signed_in().await;
    for round in 0..4 {
        let first = house.tokens(&browser).await;
        let families = house.node(0).rows("grants");
        let token = first.refresh.clone();
        let answers = at_once(50, |number| {
            let (house, token) = (house.clone(), token.clone());
            async move { house.node(number).refresh(&house.client, &token).await }
        })
        .await;
        let mut won = Vec::new();
        for page in &answers {
            match page.status {
                200 => won.push(Tokens::of(page)),
                400 | 503 => {}
                other => panic!("round {round}: {other} {}", page.body),
            }
        }
        assert!(!won.is_empty(), "round {round}: nobody got through");
        assert_eq!(house.node(0).rows("grants"), families, "round {round}: still one family");
        let live = "SELECT CAST(count(*) AS TEXT) AS line FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id \
                    WHERE r.used_at IS NULL AND r.superseded_at IS NULL AND g.revoked_at IS NULL \
                    GROUP BY r.grant_id HAVING count(*) > 1";
        assert!(house.node(0).lines(live).is_empty(), "round {round}: a family with two live tokens");
        // Whoever goes on, at once again: one chain at most.
        let tokens: Vec<String> = won.iter().map(|t| t.refresh.clone()).collect();
        let answers = at_once(tokens.len(), |number| {
            let (house, token) = (house.clone(), tokens[number].clone());
            async move { house.node(number).refresh(&house.client, &token).await }
        })
        .await;
        let went_on: Vec<Tokens> = answers.iter().filter(|page| page.status == 200).map(Tokens::of).collect();
        assert!(went_on.len() <= 1, "round {round}: {} of {} went on", went_on.len(), tokens.len());
        if tokens.len() > 1 {
            // One of the others came after it: that is a replay, and the family is over.
            for tokens in &went_on {
                assert!(!house.is_active(&tokens.refresh).await && !house.is_active(&tokens.access).await);
            }
            assert!(house.node(0).events().await.contains(&"refresh_token_reused".to_owned()));
        }
    }
}

async fn c07_fifty_redemptions_of_one_code_at_once(house: Arc<House>) {
    let browser = house.signed_in().await;
    for round in 0..3 {
        let code = house.code(&browser).await;
        let answers = at_once(50, |number| {
            let (house, code) = (house.clone(), code.clone());
            async move { house.node(number).redeem(&house.client, &code).await }
        })
        .await;
        let won: Vec<Tokens> = answers.iter().filter(|page| page.status == 200).map(Tokens::of).collect();
        assert!(won.len() <= 1, "round {round}: {} redemptions", won.len());
        assert!(answers.iter().all(|page| matches!(page.status, 200 | 400 | 503)), "round {round}");
        for tokens in &won {
            assert!(!house.is_active(&tokens.access).await, "round {round}: the code was replayed: all of it is over");
            assert!(!house.is_active(&tokens.refresh).await);
        }
    }
    assert!(house.node(0).events().await.contains(&"code_replayed".to_owned()));
}

async fn f04_a_refresh_never_outruns_a_revocation(house: Arc<House>) {
    let browser = house.signed_in().await;
    for round in 0..25 {
        let first = house.tokens(&browser).await;
        let token = first.refresh.clone();
        let answers = at_once(2, |number| {
            let (house, token) = (house.clone(), token.clone());
            async move {
                match number {
                    0 => house.node(round).refresh(&house.client, &token).await,
                    _ => house.node(round + 1).call("/revoke", &house.client, &[("token", &token)]).await,
                }
            }
        })
        .await;
        assert_eq!(answers[1].status, 200, "{}", answers[1].body);
        let mut all = vec![first];
        if answers[0].status == 200 {
            all.push(Tokens::of(&answers[0]));
        }
        for tokens in &all {
            assert!(!house.is_active(&tokens.access).await, "round {round}: an access token outlived the revocation");
            assert!(!house.is_active(&tokens.refresh).await, "round {round}: a refresh token outlived the revocation");
            assert_eq!(house.node(1).refresh(&house.client, &tokens.refresh).await.status, 400, "round {round}");
        }
    }
}

async fn f11_what_is_revoked_here_is_dead_there_at_once(house: Arc<House>) {
    let browser = house.signed_in().await;
    let (here, there) = (house.node(0), house.node(1));
    for _ in 0..5 {
        let tokens = house.tokens(&browser).await;
        assert!(there.is_active(&house.client, &tokens.access).await);
        assert_eq!(there.userinfo(&tokens.access).await.status, 200);
        assert_eq!(here.call("/revoke", &house.client, &[("token", &tokens.access)]).await.status, 200);
        assert!(!there.is_active(&house.client, &tokens.access).await);
        assert_eq!(there.userinfo(&tokens.access).await.status, 401);
        assert!(there.is_active(&house.client, &tokens.refresh).await, "the family lives");
        assert_eq!(here.call("/revoke", &house.client, &[("token", &tokens.refresh)]).await.status, 200);
        assert!(!there.is_active(&house.client, &tokens.refresh).await);
        assert_eq!(there.refresh(&house.client, &tokens.refresh).await.json()["error"], "invalid_grant");
    }
}

async fn j05_guesses_are_counted_over_all_nodes(house: Arc<House>) {
    let mut doors = Vec::new();
    for number in 0..40 {
        let node = house.node(number);
        let mut browser = Browser::new(node);
        let page = browser.open(&node.authorize_url(&house.client, &[])).await;
        doors.push(Arc::new(tokio::sync::Mutex::new((browser, page))));
    }
    let answers = at_once(40, |number| {
        let door = doors[number].clone();
        async move {
            let (browser, page) = &mut *door.lock().await;
            browser.submit_once(page, &[("login", ALICE), ("password", "wrong")]).await.status
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 422).count(), 5, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 422 | 429)), "{answers:?}");
    for node in &house.nodes {
        let mut browser = Browser::new(node);
        let page = browser.open(&node.authorize_url(&house.client, &[])).await;
        assert_eq!(browser.submit_once(&page, &[("login", ALICE), ("password", PASSWORD)]).await.status, 429);
    }
}

async fn m04_a_logout_here_is_a_logout_there(house: Arc<House>) {
    let browser = house.signed_in().await;
    let offline = house.tokens(&browser).await;
    let online = house.node(0).tokens(&mut browser.clone(), &house.client, ALICE, &[("scope", "openid")]).await;
    let code = house.code(&browser).await;
    let mut here = browser.at(house.node(0));
    let page = here.open(&house.node(0).url("/logout")).await;
    let page = here.submit(&page, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let there = house.node(1);
    // The cookies as they were before: a copy of them is worth nothing.
    let silent = browser.at(there).get(&there.authorize_url(&house.client, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert!(!there.is_active(&house.client, &online.access).await, "what hangs on the session is over");
    assert_eq!(there.userinfo(&online.access).await.status, 401);
    assert_eq!(there.redeem(&house.client, &code).await.json()["error"], "invalid_grant");
    assert!(there.is_active(&house.client, &offline.refresh).await, "offline_access outlives the session");
    assert_eq!(there.refresh(&house.client, &offline.refresh).await.status, 200);
}

async fn n09_disabling_ends_every_step_under_way(house: Arc<House>) {
    let browser = house.signed_in().await;
    let (here, there) = (house.node(0), house.node(1));
    let alice = here.lines("SELECT id AS line FROM users").remove(0);
    let id = vouchsafe::identity::UserId(alice);
    let now = here.clock.now();
    let person = async |off: bool| {
        let id = id.clone();
        assert!(here.write(move |c| users::set_disabled(c, &id, off.then_some(now), now)).await);
    };
    let client_off = async |off: bool| {
        assert!(here.write(move |c| clients::set_disabled(c, "c1", off.then_some(now), now)).await);
    };
    let (tokens, code) = (house.tokens(&browser).await, house.code(&browser).await);
    let other = here.web("watcher").await;
    let mut fresh = Browser::new(here);
    let login = fresh.open(&here.authorize_url(&house.client, &[])).await;
    here.pass(Lifetime::from_millis(1));
    let mut asked = browser.at(there);
    let consent = asked.open(&there.authorize_url(&house.client, &[("prompt", "consent")])).await;
    assert!(consent.has("approve"));

    person(true).await;
    assert_eq!(there.userinfo(&tokens.access).await.status, 401);
    assert!(!there.is_active(&house.client, &tokens.access).await);
    assert_eq!(there.refresh(&house.client, &tokens.refresh).await.json()["error"], "invalid_grant");
    assert_eq!(there.redeem(&house.client, &code).await.json()["error"], "invalid_grant");
    assert_eq!(asked.submit(&consent, &[("decision", "approve")]).await.status, 403);
    let silent = browser.at(there).get(&there.authorize_url(&house.client, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_eq!(fresh.at(there).submit(&login, &[("login", ALICE), ("password", PASSWORD)]).await.status, 422);
    person(false).await;

    let (tokens, code) = (house.tokens(&house.signed_in().await).await, house.code(&house.signed_in().await).await);
    client_off(true).await;
    assert_eq!(there.userinfo(&tokens.access).await.status, 401);
    assert!(!there.is_active(&other, &tokens.access).await);
    for page in [
        there.refresh(&house.client, &tokens.refresh).await,
        there.redeem(&house.client, &code).await,
        there.call("/introspect", &house.client, &[("token", &tokens.access)]).await,
    ] {
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{}", page.body);
    }
    let page = browser.at(there).open(&there.authorize_url(&house.client, &[])).await;
    assert_eq!((page.status, page.location), (400, None), "nothing redirects to a disabled app");
    let page = fresh.at(there).submit(&login, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.location), (400, None), "nor does a flow under way");
    client_off(false).await;
    // A grant that was revoked in one place is revoked in all.
    let tokens = house.tokens(&house.signed_in().await).await;
    let gid = claims(&tokens.access)["gid"].as_str().expect("a family").to_owned();
    assert!(here.write(move |c| grants::revoke(c, &gid, "test", now)).await);
    assert!(!house.is_active(&tokens.access).await && !house.is_active(&tokens.refresh).await);
}

async fn e15_r36_a_rotation_is_one_rotation(house: Arc<House>) {
    let browser = house.signed_in().await;
    let kept = house.tokens(&browser).await;
    let rule = house.node(0).app.key_rule.clone();
    let alg = Algorithm::RS256;
    let clock = house.node(0).clock.clone();
    for round in 0..3 {
        // Beyond the rotation's date: timers of all nodes at one moment, and a person who rotates by hand as well.
        clock.advance(rule.lives.rotate_every);
        let before = house.node(0).app.parts.db.read(stored::list).await.expect("keys").len();
        let house_ = house.clone();
        let rule_ = rule.clone();
        at_once(8, move |number| {
            let (house, rule) = (house_.clone(), rule_.clone());
            async move {
                let node = house.node(number);
                let now = node.clock.now();
                let parts = &node.app.parts;
                match number {
                    7 => drop(keys::rotate(parts, &rule, (alg, Rotation::Planned), now, |_| Ok(())).await),
                    _ => keys::tend(parts, &rule, now).await.expect("tended"),
                }
            }
        })
        .await;
        for node in &house.nodes {
            keys::tend(&node.app.parts, &rule, clock.now()).await.expect("tended");
        }
        let rows = house.node(0).app.parts.db.read(stored::list).await.expect("keys");
        let published =
            rows.iter().filter(|row| row.alg == alg && row.state(clock.now()) == KeyState::Published).count();
        let signing = rows.iter().filter(|row| row.alg == alg && row.state(clock.now()) == KeyState::Signing).count();
        assert!(published <= 1, "round {round}: {published} successors at once");
        assert!(signing >= 1, "round {round}: a key signs");
        assert!(rows.len() <= before + rule.algorithms.len(), "round {round}: one new key for each algorithm at most");
        // Whatever one node signs the other one knows, now and at the moment when the successor takes over.
        for wait in [Lifetime::ZERO, rule.lives.publish_ahead, Lifetime::from_hours(1)] {
            clock.advance(wait);
            for number in 0..house.nodes.len() {
                let signed = Tokens::of(&refreshed(&house, number).await);
                assert_eq!(house.node(number + 1).userinfo(&signed.access).await.status, 200, "round {round}");
                let kid = header(&signed.access)["kid"].as_str().expect("a kid").to_owned();
                let set = house.node(number + 1).app.parts.keyring.jwks(clock.now());
                assert!(set.body.contains(&kid), "round {round}: a token by a key that is not in the set");
            }
        }
    }
    assert!(!house.is_active(&kept.access).await, "expired by now, and said so");
}

/// Fresh tokens by a fresh sign-in on this node.
async fn refreshed(house: &House, number: usize) -> Page {
    let node = house.node(number);
    let mut browser = Browser::new(node);
    let tokens = node.tokens(&mut browser, &house.client, ALICE, &[]).await;
    node.refresh(&house.client, &tokens.refresh).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p03_two_nodes_that_start_at_once_make_one_set_of_keys() {
    let Some(first) = TestApp::start_on(Engine::Postgres, &[]).await else { return };
    let (second, third) = tokio::join!(first.second(), first.second());
    let set = |app: &TestApp| app.app.parts.keyring.jwks(app.clock.now()).body.clone();
    assert_eq!(set(&first), set(&second));
    assert_eq!(set(&first), set(&third));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r09_r10_f09_without_postgresql_we_say_so_and_come_back_by_ourselves() {
    let Some(cluster) = Cluster::start() else { return };
    let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
    ground::note_url(&folder, &cluster.url(&cluster.create_database()));
    let app = TestApp::start_in(folder, &[("VOUCHSAFE_DATABASE_ACQUIRE_TIMEOUT_MS", "1000")]).await;
    let _faults = FaultsExpected::at(&app);
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let code = app.sign_in(&mut browser, &client, ALICE, &[]).await.param("code").expect("a code");
    let get = async |path: &str| Page::read(app.http.get(app.url(path)).send().await.expect("an answer"), path).await;
    assert_eq!(get("/.well-known/openid-configuration").await.status, 200);
    assert_eq!(get("/readyz").await.status, 200);
    for mode in ["fast", "immediate"] {
        cluster.stop(mode);
        for page in [
            app.call("/revoke", &client, &[("token", &tokens.refresh)]).await,
            app.call("/introspect", &client, &[("token", &tokens.access)]).await,
            app.refresh(&client, &tokens.refresh).await,
            app.redeem(&client, &code).await,
            app.userinfo(&tokens.access).await,
        ] {
            let error = page.json()["error"].as_str().map(str::to_owned);
            assert_eq!(
                (page.status, error.as_deref()),
                (503, Some("temporarily_unavailable")),
                "{mode}: {} {}",
                page.url,
                page.body
            );
            assert!(!page.header("retry-after").is_empty(), "{mode}");
            for inner in ["SQL", "ostgres", "connect", "socket", "refused", "/tmp"] {
                assert!(!page.body.contains(inner), "{inner} in {}", page.body);
            }
        }
        let page = browser.clone().get(&app.authorize_url(&client, &[])).await;
        assert_eq!(page.status, 503, "{mode}: {}", page.body);
        assert!(page.has("correlation-id") && page.location.is_none(), "a page, and no redirect with a false error");
        assert_eq!((get("/healthz").await.status, get("/readyz").await.status), (200, 503), "{mode}");
        assert_eq!(get("/readyz").await.body, "not ready\n");
        assert_eq!(get("/jwks").await.status, 200, "{mode}: from memory");
        app.pass(Lifetime::from_seconds(11));
        assert_eq!(get("/.well-known/openid-configuration").await.status, 200, "{mode}: from memory");
        cluster.resume();
        let mut ready = false;
        for _ in 0..50 {
            ready = get("/readyz").await.status == 200;
            if ready {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(ready, "{mode}: it did not come back");
        assert!(app.is_active(&client, &tokens.access).await, "{mode}: 503 meant that nothing was revoked");
        assert!(app.is_active(&client, &tokens.refresh).await, "{mode}");
        assert!(
            browser.get(&app.authorize_url(&client, &[])).await.param("code").is_some(),
            "{mode}: the session lives"
        );
    }
    assert_eq!(app.redeem(&client, &code).await.status, 200, "503 meant that the code was not used");
    let next = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert_eq!(app.call("/revoke", &client, &[("token", &next.refresh)]).await.status, 200);
    assert!(!app.is_active(&client, &next.refresh).await && !app.is_active(&client, &tokens.access).await);
    let stuck = cluster.query("postgres", "SELECT pid::text FROM pg_stat_activity WHERE state = 'idle in transaction'");
    assert!(stuck.is_empty(), "{stuck:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r12_connections_killed_under_load_are_replaced() {
    let Some(app) = TestApp::start_on(Engine::Postgres, &[]).await else { return };
    let _faults = FaultsExpected::at(&app);
    let app = Arc::new(app);
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    let mut chains = Vec::new();
    for _ in 0..4 {
        let (app, client) = (app.clone(), client.clone());
        let mut tokens = app.tokens(&mut browser, &client, ALICE, &[]).await;
        chains.push(tokio::spawn(async move {
            for _ in 0..40 {
                let page = app.refresh(&client, &tokens.refresh).await;
                match page.status {
                    200 => tokens = Tokens::of(&page),
                    // Unknown whether it was done: the app asks again with what it has.
                    503 => {}
                    other => panic!("{other} {}", page.body),
                }
            }
            tokens
        }));
    }
    for _ in 0..20 {
        app.lines("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    for chain in chains {
        let tokens = chain.await.expect("the chain went on");
        let last = app.refresh(&client, &tokens.refresh).await;
        assert_eq!(last.status, 200, "the last answer is good: {}", last.body);
    }
}
