//! Owns which text stands for which outcome of a sign-in step: problems of forms, refusals, scopes, claims. It does not own the
//! texts (`messages`), and what it does not know shows as the flow put it, in English.
//!
//! Keys are written out, so that a search for one finds where it is used; `tests/texts.rs` asks for that.

use crate::flow::account::factors::FactorRefusal;
use crate::flow::admin::setup::SetupRefusal;
use crate::flow::admin::user::UserRefusal;
use crate::messages::{Language, Message};
use crate::secret::strength::Weakness;
use crate::time::Timestamp;

/// What a refusal says to the person, and what they can do. `None`: only the app's developer can do anything.
pub fn of_refusal(check: &str) -> Option<(&'static str, &'static str)> {
    let advice = "error-advice";
    Some(match check {
        "client.known" | "client.enabled" => ("error-unknown-app", advice),
        "request.sealed" => ("error-request-damaged", advice),
        "request.browser" => ("error-request-browser", advice),
        "request.lifetime" => ("error-request-late", advice),
        "sign_in.half" | "password.change" => ("error-page-late", advice),
        "form.token" => ("error-form", advice),
        "form.same_origin" => ("error-form-foreign", advice),
        "invitation.link" => ("error-invitation", "error-invitation-advice"),
        "account.link" => ("error-link", "error-link-advice"),
        "account.address_free" => ("email-taken", "error-address-taken-advice"),
        "not_me.link" => ("error-not-me", "error-not-me-advice"),
        "setup.link" => ("error-setup-link", "error-setup-link-advice"),
        "route" => ("error-not-found", "error-not-found-advice"),
        _ => return None,
    })
}

/// What is wrong with a password, an address or a name that was typed.
pub fn of_person(language: Language, refusal: &UserRefusal) -> String {
    use UserRefusal as R;
    match refusal {
        R::PasswordTooShort(min) => language.say("password-too-short").number("min", *min),
        R::PasswordTooLong(max) => language.say("password-too-long").number("max", *max),
        R::PasswordIsEmail => language.say("password-is-email"),
        R::PasswordIsOld => language.say("password-is-old"),
        R::PasswordBreached => language.say("password-breached"),
        R::PasswordWeak { score, why } => language.say(of_weakness(*why)).number("score", i64::from(*score)),
        R::Email(_) => language.say("email-unusable"),
        R::Taken(_) => language.say("email-taken"),
        R::Text("name", _) => language.say("name-unusable"),
        other => return sentence(&other.to_string()),
    }
    .into()
}

/// What to do about a weak password.
fn of_weakness(why: Option<Weakness>) -> &'static str {
    match why {
        Some(Weakness::Common) => "password-weak-common",
        Some(Weakness::Own) => "password-weak-own",
        Some(Weakness::Keys) => "password-weak-keys",
        Some(Weakness::Repeats) => "password-weak-repeats",
        Some(Weakness::Sequence) => "password-weak-sequence",
        Some(Weakness::Date) => "password-weak-date",
        Some(Weakness::Words) | None => "password-weak-words",
    }
}

/// What is wrong with the form that makes the first administrator.
pub fn of_setup(language: Language, refusal: &SetupRefusal) -> String {
    match refusal {
        SetupRefusal::DeadLink => language.say("error-setup-link").into(),
        SetupRefusal::OwnerExists => language.say("setup-owner-exists").into(),
        SetupRefusal::Person(refusal) => of_person(language, refusal),
    }
}

/// What is wrong with a factor, or with the form about it.
pub fn of_factor(language: Language, refusal: FactorRefusal) -> String {
    let key = match refusal {
        FactorRefusal::OutOfDate => "factor-out-of-date",
        FactorRefusal::WrongCode => "factor-wrong-code",
        FactorRefusal::Passkey => "factor-passkey",
        FactorRefusal::TooMany => "factor-too-many",
        FactorRefusal::Name => "factor-name",
        FactorRefusal::Unknown => "factor-unknown",
        FactorRefusal::LastWayIn => "factor-last-way-in",
    };
    language.say(key).into()
}

/// Why a passkey was not taken.
pub fn of_passkey(language: Language, is_late: bool) -> String {
    match is_late {
        true => language.say("passkey-late"),
        false => language.say("passkey-wrong"),
    }
    .into()
}

/// What to tell somebody who tried too often.
pub fn wait(language: Language, seconds: i64) -> String {
    match seconds {
        ..120 => language.say("too-many-attempts-seconds").number("seconds", seconds),
        _ => language.say("too-many-attempts-minutes").number("minutes", seconds / 60 + 1),
    }
    .into()
}

/// For how long somebody has been signed in.
pub fn since(language: Language, at: Timestamp, now: Timestamp) -> Message {
    match now.since(at).seconds() / 60 {
        0 => language.say("signed-in-now"),
        minutes @ 1..=59 => language.say("signed-in-minutes").number("minutes", minutes),
        minutes => language.say("signed-in-hours").number("hours", minutes / 60),
    }
}

/// What a standard scope allows. What an administrator defined is `described` in the language they chose for it.
pub fn of_scope(language: Language, name: &str, described: String) -> String {
    let key = match name {
        "openid" => "scope-openid",
        "profile" => "scope-profile",
        "email" => "scope-email",
        "address" => "scope-address",
        "phone" => "scope-phone",
        "groups" => "scope-groups",
        "upstream_tokens" => "scope-upstream-tokens",
        _ => return described,
    };
    language.say(key).into()
}

/// What the consent page calls a single claim (OIDC Core section 5.1).
pub fn of_claim(language: Language, name: &str) -> String {
    let key = match name {
        "name" => "claim-name",
        "given_name" => "claim-given-name",
        "family_name" => "claim-family-name",
        "middle_name" => "claim-middle-name",
        "nickname" => "claim-nickname",
        "preferred_username" => "claim-preferred-username",
        "profile" => "claim-profile",
        "picture" => "claim-picture",
        "website" => "claim-website",
        "email" => "claim-email",
        "email_verified" => "claim-email-verified",
        "gender" => "claim-gender",
        "birthdate" => "claim-birthdate",
        "zoneinfo" => "claim-zoneinfo",
        "locale" => "claim-locale",
        "phone_number" => "claim-phone-number",
        "phone_number_verified" => "claim-phone-number-verified",
        "address" => "claim-address",
        "updated_at" => "claim-updated-at",
        "groups" => "claim-groups",
        other => return other.replace('_', " "),
    };
    language.say(key).into()
}

/// English of the flow as it stands on a page: with a capital and a full stop. The name of a parameter is written as it is.
pub fn sentence(words: &str) -> String {
    let begins_with_a_name = words.split(' ').next().is_some_and(|word| word.contains('_'));
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !begins_with_a_name => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        _ => format!("{words}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::scope::STANDARD;

    #[test]
    fn every_standard_scope_has_a_text_of_its_own_and_in_english_the_same() {
        // `offline_access` has a line of its own on the page.
        for (name, words) in STANDARD.iter().filter(|(name, _)| *name != "offline_access") {
            assert_eq!(of_scope(Language::ENGLISH, name, String::new()), *words);
        }
        assert_eq!(of_scope(Language::ENGLISH, "notes", "Read notes".to_owned()), "Read notes");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_unless_it_begins_with_a_name() {
        assert_eq!(sentence("there is nothing"), "There is nothing.");
        assert_eq!(sentence("redirect_uri is missing"), "redirect_uri is missing.");
        assert_eq!(sentence("ändern"), "Ändern.");
    }
}
