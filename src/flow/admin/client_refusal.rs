//! Owns the words of everything that can be wrong with a client. It does not own the checks (`client_rules`, `client`).

use super::{AdminRefusal, RefusalKind, TextRefusal};
use crate::oauth::mapping::MappingRefusal;
use crate::oauth::redirect_uri::RedirectUriRefusal;

/// Why nothing was done. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefusal {
    /// Not a client id.
    #[error(
        "{0:?} cannot be a client id: use 1 to 128 letters, digits, and . _ ~ -, or leave it out to get a generated one"
    )]
    Id(String),
    /// Could be mistaken for a person.
    #[error(
        "{0} cannot be a client id because it looks like a person's id (a UUID); choose a name, or leave it out to get a generated one"
    )]
    IdLikeSub(String),
    /// There is one.
    #[error("there is a client {0:?} already: choose another id, or change that client")]
    Taken(String),
    /// No such client.
    #[error("there is no client {0:?}")]
    Unknown(String),
    /// The name.
    #[error("the name {0}; the consent page shows it to people")]
    Name(TextRefusal),
    /// A program that cannot keep a secret.
    #[error(
        "a client of profile {0} runs where others can read it and cannot keep a secret: leave out the authentication method, or use profile web"
    )]
    PublicWithSecret(&'static str),
    /// A program that can.
    #[error(
        "a client of profile {0} must authenticate: use client_secret_basic or client_secret_post, or profile spa or native"
    )]
    ConfidentialWithoutSecret(&'static str),
    /// Could do nothing.
    #[error("a client needs at least one grant: authorization_code or client_credentials")]
    NoGrant,
    /// Anybody could act as it.
    #[error("a public client cannot have the grant client_credentials: anybody could act in its name")]
    PublicForItself,
    /// Nothing to refresh.
    #[error("the grant refresh_token needs authorization_code beside it: nothing else here gives refresh tokens")]
    RefreshAlone,
    /// Nowhere to go.
    #[error("give at least one redirect URI: the addresses that the app receives its codes at")]
    NoRedirectUri,
    /// Nothing ever goes there.
    #[error(
        "a client without the grant authorization_code has no use for redirect URIs: leave them out, or add the grant"
    )]
    NeedlessRedirectUri,
    /// One address.
    #[error("the {what} {uri:?} cannot be registered: {why}")]
    Uri {
        /// Which list.
        what: &'static str,
        /// The address, cut short.
        uri: String,
        /// Why.
        why: RedirectUriRefusal,
    },
    /// A list without measure.
    #[error("a client has at most 100 entries of one kind; these are more: {0}")]
    TooMany(&'static str),
    /// No such scope.
    #[error("there is no scope {0:?}: define it first")]
    UnknownScope(String),
    /// A program without people.
    #[error(
        "the scope {0} is about people, and this client acts for itself: leave it out, or add the grant authorization_code"
    )]
    ScopeAboutPeople(String),
    /// RFC 9700 section 2.1.1.
    #[error("PKCE cannot be optional for a public client (RFC 9700 section 2.1.1)")]
    PkceOfPublic,
    /// A rule without its grant.
    #[error("refresh tokens need the grant refresh_token: add it, or set the refresh rule to never")]
    RefreshWithoutGrant,
    /// A lifetime out of bounds.
    #[error("the life of a {what} is between 1 and {longest} seconds")]
    Life {
        /// Of what.
        what: &'static str,
        /// The most, in seconds.
        longest: i64,
    },
    /// A token that outlives its grant.
    #[error("a refresh token cannot idle for longer than its grant lives: shorten the one or lengthen the other")]
    IdleBeyondAbsolute,
    /// Nothing could sign.
    #[error("no {0} key signs here at this time: add the algorithm to keys.algorithms, or use RS256")]
    NoKey(&'static str),
    /// The `aud` of tokens.
    #[error(
        "the audience {0:?} cannot be used: write the API's address or name, 1 to 200 visible characters without spaces"
    )]
    Audience(String),
    /// The `aud` of tokens for us.
    #[error(
        "the audience {0:?} is this sign-in service itself: no client is it, and no client names it; scopes lead there          (openid to userinfo, admin:… to the administration API)"
    )]
    OurAudience(String),
    /// `default_max_age`.
    #[error("the default max_age is a number of seconds, 0 or more")]
    MaxAge,
    /// A link people will click.
    #[error("the {what} {link:?} is not the address of a page: begin with https://")]
    Link {
        /// Which.
        what: &'static str,
        /// The text, cut short.
        link: String,
    },
    /// Whom to ask.
    #[error("the contact {0:?} is no e-mail address")]
    Contact(String),
    /// A public client has no secret.
    #[error("the client {0} is public and has no secret")]
    NoSecret(String),
    /// A third one would end one that an app may still use.
    #[error(
        "the client {0} has two secrets already, and the older one is good until {1}: wait until then, end it first, or give \
         an overlap of 0, so that only the new one is good"
    )]
    TwoSecrets(String, String),
    /// No such secret.
    #[error("the client {0} has no secret {1:?} that is still good")]
    UnknownSecret(String, String),
    /// Too long.
    #[error("the old secret can go on for at most 30 days")]
    Overlap,
    /// A rule about claims.
    #[error(transparent)]
    Mapping(#[from] MappingRefusal),
    /// The id is its name.
    #[error("the id of a client cannot change: it is {0:?}")]
    Renamed(String),
    /// No logo.
    #[error("the client {0} has no logo")]
    NoLogo(String),
    /// Comes with the program.
    #[error("the client {0} belongs to the console and cannot be changed")]
    BuiltIn(String),
}

impl From<ClientRefusal> for AdminRefusal {
    fn from(refusal: ClientRefusal) -> Self {
        use ClientRefusal as R;
        use RefusalKind::{Conflict, Forbidden, Invalid, Unknown};
        let (kind, code, field) = match &refusal {
            R::Id(_) => (Invalid, "client_id", Some("client_id")),
            R::IdLikeSub(_) => (Invalid, "client_id_like_a_person", Some("client_id")),
            R::Taken(_) => (Conflict, "client_id_taken", Some("client_id")),
            R::Unknown(_) => (Unknown, "unknown_client", None),
            R::NoLogo(_) => (Unknown, "no_logo", None),
            R::Name(_) => (Invalid, "name", Some("name")),
            R::PublicWithSecret(_) => (Invalid, "public_with_secret", Some("auth_method")),
            R::ConfidentialWithoutSecret(_) => (Invalid, "confidential_without_secret", Some("auth_method")),
            R::NoGrant => (Invalid, "grant_missing", Some("grants")),
            R::PublicForItself => (Invalid, "client_credentials_of_public", Some("grants")),
            R::RefreshAlone => (Invalid, "refresh_token_alone", Some("grants")),
            R::NoRedirectUri => (Invalid, "redirect_uri_missing", Some("redirect_uris")),
            R::NeedlessRedirectUri => (Invalid, "redirect_uri_needless", Some("redirect_uris")),
            R::Uri { what: "redirect URI", .. } => (Invalid, "redirect_uri", Some("redirect_uris")),
            R::Uri { .. } => (Invalid, "post_logout_redirect_uri", Some("post_logout_redirect_uris")),
            R::TooMany(_) => (Invalid, "too_many", None),
            R::UnknownScope(_) => (Invalid, "unknown_scope", Some("scopes")),
            R::ScopeAboutPeople(_) => (Invalid, "scope_about_people", Some("scopes")),
            R::PkceOfPublic => (Invalid, "pkce_of_public", Some("pkce")),
            R::RefreshWithoutGrant => (Invalid, "refresh_without_grant", Some("refresh")),
            R::Life { what, .. } => (Invalid, "lifetime", Some(lifetime_field(what))),
            R::IdleBeyondAbsolute => (Invalid, "idle_beyond_absolute", Some("refresh_idle_seconds")),
            R::NoKey(_) => (Invalid, "algorithm_without_key", None),
            R::Audience(_) => (Invalid, "audience", Some("audiences")),
            R::OurAudience(_) => (Conflict, "audience_is_ours", Some("audiences")),
            R::MaxAge => (Invalid, "default_max_age", Some("default_max_age")),
            R::Link { what, .. } => (Invalid, "link", Some(link_field(what))),
            R::Contact(_) => (Invalid, "contact", Some("contacts")),
            R::NoSecret(_) => (Conflict, "client_is_public", None),
            R::TwoSecrets(..) => (Conflict, "client_has_two_secrets", Some("overlap_seconds")),
            R::UnknownSecret(..) => (Unknown, "unknown_secret", None),
            R::Overlap => (Invalid, "overlap", Some("overlap_seconds")),
            R::Mapping(_) => (Invalid, "mapping", Some("mappings")),
            R::Renamed(_) => (Invalid, "client_id_fixed", Some("client_id")),
            R::BuiltIn(_) => (Forbidden, "built_in", None),
        };
        AdminRefusal { kind, code, field, words: refusal.to_string() }
    }
}

fn lifetime_field(what: &str) -> &'static str {
    match what {
        "access token" => "access_token_lifetime_seconds",
        "ID token" => "id_token_lifetime_seconds",
        "code" => "code_lifetime_seconds",
        "refresh token" => "refresh_idle_seconds",
        _ => "refresh_absolute_seconds",
    }
}

fn link_field(what: &str) -> &'static str {
    match what {
        "home page" => "client_uri",
        "privacy policy" => "policy_uri",
        _ => "tos_uri",
    }
}
