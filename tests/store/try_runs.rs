//! Runs of "Try it": each belongs to one console session and one client, is taken once, and goes with either.

use vouchsafe::identity::{SessionId, UserId};
use vouchsafe::store::own_sessions::OwnSession;
use vouchsafe::store::try_runs::TryRun;
use vouchsafe::store::{Conn, Fault, clients, own_sessions, try_runs};

use crate::arena::{Arena, contract};
use crate::samples::{NOW, later, shop_and_alice};

contract!(
    a_run_belongs_to_its_session_and_client,
    of_many_answers_one_takes_the_run,
    a_report_is_kept_for_its_session_until_the_end,
    runs_go_with_their_session_and_client,
);

fn run(id: &str) -> TryRun {
    TryRun {
        id: id.to_owned(),
        state_hash: format!("state of {id}").into_bytes(),
        console_session_id: "here".to_owned(),
        client_id: "shop".to_owned(),
        details: "sealed".to_owned(),
        report: None,
        created_at: NOW,
        expires_at: later(900),
        used_at: None,
    }
}

fn console(c: &mut Conn, id: &str) -> Result<(), Fault> {
    let session = OwnSession {
        id: id.to_owned(),
        user_id: UserId("alice".to_owned()),
        session_id: SessionId("s".to_owned()),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: later(3600),
        app: "console".to_owned(),
        amr: vec!["pwd".to_owned()],
    };
    own_sessions::insert(c, &session, id.as_bytes())
}

/// Runs `one` and `two` of the console session `here`, beside a session `there`.
async fn two_runs(arena: &Arena) {
    shop_and_alice(arena).await;
    arena
        .write(|c| {
            console(c, "here")?;
            console(c, "there")?;
            try_runs::insert(c, &run("one"))?;
            try_runs::insert(c, &run("two"))
        })
        .await;
}

async fn a_run_belongs_to_its_session_and_client(arena: Arena) {
    two_runs(&arena).await;
    for (state, session, client, at, is) in [
        ("state of one", "here", "shop", NOW, true),
        ("state of one", "here", "shop", later(899), true),
        ("state of one", "here", "shop", later(900), false),
        ("state of one", "there", "shop", NOW, false),
        ("state of one", "here", "wiki", NOW, false),
        ("state of none", "here", "shop", NOW, false),
    ] {
        let open = arena.read(move |c| try_runs::is_open(c, state.as_bytes(), session, client, at)).await;
        assert_eq!(open, is, "{state} {session} {client} {at:?}");
    }
    for (session, at) in [("there", NOW), ("here", later(900))] {
        let taken = arena.write(move |c| try_runs::take(c, b"state of one", session, at)).await;
        assert_eq!(taken, None, "{session} {at:?}");
    }
}

async fn of_many_answers_one_takes_the_run(arena: Arena) {
    two_runs(&arena).await;
    let taken = arena.race(20, |_| |c: &mut Conn| Ok(try_runs::take(c, b"state of one", "here", later(1))?.is_some()));
    assert_eq!(taken.await, 1);
    assert!(!arena.read(|c| try_runs::is_open(c, b"state of one", "here", "shop", later(1))).await, "it is over");
    let found = arena.read(|c| try_runs::find(c, "one", "here", later(1))).await;
    assert_eq!(found, Some(TryRun { used_at: Some(later(1)), ..run("one") }));
    assert!(arena.read(|c| try_runs::is_open(c, b"state of two", "here", "shop", later(1))).await, "the other is not");
}

async fn a_report_is_kept_for_its_session_until_the_end(arena: Arena) {
    two_runs(&arena).await;
    arena.write(|c| try_runs::keep_report(c, "one", "report")).await;
    let report = async |session: &'static str, at| {
        arena.read(move |c| try_runs::find(c, "one", session, at)).await.and_then(|run| run.report)
    };
    assert_eq!(report("here", later(899)).await.as_deref(), Some("report"));
    assert_eq!(report("here", later(900)).await, None);
    assert_eq!(report("there", NOW).await, None);
    assert_eq!(arena.write(|c| try_runs::delete_expired(c, later(900))).await, 0);
    assert_eq!(arena.write(|c| try_runs::delete_expired(c, later(901))).await, 2);
}

async fn runs_go_with_their_session_and_client(arena: Arena) {
    two_runs(&arena).await;
    arena.write(|c| try_runs::insert(c, &TryRun { console_session_id: "there".to_owned(), ..run("three") })).await;
    assert!(arena.write(|c| own_sessions::delete(c, b"here")).await);
    for (id, session, is) in [("one", "here", false), ("two", "here", false), ("three", "there", true)] {
        assert_eq!(arena.read(move |c| try_runs::find(c, id, session, NOW)).await.is_some(), is, "{id}");
    }
    arena.write(|c| clients::delete(c, "shop")).await;
    assert_eq!(arena.read(|c| try_runs::find(c, "three", "there", NOW)).await, None);
}
