//! The pages on which people make an account and get back into one, in their main states.

use super::gallery::{Rendered, Sample, Surroundings};
use crate::http::pages::*;

pub(super) fn pages(base: &str, chrome: Surroundings<'_>, sample: &Sample) -> Rendered {
    let mut all = making(base, chrome, sample);
    all.extend(getting_back(base, chrome, sample));
    all
}

fn making(base: &str, chrome: Surroundings<'_>, sample: &Sample) -> Rendered {
    let ask = SignUpPage {
        chrome: chrome("sign-up-title"),
        client: Some(sample.client.clone()),
        request: sample.token.clone(),
        csrf: sample.token.clone(),
        choose_csrf: sample.token.clone(),
        email: sample.login.clone(),
        domains: vec!["example.com".to_owned(), sample.host.clone()],
        problem: None,
    };
    let problem = Problem { id: "problem-email", words: "Another one.".to_owned() };
    let closed = SignUpClosedPage { chrome: chrome("sign-up-closed-title"), by_invitation: false };
    let sent = LetterSentPage {
        chrome: chrome("letter-sent-title"),
        letter: Letter::SignUp,
        email: sample.login.clone(),
        again: format!("{base}/sign-up"),
    };
    let papers = Papers {
        terms: Some(("https://acme.example/terms".to_owned(), 1)),
        privacy_policy: Some("https://acme.example/privacy".to_owned()),
    };
    let link = SignUpLinkPage {
        chrome: chrome("sign-up-link-title"),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        name: Some(sample.account.name.clone()),
        min_length: 12,
        papers: papers.clone(),
        problem: None,
    };
    let unaccepted = Problem { id: "problem-terms", words: "Accept them.".to_owned() };
    let terms = TermsPage {
        chrome: chrome("terms-title"),
        client: sample.client.clone(),
        account: sample.account.clone(),
        request: sample.token.clone(),
        csrf: sample.token.clone(),
        papers,
    };
    let done = SignUpDonePage { chrome: chrome("sign-up-done-title"), email: sample.login.clone() };
    vec![
        ("sign-up", ask.render()),
        (
            "sign-up-alone",
            SignUpPage { client: None, domains: Vec::new(), problem: Some(problem), ..ask.clone() }.render(),
        ),
        ("sign-up-closed", closed.render()),
        ("sign-up-invited", SignUpClosedPage { by_invitation: true, ..closed }.render()),
        ("letter-sent", sent.render()),
        ("letter-sent-reset", LetterSentPage { letter: Letter::Reset, ..sent.clone() }.render()),
        ("sign-up-link", link.render()),
        (
            "sign-up-link-short",
            SignUpLinkPage { name: None, papers: Papers::default(), problem: Some(unaccepted), ..link.clone() }
                .render(),
        ),
        ("sign-up-done", done.render()),
        ("terms", terms.render()),
    ]
}

fn getting_back(base: &str, chrome: Surroundings<'_>, sample: &Sample) -> Rendered {
    let ask = RecoveryPage {
        chrome: chrome("lost-password-link-title"),
        client: Some(sample.client.clone()),
        request: sample.token.clone(),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        is_on: true,
        problem: None,
    };
    let problem = Problem { id: "problem-email", words: "Another one.".to_owned() };
    let link = RecoveryLinkPage {
        chrome: chrome("lost-password-set-title"),
        csrf: sample.token.clone(),
        email: sample.login.clone(),
        min_length: 12,
        problem: None,
        done: false,
        go_on: None,
    };
    let go_on = Some(format!("{base}/authorize?request=x"));
    let address = NewAddressPage {
        chrome: chrome("new-address-title"),
        csrf: sample.token.clone(),
        old: sample.login.clone(),
        new: sample.other.email.clone(),
        state: AddressState::Asked,
    };
    let waits = AddressState::WaitsFor(sample.login.clone());
    vec![
        ("recovery", ask.render()),
        ("recovery-problem", RecoveryPage { client: None, problem: Some(problem), ..ask.clone() }.render()),
        ("recovery-off", RecoveryPage { is_on: false, ..ask.clone() }.render()),
        ("recovery-link", link.render()),
        ("recovery-done", RecoveryLinkPage { done: true, ..link.clone() }.render()),
        ("recovery-done-go-on", RecoveryLinkPage { done: true, go_on, ..link.clone() }.render()),
        ("new-address", address.render()),
        ("new-address-old", NewAddressPage { state: AddressState::OldAsked, ..address.clone() }.render()),
        ("new-address-waits", NewAddressPage { state: waits, ..address.clone() }.render()),
        ("new-address-done", NewAddressPage { state: AddressState::Done, ..address.clone() }.render()),
        ("new-address-taken", NewAddressPage { state: AddressState::Taken, ..address.clone() }.render()),
        ("new-address-stranger", NewAddressPage { state: AddressState::NotSignedIn, ..address.clone() }.render()),
    ]
}
