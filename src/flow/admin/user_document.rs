//! Owns a person as administrators write and see them: document and view, the way from one to the record and back, and what a
//! good document is. It does not own who may write what (`user`, `rank`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plain_text;
use super::user_refusal::{MAX_GROUPS, UserRefusal};
use crate::identity::attribute::is_day;
use crate::identity::user::{Address, Profile};
use crate::identity::{Email, RoleName, User, UserId};
use crate::store::users;
use crate::store::ways_in::{self, WaysIn};
use crate::store::{self, Conn};
use crate::time::Timestamp;

/// A person as an administrator writes them. What is left out is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserDocument {
    /// E-mail address to sign in with; at most one account has it, in whatever spelling.
    pub email: String,
    /// Whether you vouch for the address: apps are told so.
    #[serde(default)]
    pub email_verified: bool,
    /// What they may administer: the name of a role.
    #[serde(default = "person")]
    pub role: String,
    /// Groups, made when new; apps that may ask for the scope `groups` are told them.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Values of the attributes that are defined, by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
    /// Full name for display; at most 200 characters, as all texts here for which nothing else is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given name or names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Surname or surnames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle name or names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Casual name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Short name they like to be known by. Two people may have the same: it identifies nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// Address of their profile page (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Address of a picture of them (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Address of their web page (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Gender, in any words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Birthday: `YYYY-MM-DD`, `0000-MM-DD` without the year, or `YYYY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Time zone, for example `Europe/Paris`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// Language and region, for example `de-CH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Telephone number, best written like `+41 44 668 18 00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether you vouch for the telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

fn person() -> String {
    RoleName::PERSON.as_str().to_owned()
}

/// A person with what is known about them.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Who they are.
    #[serde(flatten)]
    pub document: UserDocument,
    /// The subject identifier (`sub`); never changes, never used again.
    pub id: String,
    /// Goes up by one with each change.
    pub version: i64,
    /// Whether the account is shut.
    pub disabled: bool,
    /// Since when the account is shut (RFC 3339).
    pub disabled_at: Option<String>,
    /// Whether there is a password to sign in with.
    pub has_password: bool,
    /// Whether the password must be changed at the next sign-in.
    pub must_change_password: bool,
    /// Until when the invitation can be used (RFC 3339), if there is one.
    pub invited_until: Option<String>,
    /// Path of the picture that they uploaded, below the issuer; apps are told it unless `picture` names another one.
    pub uploaded_picture: Option<String>,
    /// When they last signed in (RFC 3339).
    pub last_sign_in_at: Option<String>,
    /// When the account was made (RFC 3339).
    pub created_at: String,
    /// When the record last changed (RFC 3339).
    pub updated_at: String,
}

impl UserDocument {
    /// Somebody with an address and nothing else.
    pub fn new(email: &str) -> Self {
        Self::from_profile(email, Profile::default())
    }

    /// The document that a record would be written with.
    pub fn of(user: &User) -> Self {
        Self {
            email_verified: user.email_verified,
            role: user.role.as_str().to_owned(),
            groups: user.groups.clone(),
            attributes: user.attributes.clone(),
            ..Self::from_profile(user.email.as_str(), user.profile.clone())
        }
    }

    fn from_profile(email: &str, p: Profile) -> Self {
        Self {
            email: email.to_owned(),
            email_verified: false,
            role: person(),
            groups: Vec::new(),
            attributes: BTreeMap::new(),
            name: p.name,
            given_name: p.given_name,
            family_name: p.family_name,
            middle_name: p.middle_name,
            nickname: p.nickname,
            preferred_username: p.preferred_username,
            profile: p.profile,
            picture: p.picture,
            website: p.website,
            gender: p.gender,
            birthdate: p.birthdate,
            zoneinfo: p.zoneinfo,
            locale: p.locale,
            phone_number: p.phone_number,
            phone_number_verified: p.phone_number_verified,
            address: p.address,
        }
    }

    /// Judges everything but the attributes, and writes it into the record. Whether there is such a role, and whether it may
    /// be given, is asked elsewhere.
    pub(in crate::flow) fn write_into(self, user: &mut User) -> Result<(), UserRefusal> {
        user.email = Email::parse(&self.email)?;
        user.email_verified = self.email_verified;
        user.role = RoleName::parse(&self.role).ok_or(UserRefusal::Role(self.role))?;
        user.groups = judged_groups(&self.groups)?;
        user.attributes = self.attributes;
        user.profile = Profile {
            name: text("name", self.name)?,
            given_name: text("given_name", self.given_name)?,
            family_name: text("family_name", self.family_name)?,
            middle_name: text("middle_name", self.middle_name)?,
            nickname: text("nickname", self.nickname)?,
            preferred_username: text("preferred_username", self.preferred_username)?,
            profile: link("profile", self.profile)?,
            picture: link("picture", self.picture)?,
            website: link("website", self.website)?,
            gender: text("gender", self.gender)?,
            birthdate: birthdate(self.birthdate)?,
            zoneinfo: text("zoneinfo", self.zoneinfo)?,
            locale: text("locale", self.locale)?,
            phone_number: text("phone_number", self.phone_number)?,
            phone_number_verified: self.phone_number_verified,
            address: self.address.map(postal).transpose()?.filter(|address| *address != Address::default()),
        };
        Ok(())
    }
}

impl UserView {
    fn of(user: &User, ways: WaysIn) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
        Self {
            document: UserDocument::of(user),
            id: user.id.as_str().to_owned(),
            version: user.version,
            disabled: user.disabled_at.is_some(),
            disabled_at: time(user.disabled_at),
            has_password: ways.password.is_some(),
            must_change_password: ways.password.unwrap_or(false),
            invited_until: time(ways.invited_until),
            uploaded_picture: user.picture.as_ref().map(|id| format!("/pictures/{id}")),
            last_sign_in_at: time(user.last_sign_in_at),
            created_at: user.created_at.rfc3339(),
            updated_at: user.updated_at.rfc3339(),
        }
    }

    /// The views of these people, in their order.
    pub(super) fn of_all(c: &mut Conn, people: Vec<User>, now: Timestamp) -> Result<Vec<Self>, store::Fault> {
        let ids: Vec<String> = people.iter().map(|user| user.id.0.clone()).collect();
        let ways = ways_in::of_people(c, &ids, now)?;
        Ok(people.iter().map(|user| Self::of(user, ways.get(user.id.as_str()).copied().unwrap_or_default())).collect())
    }

    /// The view of the person of this id, as they are stored now.
    pub(super) fn of_id(c: &mut Conn, id: &UserId, now: Timestamp) -> Result<Option<Self>, store::Fault> {
        let found = users::find(c, id)?;
        Ok(Self::of_all(c, found.into_iter().collect(), now)?.pop())
    }
}

/// Judges and sorts the names of groups.
fn judged_groups(names: &[String]) -> Result<Vec<String>, UserRefusal> {
    let mut groups = Vec::new();
    for name in names {
        groups.push(plain_text(name, 100).map_err(|_| UserRefusal::Group(name.clone()))?);
    }
    groups.sort();
    groups.dedup();
    if groups.len() > MAX_GROUPS { Err(UserRefusal::TooManyGroups) } else { Ok(groups) }
}

/// Nothing but white space is nothing.
fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn text(field: &'static str, text: Option<String>) -> Result<Option<String>, UserRefusal> {
    some(text).map(|text| plain_text(&text, 200)).transpose().map_err(|why| UserRefusal::Text(field, why))
}

/// An address that apps may show or load: nothing but https (security case L13).
fn link(field: &'static str, text: Option<String>) -> Result<Option<String>, UserRefusal> {
    let Some(text) = some(text).map(|text| text.trim().to_owned()) else { return Ok(None) };
    let is_link = text.len() <= 1_000
        && url::Url::parse(&text)
            .is_ok_and(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty());
    match is_link && !text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        true => Ok(Some(text)),
        false => Err(UserRefusal::Form(field, "the address of a page that begins with https://")),
    }
}

fn birthdate(text: Option<String>) -> Result<Option<String>, UserRefusal> {
    let Some(text) = some(text).map(|text| text.trim().to_owned()) else { return Ok(None) };
    let is_year = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    match is_year || is_day(&text) {
        true => Ok(Some(text)),
        false => Err(UserRefusal::Form("birthdate", "YYYY-MM-DD, 0000-MM-DD without the year, or YYYY")),
    }
}

fn postal(address: Address) -> Result<Address, UserRefusal> {
    let lines = some(address.formatted).map(|text| text.trim().replace("\r\n", "\n"));
    let is_plain = |text: &String| {
        text.chars().count() <= 500 && text.split('\n').all(|line| line.is_empty() || plain_text(line, 500).is_ok())
    };
    if lines.as_ref().is_some_and(|text| !is_plain(text)) {
        return Err(UserRefusal::Form("address", "up to 500 characters of plain text as formatted address"));
    }
    Ok(Address {
        formatted: lines,
        street_address: text("address", address.street_address)?,
        locality: text("address", address.locality)?,
        region: text("address", address.region)?,
        postal_code: text("address", address.postal_code)?,
        country: text("address", address.country)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::fixtures;

    fn written(change: impl FnOnce(&mut UserDocument)) -> Result<User, UserRefusal> {
        let mut document = UserDocument::new("a@example.com");
        change(&mut document);
        let mut user = fixtures::user("u");
        document.write_into(&mut user).map(|()| user)
    }

    #[test]
    fn groups_are_plain_sorted_and_single() {
        let names = |names: &[&str]| judged_groups(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["b", " a ", "b"]), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(names(&["a\nb"]), Err(UserRefusal::Group("a\nb".to_owned())));
        assert_eq!(names(&[""]), Err(UserRefusal::Group(String::new())));
        let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        assert_eq!(judged_groups(&many), Err(UserRefusal::TooManyGroups));
    }

    #[test]
    fn a_document_survives_the_way_through_the_record() {
        let user = written(|d| {
            d.name = Some(" Zoë ".to_owned());
            d.picture = Some("https://example.com/zoe.png".to_owned());
            d.birthdate = Some("0000-02-29".to_owned());
            d.groups = vec!["b".to_owned(), "a".to_owned()];
            d.address = Some(Address { formatted: Some("1 Road\r\nTown".to_owned()), ..Address::default() });
        });
        let document = UserDocument::of(&user.unwrap());
        assert_eq!(
            (document.name.as_deref(), &document.groups[..]),
            (Some("Zoë"), &["a".to_owned(), "b".to_owned()][..])
        );
        let mut again = fixtures::user("u");
        document.clone().write_into(&mut again).unwrap();
        assert_eq!(UserDocument::of(&again), document);
    }

    #[test]
    fn l13_texts_of_a_profile_are_plain_and_addresses_are_https() {
        for (change, field) in [
            ((|d: &mut UserDocument| d.name = Some("a\u{202e}b".to_owned())) as fn(&mut UserDocument), "name"),
            (|d| d.nickname = Some("x".repeat(201)), "nickname"),
            (|d| d.picture = Some("javascript:alert(1)".to_owned()), "picture"),
            (|d| d.website = Some("http://example.com".to_owned()), "website"),
            (|d| d.profile = Some("https://a@example.com".to_owned()), "profile"),
            (|d| d.birthdate = Some("yesterday".to_owned()), "birthdate"),
            (|d| d.role = "King".to_owned(), "role"),
            (|d| d.email = "a".to_owned(), "email"),
            (|d| d.address = Some(Address { country: Some("a\0".to_owned()), ..Address::default() }), "address"),
        ] {
            let refusal = super::super::AdminRefusal::from(written(change).unwrap_err());
            assert_eq!(refusal.field, Some(field), "{refusal}");
        }
        let emptied = written(|d| d.name = Some("  ".to_owned())).unwrap();
        assert_eq!(emptied.profile, Profile::default());
    }

    #[test]
    fn n05_a_document_takes_no_field_that_it_does_not_have() {
        for odd in ["id", "created_at", "phc", "disabled", "is_admin", "version", "last_sign_in_at"] {
            let text = format!(r#"{{"email": "a@example.com", "{odd}": 1}}"#);
            assert!(serde_json::from_str::<UserDocument>(&text).is_err(), "{odd}");
        }
        let least = serde_json::from_str::<UserDocument>(r#"{"email": "a@example.com"}"#).unwrap();
        assert_eq!((least.role.as_str(), least.email_verified), ("person", false));
    }
}
