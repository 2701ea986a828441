//! Owns which claims about a person an app gets: by scope (OIDC Core section 5.4) and by the `claims` parameter
//! (section 5.5). It does not own the person (`identity::user`) nor the signing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::User;
use crate::identity::permission::is_admin_scope;
use crate::oauth::authorization::Authorization;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::scope::{self, Scope, ScopeSet};

/// The `claims` request parameter, as far as we honour it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// Claims wanted from the userinfo endpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Option<ClaimWish>>,
    /// Claims wanted in the ID token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Option<ClaimWish>>,
}

/// What is wished of one claim (OIDC Core section 5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimWish {
    /// Whether the app says it cannot do without.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The one value that will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values that will do, best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
}

/// The names of claims we can release, for `claims_supported`.
pub const SUPPORTED: [&str; 28] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "groups",
];

/// Claims of scope `profile` (OIDC Core section 5.4).
pub(super) const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

impl ClaimsRequest {
    /// Reads the `claims` parameter. Members other than `userinfo` and `id_token` are ignored, as section 5.5 says.
    ///
    /// # Errors
    /// `invalid_request` where it is no JSON of that form, or larger than 4 kB.
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let Some(text) = text else { return Ok(Self::default()) };
        let refuse = |why: String| {
            let words = "claims is not a JSON object of the form of OpenID Connect Core section 5.5";
            Refusal::new(ErrorCode::InvalidRequest, "claims.json", "OIDC Core section 5.5", words)
                .because("{\"userinfo\": {…}, \"id_token\": {…}} in at most 4096 bytes", why)
        };
        if text.len() > 4_096 {
            return Err(refuse(format!("{} bytes", text.len())));
        }
        let request: Self = serde_json::from_str(text).map_err(|e| refuse(e.to_string()))?;
        // A subject that is no text is nobody's; ignoring it would answer for anybody.
        let wanted = request.id_token.get("sub").and_then(|wish| wish.as_ref()?.value.as_ref());
        if wanted.is_some_and(|sub| !sub.is_string()) {
            return Err(refuse("id_token.sub.value that is no string".to_owned()));
        }
        Ok(request)
    }

    /// Without the claims that no scope of the client releases: an app must not learn by this parameter what an administrator
    /// did not allow it to ask for. Voluntary claims that are not given are no error (section 5.5.1).
    #[must_use]
    pub fn within(mut self, scopes: &ScopeSet) -> Self {
        // Claims of an administrator's own scopes are all personal ones; such a client may ask for any of them.
        // Those of the administration API release none.
        if scopes.iter().any(|token| !scope::is_standard(token) && !is_admin_scope(token)) {
            return self;
        }
        let released = names_of(scopes, &[]);
        self.userinfo.retain(|name, _| !is_personal(name) || released.contains(name.as_str()));
        self.id_token.retain(|name, _| !is_personal(name) || released.contains(name.as_str()));
        self
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// Names of claims about the person that go beyond what the scopes release: the consent page must name them.
    pub fn beyond(&self, scope: &ScopeSet, defined: &[Scope]) -> Vec<String> {
        let released = names_of(scope, defined);
        let asked = self.userinfo.keys().chain(self.id_token.keys());
        let mut names: Vec<String> =
            asked.filter(|n| is_personal(n) && !released.contains(n.as_str())).cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    /// The subject the app insists on (`id_token.sub.value`, section 5.5.1), if any.
    pub fn wanted_subject(&self) -> Option<&str> {
        self.id_token.get("sub")?.as_ref()?.value.as_ref()?.as_str()
    }

    /// The context classes the app cannot do without (section 5.5.1.1); `None` when it does not insist, or insists on the
    /// claim but on no value of it.
    pub fn essential_acr(&self) -> Option<Vec<&str>> {
        let names_values = |w: &&ClaimWish| w.value.is_some() || w.values.iter().flatten().next().is_some();
        let wish = self.id_token.get("acr")?.as_ref().filter(|w| w.essential).filter(names_values)?;
        let many = wish.values.iter().flatten().filter_map(Value::as_str);
        Some(wish.value.iter().filter_map(Value::as_str).chain(many).collect())
    }
}

fn is_personal(name: &str) -> bool {
    PROFILE.contains(&name)
        || matches!(name, "email" | "email_verified" | "address" | "phone_number" | "phone_number_verified" | "groups")
}

/// Names of the claims that a set of scopes releases.
pub fn names_of<'a>(scope: &'a ScopeSet, defined: &'a [Scope]) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for token in scope.iter() {
        match token {
            "profile" => names.extend(PROFILE),
            "email" => names.extend(["email", "email_verified"]),
            "address" => names.extend(["address"]),
            "phone" => names.extend(["phone_number", "phone_number_verified"]),
            "groups" => names.extend(["groups"]),
            other => {
                let own = defined.iter().find(|s| s.name == other);
                names.extend(own.into_iter().flat_map(|s| s.claims.iter().map(String::as_str)));
            }
        }
    }
    names
}

/// The value of one claim of a person, if we know it.
pub(super) fn value_of(user: &User, name: &str) -> Option<Value> {
    let text = |value: &Option<String>| value.clone().map(Value::String);
    let p = &user.profile;
    match name {
        "name" => text(&p.name),
        "given_name" => text(&p.given_name),
        "family_name" => text(&p.family_name),
        "middle_name" => text(&p.middle_name),
        "nickname" => text(&p.nickname),
        "preferred_username" => text(&p.preferred_username),
        "profile" => text(&p.profile),
        "picture" => text(&p.picture),
        "website" => text(&p.website),
        "gender" => text(&p.gender),
        "birthdate" => text(&p.birthdate),
        "zoneinfo" => text(&p.zoneinfo),
        "locale" => text(&p.locale),
        "updated_at" => Some(user.updated_at.seconds().into()),
        "email" => Some(user.email.as_str().into()),
        "email_verified" => Some(user.email_verified.into()),
        "phone_number" => text(&p.phone_number),
        "phone_number_verified" => p.phone_number.as_ref().map(|_| p.phone_number_verified.unwrap_or(false).into()),
        "address" => p.address.as_ref().and_then(|a| serde_json::to_value(a).ok()),
        "groups" => Some(user.groups.clone().into()),
        _ => None,
    }
}

/// Claims about a person for the userinfo endpoint: by scope, and single ones by the `claims` parameter.
pub fn for_userinfo(user: &User, authorization: &Authorization, defined: &[Scope]) -> Map<String, Value> {
    let mut names = names_of(&authorization.scope, defined);
    names.extend(authorization.claims.userinfo.keys().map(String::as_str));
    collect(user, &names)
}

/// Claims about a person for the ID token: only those the `claims` parameter asked for there. Everything else belongs to
/// userinfo, so that ID tokens stay lean.
pub fn for_id_token(user: &User, authorization: &Authorization) -> Map<String, Value> {
    let names = authorization.claims.id_token.keys().map(String::as_str).filter(|n| is_personal(n)).collect();
    collect(user, &names)
}

fn collect(user: &User, names: &BTreeSet<&str>) -> Map<String, Value> {
    names.iter().filter_map(|name| Some(((*name).to_owned(), value_of(user, name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Email, RoleName, UserId, user::Profile as Person};
    use crate::time::Timestamp;

    fn alice() -> User {
        let t = Timestamp::from_seconds(1_000);
        User {
            id: UserId("u".into()),
            email: Email::parse("alice@example.com").unwrap(),
            email_verified: true,
            role: RoleName::PERSON,
            profile: Person { name: Some("Alice".into()), phone_number: Some("+1".into()), ..Person::default() },
            groups: vec!["staff".into()],
            disabled_at: None,
            valid_from: t,
            created_at: t,
            updated_at: t,
            version: 1,
            attributes: Default::default(),
            last_sign_in_at: None,
            picture: None,
        }
    }

    fn granted(scope: &[&str], claims: &str) -> Authorization {
        Authorization {
            client_id: "c".into(),
            user_id: Some(UserId("u".into())),
            session_id: None,
            scope: ScopeSet::of(scope.iter().copied()),
            auth_time: None,
            acr: None,
            amr: vec![],
            nonce: None,
            claims: ClaimsRequest::parse(Some(claims)).unwrap(),
            resources: Vec::new(),
        }
    }

    fn names(map: &Map<String, Value>) -> Vec<&str> {
        map.keys().map(String::as_str).collect()
    }

    #[test]
    fn f12_oidc_core_5_4_claims_only_by_scope() {
        let only = |scope: &[&str]| for_userinfo(&alice(), &granted(scope, "{}"), &[]);
        assert!(only(&["openid"]).is_empty());
        assert_eq!(names(&only(&["openid", "email"])), ["email", "email_verified"]);
        assert_eq!(names(&only(&["openid", "profile"])), ["name", "updated_at"], "unknown values are left out");
        assert_eq!(names(&only(&["openid", "phone", "groups"])), ["groups", "phone_number", "phone_number_verified"]);
    }

    #[test]
    fn oidc_core_5_5_claims_parameter_adds_single_claims() {
        let a =
            granted(&["openid"], r#"{"userinfo":{"email":null},"id_token":{"name":{"essential":true},"sub":null}}"#);
        assert_eq!(names(&for_userinfo(&alice(), &a, &[])), ["email"]);
        assert_eq!(names(&for_id_token(&alice(), &a)), ["name"]);
        assert_eq!(a.claims.beyond(&a.scope, &[]), ["email", "name"], "consent names what goes beyond the scopes");
        assert!(ClaimsRequest::parse(Some("[1]")).is_err());
        assert!(ClaimsRequest::parse(Some(&"[".repeat(100_000))).is_err());
    }

    #[test]
    fn oidc_core_5_5_1_essential_acr_and_wanted_subject() {
        let c = ClaimsRequest::parse(Some(
            r#"{"id_token":{"acr":{"essential":true,"values":["a","b"]},"sub":{"value":"u1"}}}"#,
        ));
        let c = c.unwrap();
        assert_eq!(c.essential_acr(), Some(vec!["a", "b"]));
        assert_eq!(c.wanted_subject(), Some("u1"));
        let voluntary = ClaimsRequest::parse(Some(r#"{"id_token":{"acr":{"values":["a"]}}}"#)).unwrap();
        assert_eq!(voluntary.essential_acr(), None);
        let odd = ClaimsRequest::parse(Some(r#"{"id_token":{"sub":{"value":7}}}"#));
        assert_eq!(odd.unwrap_err().finding.check, "claims.json", "a subject nobody can have must not mean anybody");
    }

    #[test]
    fn scopes_of_an_administrator_release_their_claims() {
        let own = Scope {
            name: "hr".into(),
            description: String::new(),
            claims: vec!["birthdate".into(), "email".into()],
            audience: None,
            mappings: Vec::new(),
        };
        assert_eq!(names(&for_userinfo(&alice(), &granted(&["openid", "hr"], "{}"), &[own])), ["email"]);
    }
}
