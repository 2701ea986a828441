//! Owns what a provider is that people sign in through: what an administrator writes of it, and what is in force once its
//! preset has filled the gaps. It does not own its secret, nor talking to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client_auth::judge_key;
pub use super::client_auth::{AssertionAudience, ClientAuth};
use super::preset::Preset;
use super::quirks::is_tenant_id;
use crate::identity::Email;

/// The protocol a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// OpenID Connect: an ID token says who it is.
    Oidc,
    /// OAuth 2: an endpoint says who it is.
    Oauth2,
}

/// What a first sign-in of somebody new may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(title = "ProviderSignUp")]
pub enum SignUp {
    /// Only people who have an account here.
    #[default]
    LinkOnly,
    /// An account is made for somebody new whose address the provider has proven.
    Allowed,
}

impl SignUp {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            SignUp::LinkOnly => "link_only",
            SignUp::Allowed => "allowed",
        }
    }

    /// Reads [`SignUp::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        [SignUp::LinkOnly, SignUp::Allowed].into_iter().find(|how| how.as_str() == word)
    }
}

/// When what the provider says of a person is taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(title = "ProviderSync")]
pub enum SyncRule {
    /// When their account is made.
    #[default]
    First,
    /// At each sign-in: names, language, and the groups that the rules give and take.
    Each,
}

impl SyncRule {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            SyncRule::First => "first",
            SyncRule::Each => "each",
        }
    }

    /// Reads [`SyncRule::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        [SyncRule::First, SyncRule::Each].into_iter().find(|when| when.as_str() == word)
    }
}

/// Addresses of an OAuth 2 provider. OpenID Connect providers name their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(title = "ProviderEndpoints")]
pub struct Endpoints {
    /// Where people are sent.
    pub authorization: Option<String>,
    /// Where codes are redeemed.
    pub token: Option<String>,
    /// Where the claims about a person are.
    pub userinfo: Option<String>,
    /// Where a person's addresses are, each with `email`, `primary` and `verified`, as GitHub has it.
    pub emails: Option<String>,
}

/// What the provider says of how somebody proved who they are, and counts as a second factor here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(title = "ProviderSecondFactor")]
pub struct CountsAsSecondFactor {
    /// Values of `acr`.
    pub acr: Vec<String>,
    /// Values of `amr`.
    pub amr: Vec<String>,
}

/// A group that people of the provider come into when their account is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(title = "ProviderGroup")]
pub struct GroupRule {
    /// The provider's claim; dots lead into objects.
    pub claim: String,
    /// What it must be, or hold if it is a list.
    pub value: String,
    /// The group here.
    pub group: String,
}

/// A provider that people sign in through, as an administrator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(title = "ProviderDocument")]
pub struct Provider {
    /// Its name in addresses: 1 to 40 of `a-z 0-9 -`, beginning with a letter. It never changes: the provider's own console
    /// knows our callback address by it.
    pub id: String,
    /// Its name for people, as in "Continue with …".
    pub name: String,
    /// What is known of it beforehand.
    pub preset: Preset,
    /// Our client id there.
    pub client_id: String,
    /// How we prove ourselves there; without it as the preset says.
    #[serde(default)]
    pub client_auth: Option<ClientAuth>,
    /// Its issuer, exactly as it writes it. The presets know theirs. For OAuth 2: the site whose accounts they are.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Addresses; for OAuth 2 only.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// What we ask for; empty: what the preset says.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Where the provider's claims are that the preset does not know, by our name: `subject` (OAuth 2 only), `email`,
    /// `email_verified`, `name`, `given_name`, `family_name`, `preferred_username`, `locale`. Dots lead into objects; an empty
    /// text leaves a claim out.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Whether accounts are made for new people.
    #[serde(default)]
    pub sign_up: SignUp,
    /// Whether its word counts that an address belongs to the person; without it as the preset says.
    #[serde(default)]
    pub trust_email: Option<bool>,
    /// Only people whose proven address ends in one of these domains; empty: all.
    #[serde(default)]
    pub email_domains: Vec<String>,
    /// Claims that must have one of these values, by the provider's name; dots lead into objects.
    #[serde(default)]
    pub required_claims: BTreeMap<String, Vec<String>>,
    /// What counts as a second factor here.
    #[serde(default)]
    pub second_factor: CountsAsSecondFactor,
    /// Groups that new people come into.
    #[serde(default)]
    pub groups: Vec<GroupRule>,
    /// Whether people can sign in through it.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether it has no button: apps lead to it by `idp_hint`.
    #[serde(default)]
    pub hidden: bool,
    /// What the provider calls our key (`kid`); without it its RFC 7638 thumbprint. Apple: the Key ID.
    #[serde(default)]
    pub key_id: Option<String>,
    /// Apple's Team ID.
    #[serde(default)]
    pub team_id: Option<String>,
    /// Whom our assertions are for (`private_key_jwt`); without it the issuer, at Microsoft the token endpoint.
    #[serde(default)]
    pub assertion_audience: Option<AssertionAudience>,
    /// Microsoft: only people of these directories (`tid`); empty: all that the issuer lets in.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// When what it says of a person is taken over.
    #[serde(default)]
    pub sync: SyncRule,
    /// Domains of addresses whose people belong to it: whoever types one at the sign-in is led here.
    #[serde(default)]
    pub home_domains: Vec<String>,
    /// Whether it is the only way in for people of its home domains; of all addresses, if there are none. Owners get in here
    /// as well.
    #[serde(default)]
    pub only_way_in: bool,
    /// Whether its tokens are kept, sealed, for apps that work with it.
    #[serde(default)]
    pub keep_tokens: bool,
    /// Clients that may have them, by client id; their access tokens need the scope `upstream_tokens`.
    #[serde(default)]
    pub token_clients: Vec<String>,
}

fn is_domain(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let is_open_ended = text.starts_with('.') || text.ends_with('.');
    text.contains('.') && text.len() <= 253 && !is_open_ended && text.bytes().all(is_plain)
}

fn yes() -> bool {
    true
}

/// A provider with its gaps filled: what is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The protocol.
    pub kind: Kind,
    /// The issuer, or the site whose accounts they are.
    pub issuer: String,
    /// What stands in the place of the issuer where each directory has its own; `{tenantid}` is the claim `tid`.
    pub issuer_template: Option<String>,
    /// How we prove ourselves.
    pub client_auth: ClientAuth,
    /// Addresses; all `None` for OpenID Connect.
    pub endpoints: Endpoints,
    /// What we ask for.
    pub scopes: Vec<String>,
    /// Where the claims are, by our name.
    pub claims: BTreeMap<String, String>,
    /// Whether its word about addresses counts.
    pub trust_email: bool,
    /// Whom our assertions are for.
    pub assertion_audience: AssertionAudience,
    /// Whether answers come as a form (`response_mode=form_post`).
    pub form_post: bool,
    /// Whether Google is asked for a refresh token (`access_type=offline`); others have a scope for it.
    pub access_type_offline: bool,
}

/// Why a provider cannot be as it was written. The field, a code, and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRefusal {
    /// The member it is about.
    pub field: &'static str,
    /// For programs.
    pub code: &'static str,
    /// For people: what to do.
    pub words: String,
}

pub(super) fn refused(field: &'static str, code: &'static str, words: impl Into<String>) -> ProviderRefusal {
    ProviderRefusal { field, code, words: words.into() }
}

/// Names of claims that a mapping may place.
pub const CLAIMS: [&str; 8] =
    ["subject", "email", "email_verified", "name", "given_name", "family_name", "preferred_username", "locale"];

/// Most entries of one list, and most characters of one text of a provider.
const MOST: usize = 50;
const LONGEST: usize = 500;

impl Provider {
    /// A provider of this preset with nothing else said.
    pub fn of_preset(preset: Preset, id: &str, client_id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: if matches!(preset, Preset::Oidc | Preset::Oauth2) { id } else { preset.title() }.to_owned(),
            preset,
            client_id: client_id.to_owned(),
            client_auth: None,
            issuer: None,
            endpoints: Endpoints::default(),
            scopes: Vec::new(),
            claims: BTreeMap::new(),
            sign_up: SignUp::default(),
            trust_email: None,
            email_domains: Vec::new(),
            required_claims: BTreeMap::new(),
            second_factor: CountsAsSecondFactor::default(),
            groups: Vec::new(),
            enabled: true,
            hidden: false,
            key_id: None,
            team_id: None,
            assertion_audience: None,
            tenants: Vec::new(),
            sync: SyncRule::default(),
            home_domains: Vec::new(),
            only_way_in: false,
            keep_tokens: false,
            token_clients: Vec::new(),
        }
    }

    /// What is in force.
    ///
    /// # Errors
    /// A [`ProviderRefusal`]: what is missing or cannot be.
    pub fn settled(&self) -> Result<Settled, ProviderRefusal> {
        self.judge_lists()?;
        let issuer = self.issuer.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let Some(issuer) = issuer.or(self.preset.issuer()) else {
            let words = match self.preset.kind() {
                Kind::Oidc => {
                    "say the provider's issuer: the address below which its /.well-known/openid-configuration is"
                }
                Kind::Oauth2 => "say whose accounts they are: the site's address",
            };
            return Err(refused("issuer", "issuer_missing", words));
        };
        address("issuer", issuer)?;
        if issuer.contains(['?', '#']) {
            return Err(refused("issuer", "issuer", "an issuer has neither a query nor a fragment"));
        }
        let kind = self.preset.kind();
        let claims = self.claim_table(kind)?;
        let client_auth = self.client_auth_in_force();
        judge_key(self, client_auth)?;
        let scopes = self.scopes_in_force(kind)?;
        let audience = match kind {
            Kind::Oidc => self.assertion_audience.unwrap_or(self.preset.assertion_audience()),
            Kind::Oauth2 => AssertionAudience::TokenEndpoint,
        };
        Ok(Settled {
            kind,
            issuer: issuer.to_owned(),
            issuer_template: self.preset.issuer_template(issuer),
            client_auth,
            endpoints: self.endpoints_in_force(kind)?,
            // Apple gives name and address in no other way.
            form_post: self.preset == Preset::Apple && !scopes.is_empty(),
            access_type_offline: self.preset == Preset::Google && self.keep_tokens,
            scopes,
            claims,
            trust_email: self.trust_email.unwrap_or(self.preset.trusts_email()),
            assertion_audience: audience,
        })
    }

    /// How we prove ourselves.
    pub fn client_auth_in_force(&self) -> ClientAuth {
        self.client_auth.unwrap_or(self.preset.client_auth())
    }

    /// Whether people of this address belong to it.
    pub fn is_home_of(&self, email: &Email) -> bool {
        let is_of = |domain: &str| self.home_domains.iter().any(|home| home == domain);
        self.is_a_home() && (self.home_domains.is_empty() || email.key().split_once('@').is_some_and(|(_, d)| is_of(d)))
    }

    /// Whether people of some addresses belong to it.
    pub fn is_a_home(&self) -> bool {
        self.only_way_in || !self.home_domains.is_empty()
    }

    fn judge_lists(&self) -> Result<(), ProviderRefusal> {
        let plain = self.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !plain || !self.id.starts_with(|c: char| c.is_ascii_lowercase()) || self.id.len() > 40 {
            let words =
                "the id is 1 to 40 of a-z, 0-9 and -, beginning with a letter: it stands in the callback address";
            return Err(refused("id", "provider_id", words));
        }
        if self.client_id.trim().is_empty() || self.client_id.len() > LONGEST || !is_visible(&self.client_id) {
            let words = "say the client id that the provider gave us: visible characters without spaces";
            return Err(refused("client_id", "provider_client_id", words));
        }
        for (field, domains) in [("email_domains", &self.email_domains), ("home_domains", &self.home_domains)] {
            if let Some(odd) = domains.iter().find(|domain| !is_domain(domain)) {
                let words = format!("{odd:?} is no domain: write it as example.com, in lower case");
                return Err(refused(field, "provider_domain", words));
            }
        }
        if !self.tenants.is_empty() && self.preset != Preset::Microsoft {
            return Err(refused("tenants", "provider_tenants", "only Microsoft has directories: leave them out"));
        }
        if let Some(tenant) = self.tenants.iter().find(|tenant| !is_tenant_id(tenant)) {
            let words = format!("{tenant:?} is no directory (tenant) ID: it is 36 characters of 0-9, a-f and -");
            return Err(refused("tenants", "provider_tenants", words));
        }
        if !self.token_clients.is_empty() && !self.keep_tokens {
            let words = "tokens are kept for nobody: set keep_tokens, or name no clients";
            return Err(refused("token_clients", "provider_token_clients", words));
        }
        let lengths = [
            ("tenants", self.tenants.len()),
            ("token_clients", self.token_clients.len()),
            ("scopes", self.scopes.len()),
            ("email_domains", self.email_domains.len()),
            ("home_domains", self.home_domains.len()),
            ("required_claims", self.required_claims.len()),
            ("second_factor", self.second_factor.acr.len() + self.second_factor.amr.len()),
            ("groups", self.groups.len()),
        ];
        match lengths.into_iter().find(|(_, length)| *length > MOST) {
            Some((field, _)) => Err(refused(field, "too_many", format!("at most {MOST} entries are taken"))),
            None => Ok(()),
        }
    }

    fn claim_table(&self, kind: Kind) -> Result<BTreeMap<String, String>, ProviderRefusal> {
        let known = self.preset.claims().iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned()));
        let mut table: BTreeMap<String, String> = known.collect();
        for (ours, theirs) in &self.claims {
            if !CLAIMS.contains(&ours.as_str()) {
                let words = format!("{ours:?} cannot be mapped: {} can", CLAIMS.join(", "));
                return Err(refused("claims", "provider_claim", words));
            }
            if ours == "subject" && kind == Kind::Oidc {
                let words = "an OpenID Connect provider names people by sub, which cannot be mapped";
                return Err(refused("claims", "provider_claim", words));
            }
            if self.preset == Preset::Microsoft && ours.starts_with("email") && !theirs.is_empty() {
                let words = "at Microsoft an address is proven by xms_edov alone: leave email and email_verified out";
                return Err(refused("claims", "provider_claim", words));
            }
            if theirs.len() > LONGEST {
                return Err(refused("claims", "provider_claim", "the name of a claim is too long"));
            }
            match theirs.is_empty() {
                true => table.remove(ours),
                false => table.insert(ours.clone(), theirs.clone()),
            };
        }
        if kind == Kind::Oauth2 && !table.contains_key("subject") {
            let words =
                "say in which claim the provider names people (subject): one that never changes, not an address";
            return Err(refused("claims", "provider_claim", words));
        }
        Ok(table)
    }

    fn endpoints_in_force(&self, kind: Kind) -> Result<Endpoints, ProviderRefusal> {
        let own = &self.endpoints;
        if kind == Kind::Oidc {
            if *own != Endpoints::default() {
                let words = "an OpenID Connect provider names its endpoints itself: leave them out";
                return Err(refused("endpoints", "endpoints_of_oidc", words));
            }
            return Ok(Endpoints::default());
        }
        let known = self.preset.endpoints();
        let known = |pick: fn(&super::preset::KnownEndpoints) -> Option<&'static str>| known.as_ref().and_then(pick);
        let settled = Endpoints {
            authorization: own.authorization.clone().or(known(|k| Some(k.authorization)).map(str::to_owned)),
            token: own.token.clone().or(known(|k| Some(k.token)).map(str::to_owned)),
            userinfo: own.userinfo.clone().or(known(|k| Some(k.userinfo)).map(str::to_owned)),
            emails: own.emails.clone().or(known(|k| k.emails).map(str::to_owned)),
        };
        let all = [&settled.authorization, &settled.token, &settled.userinfo];
        if all.iter().any(|endpoint| endpoint.is_none()) {
            let words = "say the addresses of authorization, token and userinfo: the provider's manual has them";
            return Err(refused("endpoints", "endpoints_missing", words));
        }
        for endpoint in all.into_iter().chain([&settled.emails]).flatten() {
            address("endpoints", endpoint)?;
        }
        Ok(settled)
    }

    fn scopes_in_force(&self, kind: Kind) -> Result<Vec<String>, ProviderRefusal> {
        let scopes = match self.scopes.is_empty() {
            true => self.preset.scopes().iter().map(|scope| (*scope).to_owned()).collect(),
            false => self.scopes.clone(),
        };
        if scopes.iter().any(|scope| scope.is_empty() || scope.len() > LONGEST || !is_visible(scope)) {
            return Err(refused("scopes", "provider_scopes", "a scope is visible characters without spaces"));
        }
        // Apple gives an ID token in any case.
        let needs_openid = kind == Kind::Oidc && self.preset != Preset::Apple;
        if needs_openid && !scopes.iter().any(|scope| scope == "openid") {
            return Err(refused("scopes", "provider_scopes", "OpenID Connect needs the scope openid"));
        }
        Ok(scopes)
    }
}

pub(super) fn is_visible(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, 0x21..=0x7e))
}

/// An absolute http or https address without user or fragment. Whether http is dialled is the guarded client's matter.
fn address(field: &'static str, text: &str) -> Result<(), ProviderRefusal> {
    let words = || format!("{text:?} is no address: write it as https://…, without a user name or a fragment");
    let url = url::Url::parse(text).map_err(|_| refused(field, "provider_address", words()))?;
    let is_good = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && text.len() <= LONGEST
        && is_visible(text);
    if is_good { Ok(()) } else { Err(refused(field, "provider_address", words())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_settles_with_an_id_and_a_client_id_alone_or_says_what_is_missing() {
        for preset in Preset::ALL {
            let settled = Provider::of_preset(preset, "p", "us").settled();
            match preset {
                Preset::Oidc | Preset::Oauth2 => assert_eq!(settled.unwrap_err().code, "issuer_missing", "{preset:?}"),
                Preset::Apple => assert_eq!(settled.unwrap_err().field, "key_id", "{preset:?}"),
                _ => {
                    let settled = settled.unwrap();
                    assert_eq!(settled.endpoints.token.is_some(), settled.kind == Kind::Oauth2, "{preset:?}");
                    assert_eq!(settled.claims.contains_key("subject"), settled.kind == Kind::Oauth2, "{preset:?}");
                }
            }
            assert_eq!(Preset::parse(preset.as_str()), Some(preset));
        }
    }

    #[test]
    fn l05_a_provider_whose_addresses_anybody_can_write_is_not_trusted_unless_said() {
        let trusts = |preset, said| {
            let provider = Provider { trust_email: said, ..Provider::of_preset(preset, "p", "us") };
            provider.settled().unwrap().trust_email
        };
        assert!(trusts(Preset::Google, None) && !trusts(Preset::Google, Some(false)));
        assert!(!trusts(Preset::Facebook, None) && trusts(Preset::Facebook, Some(true)));
        // Entra's addresses have a proof of their own (`quirks::proves_email`), which no other claim can stand in for.
        assert!(trusts(Preset::Microsoft, None));
        for (ours, is) in [("email", false), ("email_verified", false), ("name", true)] {
            let claims = BTreeMap::from([(ours.to_owned(), "upn".to_owned())]);
            let provider = Provider { claims, ..Provider::of_preset(Preset::Microsoft, "m", "us") };
            assert_eq!(provider.settled().is_ok(), is, "{ours}");
        }
    }

    #[test]
    fn only_the_shared_addresses_of_entra_have_a_template() {
        let of = |issuer: &str| {
            let issuer = Some(issuer.to_owned());
            Provider { issuer, ..Provider::of_preset(Preset::Microsoft, "m", "us") }.settled().unwrap().issuer_template
        };
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        assert_eq!(of("https://login.microsoftonline.com/common/v2.0").as_deref(), Some(template));
        assert_eq!(of("https://login.microsoftonline.com/organizations/v2.0").as_deref(), Some(template));
        // Private accounts are all of one directory.
        let one = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
        assert_eq!(of("https://login.microsoftonline.com/consumers/v2.0").as_deref(), Some(one));
        assert_eq!(of(one), None);
        // A national cloud is another house.
        let other = of("https://login.microsoftonline.us/common/v2.0").unwrap();
        assert_eq!(other, "https://login.microsoftonline.us/{tenantid}/v2.0");
        let elsewhere = Provider {
            issuer: Some("https://idp.test/common/v2.0".to_owned()),
            ..Provider::of_preset(Preset::Oidc, "o", "us")
        };
        assert_eq!(elsewhere.settled().unwrap().issuer_template, None);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let oidc = || Provider {
            issuer: Some("https://idp.test".to_owned()),
            ..Provider::of_preset(Preset::Oidc, "idp", "us")
        };
        assert!(oidc().settled().is_ok());
        let some = |text: &str| Some(text.to_owned());
        let claims = |ours: &str, theirs: &str| BTreeMap::from([(ours.to_owned(), theirs.to_owned())]);
        for (provider, field) in [
            (Provider { id: "Idp".to_owned(), ..oidc() }, "id"),
            (Provider { id: "a/b".to_owned(), ..oidc() }, "id"),
            (Provider { id: String::new(), ..oidc() }, "id"),
            (Provider { client_id: " ".to_owned(), ..oidc() }, "client_id"),
            (Provider { issuer: some("idp.test"), ..oidc() }, "issuer"),
            (Provider { issuer: some("javascript:alert(1)"), ..oidc() }, "issuer"),
            (Provider { issuer: some("https://u:p@idp.test"), ..oidc() }, "issuer"),
            (Provider { issuer: some("https://idp.test?x"), ..oidc() }, "issuer"),
            (Provider { scopes: vec!["email".to_owned()], ..oidc() }, "scopes"),
            (Provider { scopes: vec!["openid email".to_owned()], ..oidc() }, "scopes"),
            (Provider { claims: claims("subject", "email"), ..oidc() }, "claims"),
            (Provider { claims: claims("role", "roles"), ..oidc() }, "claims"),
            (Provider { email_domains: vec!["@x.test".to_owned()], ..oidc() }, "email_domains"),
            (Provider { email_domains: vec!["X.test".to_owned()], ..oidc() }, "email_domains"),
            (
                Provider { endpoints: Endpoints { token: some("https://t"), ..Default::default() }, ..oidc() },
                "endpoints",
            ),
            (Provider { preset: Preset::Oauth2, ..oidc() }, "endpoints"),
            (Provider { token_clients: vec!["app".to_owned()], ..oidc() }, "token_clients"),
            (Provider { client_auth: Some(ClientAuth::SignedSecret), ..oidc() }, "client_auth"),
            (Provider { team_id: some("DEF123GHIJ"), ..oidc() }, "team_id"),
            (Provider { key_id: some("a b"), ..oidc() }, "key_id"),
            (Provider { key_id: some("k"), ..Provider::of_preset(Preset::Apple, "apple", "us") }, "team_id"),
            (Provider { tenants: vec!["9188040d-6c67-4c5b-b112-36a304b66dad".to_owned()], ..oidc() }, "tenants"),
            (
                Provider {
                    tenants: vec!["example.com".to_owned()],
                    ..Provider::of_preset(Preset::Microsoft, "m", "us")
                },
                "tenants",
            ),
            (Provider { claims: claims("subject", ""), ..Provider::of_preset(Preset::Github, "g", "us") }, "claims"),
        ] {
            assert_eq!(provider.settled().unwrap_err().field, field, "{provider:?}");
        }
    }
}
