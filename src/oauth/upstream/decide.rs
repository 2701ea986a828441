//! Owns what follows when a provider has said who somebody is: a sign-in, a proof that is asked for first, a new account, or
//! no. A person is found by provider, issuer and subject only; an address never signs anybody in (security cases L05, L07,
//! L11, L12). It does not own storing it.

use super::claims::Person;
use super::provider::{Provider, SignUp};
use crate::identity::upstream::UpstreamIdentity;
use crate::identity::{Email, User, UserId};

/// What is known here of somebody whom a provider named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// What is linked to this issuer and subject, and whose account that is.
    pub linked: Option<(&'a UpstreamIdentity, &'a User)>,
    /// Whether somebody has the address that the provider names.
    pub address_is_taken: bool,
}

/// What follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// This person signs in.
    SignIn(UserId),
    /// Nobody is linked and no account is made: whoever has an account here signs in to it first, and is linked then. Says
    /// nothing of whether there is an account with the address (security case J01).
    ProveAccount,
    /// Somebody new, with an address that the provider has proven.
    Create(Email),
    /// No.
    Refuse(Refused),
}

/// Why not. Words for the person are the page's matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The provider is switched off.
    ProviderDisabled,
    /// The provider is another one by now: its issuer, our client there or its addresses were changed.
    ProviderChanged,
    /// The link is switched off.
    LinkDisabled,
    /// The account is disabled.
    AccountDisabled,
    /// The identity is linked through another provider here.
    LinkedElsewhere,
    /// The address is not proven, or of none of the domains.
    Domain,
    /// The person gets in through another provider alone.
    OnlyElsewhere,
}

impl Refused {
    /// For the trace.
    pub const fn words(self) -> &'static str {
        match self {
            Refused::ProviderDisabled => "the provider is disabled",
            Refused::ProviderChanged => "the provider's issuer, client or addresses were changed meanwhile",
            Refused::LinkDisabled => "the link to the account is disabled",
            Refused::AccountDisabled => "the account is disabled",
            Refused::LinkedElsewhere => "the identity is linked through another provider",
            Refused::Domain => "the provider proves no address of an allowed domain",
            Refused::OnlyElsewhere => "another provider is the only way in for this person",
        }
    }
}

/// Decides. `trust_email` is in force for the provider ([`super::Settled`]).
pub fn decide(provider: &Provider, trust_email: bool, person: &Person, known: Known<'_>) -> Decision {
    if !provider.enabled {
        return Decision::Refuse(Refused::ProviderDisabled);
    }
    let is_proven = trust_email && person.email_is_verified;
    let is_of_a_domain = || person.email.as_ref().is_some_and(|email| is_of(email, &provider.email_domains));
    let may_come = provider.email_domains.is_empty() || is_proven && is_of_a_domain();
    if !may_come {
        return Decision::Refuse(Refused::Domain);
    }
    if let Some((link, user)) = known.linked {
        return match () {
            () if link.provider != provider.id => Decision::Refuse(Refused::LinkedElsewhere),
            () if link.disabled_at.is_some() => Decision::Refuse(Refused::LinkDisabled),
            () if user.disabled_at.is_some() => Decision::Refuse(Refused::AccountDisabled),
            () => Decision::SignIn(user.id.clone()),
        };
    }
    match &person.email {
        // Not even a proven address signs in: whoever has the mailbox today need not have it when the account was made.
        Some(email) if provider.sign_up == SignUp::Allowed && is_proven && !known.address_is_taken => {
            Decision::Create(email.clone())
        }
        _ => Decision::ProveAccount,
    }
}

/// Whether an address is of one of these domains: all of what is behind its one `@`.
pub(super) fn is_of(email: &Email, domains: &[String]) -> bool {
    email.key().split_once('@').is_some_and(|(_, domain)| domains.iter().any(|allowed| allowed == domain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::fixtures;
    use crate::oauth::upstream::Preset;
    use crate::time::Timestamp;

    fn alice() -> User {
        fixtures::user("alice")
    }

    fn provider() -> Provider {
        Provider { sign_up: SignUp::Allowed, ..Provider::of_preset(Preset::Google, "google", "us") }
    }

    fn link() -> UpstreamIdentity {
        UpstreamIdentity {
            id: "1".to_owned(),
            provider: "google".to_owned(),
            issuer: "https://accounts.google.com".to_owned(),
            subject: "17".to_owned(),
            user_id: alice().id,
            shown: String::new(),
            created_at: Timestamp::from_seconds(1),
            last_used_at: None,
            disabled_at: None,
        }
    }

    fn person(email: &str, email_is_verified: bool) -> Person {
        Person { subject: "17".to_owned(), email: Email::parse(email).ok(), email_is_verified, ..Person::default() }
    }

    #[test]
    fn l05_an_address_signs_nobody_in_however_well_it_is_proven() {
        let known = Known { linked: None, address_is_taken: true };
        for verified in [true, false] {
            for trust in [true, false] {
                let decision = decide(&provider(), trust, &person("alice@x.test", verified), known);
                assert_eq!(decision, Decision::ProveAccount);
            }
        }
    }

    #[test]
    fn l11_what_is_disabled_stays_disabled() {
        let (alice, link) = (alice(), link());
        let shut = User { disabled_at: Some(Timestamp::from_seconds(9)), ..alice.clone() };
        let cut = UpstreamIdentity { disabled_at: Some(Timestamp::from_seconds(9)), ..link.clone() };
        let off = Provider { enabled: false, ..provider() };
        let other = Provider { id: "other".to_owned(), ..provider() };
        let linked = |link, user| Known { linked: Some((link, user)), address_is_taken: false };
        let of = |provider: &Provider, known| decide(provider, true, &person("a@x.test", true), known);
        assert_eq!(of(&provider(), linked(&link, &alice)), Decision::SignIn(alice.id.clone()));
        for (provider, known, why) in [
            (provider(), linked(&link, &shut), Refused::AccountDisabled),
            (provider(), linked(&cut, &alice), Refused::LinkDisabled),
            (off.clone(), linked(&link, &alice), Refused::ProviderDisabled),
            (off, Known::default(), Refused::ProviderDisabled),
            (other, linked(&link, &alice), Refused::LinkedElsewhere),
        ] {
            assert_eq!(of(&provider, known), Decision::Refuse(why), "{provider:?}");
        }
    }

    #[test]
    fn l12_accounts_are_made_only_where_the_policy_says_so_and_the_address_is_proven() {
        let of = |provider: &Provider, trust, email: &str, verified| {
            decide(provider, trust, &person(email, verified), Known::default())
        };
        assert!(
            matches!(of(&provider(), true, "new@x.test", true), Decision::Create(email) if email.key() == "new@x.test")
        );
        let link_only = Provider { sign_up: SignUp::LinkOnly, ..provider() };
        for (provider, trust, email, verified) in [
            (link_only, true, "new@x.test", true),
            (provider(), true, "new@x.test", false),
            (provider(), false, "new@x.test", true),
            (provider(), true, "", false),
        ] {
            assert_eq!(of(&provider, trust, email, verified), Decision::ProveAccount);
        }
    }

    #[test]
    fn l12_a_domain_is_all_behind_the_at_of_a_proven_address() {
        let provider = Provider { email_domains: vec!["allowed.test".to_owned()], ..provider() };
        let of = |email: &str, verified| decide(&provider, true, &person(email, verified), Known::default());
        assert!(matches!(of("a@ALLOWED.test", true), Decision::Create(_)));
        for (email, verified) in [
            ("a@b@allowed.test", true),
            ("a@evil.test", true),
            ("a@evilallowed.test", true),
            ("a@sub.allowed.test", true),
            ("allowed.test@evil.test", true),
            ("a@allowed.test", false),
        ] {
            assert_eq!(of(email, verified), Decision::Refuse(Refused::Domain), "{email}");
        }
        let (alice, link) = (alice(), link());
        let known = Known { linked: Some((&link, &alice)), address_is_taken: false };
        let gone = decide(&provider, true, &person("a@evil.test", true), known);
        assert_eq!(gone, Decision::Refuse(Refused::Domain), "who has left the domain has left");
    }
}
