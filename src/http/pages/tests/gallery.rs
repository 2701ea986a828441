//! Every page in its main states, filled from one sample.

use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::flow::sign_in::second_factor::{Mail, Ways};
use crate::http::pages::*;
use crate::messages::Language;

/// The texts that fill the pages.
pub(crate) struct Sample {
    pub(crate) client: ClientCard,
    pub(crate) account: AccountCard,
    pub(crate) other: AccountCard,
    pub(crate) host: String,
    pub(crate) words: String,
    pub(crate) login: String,
    pub(crate) token: String,
    pub(crate) back: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) facts: Vec<(String, String)>,
}

impl Sample {
    /// Texts as they usually are.
    pub(crate) fn ordinary() -> Self {
        let client = ClientCard {
            name: "Acme Notes".to_owned(),
            host: Some("notes.acme.example".to_owned()),
            logo: None,
            client_uri: Some("https://acme.example/notes".to_owned()),
            policy_uri: Some("https://acme.example/privacy".to_owned()),
            tos_uri: Some("https://acme.example/terms".to_owned()),
        };
        let account = AccountCard {
            id: "019a1c2e-7b4e-7c3a-9d1e-5a7f00c1d2e3".to_owned(),
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            initials: "AL".to_owned(),
            since: String::new(),
        };
        let other = AccountCard {
            id: "019a1c2e-7b4e-7c3a-9d1e-5a7f00c1d2e4".to_owned(),
            name: "Grace Hopper".to_owned(),
            email: "grace.hopper@navy.example".to_owned(),
            initials: "GH".to_owned(),
            since: "Signed in yesterday at 18:40".to_owned(),
        };
        Self {
            client,
            account,
            other,
            host: "notes.acme.example".to_owned(),
            words: "See your name and picture".to_owned(),
            login: "ada@example.com".to_owned(),
            token: "vs_su_3Nf8Qk2b".to_owned(),
            back: "/".to_owned(),
            fields: vec![
                ("code".to_owned(), "vs_ac_9f3KqP".to_owned()),
                ("state".to_owned(), "af0ifjsldkj".to_owned()),
                ("iss".to_owned(), "https://id.acme.example".to_owned()),
            ],
            facts: vec![
                ("Client".to_owned(), "acme-notes".to_owned()),
                ("Received redirect URI".to_owned(), "https://notes.acme.example/callback/?from=mail".to_owned()),
                ("Registered redirect URIs".to_owned(), "2".to_owned()),
            ],
        }
    }

    /// One text wherever somebody else chooses it.
    pub(crate) fn of(text: &str) -> Self {
        let own = || text.to_owned();
        let account = AccountCard { id: own(), name: own(), email: own(), initials: own(), since: String::new() };
        let plain = Self::ordinary();
        Self {
            client: ClientCard { name: own(), host: Some(own()), ..plain.client.clone() },
            account: account.clone(),
            other: account,
            host: own(),
            words: own(),
            login: own(),
            token: own(),
            fields: vec![("state".to_owned(), own())],
            facts: vec![("Received redirect URI".to_owned(), own())],
            ..plain
        }
    }
}

/// Every page by name.
pub(crate) fn gallery(base: &str, sample: &Sample) -> Vec<(&'static str, String)> {
    gallery_in(Language::ENGLISH, base, sample)
}

/// Every page by name, in a language.
pub(crate) fn gallery_in(language: Language, base: &str, sample: &Sample) -> Vec<(&'static str, String)> {
    let chrome = |title| Chrome::speaking(language, title, base).offering_languages(Some(format!("{base}/again?x=1")));
    let mut pages = sign_in(base, &chrome, sample);
    pages.extend(super::gallery_accounts::pages(base, &chrome, sample));
    pages.extend(second_factors(base, &chrome, sample));
    pages.extend(the_rest(base, &chrome, sample));
    pages.push(("mailbox", mailbox(base, sample).render()));
    pages.push(("mailbox-empty", MailboxPage { letters: Vec::new(), ..mailbox(base, sample) }.render()));
    pages.into_iter().map(|(name, html)| (name, html.expect(name))).collect()
}

pub(super) type Surroundings<'a> = &'a dyn Fn(&'static str) -> Chrome;

fn passkey_form(sample: &Sample) -> PasskeyForm {
    PasskeyForm { options: format!(r#"{{"publicKey":{:?}}}"#, sample.words), ceremony: sample.token.clone() }
}

fn second_factors(base: &str, chrome: Surroundings<'_>, sample: &Sample) -> Rendered {
    let code = SecondFactorPage {
        chrome: chrome("second-factor-title"),
        client: sample.client.clone(),
        half: sample.token.clone(),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        ways: Ways { app: true, recovery_code: true, passkey: None, passkey_first: false, mail: Mail::No },
        problem: None,
        correlation_id: "01JD4Z7M2Q".to_owned(),
    };
    let enrol = EnrolPage {
        chrome: chrome("enrol-title"),
        client: sample.client.name.clone(),
        request: sample.token.clone(),
        csrf: sample.token.clone(),
        app: Some(AppCard {
            enrolment: sample.token.clone(),
            picture: String::new(),
            address: "otpauth://totp/x".to_owned(),
            typed: "ABCD".to_owned(),
        }),
        passkey: None,
        problem: None,
    };
    let passkey = Some(passkey_form(sample));
    let ways = |ways: Ways| SecondFactorPage { ways, ..code.clone() }.render();
    let codes = RecoveryCodesPage {
        chrome: chrome("recovery-title"),
        codes: vec!["abcd-efgh".to_owned()],
        go_on: format!("{base}/"),
    };
    vec![
        ("second-factor", code.render()),
        ("second-factor-app", ways(Ways { recovery_code: false, ..code.ways.clone() })),
        ("second-factor-recovery", ways(Ways { app: false, ..code.ways.clone() })),
        ("second-factor-passkey", ways(Ways { passkey: passkey.clone(), ..code.ways.clone() })),
        (
            "second-factor-passkey-first",
            ways(Ways { passkey: passkey.clone(), passkey_first: true, ..code.ways.clone() }),
        ),
        (
            "second-factor-mail",
            ways(Ways { mail: Mail::Offered, app: false, recovery_code: false, ..code.ways.clone() }),
        ),
        ("second-factor-mailed", ways(Ways { mail: Mail::Sent, ..code.ways.clone() })),
        ("enrol-passkey-only", EnrolPage { passkey: passkey.clone(), app: None, ..enrol.clone() }.render()),
        ("enrol-passkey", EnrolPage { passkey: passkey.clone(), ..enrol.clone() }.render()),
        ("enrol", enrol.render()),
        ("recovery-codes", codes.render()),
    ]
}

pub(super) type Rendered = Vec<(&'static str, Result<String, askama::Error>)>;

fn sign_in(base: &str, chrome: Surroundings<'_>, sample: &Sample) -> Rendered {
    let login = LoginPage {
        chrome: chrome("sign-in-title"),
        client: Some(sample.client.clone()),
        request: sample.token.clone(),
        csrf: sample.token.clone(),
        login: String::new(),
        passkey: None,
        problem: None,
        correlation_id: "01JD4Z7M2Q".to_owned(),
        asks_password: true,
        reauthenticate: false,
        recovery: Some(format!("{base}/recovery?request=x")),
        sign_up: Some(format!("{base}/sign-up?request=x")),
        action: format!("{base}/login"),
        can_cancel: true,
        ways: vec![WayCard { id: "google".to_owned(), name: sample.words.clone(), href: sample.token.clone() }],
        linking: None,
    };
    let failed = UpstreamFailedPage {
        chrome: chrome("upstream-failed-title"),
        provider: Some(sample.words.clone()),
        why: "upstream-down",
        go_on: Some(sample.token.clone()),
        correlation_id: "01JD4Z7M2Q".to_owned(),
    };
    let wrong = Problem {
        id: "wrong-credentials",
        words: "That address and password do not belong together. Try again.".to_owned(),
    };
    let consent = ConsentPage {
        chrome: chrome("consent-title"),
        client: sample.client.clone(),
        account: sample.account.clone(),
        redirect_host: sample.host.clone(),
        loopback: false,
        scopes: vec![
            ScopeLine { name: "profile".to_owned(), words: sample.words.clone(), is_new: false },
            ScopeLine { name: "email".to_owned(), words: "See your e-mail address".to_owned(), is_new: false },
            ScopeLine {
                name: "notes.write".to_owned(),
                words: "Read, add and change notes in your name".to_owned(),
                is_new: true,
            },
        ],
        claims: Vec::new(),
        request: sample.token.clone(),
        csrf: sample.token.clone(),
        offline: true,
    };
    let chooser = ChooseAccountPage {
        chrome: chrome("choose-title"),
        client: Some(sample.client.clone()),
        accounts: vec![
            AccountCard { since: "Signed in today at 09:14".to_owned(), ..sample.account.clone() },
            sample.other.clone(),
        ],
        request: sample.token.clone(),
        csrf: sample.token.clone(),
    };
    let setup = SetupPage {
        chrome: chrome("setup-title"),
        token: sample.token.clone(),
        csrf: sample.token.clone(),
        email: String::new(),
        name: String::new(),
        min_length: 12,
        problem: None,
    };
    let short = Problem { id: "problem-password", words: "The password is shorter than 12 characters.".to_owned() };
    let new_password = NewPasswordPage {
        chrome: chrome("new-password-title"),
        change: sample.token.clone(),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        client: sample.client.name.clone(),
        min_length: 12,
        problem: None,
    };
    let invitation = InvitationPage {
        chrome: chrome("invitation-title"),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        min_length: 12,
        problem: None,
        done: false,
    };
    let not_me = NotMePage {
        chrome: Chrome::new("This wasn't me", base),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        since: "2026-11-22 12:00 UTC".to_owned(),
        back_to: Some(sample.login.clone()),
        removed: vec![sample.words.clone()],
        kept: vec![sample.words.clone()],
        done: false,
    };
    vec![
        ("not-me", not_me.render()),
        ("not-me-done", NotMePage { done: true, ..not_me }.render()),
        ("new-password", new_password.render()),
        ("new-password-problem", NewPasswordPage { problem: Some(short.clone()), ..new_password }.render()),
        ("invitation", invitation.render()),
        ("invitation-problem", InvitationPage { problem: Some(short.clone()), ..invitation.clone() }.render()),
        ("invitation-done", InvitationPage { done: true, ..invitation }.render()),
        ("login", login.render()),
        ("login-problem", LoginPage { login: sample.login.clone(), problem: Some(wrong), ..login.clone() }.render()),
        ("login-passkey", LoginPage { passkey: Some(passkey_form(sample)), ..login.clone() }.render()),
        ("login-address", LoginPage { asks_password: false, ..login.clone() }.render()),
        ("login-linking", LoginPage { linking: Some(sample.words.clone()), ..login.clone() }.render()),
        ("upstream-failed", failed.render()),
        ("login-again", LoginPage { login: sample.login.clone(), reauthenticate: true, ..login.clone() }.render()),
        ("login-alone", LoginPage { client: None, can_cancel: false, correlation_id: String::new(), ..login }.render()),
        ("consent", consent.render()),
        ("consent-logo", ConsentPage { client: with_logo(&consent.client), ..consent.clone() }.render()),
        ("consent-loopback", consent_loopback(consent, sample).render()),
        ("choose-account", chooser.render()),
        ("setup", setup.render()),
        (
            "setup-problem",
            SetupPage { email: sample.login.clone(), name: sample.account.name.clone(), problem: Some(short), ..setup }
                .render(),
        ),
    ]
}

fn with_logo(client: &ClientCard) -> ClientCard {
    ClientCard { logo: Some("/auth/clients/acme/logo?v=0123456789abcdef".to_owned()), ..client.clone() }
}

fn consent_loopback(consent: ConsentPage, sample: &Sample) -> ConsentPage {
    ConsentPage {
        loopback: true,
        redirect_host: "127.0.0.1".to_owned(),
        scopes: vec![ScopeLine { name: "openid".to_owned(), words: "Know that it is you".to_owned(), is_new: false }],
        claims: vec!["Phone number".to_owned(), sample.words.clone(), "Birth date".to_owned()],
        offline: false,
        ..consent
    }
}

fn the_rest(base: &str, chrome: Surroundings<'_>, sample: &Sample) -> Rendered {
    let logout = LogoutPage {
        chrome: chrome("sign-out-title"),
        client: Some(sample.client.clone()),
        accounts: vec![sample.account.clone()],
        request: sample.token.clone(),
        csrf: sample.token.clone(),
    };
    let done = LoggedOutPage {
        chrome: chrome("signed-out-title"),
        client: Some(sample.client.clone()),
        home: format!("{base}/"),
    };
    let error = ErrorPage {
        chrome: chrome("error-request-title").wide(),
        status: 400,
        heading: "The app sent an unknown return address".to_owned(),
        what: "For your safety we stopped here and sent nothing back.".to_owned(),
        advice: "If you run the app, register the address below, or send one of those that are registered.".to_owned(),
        facts: sample.facts.clone(),
        correlation_id: "01JD4Z7M2Q5W8R3T6Y9K0BVNHX".to_owned(),
        back: Some(("Go to the start page".to_owned(), format!("{base}{}", sample.back))),
    };
    let plain = ErrorPage {
        chrome: chrome("error-request-title"),
        status: 503,
        heading: "Too busy right now".to_owned(),
        what: "More people are signing in than this server can take at once.".to_owned(),
        advice: "Wait a few seconds, then load the page again.".to_owned(),
        facts: Vec::new(),
        back: None,
        ..error.clone()
    };
    let home = HomePage {
        chrome: chrome("start-title").wide(),
        issuer: format!("https://id.acme.example{base}"),
        discovery: format!("https://id.acme.example{base}/.well-known/openid-configuration"),
        account: None,
        is_owner: false,
        administers: false,
    };
    let form_post = FormPostPage {
        chrome: Chrome::speaking(chrome("form-post-title").language, "form-post-title", base),
        action: "https://notes.acme.example/callback?x=1&y=2".to_owned(),
        host: sample.host.clone(),
        fields: sample.fields.clone(),
        nonce: Some("r4nd0m".to_owned()),
    };
    vec![
        ("logout", logout.render()),
        (
            "logout-alone",
            LogoutPage { client: None, accounts: vec![sample.account.clone(), sample.other.clone()], ..logout.clone() }
                .render(),
        ),
        ("logged-out", done.render()),
        ("logged-out-alone", LoggedOutPage { client: None, ..done }.render()),
        ("error", error.render()),
        ("error-busy", plain.render()),
        ("home", home.render()),
        (
            "home-owner",
            HomePage { account: Some(sample.account.clone()), is_owner: true, administers: true, ..home }.render(),
        ),
        ("account-gone", GonePage { chrome: chrome("account-gone"), mailed: true }.render()),
        ("form-post", form_post.render()),
    ]
}

fn mailbox(base: &str, sample: &Sample) -> MailboxPage {
    let letter = crate::outbound::Letter {
        language: Language::ENGLISH,
        to: sample.account.email.clone(),
        subject: "You have been invited".to_owned(),
        from_name: sample.client.name.clone(),
        paragraphs: vec![format!("Hello {},", sample.account.name), "an account was made for you.".to_owned()],
        also: None,
        button: Some(crate::outbound::Button {
            words: "Choose a password".to_owned(),
            address: format!("{base}/invitation?token=x"),
        }),
        notes: vec!["The link works once and for seven days.".to_owned()],
    };
    MailboxPage { chrome: Chrome::new("Mail", base).wide(), letters: vec![letter] }
}
