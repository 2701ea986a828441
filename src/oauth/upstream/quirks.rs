//! Owns where well-known providers differ from the standard in what they tell of a person: what proves an address, which directory
//! somebody is of, and the name that Apple tells once. It does not own the mapping of claims (`claims`).

use serde_json::{Map, Value};

use super::claims::plain;
use super::preset::Preset;
use super::provider::Provider;
use crate::identity::user::Profile;

/// Whether an ID token proves the address in it, where a provider has a way of its own. `None`: as the standard says.
///
/// Microsoft's directories let their administrators write any address ("nOAuth"): `xms_edov` alone says that the domain is the
/// directory's own. Apple documents that `email_verified` may be the text `"true"`.
pub fn proves_email(preset: Preset, id_token: &Map<String, Value>) -> Option<bool> {
    let is_true = |name: &str| id_token.get(name) == Some(&Value::Bool(true));
    let has_email = id_token.contains_key("email");
    match preset {
        Preset::Microsoft => Some(has_email && is_true("xms_edov")),
        Preset::Apple => {
            let in_words = id_token.get("email_verified").and_then(Value::as_str) == Some("true");
            Some(has_email && (in_words || is_true("email_verified")))
        }
        _ => None,
    }
}

/// Writes into claims what [`proves_email`] found.
pub fn note_proof(proven: Option<bool>, claims: &mut Map<String, Value>) {
    match proven {
        Some(true) => drop(claims.insert("email_verified".to_owned(), Value::Bool(true))),
        Some(false) => drop(claims.remove("email_verified")),
        None => {}
    }
}

/// Whether the person's directory is one of those that may come. An empty list: all.
pub fn is_of_a_tenant(provider: &Provider, claims: &Map<String, Value>) -> bool {
    let tid = claims.get("tid").and_then(Value::as_str);
    provider.tenants.is_empty() || tid.is_some_and(|tid| provider.tenants.iter().any(|tenant| tenant == tid))
}

/// A directory's id as Entra writes it: a GUID in lower case.
pub fn is_tenant_id(text: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match b {
            b'-' => is_dash(at),
            b'0'..=b'9' | b'a'..=b'f' => !is_dash(at),
            _ => false,
        })
}

/// The issuer of a directory, by the template that stands in its place.
pub fn issuer_of_tenant(template: &str, tid: &str) -> Option<String> {
    is_tenant_id(tid).then(|| template.replace(TENANT, tid))
}

/// What stands for a directory in a template.
pub const TENANT: &str = "{tenantid}";

/// The name that a person gave to Apple. It comes once, unsigned, by the browser: good for showing, and for nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ToldName {
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
}

/// Longest `user` parameter that is looked at, in bytes.
const LONGEST_USER: usize = 4_096;

impl ToldName {
    /// Reads Apple's `user` parameter; an address in it counts for nothing. `None`: there is no name in it.
    pub fn read(user: &str) -> Option<Self> {
        if user.len() > LONGEST_USER {
            return None;
        }
        let user: Value = serde_json::from_str(user).ok()?;
        let part = |name: &str| user.get("name")?.get(name)?.as_str().and_then(plain);
        let told = Self { given_name: part("firstName"), family_name: part("lastName") };
        (told != Self::default()).then_some(told)
    }

    /// Names somebody who has no name yet. `false`: they have one.
    pub fn fill(self, profile: &mut Profile) -> bool {
        if profile.name.is_some() || profile.given_name.is_some() || profile.family_name.is_some() {
            return false;
        }
        let parts = [&self.given_name, &self.family_name];
        let whole: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        profile.name = plain(&whole.join(" "));
        (profile.given_name, profile.family_name) = (self.given_name, self.family_name);
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn proven(preset: Preset, claims: Value) -> Option<bool> {
        proves_email(preset, claims.as_object().unwrap())
    }

    #[test]
    fn l05_an_address_of_entra_is_proven_by_xms_edov_alone() {
        for (claims, is) in [
            (json!({ "email": "a@x.test", "xms_edov": true }), true),
            (json!({ "email": "a@x.test", "email_verified": true }), false),
            (json!({ "email": "a@x.test", "email_verified": true, "xms_edov": false }), false),
            (json!({ "email": "a@x.test", "xms_edov": "true" }), false),
            (json!({ "email": "a@x.test", "xms_edov": 1 }), false),
            (json!({ "xms_edov": true }), false),
        ] {
            assert_eq!(proven(Preset::Microsoft, claims.clone()), Some(is), "{claims}");
        }
    }

    #[test]
    fn l05_the_text_true_proves_an_address_at_apple_and_nowhere_else() {
        for (said, is) in [(json!("true"), true), (json!(true), true), (json!("false"), false), (json!(1), false)] {
            let claims = json!({ "email": "a@x.test", "email_verified": said });
            assert_eq!(proven(Preset::Apple, claims.clone()), Some(is), "{said}");
            assert_eq!(proven(Preset::Google, claims), None);
        }
        assert_eq!(proven(Preset::Apple, json!({ "email_verified": "true" })), Some(false), "no address in the token");
    }

    #[test]
    fn a_tenant_is_a_guid_and_of_the_list() {
        const TID: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        assert!(is_tenant_id(TID));
        for bad in ["", "common", "72f988bf-86f1-41af-91ab-2d7cd011db4", &TID.to_uppercase(), &TID.replace('-', "a")] {
            assert!(!is_tenant_id(bad), "{bad}");
            assert_eq!(issuer_of_tenant("https://x.test/{tenantid}/v2.0", bad), None);
        }
        assert_eq!(issuer_of_tenant("https://x.test/{tenantid}", TID), Some(format!("https://x.test/{TID}")));
        let any = Provider::of_preset(Preset::Microsoft, "m", "us");
        let one = Provider { tenants: vec![TID.to_owned()], ..any.clone() };
        let of = |tid: &str| json!({ "tid": tid }).as_object().unwrap().clone();
        assert!(is_of_a_tenant(&any, &of("anything")) && is_of_a_tenant(&one, &of(TID)));
        assert!(
            !is_of_a_tenant(&one, &of("9188040d-6c67-4c5b-b112-36a304b66dad")) && !is_of_a_tenant(&one, &Map::new())
        );
    }

    #[test]
    fn l13_a_told_name_is_bounded_plain_and_never_over_a_claim() {
        let told = |user: Value| ToldName::read(&user.to_string());
        let good = told(json!({ "name": { "firstName": "Ada\u{202e}", "lastName": "L" }, "email": "boss@x.test" }));
        let name = ToldName { given_name: Some("Ada".to_owned()), family_name: Some("L".to_owned()) };
        assert_eq!(good, Some(name.clone()));
        let long = told(json!({ "name": { "firstName": "x".repeat(300) } })).unwrap().given_name.unwrap();
        assert_eq!(long.len(), 200);
        for bad in
            [json!({}), json!([]), json!({ "name": "Ada" }), json!({ "name": { "firstName": [1], "lastName": " " } })]
        {
            assert_eq!(told(bad.clone()), None, "{bad}");
        }
        assert_eq!(told(json!({ "name": { "firstName": "x".repeat(LONGEST_USER) } })), None);
        assert_eq!(ToldName::read("not json"), None);
        let mut nameless = Profile::default();
        assert!(name.clone().fill(&mut nameless));
        assert_eq!((nameless.name.as_deref(), nameless.given_name.as_deref()), (Some("Ada L"), Some("Ada")));
        let mut named = Profile { name: Some("Signed".to_owned()), ..Profile::default() };
        assert!(!name.fill(&mut named));
        assert_eq!((named.name.as_deref(), named.given_name), (Some("Signed"), None));
    }
}
