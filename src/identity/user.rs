//! Owns the person: who they are and what we may tell an app about them. It does not own credentials or sessions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::identity::{Email, RoleName};
use crate::time::Timestamp;

/// The subject identifier (`sub`, OIDC Core section 2): a random UUID as text, never reassigned, never an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub String);

impl UserId {
    /// The identifier as it stands in tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person with an account here.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Subject identifier.
    pub id: UserId,
    /// Address they sign in with; its folded form is unique.
    pub email: Email,
    /// Whether the address was proven to be theirs (`email_verified`).
    pub email_verified: bool,
    /// What they may do to the provider.
    pub role: RoleName,
    /// Standard claims beyond the address.
    pub profile: Profile,
    /// Names of the groups they belong to, sorted; released by scope `groups`.
    pub groups: Vec<String>,
    /// Set when an administrator shut the account; every session and token dies with it.
    pub disabled_at: Option<Timestamp>,
    /// Grants and sessions begun before this moment no longer count (password change, "end everything").
    pub valid_from: Timestamp,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the profile last changed (`updated_at` claim).
    pub updated_at: Timestamp,
    /// Goes up by one with each change of the record, against lost updates.
    pub version: i64,
    /// Values of the attributes that administrators defined ([`crate::identity::attribute`]).
    pub attributes: BTreeMap<String, Value>,
    /// When they last proved who they are; `None` if never.
    pub last_sign_in_at: Option<Timestamp>,
    /// Name of the picture they uploaded; see [`User::with_picture`].
    pub picture: Option<String>,
}

impl User {
    /// The same with the address of the picture they uploaded among what apps are told, unless an address of another one
    /// stands there.
    #[must_use]
    pub fn with_picture(mut self, issuer: &str) -> Self {
        if let (None, Some(id)) = (&self.profile.picture, &self.picture) {
            self.profile.picture = Some(format!("{issuer}/pictures/{id}"));
        }
        self
    }

    /// What to call them on a page: the name if there is one, else the address.
    pub fn display_name(&self) -> &str {
        self.profile.name.as_deref().filter(|n| !n.trim().is_empty()).unwrap_or(self.email.as_str())
    }
}

/// Standard claims of OIDC Core section 5.1 that are not keys of ours. Stored as one JSON column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Full name for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given name(s).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Surname(s).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle name(s).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Casual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Short name they like to be known by; not unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// Profile page (URL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Picture (URL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Web page (URL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Gender, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Birthday, `YYYY-MM-DD`, `YYYY` or `0000-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Time zone, IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// Locale, BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Telephone number, E.164 recommended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the telephone number was proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// Postal address (OIDC Core section 5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(title = "PostalAddress")]
pub struct Address {
    /// Full address for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street, house number, box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// State or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}
