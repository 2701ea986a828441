//! Letters: written with what they tell of, handed to an SMTP server that may be slow, rude or gone, and never lost before
//! their time.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use vouchsafe::flow::admin::user::{self, FirstAccess};
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, invitation};
use vouchsafe::flow::ops::mail;
use vouchsafe::store::outbox::{self, Letters};
use vouchsafe::time::Lifetime;

use crate::support::{Browser, TestApp};

/// An SMTP server that answers the end of each letter as told, and keeps what it took.
struct Server {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<&'static str>>>,
}

async fn server(answers: &[&'static str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = Server {
        port: listener.local_addr().expect("an address").port(),
        taken: Arc::default(),
        answers: Arc::new(Mutex::new(answers.to_vec())),
    };
    let (taken, answers) = (server.taken.clone(), server.answers.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, taken.clone(), answers.clone()));
        }
    });
    server
}

async fn converse(
    stream: tokio::net::TcpStream,
    taken: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<&'static str>>>,
) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 mail.test ESMTP\r\n").await.ok()?;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut letter = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter += &line;
                    letter.push('\n');
                }
                let answer = answers.lock().expect("no panic").pop().unwrap_or("250 taken");
                if answer.starts_with("250") {
                    taken.lock().expect("no panic").push(letter);
                }
                answer
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        if answer == "drop" {
            return None;
        }
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

async fn app_with(server: &Server) -> TestApp {
    let port = server.port.to_string();
    let settings = [
        ("VOUCHSAFE_MAIL_HOST", "127.0.0.1"),
        ("VOUCHSAFE_MAIL_TLS", "none"),
        ("VOUCHSAFE_MAIL_PORT", port.as_str()),
        ("VOUCHSAFE_MAIL_FROM", "Acme <no-reply@acme.test>"),
        ("VOUCHSAFE_MAIL_TIMEOUT_SECONDS", "2"),
    ];
    TestApp::start_with(&settings).await
}

/// Invites somebody; the link that only they should get.
async fn invite(app: &TestApp, name: &str) -> String {
    let document = UserDocument { name: Some(name.to_owned()), ..UserDocument::new("ada@example.com") };
    let cx = app.app.command_cx();
    let created = user::create(&cx, &Actor::CommandLine, document, FirstAccess::Invitation).await.unwrap().unwrap();
    assert!(created.mailed);
    invitation::address(&cx, &created.invitation.expect("a link")).expose().to_owned()
}

async fn deliver(app: &TestApp) -> usize {
    mail::deliver(&app.app.parts, app.clock.now()).await.expect("the outbox")
}

/// Undoes quoted-printable as far as links need it.
fn unfolded(letter: &str) -> String {
    letter.replace("=\n", "").replace("=3D", "=")
}

#[tokio::test]
async fn an_invitation_goes_out_once_with_its_link_in_both_parts() {
    let server = server(&[]).await;
    let app = app_with(&server).await;
    let link = invite(&app, "Ada").await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(deliver(&app).await, 0, "it left the outbox");
    let taken = server.taken.lock().unwrap().clone();
    let letter = unfolded(&taken[0]);
    assert_eq!(letter.matches(&link).count(), 3, "once as text, twice in the HTML part: {letter}");
    for part in [
        "To: ada@example.com",
        "From: Acme <no-reply@acme.test>",
        "Content-Type: multipart/alternative",
        "Message-ID: ",
    ] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
}

#[tokio::test]
async fn r30_a_server_that_says_later_drops_or_is_gone_costs_patience_only() {
    let server = server(&["451 later", "drop"]).await;
    let app = app_with(&server).await;
    invite(&app, "Ada").await;
    assert_eq!(deliver(&app).await, 0, "dropped");
    assert_eq!(deliver(&app).await, 0, "not again at once");
    assert!(server.taken.lock().unwrap().is_empty());
    app.pass(Lifetime::from_seconds(31));
    assert_eq!(deliver(&app).await, 0, "451");
    let troubled = app.app.parts.db.read(|c| outbox::list(c, Letters::Tried, None, 10)).await.unwrap();
    assert_eq!((troubled.len(), troubled[0].tries, troubled[0].given_up_at), (1, 2, None));
    assert!(troubled[0].last_error.as_deref().is_some_and(|e| e.contains("later")), "{troubled:?}");
    app.pass(Lifetime::from_seconds(61));
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(server.taken.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn r30_a_letter_that_will_never_be_taken_is_given_up_and_forgotten_later() {
    let server = server(&["550 no such person"]).await;
    let app = app_with(&server).await;
    invite(&app, "Ada").await;
    assert_eq!(deliver(&app).await, 0);
    let troubled = app.app.parts.db.read(|c| outbox::list(c, Letters::Tried, None, 10)).await.unwrap();
    assert!(troubled[0].given_up_at.is_some(), "{troubled:?}");
    app.pass(Lifetime::from_hours(2));
    assert_eq!(deliver(&app).await, 0, "nobody tries again");
    let later = app.clock.now() + Lifetime::from_days(8);
    assert_eq!(app.app.parts.db.write(move |c| outbox::delete_given_up(c, later)).await.unwrap(), 1);
}

#[tokio::test]
async fn b11_a_name_with_line_breaks_is_refused_and_a_hostile_one_stays_text() {
    let server = server(&[]).await;
    let app = app_with(&server).await;
    let cx = app.app.command_cx();
    for address in ["a@x.test\r\nBcc: b@x.test", "a@x.test,b@x.test"] {
        let document = UserDocument::new(address);
        let refused = user::create(&cx, &Actor::CommandLine, document, FirstAccess::Invitation).await.unwrap();
        assert!(refused.is_err(), "{address}");
    }
    invite(&app, "<a href=//evil.test>x</a>").await;
    assert_eq!(deliver(&app).await, 1);
    let letter = unfolded(&server.taken.lock().unwrap()[0]);
    let html = letter.split("text/html").nth(1).expect("an HTML part");
    assert!(!html.contains("<a href=//evil"), "{html}");
}

#[tokio::test]
async fn two_nodes_send_one_letter_once() {
    let server = server(&[]).await;
    let app = app_with(&server).await;
    for _ in 0..5 {
        let cx = app.app.command_cx();
        let address = format!("p{}@example.com", vouchsafe::flow::cx::correlation_id(&*cx.parts.chance));
        let document = UserDocument::new(&address);
        user::create(&cx, &Actor::CommandLine, document, FirstAccess::Invitation).await.unwrap().unwrap();
    }
    let (a, b) = tokio::join!(deliver(&app), deliver(&app));
    assert_eq!((a + b, server.taken.lock().unwrap().len()), (5, 5));
}

#[tokio::test]
async fn letters_that_are_stuck_are_seen_tried_again_and_given_up_in_the_console_and_the_api() {
    let server = server(&["550 <b>no</b>", "550 no", "451 later"]).await;
    let app = app_with(&server).await;
    app.administrator("root@example.com", "owner").await;
    invite(&app, "Ada").await;
    assert_eq!(deliver(&app).await, 0);
    let mut root = Browser::new(&app);
    let start = app.enter(&mut root, "root@example.com", "/admin").await;
    assert!(
        start.body.contains("One letter could not be delivered") && start.body.contains("/admin/mail"),
        "{start:?}"
    );
    let page = root.get(&app.url("/admin/mail")).await;
    for words in ["ada@example.com", "You have been invited", "later", "Try again now", "Give up"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("token="), "the letter itself is not shown");
    let id = app.lines("SELECT id AS line FROM outbox").remove(0);
    let api = app.program_of_all().await;
    let listed = api.get("/mail").await.ok(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["tries"]), (&id.as_str().into(), &1.into()));
    assert_eq!(deliver(&app).await, 0, "not before its time");
    assert_eq!(api.post(&format!("/mail/{id}/retry"), serde_json::Value::Null).await.status, 200);
    assert_eq!(deliver(&app).await, 0, "550");
    let page = root.get(&app.url("/admin/mail")).await;
    assert!(page.body.contains("given up") && !page.body.contains("<b>no"), "{}", page.body);
    assert_eq!(api.delete(&format!("/mail/{id}")).await.status, 204);
    api.delete(&format!("/mail/{id}")).await.is_problem(404, "unknown_letter");
    api.post(&format!("/mail/{id}/retry"), serde_json::Value::Null).await.is_problem(404, "unknown_letter");
    assert!(root.get(&app.url("/admin/mail")).await.body.contains("Every letter has left"));
    let events = app.events().await;
    assert!(["letter_retried", "letter_given_up"].iter().all(|kind| events.iter().any(|e| e == kind)), "{events:?}");
}

#[tokio::test]
async fn letters_that_wait_while_mail_is_off_are_told_of() {
    let server = server(&[]).await;
    let app = app_with(&server).await;
    app.administrator("root@example.com", "owner").await;
    invite(&app, "Ada").await;
    let off = TestApp::start_in(app.stop().await, &[]).await;
    let mut root = Browser::new(&off);
    let start = off.enter(&mut root, "root@example.com", "/admin").await;
    assert!(start.body.contains("Mail is switched off") && start.body.contains("one letter waits"), "{}", start.body);
    let page = root.get(&off.url("/admin/mail")).await;
    assert!(page.body.contains("ada@example.com") && page.body.contains("mail.host"), "{}", page.body);
    assert!(!page.body.contains("Try again now"), "{}", page.body);
    let id = off.lines("SELECT id AS line FROM outbox").remove(0);
    let api = off.program_of_all().await;
    api.post(&format!("/mail/{id}/retry"), serde_json::Value::Null).await.is_problem(409, "mail_is_off");
}
