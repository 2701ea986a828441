//! `vouchsafe export`, `plan`, `apply`, `drift` and `api`: on the database beside them, and on a running server.

use serde_json::{Value, json};

use crate::bench::{Bench, bytes_of, contains};

const SET: &str = r#"
[settings]
organisation = "Acme"

[[resource]]
audience = "https://orders.test"
name = "Orders"

[[scope]]
name = "orders:read"
description = "Read your orders"
audience = "https://orders.test"

[[group]]
name = "staff"

[[client]]
client_id = "wiki"
profile = "web"
name = "Wiki"
redirect_uris = ["https://wiki.test/cb"]
scopes = ["openid", "orders:read"]
secret = { env = "WIKI_SECRET" }
"#;
const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn files_are_planned_applied_exported_and_drift_shows() {
    let bench = Bench::new().with("WIKI_SECRET", SECRET);
    bench.write("set.toml", SET);
    let planned = bench.run(&["plan", "set.toml"]);
    assert_eq!(planned.code, 2, "{planned:?}");
    assert!(planned.out.contains("+ create client wiki") && planned.out.contains("4 to create"), "{planned:?}");
    assert_eq!(bench.run(&["apply", "set.toml"]).code, 0);
    let again = bench.run(&["plan", "set.toml"]);
    assert_eq!((again.code, again.out.trim()), (0, "Everything is as the files say."));
    assert!(bench.run(&["apply", "set.toml"]).out.contains("nothing was changed"));

    let exported = bench.run(&["export"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    assert!(!exported.out.contains(SECRET));
    bench.write("exported.toml", &exported.out);
    let round = bench.run(&["plan", "exported.toml"]);
    assert_eq!(
        (round.code, round.out.trim()),
        (0, "Everything is as the files say."),
        "what is exported can be applied"
    );

    bench.json(&["client", "edit", "wiki", "--name", "Wiki by hand"]);
    let drift = bench.run(&["drift"]);
    assert_eq!(drift.code, 2);
    assert!(drift.out.contains("~ changed by hand: client wiki") && drift.out.contains("Wiki by hand"), "{drift:?}");
    let planned = bench.run(&["plan", "set.toml"]);
    assert!(planned.out.contains("changed by hand since it was last applied"), "{planned:?}");
    assert_eq!(bench.run(&["apply", "set.toml"]).code, 0);
    assert_eq!(bench.run(&["drift"]).code, 0);
    assert!(!contains(&bytes_of(&bench.path("data")), SECRET), "P01: the database holds no secret");
}

#[test]
fn a_wrong_file_names_the_place_and_changes_nothing() {
    let bench = Bench::new();
    bench.write("set.toml", SET);
    // 2 says that there is a difference, and nothing else.
    bench.run(&["plan", "set.toml"]).refused(1, "WIKI_SECRET, which is not set");
    for wrong in [&["plan"][..], &["plan", "--no-such-flag"], &["drift", "--no-such-flag"], &["plan", "--set", "x"]] {
        assert_eq!(bench.run(wrong).code, 1, "{wrong:?}");
    }
    bench.write("bad.toml", "[[client]]\nclient_id = \"x\"\nprofile = \"web\"\nname = \"X\"\nredirect_uri = \"y\"\n");
    bench.run(&["apply", "bad.toml"]).refused(1, "redirect_uri");
    bench.write(
        "bad.toml",
        "[[group]]\nname = \"staff\"\n[[client]]\nclient_id = \"x\"\nprofile = \"web\"\nname = \"X\"\n",
    );
    bench.run(&["apply", "bad.toml"]).refused(1, "client x: ");
    assert!(!bench.run(&["export"]).out.contains("staff"), "all of it or nothing");
    bench.run(&["plan", "nowhere.toml"]).refused(1, "nowhere.toml");
    bench.run(&["apply", "nowhere.toml"]).refused(2, "nowhere.toml");
}

#[test]
fn apply_removes_what_files_own_only_where_it_was_said() {
    let bench = Bench::new().with("WIKI_SECRET", SECRET);
    bench.write("set.toml", SET);
    assert_eq!(bench.run(&["apply", "set.toml"]).code, 0);
    let without_client = &SET[..SET.find("[[client]]").unwrap()];
    bench.write("less.toml", without_client);
    let asked = bench.run(&["apply", "less.toml"]);
    asked.refused(1, "- remove client wiki");
    asked.refused(1, "--yes");
    assert_eq!(bench.run(&["client", "show", "wiki"]).code, 0, "nothing was changed");
    let done = bench.run(&["apply", "less.toml", "--yes"]);
    assert!(done.code == 0 && done.out.contains("1 to remove"), "{done:?}");
    assert_eq!(bench.run(&["client", "show", "wiki"]).code, 1);
    // A wrong path that leads to an empty file is the dangerous one.
    for empty in ["", "group = []\n"] {
        bench.write("empty.toml", empty);
        bench.run(&["apply", "empty.toml", "--yes"]).refused(1, "--allow-empty");
    }
    assert_eq!(bench.run(&["apply", "empty.toml", "--yes", "--allow-empty"]).code, 0);
    assert_eq!(bench.run(&["apply", "empty.toml"]).code, 0, "nothing is owned: nothing to ask");
}

#[test]
fn a_group_and_the_rule_that_names_it_come_in_one_set() {
    let bench = Bench::new();
    let set = "[settings.second_factor]\nrequired_for = \"administrators\"\ngroups = [\"staff\"]\nmail_codes = \"never\"\n\
               [[group]]\nname = \"staff\"\ndescription = \"Everybody\"\n";
    bench.write("set.toml", set);
    let applied = bench.run(&["apply", "set.toml"]);
    let (group, settings) = (applied.out.find("create group staff"), applied.out.find("settings settings"));
    assert!(applied.code == 0 && group.is_some() && group < settings, "{applied:?}");
    // And go in one, the rule before the group. The plan tells what goes with it.
    bench.write("none.toml", "[settings]\n");
    let add = ["user", "add", "--email", "ada@example.com", "--group", "staff", "--password-stdin"];
    assert_eq!(bench.feed("a horse with two saddles", &add).code, 0);
    let plan = bench.run(&["plan", "none.toml"]);
    assert!(plan.code == 2 && plan.out.contains("- remove group staff\n    goes with it: members: 1"), "{plan:?}");
    assert_eq!(bench.json(&["user", "show", "ada@example.com"])["groups"], json!(["staff"]), "it was a plan");
    assert_eq!(bench.run(&["apply", "none.toml", "--yes"]).code, 0);
}

#[test]
fn api_reaches_every_operation_here() {
    let bench = Bench::new();
    let listed = bench.json(&["api"]);
    assert!(listed.as_array().is_some_and(|all| all.len() > 60), "{listed}");
    let made = bench.json(&["api", "post", "/groups", "--data", r#"{"name":"staff","description":"Everybody"}"#]);
    assert_eq!((&made["name"], &made["version"]), (&json!("staff"), &json!(1)));
    let put = r#"{"name":"staff","description":"All"}"#;
    bench
        .run(&["api", "PUT", "/groups/staff", "--data", put, "--if-match", "\"v7\""])
        .refused(1, "somebody changed it");
    assert_eq!(bench.json(&["api", "PUT", "/groups/staff", "--data", put, "--if-match", "\"v1\""])["version"], 2);
    bench.run(&["api", "GET", "/groups/nobody"]).refused(1, "reference");
    bench.run(&["api", "GET", "/nothing"]).refused(2, "there is no GET /nothing");
    let log = bench.json(&["api", "GET", "/audit?limit=2"]);
    assert_eq!(log["items"][0]["actor"], "command line");
}

#[test]
fn commands_work_on_a_running_server_with_a_token_of_its_own() {
    let (bench, port, issuer) = Bench::served();
    let bench = bench.with("WIKI_SECRET", SECRET);
    bench.write("set.toml", SET);
    let scopes = ["clients", "scopes", "groups", "roles", "settings", "webhooks", "upstreams"]
        .iter()
        .flat_map(|area| [format!("admin:{area}:read"), format!("admin:{area}:write")])
        .collect::<Vec<_>>();
    let mut add = vec!["client", "add", "--profile", "service", "--name", "Deploy", "--client-id", "deploy"];
    scopes.iter().for_each(|scope| add.extend(["--scope", scope.as_str()]));
    let client = bench.json(&add);
    let secret = client["client_secret"].as_str().unwrap().to_owned();
    let _server = bench.serve(port);
    bench.run(&["drift", "--server", &issuer]).refused(1, "VOUCHSAFE_API_TOKEN");
    let bench = bench.with("VOUCHSAFE_API_CLIENT_ID", "deploy").with("VOUCHSAFE_API_CLIENT_SECRET", &secret);
    let there = ["--server", issuer.as_str()];
    assert_eq!(bench.run(&[&["plan", "set.toml"], &there[..]].concat()).code, 2);
    let applied = bench.run(&[&["apply", "set.toml"], &there[..]].concat());
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(bench.run(&[&["plan", "set.toml"], &there[..]].concat()).code, 0);
    let log: Value = bench.json(&["api", "GET", "/audit?kind=files_applied"]);
    assert_eq!(log["items"][0]["actor"], "client deploy");
    let narrow = ["api", "DELETE", "/clients/wiki", "--server", &issuer, "--scope", "admin:clients:read"];
    bench.run(&narrow).refused(1, "admin:clients:write");
    bench.run(&["drift", "--server", "http://id.example.com"]).refused(3, "not https");
}
