//! What both engines owe to every caller: transactions, faults, migrations, catalogues; and what only PostgreSQL can meet:
//! dead connections, deadlocks, TLS.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use vouchsafe::identity::UserId;
use vouchsafe::store::{DatabaseSettings, Db, Engine, Fault, OpenError};
use vouchsafe::store::{clients, codes, consents, grants, guesses, keys, meta, scopes, sessions, users};

use crate::arena::{Arena, contract};
use crate::samples::{self, NOW, authorization, code, grant, session, shop_and_alice};
use crate::{postgres as cluster, samples::user};

contract!(
    a_fault_undoes_the_write,
    a_panic_undoes_the_write_and_no_more,
    a_caller_who_hangs_up_changes_nothing,
    many_readers_and_writers,
    corrupt_rows_name_table_and_column,
    migrations_run_once,
    a_newer_database_is_refused,
    catalogues_equal_the_schema,
    closed_means_closed,
    closing_waits_for_what_runs,
);

async fn a_fault_undoes_the_write(arena: Arena) {
    let answer: Result<(), Fault> = arena
        .db
        .write(|c| {
            meta::put(c, "a", "1")?;
            Err(Fault::Internal("no".to_owned()))
        })
        .await;
    assert_eq!(answer, Err(Fault::Internal("no".to_owned())));
    assert_eq!(arena.read(|c| meta::find(c, "a")).await, None);
}

async fn a_panic_undoes_the_write_and_no_more(arena: Arena) {
    for _ in 0..15 {
        // More often than there are connections: none may be lost.
        let answer: Result<(), Fault> = arena
            .db
            .write(|c| {
                meta::put(c, "a", "1")?;
                panic!("a bug (this panic belongs to the test)")
            })
            .await;
        assert!(matches!(answer, Err(Fault::Internal(_))), "{answer:?}");
        let answer: Result<(), Fault> = arena.db.read(|_| panic!("a bug (this panic belongs to the test)")).await;
        assert!(matches!(answer, Err(Fault::Internal(_))), "{answer:?}");
    }
    assert_eq!(arena.read(|c| meta::find(c, "a")).await, None);
    arena.write(|c| meta::put(c, "b", "2")).await;
    arena.db.ping().await.expect("alive");
}

async fn a_caller_who_hangs_up_changes_nothing(arena: Arena) {
    let write = arena.db.write(|c| {
        std::thread::sleep(Duration::from_millis(100));
        meta::put(c, "a", "1")
    });
    assert!(tokio::time::timeout(Duration::from_millis(50), write).await.is_err(), "the caller left early");
    for _ in 0..100 {
        if arena.read(|c| meta::find(c, "a")).await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the write was cancelled with its caller");
}

async fn many_readers_and_writers(arena: Arena) {
    shop_and_alice(&arena).await;
    let mut tasks = Vec::new();
    for i in 0..40 {
        let arena = arena.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..10 {
                arena.write(move |c| meta::put(c, &format!("k{i}"), &n.to_string())).await;
                assert_eq!(arena.read(move |c| meta::find(c, &format!("k{i}"))).await, Some(n.to_string()));
                assert!(arena.read(|c| clients::find(c, "shop")).await.is_some());
            }
        }));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
}

async fn corrupt_rows_name_table_and_column(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            sessions::insert(c, &session("s", "alice"), b"t")?;
            codes::insert(c, &code(b"h", authorization("shop", "alice", None)))?;
            grants::insert(c, &grant("g", authorization("shop", "alice", None)))?;
            scopes::put(
                c,
                &scopes::StoredScope::new(
                    vouchsafe::oauth::scope::Scope {
                        name: "x".to_owned(),
                        description: String::new(),
                        claims: vec![],
                        audience: None,
                        mappings: Vec::new(),
                    },
                    NOW,
                ),
            )?;
            users::insert(c, &user("bob"))?;
            clients::insert(c, &samples::client("blog"))?;
            Ok(())
        })
        .await;
    type Look = fn(&mut vouchsafe::store::Conn) -> Result<(), Fault>;
    let alice = |c: &mut vouchsafe::store::Conn| users::find(c, &UserId("alice".to_owned())).map(|_| ());
    let shop = |c: &mut vouchsafe::store::Conn| clients::find(c, "shop").map(|_| ());
    let take = |c: &mut vouchsafe::store::Conn| codes::take(c, b"h", NOW).map(|_| ());
    let family = |c: &mut vouchsafe::store::Conn| grants::find(c, "g").map(|_| ());
    let cases: [(&str, &str, &str, &str, Look); 14] = [
        ("clients", "profile", "'king'", "'web'", shop),
        ("clients", "auth_method", "''", "'none'", shop),
        ("clients", "grants", "'[\"implicit\"]'", "'[]'", shop),
        ("clients", "redirect_uris", "'{'", "'[]'", shop),
        ("clients", "scopes", "'a \"b\"'", "''", shop),
        ("clients", "policy", "'{}'", "'{}'", shop),
        ("users", "role", "'Root!'", "'person'", alice),
        ("users", "profile", "'{\"nonsense\":1}'", "'{}'", alice),
        ("users", "email", "'nobody'", "'alice@example.com'", alice),
        ("users", "email_key", "id", "id || '@example.com'", alice),
        ("sessions", "amr", "'pwd'", "'[]'", |c| sessions::list(c, None, NOW, 9).map(|_| ())),
        ("scopes", "claims", "'1'", "'[]'", |c| scopes::list(c).map(|_| ())),
        ("codes", "authorization", "'{}'", "'{}'", take),
        ("grants", "authorization", "'{}'", "'{}'", family),
    ];
    for (table, column, bad, good, look) in cases {
        arena.tamper(&format!("UPDATE {table} SET \"{column}\" = {bad}"));
        let fault = arena.db.write(look).await.expect_err(table);
        assert!(
            matches!(&fault, Fault::Corrupt { table: t, column: c, .. } if *t == table && *c == column),
            "{table}.{column}: {fault}"
        );
        arena.tamper(&format!("UPDATE {table} SET \"{column}\" = {good}"));
    }
    // Rows that contradict themselves.
    arena.tamper("DELETE FROM grants");
    arena.write(|c| grants::insert(c, &grant("g", authorization("blog", "alice", None)))).await;
    arena.tamper("UPDATE grants SET user_id = 'bob'");
    let fault = arena.db.write(family).await.expect_err("another person");
    assert!(matches!(fault, Fault::Corrupt { table: "grants", column: "authorization", .. }), "{fault}");
    arena.tamper("INSERT INTO consents VALUES ('alice', 'shop', '', 'x', 0, 0)");
    let fault = arena.db.read(|c| consents::find(c, &UserId("alice".to_owned()), "shop")).await.expect_err("claims");
    assert!(matches!(fault, Fault::Corrupt { table: "consents", column: "claims", .. }), "{fault}");
    arena.tamper(&format!(
        "INSERT INTO signing_keys VALUES ('k', 'none', {}, '{{}}', 0, 0, NULL, NULL)",
        if arena.db.engine() == Engine::Sqlite { "x'00'" } else { "'\\x00'" }
    ));
    let fault = arena.db.read(keys::list).await.expect_err("alg");
    assert!(matches!(fault, Fault::Corrupt { table: "signing_keys", column: "alg", .. }), "{fault}");
}

async fn migrations_run_once(arena: Arena) {
    let again = arena.db.migrate().expect("migrates");
    assert_eq!((again.fresh, again.applied.len()), (false, 0));
    let reports: Vec<_> = std::thread::scope(|scope| {
        let nodes: Vec<_> = (0..4).map(|_| scope.spawn(|| arena.db.migrate())).collect();
        nodes.into_iter().map(|n| n.join().expect("no panic").expect("migrates")).collect()
    });
    assert!(reports.iter().all(|r| r.applied.is_empty()));
}

async fn a_newer_database_is_refused(arena: Arena) {
    arena.tamper("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
    let refused = arena.db.migrate().expect_err("newer");
    assert!(matches!(&refused, OpenError::Newer(version) if version == "9999"), "{refused}");
    assert!(refused.to_string().contains("newer than this program"), "{refused}");
}

/// Table → columns in order, each with type and whether it may be NULL.
type Catalogue = BTreeMap<String, Vec<(String, String, bool)>>;

/// Reads `schema.rs` as text: it is the one place that says how the tables look.
fn schema() -> Catalogue {
    let mut tables = Catalogue::new();
    let mut current = None;
    for line in include_str!("../../src/store/schema.rs").lines().map(str::trim) {
        if let Some((table, _)) = line.strip_suffix('{').and_then(|l| l.split_once(" (")) {
            current = Some(table.to_owned());
        } else if let (Some(table), Some((column, kind))) = (&current, line.trim_end_matches(',').split_once(" -> "))
            && !line.starts_with("diesel")
        {
            let (kind, nullable) = match kind.strip_prefix("Nullable<").and_then(|k| k.strip_suffix('>')) {
                Some(inner) => (inner, true),
                None => (kind, false),
            };
            tables.entry(table.clone()).or_default().push((column.to_owned(), kind.to_owned(), nullable));
        }
    }
    tables
}

async fn catalogues_equal_the_schema(arena: Arena) {
    let (sql, kinds): (_, &[(&str, &str)]) = match arena.db.engine() {
        Engine::Sqlite => (
            "SELECT m.name || ' ' || c.name || ' ' || c.type || ' ' || (1 - c.\"notnull\") AS line \
             FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
             ORDER BY m.name, c.cid",
            &[("TEXT", "Text"), ("INTEGER", "BigInt"), ("BLOB", "Binary")],
        ),
        Engine::Postgres => (
            "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || (is_nullable = 'YES')::int AS line \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
             ORDER BY table_name, ordinal_position",
            &[("text", "Text"), ("bigint", "BigInt"), ("bytea", "Binary"), ("boolean", "Bool")],
        ),
    };
    let mut found = Catalogue::new();
    for line in arena.lines(sql) {
        let words: Vec<&str> = line.split(' ').collect();
        let [table, column, kind, nullable] = words[..] else { panic!("{line}") };
        let kind = kinds.iter().find(|(theirs, _)| *theirs == kind).unwrap_or_else(|| panic!("{line}")).1;
        found.entry(table.to_owned()).or_default().push((column.to_owned(), kind.to_owned(), nullable == "1"));
    }
    let mut wanted = schema();
    if arena.db.engine() == Engine::Sqlite {
        // It has no boolean: 0 and 1 in an INTEGER with a CHECK.
        wanted.values_mut().flatten().filter(|c| c.1 == "Bool").for_each(|c| c.1 = "BigInt".to_owned());
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (table, columns) in &wanted {
        assert_eq!(&found[table], columns, "{table}");
    }
    assert!(wanted.len() > 30);
}

async fn closing_waits_for_what_runs(arena: Arena) {
    let done = Arc::new(AtomicUsize::new(0));
    let (db, seen) = (arena.db.clone(), Arc::clone(&done));
    let write = tokio::spawn(async move {
        db.write(move |c| {
            std::thread::sleep(Duration::from_millis(300));
            seen.fetch_add(1, Ordering::SeqCst);
            meta::put(c, "a", "1")
        })
        .await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let db = arena.db.clone();
    tokio::task::spawn_blocking(move || db.close()).await.expect("no panic");
    assert_eq!(done.load(Ordering::SeqCst), 1, "closed before the write was through");
    write.await.expect("no panic").expect("it was committed");
}

async fn closed_means_closed(arena: Arena) {
    arena.write(|c| meta::put(c, "a", "1")).await;
    let db = arena.db.clone();
    tokio::task::spawn_blocking(move || (db.close(), db.close())).await.expect("no panic");
    for answer in [
        arena.db.read(|c| meta::find(c, "a")).await.map(|_| ()),
        arena.db.write(|c| meta::put(c, "a", "2")).await,
        arena.db.ping().await,
    ] {
        assert!(matches!(answer, Err(Fault::Unavailable(_))), "{answer:?}");
    }
}

/// A database of the shared cluster with settings of one's own.
fn own_database(change: impl FnOnce(&mut DatabaseSettings)) -> Option<(Db, String)> {
    let cluster = cluster::shared()?;
    let database = cluster.create_database();
    let mut settings = DatabaseSettings::new(cluster.url(&database));
    change(&mut settings);
    let db = Db::open(&settings).expect("opens");
    db.migrate().expect("migrates");
    Some((db, database))
}

fn terminate(database: &str) {
    cluster::shared().expect("is running").execute(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"),
    );
}

#[tokio::test]
async fn postgres_dead_connections_are_replaced() {
    let Some((db, database)) = own_database(|_| ()) else { return };
    for _ in 0..3 {
        // All idle connections die at once, as when the server restarts.
        let many: Vec<_> = (0..10)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.read(|c| {
                        std::thread::sleep(Duration::from_millis(50));
                        meta::find(c, "a")
                    })
                    .await
                })
            })
            .collect();
        for read in many {
            read.await.expect("no panic").expect("reads");
        }
        terminate(&database);
        db.write(|c| meta::put(c, "a", "1")).await.expect("writes on a new connection");
        terminate(&database);
        assert!(db.read(|c| meta::find(c, "a")).await.expect("reads on a new connection").is_some());
    }
    // One dies in the middle, before anything was committed.
    let (tries, name) = (Arc::new(AtomicUsize::new(0)), database.clone());
    let seen = Arc::clone(&tries);
    db.write(move |c| {
        meta::put(c, "b", "1")?;
        if seen.fetch_add(1, Ordering::SeqCst) == 0 {
            terminate(&name);
        }
        meta::put(c, "b", "2")
    })
    .await
    .expect("the second try");
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert_eq!(db.read(|c| meta::find(c, "b")).await, Ok(Some("2".to_owned())));
}

#[tokio::test]
async fn postgres_deadlocks_are_tried_again() {
    let Some((db, _)) = own_database(|_| ()) else { return };
    let barrier = Arc::new(Barrier::new(2));
    let tasks = [["a", "b"], ["b", "a"]].map(|keys| {
        let (barrier, mut waits) = (Arc::clone(&barrier), true);
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |c| {
                guesses::for_update(c, keys[0])?;
                if std::mem::take(&mut waits) {
                    barrier.wait();
                }
                guesses::for_update(c, keys[1])?;
                meta::put(c, keys[0], "done")
            })
            .await
        })
    });
    for task in tasks {
        task.await.expect("no panic").expect("one of the two runs again");
    }
}

#[tokio::test]
async fn postgres_a_swallowed_error_is_not_committed() {
    let Some((db, _)) = own_database(|_| ()) else { return };
    let answer = db
        .write(|c| {
            meta::put(c, "a", "1")?;
            // A bug of the caller: the transaction is lost after this, whatever they think.
            drop(codes::insert(c, &code(b"h", authorization("nobody", "nobody", None))));
            Ok(())
        })
        .await;
    assert!(answer.is_err(), "COMMIT of an aborted transaction is no success");
    assert_eq!(db.read(|c| meta::find(c, "a")).await, Ok(None));
}

#[tokio::test]
async fn postgres_waiting_for_a_connection_is_bounded() {
    let Some((db, _)) = own_database(|s| {
        s.max_connections = 1;
        s.acquire_timeout = Duration::from_millis(100);
    }) else {
        return;
    };
    let slow = tokio::spawn({
        let db = db.clone();
        async move {
            db.write(|c| {
                std::thread::sleep(Duration::from_secs(1));
                meta::put(c, "a", "1")
            })
            .await
        }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let answer = db.read(|c| meta::find(c, "a")).await;
    assert!(matches!(answer, Err(Fault::Unavailable(_))), "{answer:?}");
    slow.await.expect("no panic").expect("it went on");
}

#[test]
fn postgres_tls_with_an_own_authority() {
    let Some(cluster) = cluster::shared() else { return };
    let database = cluster.create_database();
    let open = |sslmode: &str, ca| {
        Db::open(&DatabaseSettings { ca_file: ca, ..DatabaseSettings::new(cluster.tcp_url(&database, sslmode)) })
    };
    let db = open("require", Some(cluster.ca_file())).expect("the right authority");
    db.migrate().expect("migrates over TLS");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(db.write(|c| meta::put(c, "a", "1"))).expect("writes over TLS");
    let encrypted = format!(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND datname = '{database}'"
    );
    assert_ne!(cluster.query("postgres", &encrypted)[0][0].as_deref(), Some("0"), "the connection is encrypted");
    for (sslmode, ca) in [("require", Some(cluster.wrong_ca_file())), ("require", None), ("prefer", None)] {
        let refused = open(sslmode, ca).err().expect("an authority that did not sign");
        assert!(matches!(&refused, OpenError::Unreachable(words) if words.contains("UnknownIssuer")), "{refused}");
    }
    assert!(matches!(open("disable", Some(cluster.ca_file())), Err(OpenError::Url(_))), "a contradiction");
    open("disable", None).expect("plain text, if one says so");
}

#[test]
fn databases_that_cannot_be_opened_say_why() {
    let refused = |url: &str| Db::open(&DatabaseSettings::new(url)).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(refused("mysql://x/y").contains("\"mysql\""), "{}", refused("mysql://x/y"));
    assert!(refused("vouchsafe.db").contains("sqlite://"), "{}", refused("vouchsafe.db"));
    assert!(refused("postgres://u@127.0.0.1:1/x").contains("cannot be reached"));
    assert!(refused("sqlite:///proc/nowhere/x.db").contains("/proc/nowhere/x.db"));
}

#[test]
fn no_look_up_binds_a_limit() {
    // `first` binds a LIMIT, and SQLite prepares a statement anew whenever a bound LIMIT is bound again: see `store::conn`.
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store")).expect("is there") {
        let path = entry.expect("entry").path();
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(!text.contains(".first(conn)"), "{}: end the look-up in get_result", path.display());
    }
}
