//! Owns what a good rule of who may make an account is, as administrators write it. It does not own what follows from it
//! (`identity::sign_up`).

use super::AdminRefusal;
use super::client_rules::is_link;
use crate::identity::sign_up::folded_domain;
use crate::identity::{SignUpMode, SignUpRule};

/// Most domains in a rule.
const MAX_DOMAINS: usize = 200;

/// Judges and folds a rule.
pub(super) fn judge(rule: SignUpRule) -> Result<SignUpRule, AdminRefusal> {
    let refuse = |field: &'static str, words: &str| Err(AdminRefusal::invalid(field, words).at(field));
    let mut domains = Vec::new();
    for text in rule.domains.iter().filter(|text| !text.trim().is_empty()) {
        let Some(domain) = folded_domain(text) else {
            return Err(AdminRefusal::invalid("domains", format!("{text:?} is no domain: write it like example.com"))
                .at("domains"));
        };
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    if domains.len() > MAX_DOMAINS {
        return refuse("domains", "these are more than 200 domains");
    }
    if rule.mode == SignUpMode::Domains && domains.is_empty() {
        return refuse("domains", "name at least one domain whose addresses may make an account");
    }
    let some = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let (terms, privacy_policy) = (some(rule.terms), some(rule.privacy_policy));
    if terms.as_deref().is_some_and(|text| !is_link(text)) {
        return refuse("terms", "the terms stand at an address like https://example.com/terms");
    }
    if privacy_policy.as_deref().is_some_and(|text| !is_link(text)) {
        return refuse("privacy_policy", "the privacy policy stands at an address like https://example.com/privacy");
    }
    if !(1..=1_000_000).contains(&rule.terms_version) {
        return refuse("terms_version", "the version of the terms is a whole number from 1");
    }
    Ok(SignUpRule { domains, terms, privacy_policy, ..rule })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_folded_and_names_what_is_wrong_with_it() {
        let rule = SignUpRule {
            mode: SignUpMode::Domains,
            domains: vec![" Acme.TEST".to_owned(), "@acme.test".to_owned(), String::new()],
            terms: Some(" https://acme.test/terms ".to_owned()),
            privacy_policy: Some(" ".to_owned()),
            ..SignUpRule::default()
        };
        let judged = judge(rule.clone()).unwrap();
        assert_eq!(judged.domains, ["acme.test"]);
        assert_eq!((judged.terms.as_deref(), judged.privacy_policy), (Some("https://acme.test/terms"), None));
        for (broken, field) in [
            (SignUpRule { domains: Vec::new(), ..rule.clone() }, "domains"),
            (SignUpRule { domains: vec!["a@acme.test".to_owned()], ..rule.clone() }, "domains"),
            (SignUpRule { domains: (0..201).map(|i| format!("d{i}.test")).collect(), ..rule.clone() }, "domains"),
            (SignUpRule { terms: Some("javascript:alert(1)".to_owned()), ..rule.clone() }, "terms"),
            (SignUpRule { privacy_policy: Some("acme.test".to_owned()), ..rule.clone() }, "privacy_policy"),
            (SignUpRule { terms_version: 0, ..rule }, "terms_version"),
        ] {
            assert_eq!(judge(broken).unwrap_err().field, Some(field));
        }
    }
}
