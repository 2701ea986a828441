//! Owns what is known beforehand of well-known providers: addresses, scopes, and how they name what they tell of a person. It
//! does not own what an administrator writes on top (`provider`).

use serde::{Deserialize, Serialize};

use super::provider::{AssertionAudience, ClientAuth, Kind};
use super::quirks::TENANT;

/// A provider we know, or one of two kinds that we know nothing else of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Google accounts.
    Google,
    /// GitHub.
    Github,
    /// Microsoft Entra and Microsoft accounts.
    Microsoft,
    /// GitLab, at gitlab.com or at an address of its own.
    Gitlab,
    /// Facebook.
    Facebook,
    /// Discord.
    Discord,
    /// Any OpenID Connect provider, by its issuer.
    Oidc,
    /// Any OAuth 2 provider, by its endpoints and a claim mapping.
    Oauth2,
    /// Sign in with Apple.
    Apple,
}

/// What a preset says of OAuth 2 endpoints.
pub(super) struct KnownEndpoints {
    pub(super) authorization: &'static str,
    pub(super) token: &'static str,
    pub(super) userinfo: &'static str,
    pub(super) emails: Option<&'static str>,
}

impl Preset {
    /// All of them, in the order in which administrators choose.
    pub const ALL: [Preset; 9] = [
        Preset::Google,
        Preset::Apple,
        Preset::Github,
        Preset::Microsoft,
        Preset::Gitlab,
        Preset::Facebook,
        Preset::Discord,
        Preset::Oidc,
        Preset::Oauth2,
    ];

    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Preset::Google => "google",
            Preset::Github => "github",
            Preset::Microsoft => "microsoft",
            Preset::Gitlab => "gitlab",
            Preset::Facebook => "facebook",
            Preset::Discord => "discord",
            Preset::Oidc => "oidc",
            Preset::Oauth2 => "oauth2",
            Preset::Apple => "apple",
        }
    }

    /// Reads [`Preset::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == word)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Preset::Google => "Google",
            Preset::Github => "GitHub",
            Preset::Microsoft => "Microsoft",
            Preset::Gitlab => "GitLab",
            Preset::Facebook => "Facebook",
            Preset::Discord => "Discord",
            Preset::Oidc => "Any OpenID Connect provider",
            Preset::Oauth2 => "Any OAuth 2 provider",
            Preset::Apple => "Apple",
        }
    }

    /// The protocol it speaks.
    pub const fn kind(self) -> Kind {
        match self {
            Preset::Google | Preset::Microsoft | Preset::Gitlab | Preset::Oidc | Preset::Apple => Kind::Oidc,
            Preset::Github | Preset::Facebook | Preset::Discord | Preset::Oauth2 => Kind::Oauth2,
        }
    }

    /// Its issuer; for OAuth 2 the site whose accounts they are. `None`: the administrator says it.
    pub(super) const fn issuer(self) -> Option<&'static str> {
        match self {
            Preset::Google => Some("https://accounts.google.com"),
            Preset::Github => Some("https://github.com"),
            Preset::Microsoft => Some("https://login.microsoftonline.com/common/v2.0"),
            Preset::Gitlab => Some("https://gitlab.com"),
            Preset::Facebook => Some("https://www.facebook.com"),
            Preset::Discord => Some("https://discord.com"),
            Preset::Apple => Some("https://appleid.apple.com"),
            Preset::Oidc | Preset::Oauth2 => None,
        }
    }

    pub(super) const fn endpoints(self) -> Option<KnownEndpoints> {
        match self {
            Preset::Github => Some(KnownEndpoints {
                authorization: "https://github.com/login/oauth/authorize",
                token: "https://github.com/login/oauth/access_token",
                userinfo: "https://api.github.com/user",
                emails: Some("https://api.github.com/user/emails"),
            }),
            Preset::Facebook => Some(KnownEndpoints {
                authorization: "https://www.facebook.com/v21.0/dialog/oauth",
                token: "https://graph.facebook.com/v21.0/oauth/access_token",
                userinfo: "https://graph.facebook.com/v21.0/me?fields=id,name,first_name,last_name,email",
                emails: None,
            }),
            Preset::Discord => Some(KnownEndpoints {
                authorization: "https://discord.com/oauth2/authorize",
                token: "https://discord.com/api/oauth2/token",
                userinfo: "https://discord.com/api/users/@me",
                emails: None,
            }),
            _ => None,
        }
    }

    pub(super) const fn scopes(self) -> &'static [&'static str] {
        match self {
            Preset::Google | Preset::Microsoft | Preset::Gitlab | Preset::Oidc => &["openid", "email", "profile"],
            Preset::Github => &["read:user", "user:email"],
            Preset::Facebook => &["public_profile", "email"],
            Preset::Discord => &["identify", "email"],
            Preset::Oauth2 => &[],
            Preset::Apple => &["name", "email"],
        }
    }

    /// How the client proves itself if nothing else is said.
    pub(super) const fn client_auth(self) -> ClientAuth {
        match self {
            Preset::Oidc | Preset::Oauth2 | Preset::Discord => ClientAuth::ClientSecretBasic,
            Preset::Apple => ClientAuth::SignedSecret,
            _ => ClientAuth::ClientSecretPost,
        }
    }

    /// Where its claims are, as `(ours, theirs)`.
    pub(super) const fn claims(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Preset::Google | Preset::Microsoft | Preset::Gitlab | Preset::Oidc | Preset::Apple => OIDC,
            // `email` is of `/user/emails`, never of the profile: that one is chosen freely.
            Preset::Github => &[
                ("subject", "id"),
                ("email", "email"),
                ("email_verified", "email_verified"),
                ("name", "name"),
                ("preferred_username", "login"),
            ],
            Preset::Facebook => &[
                ("subject", "id"),
                ("email", "email"),
                ("name", "name"),
                ("given_name", "first_name"),
                ("family_name", "last_name"),
            ],
            Preset::Discord => &[
                ("subject", "id"),
                ("email", "email"),
                ("email_verified", "verified"),
                ("name", "global_name"),
                ("preferred_username", "username"),
                ("locale", "locale"),
            ],
            Preset::Oauth2 => OIDC_OF_OAUTH2,
        }
    }

    /// Whether its word counts that an address is the person's. Facebook does not say. At Microsoft the administrators of a
    /// directory may write any address ("nOAuth"), so that its word is another one there (`quirks::proves_email`).
    pub(super) const fn trusts_email(self) -> bool {
        !matches!(self, Preset::Facebook | Preset::Oidc | Preset::Oauth2)
    }

    /// Whom our assertions are for. The issuer of Entra's shared addresses is nobody.
    pub(super) const fn assertion_audience(self) -> AssertionAudience {
        match self {
            Preset::Microsoft => AssertionAudience::TokenEndpoint,
            _ => AssertionAudience::Issuer,
        }
    }

    /// Entra's shared addresses name a template in the place of an issuer: each directory has an issuer of its own. Private
    /// accounts are all of one directory. So it is in each national cloud.
    pub(super) fn issuer_template(self, issuer: &str) -> Option<String> {
        let (house, who) = issuer.strip_suffix("/v2.0").filter(|_| self == Preset::Microsoft)?.rsplit_once('/')?;
        match who {
            "common" | "organizations" => Some(format!("{house}/{TENANT}/v2.0")),
            "consumers" => Some(format!("{house}/{CONSUMERS}/v2.0")),
            _ => None,
        }
    }
}

/// The directory of private Microsoft accounts.
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

const OIDC: &[(&str, &str)] = &[
    ("email", "email"),
    ("email_verified", "email_verified"),
    ("name", "name"),
    ("given_name", "given_name"),
    ("family_name", "family_name"),
    ("preferred_username", "preferred_username"),
    ("locale", "locale"),
];

const OIDC_OF_OAUTH2: &[(&str, &str)] = &[
    ("subject", "sub"),
    ("email", "email"),
    ("email_verified", "email_verified"),
    ("name", "name"),
    ("given_name", "given_name"),
    ("family_name", "family_name"),
    ("preferred_username", "preferred_username"),
    ("locale", "locale"),
];
