//! `vouchsafe user …`, `session …`, `consent …`, `trace …` and `admin link`.

use vouchsafe::identity::{Session, SessionId, UserId};
use vouchsafe::oauth::consent::Consent;
use vouchsafe::oauth::scope::ScopeSet;
use vouchsafe::store::{consents, sessions, traces};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::bench::{Bench, PASSWORD, bytes_of, contains};

#[test]
fn user_add_gives_the_names_that_scripts_rely_on() {
    let bench = Bench::new();
    let user = bench.feed(
        &format!("{PASSWORD}\n"),
        &[
            "user",
            "add",
            "--email",
            "Ada@Example.com",
            "--name",
            "Ada",
            "--verified",
            "--group",
            "b",
            "--group",
            "a",
            "--password-stdin",
            "--json",
        ],
    );
    assert!(!user.out.contains(PASSWORD));
    let user = user.json();
    assert_eq!((user["email"].as_str(), user["email_verified"].as_bool()), (Some("Ada@Example.com"), Some(true)));
    assert_eq!(user["groups"], serde_json::json!(["a", "b"]));
    assert_eq!(bench.json(&["user", "show", "ada@example.com"]), user);
    assert_eq!(bench.json(&["user", "show", user["id"].as_str().unwrap()]), user);
    assert_eq!(bench.json(&["user", "list"]), serde_json::json!([user]));
    assert!(bench.run(&["user", "list"]).words().contains("Ada@Example.com"));
    assert!(!contains(&bytes_of(&bench.path("data")), PASSWORD));
}

#[test]
fn what_cannot_be_an_account_is_refused_with_words() {
    let bench = Bench::new();
    let add = |email: &str, password: &str| {
        bench.feed(password, &["user", "add", "--email", email, "--password-stdin", "--json"])
    };
    add("ada", PASSWORD).refused(1, "an address looks like name@example.com");
    add("ada@example.com", "short").refused(1, "use at least 12 characters");
    add("ada@example.com", "ADA@example.com").refused(1, "must not be the e-mail address");
    add("ada@example.com", &"x".repeat(2000)).refused(1, "use at most 1024 bytes");
    add("ada@example.com", "two lines\nof password").refused(2, "more than one line");
    bench.run(&["user", "add", "--email", "ada@example.com"]).refused(2, "--password-stdin");
    bench.person("ada@example.com");
    add("ADA@example.com", PASSWORD).refused(1, "already");
    bench.run(&["user", "show", "bob@example.com"]).refused(1, "there is no account \"bob@example.com\"");
    bench.run(&["user", "remove", "nobody"]).refused(1, "there is no account \"nobody\"");
}

#[test]
fn an_account_is_changed_shut_opened_and_removed() {
    let bench = Bench::new();
    bench.person("ada@example.com");
    let changed = bench.feed("another long password", &["user", "password", "ada@example.com", "--password-stdin"]);
    assert!(changed.words().contains("new password") && !changed.out.contains("another long"));
    assert!(bench.json(&["user", "disable", "ada@example.com"])["disabled_at"].is_string());
    assert!(bench.json(&["user", "enable", "ada@example.com"])["disabled_at"].is_null());
    bench.run(&["user", "remove", "ada@example.com"]).words();
    assert!(bench.run(&["user", "list"]).words().contains("no accounts yet"));
}

#[test]
fn the_set_up_link_is_printed_again_until_there_is_an_owner() {
    let bench = Bench::new().with("VOUCHSAFE_ISSUER", "https://id.test/tenant");
    let first = bench.json(&["admin", "link"])["url"].as_str().unwrap().to_owned();
    let second = bench.json(&["admin", "link"])["url"].as_str().unwrap().to_owned();
    assert!(first.starts_with("https://id.test/tenant/setup?token=vs_su_") && first != second, "{first}");
    assert!(bench.run(&["admin", "link"]).words().starts_with("https://id.test/tenant/setup?token=vs_su_"));
    let owner = ["user", "add", "--email", "ada@example.com", "--owner", "--password-stdin", "--json"];
    assert_eq!(bench.feed(PASSWORD, &owner).json()["role"], "owner");
    bench.run(&["admin", "link"]).refused(1, "there is an administrator already");
    bench.run(&["user", "remove", "ada@example.com"]).refused(1, "only owner");
    bench.run(&["user", "disable", "ada@example.com"]).refused(1, "only owner");
}

fn now() -> Timestamp {
    vouchsafe::clock::Clock::System.now()
}

fn session(user: &str, id: &str) -> Session {
    Session {
        id: SessionId(id.to_owned()),
        user_id: UserId(user.to_owned()),
        created_at: now(),
        auth_time: now(),
        last_seen_at: now(),
        expires_at: now() + Lifetime::from_hours(1),
        ended_at: None,
        acr: "urn:vouchsafe:acr:password".to_owned(),
        amr: vec!["pwd".to_owned()],
        user_agent: "Browser\u{1b}[31m".to_owned(),
        address: "192.0.2.1".to_owned(),
    }
}

#[test]
fn sessions_are_listed_and_ended() {
    let bench = Bench::new();
    let user = bench.person("ada@example.com")["id"].as_str().unwrap().to_owned();
    assert!(bench.run(&["session", "list"]).words().contains("Nobody is signed in"));
    bench.write_rows(move |c| {
        for id in ["s1", "s2", "s3"] {
            sessions::insert(c, &session(&user, id), id.as_bytes())?;
        }
        Ok(())
    });
    let words = bench.run(&["session", "list"]);
    assert!(
        words.words().contains("ada@example.com") && !words.out.contains('\u{1b}'),
        "no escape sequences: {words:?}"
    );
    let listed = bench.json(&["session", "list", "--user", "ada@example.com"]);
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!((&listed[0]["email"], &listed[0]["address"]), (&"ada@example.com".into(), &"192.0.2.1".into()));
    assert!(bench.json(&["session", "end", "s1"])["ended_at"].is_string());
    bench.run(&["session", "end", "s1"]).refused(1, "there is no live session \"s1\"");
    assert_eq!(bench.json(&["session", "end", "--user", "ada@example.com"])["ended"], 2);
    bench.run(&["session", "end"]).refused(2, "required");
    bench.run(&["session", "end", "s1", "--user", "x"]).refused(2, "cannot be used with");
    bench.run(&["session", "list", "--user", "bob@example.com"]).refused(1, "there is no account");
    assert_eq!(bench.json(&["session", "list"]), serde_json::json!([]));
}

#[test]
fn consents_are_listed_and_withdrawn() {
    let bench = Bench::new();
    let user = bench.person("ada@example.com")["id"].as_str().unwrap().to_owned();
    bench.web_client("wiki");
    bench.write_rows(move |c| {
        let consent = Consent {
            user_id: UserId(user.clone()),
            client_id: "wiki".to_owned(),
            scopes: ScopeSet::of(["openid", "email"]),
            claims: Vec::new(),
            created_at: now(),
            granted_at: now(),
        };
        consents::grant(c, &consent)
    });
    let listed = bench.json(&["consent", "list", "ada@example.com"]);
    assert_eq!((&listed[0]["client_id"], &listed[0]["scope"]), (&"wiki".into(), &"email openid".into()));
    assert!(bench.run(&["consent", "list", "ada@example.com"]).words().contains("email openid"));
    bench.run(&["consent", "withdraw", "ada@example.com", "other"]).refused(1, "no consent");
    bench.run(&["consent", "withdraw", "ada@example.com", "wiki"]).words();
    bench.run(&["consent", "withdraw", "ada@example.com", "wiki"]).refused(1, "no consent");
    bench.run(&["consent", "list", "bob@example.com"]).refused(1, "there is no account");
}

#[test]
fn a_trace_is_shown_step_by_step() {
    let bench = Bench::new();
    bench.run(&["migrate"]).words();
    bench.run(&["trace", "none"]).refused(1, "there is no trace \"none\"");
    bench.write_rows(|c| {
        let row = |step: &str, outcome: &str, found: Option<&str>| traces::TraceRow {
            correlation_id: "ab12-cd34".to_owned(),
            at: now(),
            step: step.to_owned(),
            outcome: outcome.to_owned(),
            check_name: found.map(|_| "redirect_uri.registered (RFC 9700 section 2.1)".to_owned()),
            expected: found.map(|_| "https://x.test/cb".to_owned()),
            received: found.map(str::to_owned),
            client_id: Some("wiki".to_owned()),
            user_id: None,
            address: Some("192.0.2.1".to_owned()),
        };
        traces::insert_many(
            c,
            &[row("authorize", "began", None), row("authorize", "refused", Some("https://x.test/cb/\u{7}"))],
        )
    });
    let words = bench.run(&["trace", " AB12-CD34 "]);
    for part in [
        "began",
        "refused",
        "redirect_uri.registered",
        "https://x.test/cb",
        "https://x.test/cb/\u{fffd}",
        "wiki",
        "mistake   The redirect_uri",
        "mend      Send a registered",
    ] {
        assert!(words.words().contains(part), "{part} in {words:?}");
    }
    let json = bench.json(&["trace", "ab12-cd34"]);
    assert_eq!((&json["correlation_id"], json["steps"].as_array().unwrap().len()), (&"ab12-cd34".into(), 2));
    assert_eq!(
        (&json["steps"][1]["check"], &json["steps"][0]["mistake"]),
        (&"redirect_uri.registered (RFC 9700 section 2.1)".into(), &serde_json::Value::Null)
    );
    for (member, word) in [("mistake", "not a registered one"), ("mend", "--add-redirect-uri")] {
        let text = json["steps"][1][member].as_str().expect("a text");
        assert!(text.contains(word), "{member}: {text}");
    }
}

#[test]
fn people_are_imported_line_by_line_and_again() {
    let bench = Bench::new();
    let file = bench.path("people.jsonl");
    // Hashes of crypt_blowfish, of Django's tests, and a credential of a Keycloak realm.
    let lines = [
        r#"{"email":"ada@example.com","name":"Ada","password_hash":"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}"#,
        "",
        r#"{"email":"bob@example.com","groups":["staff"],"password_hash":"pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="}"#,
        r#"{"email":"cid@example.com","password_hash":{"type":"password","secretData":"{\"value\":\"JsfNbCOIdZUbyBJ+BT+VoGI91Ec2rWLOvkLPDaX8e9k=\",\"salt\":\"P5rtFkGtPfoaryJ6PizUJw==\"}","credentialData":"{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}"}}"#,
        r#"{"email":"dan@example.com"}"#,
        r#"{"email":"not an address"}"#,
        r#"{"email":"eve@example.com","password_hash":"md5$a$b"}"#,
        "not JSON",
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let path = file.to_str().unwrap();
    let report = bench.run(&["user", "import", path, "--json"]);
    assert_eq!(report.code, 1, "some were refused");
    let told: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!((&told["made"], &told["present"], &told["refused"]), (&4.into(), &0.into(), &3.into()), "{told}");
    let numbers: Vec<i64> = told["lines"].as_array().unwrap().iter().filter_map(|line| line["line"].as_i64()).collect();
    assert_eq!(numbers, [6, 7, 8]);
    assert!(report.err.contains("line 7: password_hash: the password hash cannot be used"), "{}", report.err);
    let again = bench.run(&["user", "import", path]);
    assert!(again.out.contains("0 made, 4 there already, 3 refused."), "{}", again.out);
    assert_eq!(bench.json(&["user", "list"]).as_array().unwrap().len(), 4);
    assert!(!contains(&bytes_of(&bench.path("data")), "secretData"));
    bench.run(&["user", "import", "nowhere.jsonl"]).refused(2, "cannot be read");
}

#[test]
fn a_list_of_breached_passwords_is_made_checked_and_asked() {
    let bench = Bench::new();
    let (from, list) = (bench.path("leak.txt"), bench.path("breached.list"));
    std::fs::write(&from, "violet tractor onion\nanother long password\n").unwrap();
    let (from, list) = (from.to_str().unwrap(), list.to_str().unwrap());
    let made = bench.run(&["breached", "import", from, "--to", list, "--passwords"]);
    assert!(made.words().contains("2 passwords"), "{}", made.out);
    assert!(bench.run(&["breached", "check", list]).words().contains("holds 2 passwords"));
    assert!(
        bench
            .feed("violet tractor onion\n", &["breached", "check", list, "--password-stdin"])
            .out
            .contains("stands in")
    );
    let free = bench.feed("violet tractor onions", &["breached", "check", list, "--password-stdin"]);
    assert!(free.words().contains("does not stand"));
    bench.run(&["breached", "check", from]).refused(1, "is not one");
    bench.run(&["breached", "import", from, "--to", list]).refused(1, "line 1");
    let with_list = Bench::new().with("VOUCHSAFE_PASSWORDS_BREACHED", list);
    let add = ["user", "add", "--email", "ada@example.com", "--password-stdin"];
    with_list.feed("violet tractor onion", &add).refused(1, "stolen elsewhere");
    with_list.feed("violet tractor onions", &add).words();
}
