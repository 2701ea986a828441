//! In which language people are spoken to: what the app asks for, what the person chose, what their browser asks for, English.

use vouchsafe::flow::mail;
use vouchsafe::identity::User;
use vouchsafe::messages::{Language, first_known};

use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const COOKIE: &str = "vouchsafe_language";

async fn ground() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    (app, client)
}

async fn asked(app: &TestApp, browser: &mut Browser, url: &str, accept_language: &str) -> Page {
    let request = app.http.get(url).header("accept", "text/html");
    let request = match accept_language {
        "" => request,
        wish => request.header("accept-language", wish),
    };
    browser.send(request, url).await
}

/// The language that a page says it is in, three times over, and speaks.
fn language(page: &Page) -> &'static str {
    let (tag, word) = match page.header("content-language") {
        "de" => ("de", "Passwort"),
        "en" => ("en", "Password"),
        other => panic!("{other:?}: {}", page.body),
    };
    assert!(page.body.contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")), "{}", page.body);
    assert!(page.body.contains(word), "{}", page.body);
    assert_eq!(page.header("vary"), "Accept-Language, Cookie");
    tag
}

#[tokio::test]
async fn oidc_core_3_1_2_1_the_app_then_the_person_then_the_browser_then_english() {
    let (app, client) = ground().await;
    for (ui_locales, chosen, accepted, spoken) in [
        ("", "", "", "en"),
        ("", "", "de-AT, en;q=0.5", "de"),
        ("", "", "fr, tlh", "en"),
        ("", "en", "de", "en"),
        ("", "de", "en", "de"),
        ("", "tlh", "de", "de"),
        ("de", "en", "en", "de"),
        ("fr-CA de en", "en", "en", "de"),
        ("fr tlh", "de", "en", "de"),
        ("fr tlh", "", "", "en"),
    ] {
        let mut browser = Browser::new(&app);
        if !chosen.is_empty() {
            browser.cookies.insert(COOKIE.to_owned(), chosen.to_owned());
        }
        let wishes: &[_] = if ui_locales.is_empty() { &[] } else { &[("ui_locales", ui_locales)] };
        let page = asked(&app, &mut browser, &app.authorize_url(&client, wishes), accepted).await;
        assert_eq!(language(&page), spoken, "ui_locales {ui_locales:?}, chosen {chosen:?}, accepted {accepted:?}");
    }
}

#[tokio::test]
async fn what_the_app_asked_for_holds_through_the_whole_sign_in() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    let wishes = [("ui_locales", "de"), ("prompt", "consent")];
    let page = browser.open(&app.authorize_url(&client, &wishes)).await;
    let wrong = browser.submit(&page, &[("login", ALICE), ("password", "wrong")]).await;
    assert_eq!((wrong.status, language(&wrong)), (422, "de"));
    assert!(wrong.body.contains("Adresse und Passwort passen nicht zusammen."), "{}", wrong.body);
    let consent = browser.submit(&wrong, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(consent.has("approve") && consent.body.contains("Zugriff erlauben?"), "{}", consent.body);
    assert!(consent.body.contains("Feststellen, wer Sie sind"), "{}", consent.body);
    // What goes back to the app stays English (RFC 6749 section 4.1.2.1: ASCII).
    let denied = browser.submit(&consent, &[("decision", "deny")]).await;
    let words = denied.param("error_description").expect("a description");
    assert!(words.starts_with("the person did not allow it"), "{words}");
}

#[tokio::test]
async fn the_persons_choice_counts_more_than_what_the_app_asked_for_and_is_remembered() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[("ui_locales", "de")])).await;
    let again = page.body.split("name=\"again\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(again.starts_with("/authorize?request="), "{again}");
    let switched = browser.post(&app.url("/language"), &[("again", again), ("language", "en")]).await;
    assert_eq!(switched.status, 303);
    assert_eq!(browser.cookies[COOKIE], "en");
    let page = browser.open(&format!("{}{}", app.origin, switched.location.unwrap())).await;
    assert_eq!(language(&page), "en");
    let wrong = browser.submit(&page, &[("login", ALICE), ("password", "wrong")]).await;
    assert_eq!(language(&wrong), "en");
    let next = asked(&app, &mut browser, &app.authorize_url(&client, &[]), "de").await;
    assert_eq!(language(&next), "en");
}

#[tokio::test]
async fn a_choice_leads_back_into_this_house_only() {
    let (app, _) = ground().await;
    for (again, back) in [
        ("/logged-out", "/logged-out"),
        ("/logout?ui_locales=de&state=a%26b", "/logout?state=a%26b"),
        ("/authorize?request=nonsense", "/authorize?request=nonsense"),
        ("", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
    ] {
        let mut browser = Browser::new(&app);
        let page = browser.post(&app.url("/language"), &[("again", again), ("language", "de")]).await;
        assert_eq!((page.status, page.location.as_deref()), (303, Some(back)), "{again:?}");
    }
    for unknown in ["", "tlh", "ar-XB"] {
        let mut browser = Browser::new(&app);
        let page = browser.post(&app.url("/language"), &[("again", "/"), ("language", unknown)]).await;
        assert_eq!((page.status, page.location.as_deref()), (403, None), "{unknown:?}");
        assert!(page.headers.get("set-cookie").is_none(), "{unknown:?}");
    }
}

#[tokio::test]
async fn errors_speak_to_the_person_and_keep_english_for_the_developer() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    let wrong = [("redirect_uri", "https://evil.test/cb"), ("ui_locales", "de")];
    let page = asked(&app, &mut browser, &app.authorize_url(&client, &wrong), "").await;
    assert_eq!((page.status, page.header("content-language")), (400, "de"));
    for words in ["Hier geht es nicht weiter", "lang=\"en\"", "redirect_uri is not registered for this client"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.correlation_id().is_empty());
    let lost = asked(&app, &mut browser, &app.url("/there-is-no-such-page"), "de").await;
    assert_eq!(lost.status, 404);
    assert!(lost.body.contains("Unter dieser Adresse gibt es nichts."), "{}", lost.body);
    // Machines are answered in English.
    let token = app.http.post(app.url("/token")).header("accept-language", "de").send().await.unwrap();
    assert!(token.headers().get("content-language").is_none());
}

#[tokio::test]
async fn signing_out_speaks_the_language_that_was_asked_for_to_the_end() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    let page = browser.open(&app.url("/logout?ui_locales=de")).await;
    assert!(page.body.contains("Abmelden?"), "{}", page.body);
    let done = browser.submit(&page, &[("decision", "confirm")]).await;
    assert!(done.body.contains("Sie sind abgemeldet"), "{}", done.body);
}

#[tokio::test]
async fn discovery_names_every_language() {
    let (app, _) = ground().await;
    let document: serde_json::Value =
        app.http.get(app.url("/.well-known/openid-configuration")).send().await.unwrap().json().await.unwrap();
    assert_eq!(document["ui_locales_supported"], serde_json::json!(["en", "de"]));
}

#[tokio::test]
async fn a_letter_is_in_the_persons_own_language_or_in_that_of_who_caused_it() {
    let (app, _) = ground().await;
    let person =
        app.app.parts.db.read(|c| vouchsafe::store::users::find_by_email_key(c, ALICE)).await.unwrap().unwrap();
    let with_locale = |locale: Option<&str>| {
        let mut user: User = person.clone();
        user.profile.locale = locale.map(str::to_owned);
        user.profile.name = Some("Ada".to_owned());
        user
    };
    let (mut german, english) = (app.cx(), app.cx());
    german.language = first_known("de").unwrap();
    assert_eq!(english.language, Language::ENGLISH);
    for (cx, locale, subject) in [
        (&english, None, "You have been invited"),
        (&german, None, "Sie wurden eingeladen"),
        (&english, Some("de-AT"), "Sie wurden eingeladen"),
        (&german, Some("en"), "You have been invited"),
        (&german, Some("tlh"), "Sie wurden eingeladen"),
    ] {
        let letter = mail::invitation(cx, &with_locale(locale), "https://id.test/invitation?token=x".to_owned());
        assert_eq!(letter.subject, subject, "{locale:?}");
        let html = letter.html().unwrap();
        assert!(html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", letter.language.tag())), "{html}");
        assert!(letter.text().starts_with(if letter.language == Language::ENGLISH {
            "Hello Ada,"
        } else {
            "Guten Tag Ada,"
        }));
    }
}
