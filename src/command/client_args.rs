//! Owns the arguments of `vouchsafe client add` and `edit`, and what they mean as a change. It does not own whether the
//! change is a good one (`flow::admin`).

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args};

use super::Failure;
use crate::flow::admin::client::ClientDocument;
use crate::flow::admin::client_change::{AboutChange, ClientChange, LifetimeChange, ListChange};
use crate::oauth::client::{ClientAuthMethod, GrantType};
use crate::oauth::client_policy::{PkceRule, Profile, RefreshRule};
use crate::oauth::jose::Algorithm;
use crate::time::Lifetime;

/// A parser for a closed set of words, which help and completions then know.
fn words<T: Clone + Send + Sync + 'static>(
    words: impl IntoIterator<Item = &'static str>,
    parse: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words.into_iter().collect::<Vec<_>>())
        .try_map(move |word| parse(&word).ok_or_else(|| format!("unknown word {word}")))
}

fn profile() -> impl TypedValueParser<Value = Profile> {
    words(Profile::ALL.map(Profile::as_str), Profile::parse)
}

fn auth_method() -> impl TypedValueParser<Value = ClientAuthMethod> {
    words(["client_secret_basic", "client_secret_post"], ClientAuthMethod::parse)
}

fn grant() -> impl TypedValueParser<Value = GrantType> {
    words(GrantType::ALL.map(GrantType::as_str), GrantType::parse)
}

pub(super) fn algorithm() -> impl TypedValueParser<Value = Algorithm> {
    words(Algorithm::ALL.map(Algorithm::as_str), Algorithm::parse)
}

/// An algorithm, or the word none. (A plain `Option<Option<…>>` means something else to clap.)
#[derive(Clone, Copy, Debug)]
struct OrNone(Option<Algorithm>);

fn algorithm_or_none() -> impl TypedValueParser<Value = OrNone> {
    let names = Algorithm::ALL.map(Algorithm::as_str).into_iter().chain(["none"]);
    words(names, |word| match word {
        "none" => Some(OrNone(None)),
        other => Algorithm::parse(other).map(|alg| OrNone(Some(alg))),
    })
}

fn pkce() -> impl TypedValueParser<Value = PkceRule> {
    words(["required", "optional"], |word| match word {
        "required" => Some(PkceRule::Required),
        "optional" => Some(PkceRule::Optional),
        _ => None,
    })
}

fn refresh() -> impl TypedValueParser<Value = RefreshRule> {
    words(["never", "offline_access", "always"], |word| match word {
        "never" => Some(RefreshRule::Never),
        "offline_access" => Some(RefreshRule::OfflineAccess),
        "always" => Some(RefreshRule::Always),
        _ => None,
    })
}

/// Arguments of `vouchsafe client add`.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// What kind of program it is: a web application with a server, a single-page application, a native application, or a
    /// service without people.
    #[arg(long, value_parser = profile())]
    profile: Profile,
    /// Name, shown to people when they are asked for their consent.
    #[arg(long)]
    name: String,
    /// Address that receives the codes; may be repeated.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Address for after the logout; may be repeated.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Scopes beside the standard ones, separated by spaces; may be repeated.
    #[arg(long = "scope", value_name = "SCOPES")]
    scopes: Vec<String>,
    /// Id [default: a generated one].
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// How it authenticates [default: client_secret_basic, or not at all where it cannot keep a secret].
    #[arg(long, value_parser = auth_method())]
    auth_method: Option<ClientAuthMethod>,
    /// A grant beside those of its profile; may be repeated.
    #[arg(long = "grant", value_parser = grant())]
    grants: Vec<GrantType>,
    /// An audience of its access tokens; may be repeated [default: this provider].
    #[arg(long = "audience", value_name = "AUD")]
    audiences: Vec<String>,
    /// The audience that it is itself, as a resource server: it may then introspect tokens made for it.
    #[arg(long, value_name = "AUD")]
    resource_identifier: Option<String>,
    /// It is one of our own: people are not asked for their consent.
    #[arg(long)]
    trusted: bool,
}

impl AddArgs {
    pub(super) fn into_document(self) -> ClientDocument {
        let blank = ClientDocument::new(self.profile, &self.name);
        let (mut scopes, mut grants) =
            (blank.scopes.clone().unwrap_or_default(), blank.grants.clone().unwrap_or_default());
        scopes.extend(self.scopes.iter().flat_map(|text| scope_words(text)));
        grants.extend(self.grants);
        ClientDocument {
            client_id: self.client_id,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            scopes: Some(scopes),
            grants: Some(grants),
            auth_method: self.auth_method.or(blank.auth_method),
            trusted: self.trusted,
            audiences: self.audiences,
            resource_identifier: self.resource_identifier,
            ..blank
        }
    }
}

/// Arguments of `vouchsafe client edit`.
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// Its id.
    client_id: String,
    /// New name.
    #[arg(long)]
    name: Option<String>,
    /// All redirect URIs anew; may be repeated.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Option<Vec<String>>,
    /// One more redirect URI; may be repeated.
    #[arg(long = "add-redirect-uri", value_name = "URI")]
    add_redirect_uris: Vec<String>,
    /// A redirect URI less; may be repeated.
    #[arg(long = "remove-redirect-uri", value_name = "URI")]
    remove_redirect_uris: Vec<String>,
    /// All addresses for after the logout anew; may be repeated.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// One more address for after the logout; may be repeated.
    #[arg(long = "add-post-logout-redirect-uri", value_name = "URI")]
    add_post_logout_redirect_uris: Vec<String>,
    /// An address for after the logout less; may be repeated.
    #[arg(long = "remove-post-logout-redirect-uri", value_name = "URI")]
    remove_post_logout_redirect_uris: Vec<String>,
    /// All scopes anew, separated by spaces; may be repeated.
    #[arg(long = "scope", value_name = "SCOPES")]
    scopes: Option<Vec<String>>,
    /// More scopes; may be repeated.
    #[arg(long = "add-scope", value_name = "SCOPES")]
    add_scopes: Vec<String>,
    /// Fewer scopes; may be repeated.
    #[arg(long = "remove-scope", value_name = "SCOPES")]
    remove_scopes: Vec<String>,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    about: AboutArgs,
}

/// What a client may and must do.
#[derive(Debug, Args)]
struct PolicyArgs {
    /// All grants anew; may be repeated.
    #[arg(long = "grant", value_parser = grant())]
    grants: Option<Vec<GrantType>>,
    /// How it authenticates.
    #[arg(long, value_parser = auth_method())]
    auth_method: Option<ClientAuthMethod>,
    /// Whether people are spared the consent page (true or false).
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    trusted: Option<bool>,
    /// Whether PKCE is demanded; optional for confidential clients only.
    #[arg(long, value_parser = pkce())]
    pkce: Option<PkceRule>,
    /// When refresh tokens are issued.
    #[arg(long, value_parser = refresh())]
    refresh: Option<RefreshRule>,
    /// Life of an access token; at most 86400.
    #[arg(long, value_name = "SECONDS")]
    access_token_seconds: Option<u32>,
    /// Life of an ID token; at most 86400.
    #[arg(long, value_name = "SECONDS")]
    id_token_seconds: Option<u32>,
    /// Life of a code; at most 60.
    #[arg(long, value_name = "SECONDS")]
    code_seconds: Option<u32>,
    /// Life of an unused refresh token.
    #[arg(long, value_name = "DAYS")]
    refresh_idle_days: Option<u32>,
    /// Life of a grant, however often it is refreshed.
    #[arg(long, value_name = "DAYS")]
    refresh_absolute_days: Option<u32>,
    /// Algorithm of access tokens.
    #[arg(long, value_parser = algorithm())]
    access_token_alg: Option<Algorithm>,
    /// Algorithm of ID tokens.
    #[arg(long, value_parser = algorithm())]
    id_token_alg: Option<Algorithm>,
    /// Algorithm of userinfo answers; none leaves them unsigned.
    #[arg(long, value_parser = algorithm_or_none())]
    userinfo_alg: Option<OrNone>,
    /// All audiences of access tokens anew; may be repeated; an empty text for none.
    #[arg(long = "audience", value_name = "AUD")]
    audiences: Option<Vec<String>>,
    /// The audience that this client itself is, as a resource server: it may then introspect tokens made for it; an empty
    /// text for none.
    #[arg(long, value_name = "AUD")]
    resource_identifier: Option<String>,
    /// Seconds after which people must prove again who they are, where the app does not say; none for never.
    #[arg(long, value_name = "SECONDS|none")]
    default_max_age: Option<String>,
}

/// Links and contacts shown to people; an empty text takes one away.
#[derive(Debug, Args)]
struct AboutArgs {
    /// Home page.
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// Privacy policy.
    #[arg(long, value_name = "URL")]
    policy_uri: Option<String>,
    /// Terms of service.
    #[arg(long, value_name = "URL")]
    tos_uri: Option<String>,
    /// All contacts anew; may be repeated; an empty text for none.
    #[arg(long = "contact", value_name = "EMAIL")]
    contacts: Option<Vec<String>>,
}

/// A list given anew; the empty text, needed to say "none", is no entry.
fn anew(given: Option<Vec<String>>) -> ListChange {
    match given {
        Some(texts) => ListChange::to(texts.into_iter().filter(|text| !text.is_empty()).collect()),
        None => ListChange::default(),
    }
}

fn or_none(given: Option<String>) -> Option<Option<String>> {
    given.map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// The words of a scope text are added one by one.
fn scope_words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

fn all_words(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| scope_words(text)).collect()
}

impl EditArgs {
    /// Whom, and what to change.
    pub(super) fn into_change(self) -> Result<(String, ClientChange), Failure> {
        let (policy, about) = (self.policy, self.about);
        let seconds = |given: Option<u32>| given.map(|n| Lifetime::from_seconds(n.into()));
        let days = |given: Option<u32>| given.map(|n| Lifetime::from_days(n.into()));
        let change = ClientChange {
            name: self.name,
            redirect_uris: ListChange {
                add: self.add_redirect_uris,
                remove: self.remove_redirect_uris,
                ..anew(self.redirect_uris)
            },
            post_logout_redirect_uris: ListChange {
                add: self.add_post_logout_redirect_uris,
                remove: self.remove_post_logout_redirect_uris,
                ..anew(self.post_logout_redirect_uris)
            },
            scopes: ListChange {
                set: self.scopes.map(|texts| all_words(&texts)),
                add: all_words(&self.add_scopes),
                remove: all_words(&self.remove_scopes),
            },
            grants: policy.grants,
            auth_method: policy.auth_method,
            trusted: policy.trusted,
            pkce: policy.pkce,
            refresh: policy.refresh,
            lifetimes: LifetimeChange {
                access_token: seconds(policy.access_token_seconds),
                id_token: seconds(policy.id_token_seconds),
                code: seconds(policy.code_seconds),
                refresh_idle: days(policy.refresh_idle_days),
                refresh_absolute: days(policy.refresh_absolute_days),
            },
            access_token_alg: policy.access_token_alg,
            id_token_alg: policy.id_token_alg,
            userinfo_alg: policy.userinfo_alg.map(|OrNone(alg)| alg),
            audiences: anew(policy.audiences),
            resource_identifier: or_none(policy.resource_identifier),
            default_max_age: policy.default_max_age.map(|text| max_age(&text)).transpose()?,
            about: AboutChange {
                client_uri: or_none(about.client_uri),
                policy_uri: or_none(about.policy_uri),
                tos_uri: or_none(about.tos_uri),
                contacts: anew(about.contacts),
            },
        };
        if change == ClientChange::default() {
            let words = "nothing to change: name at least one option, see `vouchsafe client edit --help`";
            return Err(Failure::Usage(words.to_owned()));
        }
        Ok((self.client_id, change))
    }
}

fn max_age(text: &str) -> Result<Option<i64>, Failure> {
    match text {
        "none" => Ok(None),
        number => number.parse().map(Some).map_err(|_| {
            Failure::Usage(format!("--default-max-age takes a number of seconds or none, not {number:?}"))
        }),
    }
}
