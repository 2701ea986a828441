//! Owns the tests of the one decision of the sign-in: the whole table of what can come together, cell by cell.

use std::slice;

use super::*;
use crate::identity::UserId;
use crate::identity::level::RequiredFor;
use crate::oauth::authorize::ResponseMode;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::fixtures::{at, native, signed_in, spa, web};
use crate::oauth::prompt::{Prompt, SignUp};
use crate::oauth::scope::ScopeSet;

static NOBODY: SecondFactorRule = SecondFactorRule {
    required_for: RequiredFor::Nobody,
    groups: Vec::new(),
    mail_codes: crate::identity::MailCodes::Never,
};
const BEGAN: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn request(prompt: &str) -> ValidRequest {
    ValidRequest {
        client_id: "c1".to_owned(),
        redirect_uri: "https://c1.test/cb".to_owned(),
        redirect_uri_was_sent: true,
        response_mode: ResponseMode::Query,
        state: None,
        scope: ScopeSet::of(["openid", "email"]),
        nonce: None,
        code_challenge: None,
        prompt: Prompt::parse(Some(prompt)).unwrap(),
        max_age: None,
        login_hint: None,
        hinted_subject: None,
        ui_locales: None,
        acr_values: Vec::new(),
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
    }
}

fn situation<'a>(request: &'a ValidRequest, client: &'a Client, sessions: &'a [SignedIn]) -> Situation<'a> {
    Situation {
        request,
        client,
        began_at: BEGAN,
        chosen: None,
        consented: None,
        sessions,
        second_factor: &NOBODY,
        sign_up: SignUp::Offered,
        owe_terms: &[],
        now: at(60),
    }
}

/// One letter for each outcome, so that the tables below can be read.
fn letter(step: &AccountStep<'_>) -> char {
    match step {
        AccountStep::SignIn(None) => 'I',
        AccountStep::SignIn(Some(_)) => 'R',
        AccountStep::ChooseAccount => 'C',
        AccountStep::StepUp(..) => 'S',
        AccountStep::Enrol(..) => 'E',
        AccountStep::SignUp => 'N',
        AccountStep::Terms(_) => 'T',
        AccountStep::Account(_) => 'A',
        AccountStep::Refuse(r) if r.code == ErrorCode::LoginRequired => 'X',
        AccountStep::Refuse(r) => panic!("another refusal: {r:?}"),
    }
}

fn consent_letter(step: &ConsentStep) -> char {
    match step {
        ConsentStep::Ask => '?',
        ConsentStep::Issue => 'I',
        ConsentStep::Refuse(r) if r.code == ErrorCode::ConsentRequired => 'X',
        ConsentStep::Refuse(r) => panic!("another refusal: {r:?}"),
    }
}

/// Columns of [`ACCOUNT`]: when the person signed in (an hour before the request began, or ten seconds after) and `max_age`.
const FRESHNESS: [(i64, Option<i64>); 8] = [
    (-3_600, None),
    (-3_600, Some(86_400)),
    (-3_600, Some(600)),
    (-3_600, Some(0)),
    (10, None),
    (10, Some(86_400)),
    (10, Some(1)),
    (10, Some(0)),
];

/// Rows: `prompt`, sessions, and which of them was chosen. Cells: I sign in, R prove again, C choose, A go on, X refuse.
const ACCOUNT: [(&str, usize, Option<usize>, &str); 45] = [
    ("", 0, None, "IIIIIIII"),
    ("", 1, None, "AARRAAAA"),
    ("", 1, Some(0), "AARRAAAA"),
    ("", 2, None, "CCCCCCCC"),
    ("", 2, Some(1), "AARRAAAA"),
    ("none", 0, None, "XXXXXXXX"),
    ("none", 1, None, "AAXXAAAA"),
    ("none", 1, Some(0), "AAXXAAAA"),
    ("none", 2, None, "AAXXAAAA"),
    ("none", 2, Some(1), "AAXXAAAA"),
    ("login", 0, None, "IIIIIIII"),
    ("login", 1, None, "RRRRAAAA"),
    ("login", 1, Some(0), "RRRRAAAA"),
    ("login", 2, None, "CCCCCCCC"),
    ("login", 2, Some(1), "RRRRAAAA"),
    ("consent", 0, None, "IIIIIIII"),
    ("consent", 1, None, "AARRAAAA"),
    ("consent", 1, Some(0), "AARRAAAA"),
    ("consent", 2, None, "CCCCCCCC"),
    ("consent", 2, Some(1), "AARRAAAA"),
    ("select_account", 0, None, "IIIIIIII"),
    ("select_account", 1, None, "CCCCCCCC"),
    ("select_account", 1, Some(0), "AARRAAAA"),
    ("select_account", 2, None, "CCCCCCCC"),
    ("select_account", 2, Some(1), "AARRAAAA"),
    ("login consent", 0, None, "IIIIIIII"),
    ("login consent", 1, None, "RRRRAAAA"),
    ("login consent", 1, Some(0), "RRRRAAAA"),
    ("login consent", 2, None, "CCCCCCCC"),
    ("login consent", 2, Some(1), "RRRRAAAA"),
    ("login select_account", 0, None, "IIIIIIII"),
    ("login select_account", 1, None, "CCCCCCCC"),
    ("login select_account", 1, Some(0), "RRRRAAAA"),
    ("login select_account", 2, None, "CCCCCCCC"),
    ("login select_account", 2, Some(1), "RRRRAAAA"),
    ("consent select_account", 0, None, "IIIIIIII"),
    ("consent select_account", 1, None, "CCCCCCCC"),
    ("consent select_account", 1, Some(0), "AARRAAAA"),
    ("consent select_account", 2, None, "CCCCCCCC"),
    ("consent select_account", 2, Some(1), "AARRAAAA"),
    ("login consent select_account", 0, None, "IIIIIIII"),
    ("login consent select_account", 1, None, "CCCCCCCC"),
    ("login consent select_account", 1, Some(0), "RRRRAAAA"),
    ("login consent select_account", 2, None, "CCCCCCCC"),
    ("login consent select_account", 2, Some(1), "RRRRAAAA"),
];

/// The clients of the tables. The last two are public programs that anybody on the machine could pose as.
fn clients() -> [(&'static str, Client, &'static str); 5] {
    let mut trusted = web("c1");
    trusted.policy.trusted = true;
    let mut trusted_native = native("c1");
    trusted_native.policy.trusted = true;
    let loopback = "http://127.0.0.1:49152/cb";
    [
        ("confidential", web("c1"), "https://c1.test/cb"),
        ("public, claimed https", spa("c1"), "https://c1.test/cb"),
        ("trusted", trusted, "https://c1.test/cb"),
        ("public loopback", native("c1"), loopback),
        ("trusted, public loopback", trusted_native, loopback),
    ]
}

/// What was allowed before: columns of [`CONSENT`].
fn consents() -> [Option<Consent>; 5] {
    let allowed = |scopes: &[&str], seconds| Consent {
        user_id: UserId("alice".to_owned()),
        client_id: "c1".to_owned(),
        scopes: ScopeSet::of(scopes.iter().copied()),
        claims: Vec::new(),
        created_at: at(-3_600),
        granted_at: at(seconds),
    };
    let (narrow, wide) = (["openid"], ["openid", "email", "profile"]);
    [None, Some(allowed(&narrow, -60)), Some(allowed(&wide, -60)), Some(allowed(&narrow, 5)), Some(allowed(&wide, 5))]
}

/// Rows: client and the part of `prompt` that matters. Columns: nothing allowed; allowed before the request began, too
/// little and enough; allowed after it began, too little and enough. Cells: ? ask, I issue, X refuse.
const CONSENT: [(&str, &str, &str); 15] = [
    ("confidential", "", "??I?I"),
    ("confidential", "none", "XXIXI"),
    ("confidential", "consent", "????I"),
    ("public, claimed https", "", "??I?I"),
    ("public, claimed https", "none", "XXIXI"),
    ("public, claimed https", "consent", "????I"),
    ("trusted", "", "IIIII"),
    ("trusted", "none", "IIIII"),
    ("trusted", "consent", "???II"),
    ("public loopback", "", "????I"),
    ("public loopback", "none", "XXXXI"),
    ("public loopback", "consent", "????I"),
    ("trusted, public loopback", "", "???II"),
    ("trusted, public loopback", "none", "XXXII"),
    ("trusted, public loopback", "consent", "???II"),
];

fn expected_consent(client: &str, prompt: &Prompt, column: usize) -> char {
    let key = if prompt.none {
        "none"
    } else if prompt.consent {
        "consent"
    } else {
        ""
    };
    let row = CONSENT.iter().find(|(name, p, _)| *name == client && *p == key).unwrap();
    row.2.as_bytes()[column].into()
}

#[test]
fn oidc_core_3_1_2_3_the_whole_table_of_sign_in_and_consent() {
    let mut cells = 0;
    for (prompt, count, chosen, expected) in ACCOUNT {
        for (column, (auth_time, max_age)) in FRESHNESS.into_iter().enumerate() {
            let all = [signed_in("alice", at(auth_time)), signed_in("bob", at(auth_time))];
            let sessions = &all[..count];
            for (name, client, redirect_uri) in &clients() {
                let mut asked = request(prompt);
                (asked.max_age, asked.redirect_uri) = (max_age, (*redirect_uri).to_owned());
                let mut s = situation(&asked, client, sessions);
                s.chosen = chosen.map(|i| &sessions[i].session.id);
                let step = account(&s);
                let seen = letter(&step);
                let wanted = char::from(expected.as_bytes()[column]);
                assert_eq!(seen, wanted, "prompt={prompt:?} {count} sessions, {chosen:?}, {auth_time} {max_age:?}");
                assert!(!asked.prompt.none || matches!(seen, 'A' | 'X'), "prompt=none never shows a page (C12)");
                let (AccountStep::Account(who) | AccountStep::SignIn(Some(who))) = step else {
                    cells += 1;
                    continue;
                };
                assert_eq!(who, &sessions[chosen.unwrap_or(0)], "the chosen one, else the one used last");
                for (column, given) in consents().iter().enumerate() {
                    // Pressing "allow" for this request is what columns 3 and 4 stand for.
                    let s = Situation { consented: (column >= 3).then_some(&who.session.id), ..s };
                    let seen = consent_letter(&consent(&s, who, given.as_ref(), &[]));
                    let wanted = expected_consent(name, &asked.prompt, column);
                    assert_eq!(seen, wanted, "{name}, prompt={prompt:?}, consent {column}");
                    assert!(!asked.prompt.none || seen != '?', "prompt=none never asks (C12)");
                    cells += 1;
                }
            }
        }
    }
    assert!(cells > 4_000, "the table was really walked: {cells}");
}

#[test]
fn oidc_core_3_1_2_1_max_age_is_judged_to_the_millisecond() {
    let client = web("c1");
    let sessions = [signed_in("alice", at(-540))];
    for (max_age, now, expected) in
        [(600, at(60), 'A'), (600, at(61), 'R'), (599, at(60), 'R'), (i64::MAX, at(60), 'A')]
    {
        let mut asked = request("");
        asked.max_age = Some(max_age);
        let s = Situation { now, ..situation(&asked, &client, &sessions) };
        assert_eq!(letter(&account(&s)), expected, "{max_age} at {now:?}");
    }
}

#[test]
fn c12_only_a_sign_in_after_the_request_began_satisfies_prompt_login() {
    let (asked, client) = (request("login"), web("c1"));
    for (millis, expected) in [(-1, 'R'), (0, 'A'), (1, 'A')] {
        let sessions = [signed_in("alice", Timestamp::from_millis(BEGAN.millis() + millis))];
        assert_eq!(letter(&account(&situation(&asked, &client, &sessions))), expected, "{millis} ms");
    }
}

#[test]
fn rfc8252_8_6_an_old_consent_proves_nothing_of_a_program_anybody_can_pose_as() {
    let (client, asked) = (native("c1"), request(""));
    let who = signed_in("alice", at(10));
    let old = consents()[2].clone();
    for (redirect_uri, expected) in [
        ("http://127.0.0.1:5/cb", '?'),
        ("http://[::1]:5/cb", '?'),
        ("http://localhost/cb", '?'),
        ("com.example.app:/cb", '?'),
        ("https://app.test/cb", 'I'),
    ] {
        let asked = ValidRequest { redirect_uri: redirect_uri.to_owned(), ..asked.clone() };
        let s = situation(&asked, &client, slice::from_ref(&who));
        assert_eq!(consent_letter(&consent(&s, &who, old.as_ref(), &[])), expected, "{redirect_uri}");
    }
}

#[test]
fn m01_consent_covers_every_scope_and_every_single_claim() {
    let (client, asked) = (web("c1"), request(""));
    let who = signed_in("alice", at(10));
    let s = situation(&asked, &client, slice::from_ref(&who));
    let with = |claims: &[&str]| {
        let mut given = consents()[2].clone().unwrap();
        given.claims = claims.iter().map(|c| (*c).to_owned()).collect();
        given
    };
    let beyond = ["birthdate".to_owned(), "name".to_owned()];
    for (claims, expected) in [(&[][..], '?'), (&["name"], '?'), (&["birthdate", "name"], 'I')] {
        assert_eq!(consent_letter(&consent(&s, &who, Some(&with(claims)), &beyond)), expected, "{claims:?}");
    }
    let offline = ValidRequest { scope: ScopeSet::of(["openid", "offline_access"]), ..asked.clone() };
    let s = situation(&offline, &client, slice::from_ref(&who));
    assert_eq!(consent_letter(&consent(&s, &who, Some(&with(&[])), &[])), '?', "offline_access needs its own yes");
}

#[test]
fn c12_a_hint_of_another_person_never_ends_with_this_one() {
    let client = web("c1");
    let sessions = [signed_in("alice", at(10)), signed_in("bob", at(10))];
    let by_claim =
        |sub: &str| ClaimsRequest::parse(Some(&format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#))).unwrap();
    for prompt in ["", "none", "login", "consent"] {
        for (hinted, claimed, expected) in [
            (Some("bob"), None, Some(1)),
            (None, Some("bob"), Some(1)),
            (Some("bob"), Some("bob"), Some(1)),
            (Some("carol"), None, None),
            (None, Some("carol"), None),
            (Some("alice"), Some("bob"), None),
        ] {
            let mut asked = request(prompt);
            asked.hinted_subject = hinted.map(str::to_owned);
            asked.claims = claimed.map(by_claim).unwrap_or_default();
            for chosen in [None, Some(&sessions[0].session.id)] {
                let s = Situation { chosen, ..situation(&asked, &client, &sessions) };
                match (account(&s), expected) {
                    (AccountStep::Account(who), Some(i)) => assert_eq!(who, &sessions[i]),
                    (AccountStep::SignIn(None), None) => assert_ne!(prompt, "none"),
                    (AccountStep::Refuse(r), None) => {
                        assert_eq!((prompt, r.code), ("none", ErrorCode::LoginRequired));
                    }
                    (other, _) => panic!("prompt={prompt} {hinted:?} {claimed:?}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn oidc_core_3_1_2_1_login_hint_picks_among_several_but_forces_nothing() {
    let client = web("c1");
    let sessions = [signed_in("alice", at(10)), signed_in("bob", at(10))];
    for (prompt, hint, expected) in [
        ("", "BOB@example.com", Some("bob")),
        ("none", "bob@example.com", Some("bob")),
        ("none", "carol@example.com", Some("alice")),
        ("", "carol@example.com", None),
        ("", "no address", None),
        ("select_account", "bob@example.com", None),
    ] {
        let asked = ValidRequest { login_hint: Some(hint.to_owned()), ..request(prompt) };
        match (account(&situation(&asked, &client, &sessions)), expected) {
            (AccountStep::Account(who), Some(id)) => assert_eq!(who.user.id.as_str(), id, "{prompt} {hint}"),
            (AccountStep::ChooseAccount, None) => {}
            (other, _) => panic!("prompt={prompt} {hint}: {other:?}"),
        }
    }
}

#[test]
fn i08_a_choice_that_is_no_longer_there_counts_for_nothing() {
    let client = web("c1");
    let gone = SessionId("s-gone".to_owned());
    let both = [signed_in("alice", at(10)), signed_in("bob", at(10))];
    for (prompt, sessions, expected) in
        [("", &both[..], 'C'), ("select_account", &both[..1], 'C'), ("", &both[..0], 'I'), ("none", &both[..0], 'X')]
    {
        let asked = request(prompt);
        let s = Situation { chosen: Some(&gone), ..situation(&asked, &client, sessions) };
        assert_eq!(letter(&account(&s)), expected, "{prompt} {}", sessions.len());
    }
}

#[test]
fn oidc_core_5_5_1_1_an_essential_acr_is_met_or_refused_never_downgraded() {
    let client = web("c1");
    let ours = crate::identity::Level::Password.acr();
    let wish = |acr: &str| ClaimsRequest::parse(Some(&format!(r#"{{"id_token":{{"acr":{acr}}}}}"#))).unwrap();
    let cases = [
        (format!(r#"{{"essential":true,"values":["{ours}"]}}"#), true),
        (format!(r#"{{"essential":true,"values":["urn:mfa","{ours}"]}}"#), true),
        (format!(r#"{{"essential":true,"value":"{ours}"}}"#), true),
        (r#"{"essential":true,"values":["urn:mfa"]}"#.to_owned(), false),
        (r#"{"essential":true,"value":"urn:mfa"}"#.to_owned(), false),
        (r#"{"essential":true,"values":[7]}"#.to_owned(), false),
        (r#"{"values":["urn:mfa"]}"#.to_owned(), true),
        (r#"{"essential":true}"#.to_owned(), true),
        ("null".to_owned(), true),
    ];
    for (acr, is_met) in &cases {
        for prompt in ["", "none"] {
            let asked = ValidRequest { claims: wish(acr), ..request(prompt) };
            let sessions = [signed_in("alice", at(10))];
            match account(&situation(&asked, &client, &sessions)) {
                AccountStep::Account(_) => assert!(is_met, "{acr}"),
                AccountStep::Refuse(r) => {
                    assert!(!is_met, "{acr}");
                    assert_eq!(r.code, ErrorCode::UnmetAuthenticationRequirements);
                }
                other => panic!("{acr}: {other:?}"),
            }
        }
    }
}

#[test]
fn oidc_core_5_5_1_1_who_must_sign_in_again_is_asked_before_the_class_is_judged() {
    let client = web("c1");
    let claims = ClaimsRequest::parse(Some(r#"{"id_token":{"acr":{"essential":true,"value":"urn:mfa"}}}"#)).unwrap();
    let asked = ValidRequest { claims, ..request("login") };
    let sessions = [signed_in("alice", at(-10))];
    assert_eq!(letter(&account(&situation(&asked, &client, &sessions))), 'R');
}

/// Columns: what the session was proven with, what the person can reach. Rows: the rule, what is liked, what is insisted on.
/// Cells: A go on, S ask for the factor, E set one up, U unmet, L login_required.
#[test]
fn k12_a_missing_factor_is_asked_for_and_nothing_else() {
    const MFA: &str = "urn:vouchsafe:acr:mfa";
    let amr = |level| match level {
        Level::Password => vec!["pwd".to_owned()],
        Level::SecondFactor => ["pwd", "otp", "mfa"].map(str::to_owned).to_vec(),
        Level::PhishingResistant => ["swk", "mfa"].map(str::to_owned).to_vec(),
    };
    let columns = [
        (Level::Password, Level::Password),
        (Level::Password, Level::SecondFactor),
        (Level::Password, Level::PhishingResistant),
        (Level::SecondFactor, Level::SecondFactor),
        (Level::PhishingResistant, Level::PhishingResistant),
    ];
    let client = web("c1");
    for (rule, liked, insisted, asking, silent) in [
        (RequiredFor::Nobody, "", "", "AAAAA", "AAAAA"),
        (RequiredFor::Administrators, "", "", "AAAAA", "AAAAA"),
        (RequiredFor::Everyone, "", "", "ESSAA", "LLLAA"),
        (RequiredFor::Nobody, MFA, "", "ASSAA", "AAAAA"),
        (RequiredFor::Nobody, "phr", "", "AASAA", "AAAAA"),
        (RequiredFor::Nobody, "phr urn:vouchsafe:acr:mfa", "", "ASSAA", "AAAAA"),
        (RequiredFor::Nobody, "urn:other", "", "AAAAA", "AAAAA"),
        (RequiredFor::Nobody, "", MFA, "USSAA", "UUUAA"),
        (RequiredFor::Nobody, "", "phr", "UUSUA", "UUUUA"),
        (RequiredFor::Everyone, "", MFA, "ESSAA", "UUUAA"),
        (RequiredFor::Everyone, "", "phr", "UUSUA", "UUUUA"),
        (RequiredFor::Nobody, "", "urn:other", "UUUUU", "UUUUU"),
    ] {
        for (prompt, cells) in [("", asking), ("none", silent)] {
            let claims = match insisted {
                "" => ClaimsRequest::default(),
                acr => ClaimsRequest::parse(Some(&format!(
                    r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#
                )))
                .unwrap(),
            };
            let acr_values = liked.split_whitespace().map(str::to_owned).collect();
            let asked = ValidRequest { claims, acr_values, ..request(prompt) };
            let second_factor = SecondFactorRule { required_for: rule, ..SecondFactorRule::default() };
            let got: String = columns
                .iter()
                .map(|(proven, reach)| {
                    let mut known = signed_in("alice", at(10));
                    (known.session.amr, known.reach) = (amr(*proven), *reach);
                    let sessions = [known];
                    let s = Situation { second_factor: &second_factor, ..situation(&asked, &client, &sessions) };
                    match account(&s) {
                        AccountStep::Account(_) => 'A',
                        AccountStep::StepUp(..) => 'S',
                        AccountStep::Enrol(..) => 'E',
                        AccountStep::Refuse(r) if r.code == ErrorCode::UnmetAuthenticationRequirements => 'U',
                        AccountStep::Refuse(r) if r.code == ErrorCode::LoginRequired => 'L',
                        other => panic!("{other:?}"),
                    }
                })
                .collect();
            assert_eq!(got, cells, "{rule:?} liked={liked} insisted={insisted} prompt={prompt}");
        }
    }
}

/// Columns: what the session was proven with, what the person can reach. Rows: what the client demands and when the session
/// was proven. Cells as above, and R prove again before a factor is set up.
#[test]
fn k12_a_client_demands_a_class_whatever_its_requests_say() {
    use Level::{Password, PhishingResistant, SecondFactor};
    let amr = |level| match level {
        Password => vec!["pwd".to_owned()],
        SecondFactor => ["pwd", "otp", "mfa"].map(str::to_owned).to_vec(),
        PhishingResistant => ["swk", "mfa"].map(str::to_owned).to_vec(),
    };
    let columns = [
        (Password, Password),
        (Password, SecondFactor),
        (Password, PhishingResistant),
        (SecondFactor, SecondFactor),
        (PhishingResistant, PhishingResistant),
    ];
    for (demanded, proven_at, asking, silent) in [
        (None, 10, "AAAAA", "AAAAA"),
        (Some(Password), 10, "AAAAA", "AAAAA"),
        (Some(SecondFactor), 10, "ESSAA", "XXXAA"),
        (Some(SecondFactor), -240, "ESSAA", "XXXAA"),
        (Some(SecondFactor), -3_600, "RSSAA", "XXXAA"),
        (Some(PhishingResistant), 10, "ESSEA", "XXXXA"),
        (Some(PhishingResistant), -3_600, "RRSRA", "XXXXA"),
    ] {
        let mut client = web("c1");
        client.policy.minimum_acr = demanded;
        for (prompt, cells) in [("", asking), ("none", silent)] {
            let asked = request(prompt);
            let step = |proven, reach| {
                let mut known = signed_in("alice", at(proven_at));
                (known.session.amr, known.reach) = (amr(proven), reach);
                let sessions = [known];
                let step = account(&situation(&asked, &client, &sessions));
                if let AccountStep::StepUp(_, level) = &step {
                    assert_eq!(*level, reach.min(demanded.unwrap()), "no more than the person has");
                }
                if let AccountStep::Enrol(_, level) = &step {
                    assert_eq!(Some(*level), demanded);
                }
                letter(&step)
            };
            let got: String = columns.iter().map(|(proven, reach)| step(*proven, *reach)).collect();
            assert_eq!(got, cells, "{demanded:?} {proven_at} prompt={prompt}");
        }
    }
}

#[test]
fn k12_an_app_is_told_the_class_it_asked_for_if_that_was_reached() {
    let mut known = signed_in("alice", at(10));
    known.session.amr = ["pwd", "otp", "mfa"].map(str::to_owned).to_vec();
    for (liked, told) in [
        ("", "urn:vouchsafe:acr:mfa"),
        ("urn:vouchsafe:acr:password", "urn:vouchsafe:acr:password"),
        ("phr urn:vouchsafe:acr:mfa", "urn:vouchsafe:acr:mfa"),
        ("phr", "urn:vouchsafe:acr:mfa"),
        ("urn:other", "urn:vouchsafe:acr:mfa"),
    ] {
        let acr_values = liked.split_whitespace().map(str::to_owned).collect();
        assert_eq!(told_acr(&ValidRequest { acr_values, ..request("") }, &known), told, "{liked}");
    }
}

#[test]
fn who_wants_an_account_makes_one_unless_sign_up_was_closed_or_somebody_was_chosen() {
    let (client, sessions) = (web("c1"), [signed_in("alice", at(10))]);
    let id = sessions[0].session.id.clone();
    for (prompt, sign_up, chosen, wanted) in [
        ("create", SignUp::Offered, None, 'N'),
        ("create login", SignUp::Offered, None, 'N'),
        ("create", SignUp::NotOffered, None, 'I'),
        ("create", SignUp::Offered, Some(&id), 'A'),
        ("", SignUp::Offered, None, 'A'),
    ] {
        let asked = request(prompt);
        let s = Situation { sign_up, chosen, ..situation(&asked, &client, &sessions) };
        assert_eq!(letter(&account(&s)), wanted, "{prompt} {sign_up:?} {chosen:?}");
    }
}

#[test]
fn terms_are_asked_for_last_and_never_silently() {
    let rule = SecondFactorRule { required_for: RequiredFor::Everyone, ..SecondFactorRule::default() };
    let (client, mfa) = (web("c1"), rule);
    let sessions = [signed_in("alice", at(10))];
    let (owe, others) = ([sessions[0].user.id.clone()], [UserId("bob".to_owned())]);
    let (asked, silent) = (request(""), request("none"));
    let s = Situation { owe_terms: &owe, ..situation(&asked, &client, &sessions) };
    assert_eq!(letter(&account(&s)), 'T');
    assert_eq!(letter(&account(&Situation { second_factor: &mfa, ..s })), 'E', "first who it is");
    assert_eq!(letter(&account(&Situation { owe_terms: &others, ..s })), 'A', "somebody else's");
    let refused = account(&Situation { request: &silent, ..s });
    assert!(matches!(refused, AccountStep::Refuse(r) if r.code == ErrorCode::InteractionRequired));
}
