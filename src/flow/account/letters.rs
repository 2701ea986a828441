//! Owns what the letters about making an account, getting back into one, and changing its address say. It does not own when
//! they are written (`links`).

use crate::flow::{Cx, mail};
use crate::identity::{Email, User};
use crate::messages::{Language, Message};
use crate::outbound::{Button, Letter};

/// What makes one letter differ from another: keys of its texts.
struct Texts {
    subject: &'static str,
    what: &'static str,
    button: Option<&'static str>,
    notes: &'static [&'static str],
}

fn letter(cx: &Cx, language: Language, to: &Email, hello: String, texts: &Texts, address: String) -> Letter {
    let from_name = mail::from_name(cx);
    let say = |key: &'static str| -> Message {
        language.say(key).text("organisation", &from_name).text("issuer", cx.issuer()).text("email", to.as_str())
    };
    Letter {
        language,
        to: to.as_str().to_owned(),
        subject: say(texts.subject).into(),
        paragraphs: vec![hello, say(texts.what).into()],
        button: texts.button.map(|words| Button { words: say(words).into(), address }),
        also: None,
        notes: texts.notes.iter().map(|note| say(note).into()).collect(),
        from_name: from_name.clone(),
    }
}

/// To an address without an account: the link by which one is made.
pub(super) fn sign_up(cx: &Cx, to: &Email, address: String) -> Letter {
    let texts = Texts {
        subject: "sign-up-letter-subject",
        what: "sign-up-letter-what",
        button: Some("sign-up-letter-button"),
        notes: &["sign-up-letter-lifetime", "sign-up-letter-unexpected"],
    };
    letter(cx, cx.language, to, cx.language.say("letter-hello").into(), &texts, address)
}

/// To somebody who has an account and wanted another one.
pub(super) fn known_already(cx: &Cx, user: &User) -> Letter {
    let language = cx.language_of(user);
    let texts = Texts {
        subject: "known-letter-subject",
        what: "known-letter-what",
        button: Some("known-letter-button"),
        notes: &["known-letter-unexpected"],
    };
    letter(cx, language, &user.email, mail::hello(language, user), &texts, format!("{}/recovery", cx.issuer()))
}

/// The link by which a password is set anew.
pub(super) fn reset(cx: &Cx, user: &User, address: String) -> Letter {
    let language = cx.language_of(user);
    let texts = Texts {
        subject: "reset-letter-subject",
        what: "reset-letter-what",
        button: Some("reset-letter-button"),
        notes: &["reset-letter-lifetime", "reset-letter-unexpected"],
    };
    letter(cx, language, &user.email, mail::hello(language, user), &texts, address)
}

/// To somebody who wanted a new password and needs none: a provider is their only way in.
pub(super) fn through(cx: &Cx, user: &User, provider: &str) -> Letter {
    let language = cx.language_of(user);
    let texts = Texts {
        subject: "through-letter-subject",
        what: "through-letter-what",
        button: None,
        notes: &["reset-letter-unexpected"],
    };
    let plain = letter(cx, language, &user.email, mail::hello(language, user), &texts, String::new());
    let way = language.say("through-letter-way").text("provider", provider).into();
    Letter { paragraphs: plain.paragraphs.into_iter().chain([way]).collect(), ..plain }
}

/// To a new address: the link by which it is confirmed.
pub(super) fn new_address(cx: &Cx, user: &User, to: &Email, address: String) -> Letter {
    let language = cx.language_of(user);
    let texts = Texts {
        subject: "new-address-letter-subject",
        what: "new-address-letter-what",
        button: Some("new-address-letter-button"),
        notes: &["new-address-letter-lifetime", "new-address-letter-unexpected"],
    };
    // No name: whoever reads this may be a stranger.
    letter(cx, language, to, language.say("letter-hello").into(), &texts, address)
}

/// To an address that somebody wanted for their account although it is another account's.
pub(super) fn address_in_use(cx: &Cx, user: &User) -> Letter {
    let language = cx.language_of(user);
    let texts = Texts {
        subject: "address-in-use-letter-subject",
        what: "address-in-use-letter-what",
        button: None,
        notes: &["address-in-use-letter-unexpected"],
    };
    letter(cx, language, &user.email, mail::hello(language, user), &texts, String::new())
}

/// To an old address that nobody had confirmed: told, and without a link, since it may be a stranger's.
pub(super) fn address_changed(cx: &Cx, user: &User, old: &Email) -> Letter {
    let language = cx.language_of(user);
    let texts = Texts {
        subject: "address-changed-letter-subject",
        what: "address-changed-letter-what",
        button: None,
        notes: &["address-changed-letter-unexpected"],
    };
    letter(cx, language, old, language.say("letter-hello").into(), &texts, String::new())
}
