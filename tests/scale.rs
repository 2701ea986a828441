//! Owns the proof that lists and searches stay fast however many people there are: both engines are filled, and every kind of
//! query is asked for its first pages, for pages that follow, and for pages far behind. It does not own what is found
//! (`tests/store/people.rs`, `flow::admin`).
//!
//! By default with 20 000 people, so that the queries are known to work. In full, printing what each kind took:
//!
//! ```sh
//! SCALE_PEOPLE=1000000 cargo test --test scale -- --nocapture --test-threads=1
//! ```
//!
//! With `SCALE_SERVER=target/release/vouchsafe` that program then runs on the filled database, and the lists and pages of the
//! API and the console are asked over HTTP.
//!
//! With a million people or more, every single page must be there within 50 ms. A page that took longer is asked for again,
//! up to four times, and the shortest time counts: what the machine does beside us only ever adds.

#[path = "scale/http.rs"]
mod http;
#[path = "support/postgres.rs"]
mod postgres;

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use vouchsafe::identity::{RoleName, User, UserId, terms};
use vouchsafe::store::events::EventSearch;
use vouchsafe::store::user_search::{Place, Status, Wanted};
use vouchsafe::store::{Conn, DatabaseSettings, Db, Fault, events, groups, sessions, user_search, users, ways_in};
use vouchsafe::time::Timestamp;

/// From so many people on the bound counts.
const FULL: i64 = 1_000_000;
const BOUND: Duration = Duration::from_millis(50);
const PAGE: i64 = 50;
/// The moment at which everything is asked. The sessions began in the day before.
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn people() -> i64 {
    std::env::var("SCALE_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000)
}

#[test]
fn lists_and_searches_stay_fast_on_sqlite() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("scale.db");
    let db = Db::open(&DatabaseSettings::new(format!("sqlite://{}", path.display()))).expect("opens");
    db.migrate().expect("migrates");
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opens");
    conn.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;")
        .expect("pragmas");
    for sql in seed(
        "CAST(id AS BLOB)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < PEOPLE) SELECT i FROM n",
    ) {
        conn.batch_execute(&format!("BEGIN; {sql}; COMMIT")).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("checkpoint");
    measure("sqlite", &db);
    drop(conn);
    http::measure("sqlite", &format!("sqlite://{}", path.display()), db);
}

#[test]
fn lists_and_searches_stay_fast_on_postgres() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.create_database();
    let db = Db::open(&DatabaseSettings::new(cluster.url(&database))).expect("opens");
    db.migrate().expect("migrates");
    for sql in seed("convert_to(id, 'UTF8')", "SELECT generate_series(1::bigint, PEOPLE) AS i") {
        cluster.execute(&database, &sql);
    }
    cluster.execute(&database, "VACUUM ANALYZE");
    measure("postgres", &db);
    http::measure("postgres", &cluster.url(&database), db);
}

/// Statements that fill the tables. `hash` makes bytes of an id, `numbers` is a query for the numbers from 1 on.
fn seed(hash: &str, numbers: &str) -> Vec<String> {
    let now = NOW.millis();
    let statements = [
        "CREATE TABLE seed (i BIGINT PRIMARY KEY, id TEXT, first TEXT, last TEXT, domain TEXT, email TEXT)".to_owned(),
        format!(
            "INSERT INTO seed (i, id, first, last, domain) SELECT i, '01900000-0000-7000-8000-0000' || (10000000 + i), \
             'first' || (i * 7919 % 1999), 'last' || (i * 104729 % 9973), '@d' || (i % 40) || '.example' FROM ({numbers}) AS numbers"
        ),
        "UPDATE seed SET email = first || '.' || last || 'x' || i || domain".to_owned(),
        format!(
            "INSERT INTO users (id, email, email_key, email_verified, role, profile, disabled_at, valid_from, created_at, \
             updated_at) SELECT id, email, email, TRUE, CASE WHEN i % 10000 = 0 THEN 'auditor' WHEN i % 100 = 1 THEN \
             'client-operator' ELSE 'person' END, '{{\"name\":\"' || first || ' ' || last || '\"}}', CASE WHEN i % 20 = 0 \
             THEN {now} END, 0, {now}, {now} FROM seed"
        ),
        "INSERT INTO user_terms (term, user_id) SELECT email, id FROM seed UNION ALL SELECT domain, id FROM seed UNION ALL \
         SELECT first, id FROM seed UNION ALL SELECT last, id FROM seed UNION ALL SELECT last || 'x' || i, id FROM seed"
            .to_owned(),
        "INSERT INTO passwords (user_id, phc, changed_at) SELECT id, '$none', 0 FROM seed".to_owned(),
        "INSERT INTO groups (name, created_at) VALUES ('all', 0), ('tenth', 0), ('few', 0)".to_owned(),
        "INSERT INTO group_members (group_name, user_id) SELECT 'all', id FROM seed UNION ALL SELECT 'tenth', id FROM seed \
         WHERE i % 10 = 0 UNION ALL SELECT 'few', id FROM seed WHERE i % 50000 = 7"
            .to_owned(),
        format!(
            "INSERT INTO invitations (hash, user_id, created_at, expires_at) SELECT {hash}, id, {now}, {now} + 1000000 FROM \
             seed WHERE i % 30 = 0"
        ),
        // Spread over a day; a third was ended, and most were not used for hours.
        format!(
            "INSERT INTO sessions (id, token_hash, user_id, created_at, auth_time, last_seen_at, expires_at, ended_at, acr, \
             amr, user_agent, address) SELECT 's' || id, {hash}, id, {now} - began, {now} - began, {now} - began + 600000, \
             {now} - began + 86400000, CASE WHEN i % 3 = 0 THEN {now} END, '', '[]', '', '' FROM (SELECT i, id, \
             i * 7919 % 86400000 AS began FROM seed) AS seed"
        ),
        format!(
            "INSERT INTO events (id, at, kind, actor, user_id, client_id, detail) SELECT i, {now} - (PEOPLE - i) * 1000, CASE \
             WHEN i % 50000 = 3 THEN 'user_removed' WHEN i % 7 = 0 THEN 'sign_in_failed' ELSE 'signed_in' END, CASE WHEN \
             i % 1000 = 0 THEN 'olga' END, id, 'app' || (i % 5), '{{}}' FROM seed"
        ),
        "DROP TABLE seed".to_owned(),
    ];
    statements
        .map(|sql| sql.replace("PEOPLE", &people().to_string()).replace("INTO groups", "INTO \"groups\""))
        .to_vec()
}

/// What each kind of query took, page by page.
#[derive(Default)]
struct Report {
    kinds: Vec<(String, Vec<Duration>)>,
}

impl Report {
    /// Asks page after page, up to `pages` of them; `page` gives the place of the next one.
    fn walk<P: Clone>(
        &mut self,
        kind: &str,
        pages: usize,
        first: Option<P>,
        mut page: impl FnMut(Option<P>) -> Option<P>,
    ) {
        let (mut after, mut took) = (first, Vec::new());
        for _ in 0..pages {
            let here = after.take();
            let mut least = Duration::MAX;
            for _ in 0..5 {
                let began = Instant::now();
                after = page(here.clone());
                least = least.min(began.elapsed());
                if least <= BOUND {
                    break;
                }
            }
            took.push(least);
            if after.is_none() {
                break;
            }
        }
        match self.kinds.iter_mut().find(|(name, _)| name == kind) {
            Some((_, all)) => all.extend(took),
            None => self.kinds.push((kind.to_owned(), took)),
        }
    }

    fn print_and_judge(mut self, engine: &str) {
        let mut slow = Vec::new();
        println!("{engine}, {} people\n{:<46} {:>6} {:>9} {:>9}", people(), "query", "pages", "p50 ms", "max ms");
        for (kind, took) in &mut self.kinds {
            took.sort();
            let (middle, most) = (took[took.len() / 2], *took.last().expect("one page at least"));
            let millis = |span: Duration| span.as_secs_f64() * 1_000.0;
            println!("{kind:<46} {:>6} {:>9.2} {:>9.2}", took.len(), millis(middle), millis(most));
            if most > BOUND {
                slow.push(kind.clone());
            }
        }
        assert!(people() < FULL || slow.is_empty(), "{engine}: slower than {BOUND:?}: {slow:?}");
    }
}

fn measure(engine: &str, db: &Db) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let mut report = Report::default();
    let ask = Ask { db, runtime: &runtime };
    for (kind, wanted) in searches() {
        report.walk(&kind, 20, None, |after| ask.search(&wanted, after));
    }
    for (kind, wanted, place) in far_behind() {
        report.walk(&kind, 5, Some(place), |after| ask.search(&wanted, after));
    }
    ask.lists(&mut report);
    report.print_and_judge(engine);
}

/// Every combination of the conditions.
fn searches() -> Vec<(String, Wanted)> {
    let mut all = Vec::new();
    for q in ["", "first1", "first1 last2", "f l", "@d7.example", "first77.last", "last5x7", "nobody"] {
        for group in [None, Some("all"), Some("tenth"), Some("few")] {
            for role in [None, Some("person"), Some("client-operator"), Some("auditor")] {
                for status in [None, Some(Status::Enabled), Some(Status::Disabled), Some(Status::Invited)] {
                    let wanted = Wanted {
                        id: None,
                        words: terms::of_search(q),
                        group: group.map(str::to_owned),
                        role: role.and_then(RoleName::parse),
                        status,
                    };
                    all.push((format!("people {q:?}"), wanted));
                }
            }
        }
    }
    let id = UserId("01900000-0000-7000-8000-000010000042".to_owned());
    all.push(("people by id".to_owned(), Wanted { id: Some(id), ..Wanted::default() }));
    all
}

/// Places in the middle and near the end of the longest walks.
fn far_behind() -> Vec<(String, Wanted, Place)> {
    let behind = |share: i64| format!("01900000-0000-7000-8000-0000{}", 10_000_000 + people() * share / 100);
    let place = |walk: serde_json::Value, key: &str, id: &str| -> Place {
        serde_json::from_value(serde_json::json!({ "walk": walk, "key": key, "id": id })).expect("a place")
    };
    let word = |word: &str| Wanted { words: terms::of_search(word), ..Wanted::default() };
    let mut all = Vec::new();
    for share in [10, 50, 90, 99] {
        let id = behind(share);
        let key = format!("first{share}");
        let all_of = Wanted { group: Some("all".to_owned()), ..Wanted::default() };
        let invited = Wanted { status: Some(Status::Invited), ..Wanted::default() };
        let disabled = Wanted { status: Some(Status::Disabled), ..Wanted::default() };
        let rare = Wanted { role: RoleName::parse("auditor"), group: Some("all".to_owned()), ..Wanted::default() };
        let walk = |name: &str| serde_json::json!(name);
        let of_word = serde_json::json!({ "word": 0 });
        all.push((Wanted::default(), place(walk("everybody"), &key, "")));
        all.push((all_of.clone(), place(walk("group"), "", &id)));
        all.push((rare, place(walk("group"), "", &id)));
        all.push((invited, place(walk("invited"), "", &id)));
        all.push((disabled, place(walk("disabled"), &key, "")));
        all.push((word("@d7.example"), place(of_word.clone(), "@d7.example", &id)));
        all.push((word("first"), place(of_word.clone(), &key, &id)));
        all.push((Wanted { group: Some("few".to_owned()), ..word("f") }, place(of_word, &key, &id)));
    }
    all.into_iter().map(|(wanted, place)| ("people, far behind".to_owned(), wanted, place)).collect()
}

struct Ask<'a> {
    db: &'a Db,
    runtime: &'a tokio::runtime::Runtime,
}

impl Ask<'_> {
    fn read<T: Send + 'static>(&self, f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static) -> T {
        self.runtime.block_on(self.db.read(f)).expect("the read succeeds")
    }

    /// A page as the operations ask for it: people with their groups and ways in.
    fn search(&self, wanted: &Wanted, after: Option<Place>) -> Option<Place> {
        let wanted = wanted.clone();
        self.read(move |c| {
            let (people, next) = user_search::search(c, &wanted, after.clone(), PAGE, NOW)?.expect("our own place");
            ways(c, &people)?;
            Ok(next)
        })
    }

    fn lists(&self, report: &mut Report) {
        let rule_idle = 2 * 3_600_000;
        report.walk("sessions", 200, None, |after| {
            self.read(move |c| {
                let is_live = |s: &vouchsafe::identity::Session| NOW.millis() - s.last_seen_at.millis() < rule_idle;
                let (live, next) = sessions::live(c, None, after.as_ref(), PAGE, is_live)?;
                let ids: Vec<String> = live.iter().map(|s| s.user_id.0.clone()).collect();
                users::find_many(c, &ids)?;
                Ok(next)
            })
        });
        report.walk("groups", 1, None::<()>, |_| {
            self.read(|c| {
                for group in groups::list(c, "", None, PAGE)? {
                    groups::count_members(c, &group.name, 1_001)?;
                }
                Ok(None)
            })
        });
        for group in ["all", "tenth", "few"] {
            report.walk("members of a group", 50, None::<String>, |after| self.members(group, after));
            let far = format!("01900000-0000-7000-8000-0000{}", 10_000_000 + people() * 9 / 10);
            report.walk("members of a group", 5, Some(far), |after| self.members(group, after));
        }
        self.events(report);
    }

    fn members(&self, group: &'static str, after: Option<String>) -> Option<String> {
        self.read(move |c| {
            let people = groups::members(c, group, after.as_deref(), PAGE)?;
            ways(c, &people)?;
            Ok(people.last().map(|user| user.id.0.clone()))
        })
    }

    fn events(&self, report: &mut Report) {
        let text = |text: &str| Some(text.to_owned());
        let ago = |share: i64| Some(Timestamp::from_millis(NOW.millis() - people() * 1_000 * share / 100));
        let any = EventSearch::default();
        let searches = [
            any.clone(),
            EventSearch { kind: text("user_removed"), ..any.clone() },
            EventSearch { kind: text("sign_in_failed"), client_id: text("app3"), ..any.clone() },
            EventSearch { actor: text("olga"), ..any.clone() },
            EventSearch { client_id: text("app1"), ..any.clone() },
            EventSearch { user_id: text("01900000-0000-7000-8000-000010000042"), ..any.clone() },
            EventSearch { until: ago(90), ..any.clone() },
            EventSearch { kind: text("sign_in_failed"), from: ago(60), until: ago(50), ..any.clone() },
            EventSearch { client_id: text("app1"), until: ago(99), ..any.clone() },
        ];
        for wanted in searches {
            for before in [None, Some(people() / 2), Some(people() / 100)] {
                let wanted = wanted.clone();
                report.walk("events", 20, before, |before| {
                    let wanted = wanted.clone();
                    self.read(move |c| Ok(events::search(c, &wanted, before, PAGE)?.last().map(|row| row.id)))
                });
            }
        }
        report.walk("sign-in history of a person", 1, None::<i64>, |_| {
            self.read(|c| {
                events::of_user(c, "01900000-0000-7000-8000-000010000042", &["signed_in"], None, PAGE)?;
                Ok(None)
            })
        });
    }
}

fn ways(c: &mut Conn, people: &[User]) -> Result<(), Fault> {
    let ids: Vec<String> = people.iter().map(|user| user.id.0.clone()).collect();
    ways_in::of_people(c, &ids, NOW).map(|_| ())
}
