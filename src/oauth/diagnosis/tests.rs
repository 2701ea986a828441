//! Owns the tests of the diagnosis: every check has its sentences, and what can be told apart is told apart. The mistakes
//! themselves are made over HTTP in `tests/it/mistakes.rs`.

use super::*;

fn of(check: &str, expected: &str, received: &str) -> Diagnosis {
    diagnose(&Failure { check, expected, received }, &Known::default()).expect("a diagnosis")
}

#[track_caller]
fn says(found: &Diagnosis, mistake: &str, mend: &str) {
    assert!(found.mistake.contains(mistake), "{mistake}: {found:?}");
    assert!(found.mend_by_command().contains(mend), "{mend}: {found:?}");
    assert!(!found.mend.contains("vouchsafe "), "the mend is whole without its command: {found:?}");
}

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.into_iter().flatten()
}

#[test]
fn every_sentence_is_whole_and_every_check_ends_in_a_row_that_fits_always() {
    for (at, row) in rows().enumerate() {
        let fits_all = |row: &Row| row.1.is_empty() && row.2.is_empty();
        let later = rows().skip(at + 1).filter(|other| other.0 == row.0).count();
        let is_by_place = row.0 == "client.grant_allowed" || row.0 == "code.redirect_uri";
        assert!(is_by_place || fits_all(row) == (later == 0), "{row:?}");
        for sentence in [row.3, row.4] {
            assert!(sentence.ends_with('.') && sentence.starts_with(char::is_alphabetic), "{sentence}");
            let rest = sentence.replace("{expected}", "x").replace("{received}", "x");
            assert!(!rest.contains(['{', '}']) && !rest.contains("  "), "{sentence}");
        }
    }
}

#[test]
fn a_mend_is_whole_without_its_command() {
    let mut commands = 0;
    for row in rows() {
        let (mend, command) = without_command(row.4);
        assert!(!mend.contains("vouchsafe ") && mend.ends_with('.') && !mend.contains(" ,"), "{mend}");
        assert!(command.is_none_or(|command| command.starts_with("vouchsafe ")), "{command:?}");
        commands += usize::from(command.is_some());
    }
    assert!(commands > 10, "{commands}");
    let found = of("client.enabled", "", "");
    assert_eq!(found.mend, "Ask an administrator to switch it on again.");
    assert_eq!(found.command, Some("vouchsafe client enable"));
    assert!(found.mend_by_command().ends_with("On the command line: vouchsafe client enable."));
}

#[test]
fn the_section_behind_the_name_does_not_matter() {
    assert_eq!(of("client_id.present (RFC 6749 section 4.1.1)", "", ""), of("client_id.present", "", ""));
    let unknown = Failure { check: "nobody.knows", expected: "", received: "" };
    assert_eq!(diagnose(&unknown, &Known::default()), None);
}

#[test]
fn texts_from_outside_are_not_filled_in_twice() {
    let found = of("response_mode.known", "query", "{expected}{received}}{");
    assert_eq!(found.mistake, "The response_mode {expected}{received}}{ is not offered.");
}

#[test]
fn a_redirect_uri_is_told_by_its_least_difference() {
    let registered = "https://other.test/x | https://app.test/cb | http://127.0.0.1:8000/cb";
    for (sent, mistake, mend) in [
        ("https://app.test/cb/", "slash at its end too many", "two addresses"),
        (" https://app.test/cb", "white space", "Trim"),
        ("https://app.test/CB", "upper and lower case", "case count"),
        ("https%3A%2F%2Fapp.test%2Fcb", "percent-encoded", "once"),
        ("https://app.test/%63b", "percent-encoded", "once"),
        ("http://app.test/cb", "scheme", "X-Forwarded-Proto"),
        ("https://app.test:8443/cb", "port", "native"),
        ("https://www.app.test/cb", "www", "public address"),
        ("https://staging.test/cb", "host is another", "public address"),
        ("https://app.test/cb?next=/", "query", "state"),
        ("https://app.test/cb#top", "fragment", "state"),
        ("https://app.test/callback", "path", "--add-redirect-uri"),
        ("http://localhost:8000/cb", "loopback", "three hosts"),
        ("/cb", "no absolute", "in full"),
        ("http://evil.test/else?x=1", "several parts", "--add-redirect-uri"),
    ] {
        says(&of("redirect_uri.registered", registered, sent), mistake, mend);
        assert!(of("redirect_uri.registered", registered, sent).mistake.contains(sent));
    }
    let closest = of("redirect_uri.registered", registered, "https://app.test/cb/").mistake;
    assert!(closest.ends_with("registered is https://app.test/cb."), "{closest}");
    says(
        &of("redirect_uri.registered", "https://app.test/cb/", "https://app.test/cb"),
        "slash at its end is missing",
        "",
    );
    says(&of("redirect_uri.registered", "", "https://app.test/cb"), "no redirect_uri registered at all", "register");
}

#[test]
fn an_address_of_another_client_is_known_by_the_house() {
    let known = Known { redirect_uri_owners: vec!["shop".to_owned()], ..Known::default() };
    let failure = Failure {
        check: "redirect_uri.registered (RFC 9700 section 2.1)",
        expected: "https://app.test/cb",
        received: "https://shop.test/cb",
    };
    says(&diagnose(&failure, &known).unwrap(), "only for another client: shop", "client_id");
}

#[test]
fn a_misspelt_client_id_is_known_by_the_house() {
    let known = Known { client_ids: vec!["wiki-prod".to_owned(), "shop".to_owned()], ..Known::default() };
    for received in ["wiki_prod", "Wiki-Prod", "wikiprod", "wiki-pord"] {
        let failure = Failure { check: "client.known", expected: "", received };
        says(&diagnose(&failure, &known).unwrap(), "one called wiki-prod", "wiki-prod");
    }
    let failure = Failure { check: "client.known", expected: "", received: "orders" };
    says(&diagnose(&failure, &known).unwrap(), "no client with the client_id orders", "issuer");
}

#[test]
fn scopes_are_told_apart() {
    let registered = "email openid profile";
    let known = Known { scopes: vec!["orders:read".to_owned(), "groups".to_owned()], ..Known::default() };
    for (asked, mistake, mend) in [
        ("openid,profile", "parted by spaces", "%20"),
        ("openid+profile", "parted by spaces", "%20"),
        ("openid Email", "misspelt", "Write email"),
        ("openid emial", "misspelt", "Write email"),
        ("openid groups", "exists", "--add-scope"),
        ("openid orders.raed", "orders:read is meant", "Correct"),
        ("openid banana", "may not exist", "scope add"),
    ] {
        let failure = Failure { check: "scope.registered", expected: registered, received: asked };
        says(&diagnose(&failure, &known).unwrap(), mistake, mend);
    }
    says(&of("scope.granted", "openid", "openid phone"), "scope phone", "new sign-in");
}
