//! What only SQLite has: one file for one process, one writer, group commit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use vouchsafe::store::{DatabaseSettings, Db, Fault, OpenError, meta};

fn settings(folder: &Path) -> DatabaseSettings {
    DatabaseSettings::new(format!("sqlite://{}", folder.join("new/deep/store.db").display()))
}

fn opened(settings: &DatabaseSettings) -> Db {
    let db = Db::open(settings).expect("opens");
    assert!(db.migrate().expect("migrates").fresh);
    db
}

/// Holds the writer inside of a write until the sender is dropped or used; returns when it is held.
async fn hold(db: &Db) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Fault>>) {
    let (release, released) = mpsc::channel::<()>();
    let (entered, is_in) = tokio::sync::oneshot::channel::<()>();
    let mut entered = Some(entered);
    let db = db.clone();
    let held = tokio::spawn(async move {
        db.write(move |_| {
            entered.take().map(|e| e.send(()));
            let _ = released.recv();
            Ok(())
        })
        .await
    });
    is_in.await.expect("the writer runs it");
    (release, held)
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_one_group_do_not_touch_each_other() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let db = opened(&settings(folder.path()));
    let (release, held) = hold(&db).await;
    let mut tasks = Vec::new();
    for i in 0..60 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            db.write(move |c| {
                meta::put(c, &format!("k{i}"), "1")?;
                match i % 3 {
                    0 => Ok(()),
                    1 => Err(Fault::Internal(format!("own fault {i}"))),
                    _ => panic!("a bug (this panic belongs to the test)"),
                }
            })
            .await
        }));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    release.send(()).expect("held");
    held.await.expect("no panic").expect("committed");
    for (i, task) in tasks.into_iter().enumerate() {
        let answer = task.await.expect("no panic");
        match i % 3 {
            0 => assert_eq!(answer, Ok(())),
            1 => assert_eq!(answer, Err(Fault::Internal(format!("own fault {i}")))),
            _ => assert!(matches!(answer, Err(Fault::Internal(_))), "{answer:?}"),
        }
        let stored = db.read(move |c| meta::find(c, &format!("k{i}"))).await.expect("reads");
        assert_eq!(stored.is_some(), i % 3 == 0, "k{i}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_sheds() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let db = opened(&DatabaseSettings { write_queue: 3, ..settings(folder.path()) });
    let (release, held) = hold(&db).await;
    let waiting: Vec<_> = (0..3)
        .map(|i| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |c| meta::put(c, &i.to_string(), "1")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let shed = db.write(|c| meta::put(c, "too many", "1")).await;
    assert!(matches!(&shed, Err(Fault::Unavailable(words)) if words.contains("waiting")), "{shed:?}");
    drop(release);
    held.await.expect("no panic").expect("committed");
    for task in waiting {
        task.await.expect("no panic").expect("those that waited are written");
    }
    db.write(|c| meta::put(c, "later", "1")).await.expect("there is room again");
    assert_eq!(db.read(|c| meta::find(c, "too many")).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_begin_nothing_runs() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let settings = DatabaseSettings { busy_timeout: Duration::from_millis(50), ..settings(folder.path()) };
    let db = opened(&settings);
    let mut other = SqliteConnection::establish(&settings.url["sqlite://".len()..]).expect("opens");
    other.batch_execute("BEGIN IMMEDIATE").expect("takes the lock");
    let ran = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ran);
    let answer = db
        .write(move |c| {
            seen.store(true, Ordering::SeqCst);
            meta::put(c, "a", "1")
        })
        .await;
    assert!(matches!(&answer, Err(Fault::Unavailable(words)) if words.contains("locked")), "{answer:?}");
    assert!(!ran.load(Ordering::SeqCst), "the job must not run outside of a transaction");
    other.batch_execute("ROLLBACK").expect("lets go");
    db.write(|c| meta::put(c, "a", "1")).await.expect("the writer lives on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_transaction_is_no_success() {
    // SQLite rolls a transaction back by itself when the disk is full. Whoever ran in it must hear of it, and whoever comes
    // next must not run in a transaction that nobody opened.
    let folder = tempfile::tempdir().expect("temporary folder");
    let db = opened(&settings(folder.path()));
    let path = settings(folder.path()).url["sqlite://".len()..].to_owned();
    SqliteConnection::establish(&path)
        .expect("opens")
        .batch_execute("CREATE TRIGGER full BEFORE INSERT ON meta WHEN NEW.name = 'full' BEGIN SELECT RAISE(ROLLBACK, 'full'); END")
        .expect("trigger");
    let (release, held) = hold(&db).await;
    let spawn = |name: &'static str, swallow: bool| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |c| match meta::put(c, name, "1") {
                Err(_) if swallow => Ok(()),
                answer => answer,
            })
            .await
        })
    };
    let mut tasks = Vec::new();
    for (name, swallow) in [("before", false), ("full", true), ("between", false), ("full", false), ("after", false)] {
        tasks.push((name, spawn(name, swallow)));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    release.send(()).expect("held");
    held.await.expect("no panic").expect("it had a transaction of its own");
    for (name, task) in tasks {
        let answer = task.await.expect("no panic");
        let stored = db.read(move |c| meta::find(c, name)).await.expect("reads").is_some();
        assert_eq!(answer.is_ok(), stored, "{name}: {answer:?}");
        assert_eq!(stored, name == "after", "{name}");
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let db = opened(&settings(folder.path()));
    let answer = db.read(|c| meta::put(c, "a", "1")).await;
    assert!(answer.is_err());
    assert_eq!(db.read(|c| meta::find(c, "a")).await, Ok(None));
}

#[test]
fn one_process_per_file() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let settings = settings(folder.path());
    let db = opened(&settings);
    let refused = Db::open(&settings).err().expect("it is in use");
    assert!(matches!(&refused, OpenError::InUse(_)), "{refused}");
    assert!(refused.to_string().contains("store.db"), "{refused}");
    let beside =
        Db::open(&DatabaseSettings { exclusive: false, ..settings.clone() }).expect("a command beside a server");
    drop(beside);
    assert!(Db::open(&settings).is_err(), "the command's leaving does not free the file");
    db.close();
    let again = Db::open(&settings).expect("it is free");
    assert!(!again.migrate().expect("migrates").fresh);
}

#[test]
fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("temporary folder");
    let db = opened(&settings(folder.path()));
    let deep = folder.path().join("new/deep");
    let mode = |path: &Path| std::fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&deep), 0o700);
    for entry in std::fs::read_dir(&deep).expect("is there") {
        let path = entry.expect("entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(db);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_in_the_file() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let db = opened(&settings(folder.path()));
    db.write(|c| meta::put(c, "a", "1")).await.expect("writes");
    // Another connection, before any closing.
    let path = settings(folder.path()).url["sqlite://".len()..].to_owned();
    let copy = folder.path().join("copy.db");
    let sql = format!("VACUUM INTO '{}'", copy.display());
    SqliteConnection::establish(&path).expect("opens").batch_execute(&sql).expect("copies");
    let other = Db::open(&DatabaseSettings::new(format!("sqlite://{}", copy.display()))).expect("opens");
    assert_eq!(other.read(|c| meta::find(c, "a")).await, Ok(Some("1".to_owned())));
}
