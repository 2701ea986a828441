//! Owns a provider as a form: its fields, and the document that the form becomes.

use std::collections::BTreeMap;

use super::desk::Desk;
use crate::flow::admin::AdminRefusal;
use crate::http::pages::console::{Field, FieldKind};
use crate::oauth::upstream::provider::{
    AssertionAudience, ClientAuth, CountsAsSecondFactor, Endpoints, GroupRule, SignUp, SyncRule,
};
use crate::oauth::upstream::{Kind, Preset, Provider};

fn choice(all: &[(&str, &str)]) -> FieldKind {
    FieldKind::Choice(all.iter().map(|(word, words)| ((*word).to_owned(), (*words).to_owned())).collect())
}

/// The choice of a preset, the first step.
pub fn presets() -> Field {
    let all: Vec<(&str, &str)> = Preset::ALL.iter().map(|preset| (preset.as_str(), preset.title())).collect();
    Field::line("preset", "Provider", Preset::Google.as_str()).kind(choice(&all))
}

/// The fields of what a first page asks.
pub fn first(d: &Provider) -> Vec<Field> {
    vec![
        Field::line("id", "Id", d.id.as_str())
            .required()
            .hint("It stands in the callback address and stays: a-z, 0-9 and -, for example google."),
        presets(),
        Field::line("name", "Name", d.name.as_str())
            .hint("For people, as in “Continue with …”. Empty: the provider's own."),
        Field::line("client_id", "Client ID", d.client_id.as_str())
            .required()
            .hint("As the provider's own console shows it, where our callback address is to be registered."),
        issuer(d),
        key_id(d).hint("Apple only: the Key ID beside the key."),
        team_id(d).hint("Apple only: your Team ID."),
    ]
}

fn key_id(d: &Provider) -> Field {
    Field::line("key_id", "Key ID", d.key_id.as_deref().unwrap_or_default())
}

fn team_id(d: &Provider) -> Field {
    Field::line("team_id", "Team ID", d.team_id.as_deref().unwrap_or_default())
}

/// What goes with a key of ours, and with a preset that has something of its own.
fn of_key_and_preset(d: &Provider) -> Vec<Field> {
    let mut fields = Vec::new();
    let way = d.client_auth_in_force();
    if way.uses_key() {
        fields.push(key_id(d).hint("What the provider calls our key. Empty: its thumbprint (RFC 7638)."));
    }
    if way == ClientAuth::PrivateKeyJwt {
        let audience = d.assertion_audience.map(AssertionAudience::as_str).unwrap_or_default();
        fields.push(Field::line("assertion_audience", "Our assertions are for", audience).kind(choice(&[
            ("", "As the preset says"),
            (AssertionAudience::Issuer.as_str(), "Its issuer"),
            (AssertionAudience::TokenEndpoint.as_str(), "Its token endpoint, as servers from before expect"),
        ])));
    }
    if d.preset == Preset::Apple {
        fields.push(team_id(d));
    }
    if d.preset == Preset::Microsoft {
        fields.push(
            Field::line("tenants", "Directories", d.tenants.join(" "))
                .hint("Directory (tenant) IDs, parted by spaces. Empty: all that the issuer lets in."),
        );
    }
    fields
}

fn issuer(d: &Provider) -> Field {
    Field::line("issuer", "Issuer", d.issuer.as_deref().unwrap_or_default()).hint(
        "Empty: as the provider's preset says. Exactly as the provider writes it, for example https://idp.example.com.",
    )
}

/// The fields of a provider that is there.
pub fn all(d: &Provider) -> Vec<Field> {
    let auth = d.client_auth.map(ClientAuth::as_str).unwrap_or_default();
    let trust = d.trust_email.map(|trust| if trust { "yes" } else { "no" }).unwrap_or_default();
    let mut fields = vec![
        Field::line("name", "Name", d.name.as_str()).required().hint("For people, as in “Continue with …”."),
        Field::line("enabled", "People can sign in through it", d.enabled.to_string()).kind(FieldKind::Switch),
        Field::line("hidden", "No button on the sign-in page", d.hidden.to_string())
            .kind(FieldKind::Switch)
            .hint("Apps lead to it by idp_hint."),
        Field::line("sign_up", "People without an account", d.sign_up.as_str()).kind(choice(&[
            (SignUp::LinkOnly.as_str(), "do not come in"),
            (SignUp::Allowed.as_str(), "get one, if the provider has proven their address"),
        ])),
        Field::line("trust_email", "Its word that an address is the person's", trust).kind(choice(&[
            ("", "As the preset says"),
            ("yes", "Counts"),
            ("no", "Does not count"),
        ])),
        Field::line("email_domains", "Domains of addresses", d.email_domains.join(" "))
            .hint("Parted by spaces. Empty: all. Otherwise only people whose proven address ends in one of them."),
        Field::line("home_domains", "Home of these domains", d.home_domains.join(" "))
            .hint("Parted by spaces. Whoever types an address of one at the sign-in is led here."),
        Field::line("only_way_in", "The only way in", d.only_way_in.to_string())
            .kind(FieldKind::Switch)
            .hint("For people of its domains; for everybody, if it has none. Owners can use a password all the same."),
        Field::line("sync", "What it says of a person is taken over", d.sync.as_str()).kind(choice(&[
            (SyncRule::First.as_str(), "when the account is made"),
            (SyncRule::Each.as_str(), "at each sign-in: names, language, groups below"),
        ])),
        Field::line("client_id", "Client ID", d.client_id.as_str()).required(),
        Field::line("client_auth", "We prove ourselves by", auth).kind(choice(&[
            ("", "As the preset says"),
            (ClientAuth::ClientSecretBasic.as_str(), "The secret in the header"),
            (ClientAuth::ClientSecretPost.as_str(), "The secret in the form"),
            (ClientAuth::PrivateKeyJwt.as_str(), "An assertion that our key signs (private_key_jwt)"),
            (ClientAuth::SignedSecret.as_str(), "A secret that our key signs (Apple)"),
            (ClientAuth::None.as_str(), "Nothing but PKCE"),
        ])),
        issuer(d),
    ];
    fields.extend(of_key_and_preset(d));
    if d.preset.kind() == Kind::Oauth2 {
        let at = |name: &str, label: &str, value: &Option<String>| {
            Field::line(name, label, value.as_deref().unwrap_or_default()).hint("Empty: as the preset says.")
        };
        fields.extend([
            at("authorization", "Authorization endpoint", &d.endpoints.authorization),
            at("token", "Token endpoint", &d.endpoints.token),
            at("userinfo", "Endpoint with the person's claims", &d.endpoints.userinfo),
            at("emails", "Endpoint with the person's addresses", &d.endpoints.emails),
        ]);
    }
    let pairs = |pairs: Vec<String>| pairs.join("\n");
    let claims = d.claims.iter().map(|(ours, theirs)| format!("{ours} = {theirs}")).collect();
    let required = d.required_claims.iter().map(|(claim, values)| format!("{claim} = {}", values.join(", "))).collect();
    let groups = d.groups.iter().map(|rule| format!("{} = {} -> {}", rule.claim, rule.value, rule.group)).collect();
    fields.extend([
        Field::line("scopes", "Scopes", d.scopes.join(" ")).hint("Parted by spaces. Empty: as the preset says."),
        Field::line("claims", "Claims under other names", pairs(claims))
            .kind(FieldKind::Lines(3))
            .hint("One a line: ours = theirs, for example name = display_name. Dots lead into objects."),
        Field::line("required_claims", "Claims that must be", pairs(required))
            .kind(FieldKind::Lines(3))
            .hint("One a line: claim = value, another value. For example hd = example.com."),
        Field::line("groups", "Groups", pairs(groups))
            .kind(FieldKind::Lines(3))
            .hint("One a line: claim = value -> group."),
        Field::line("acr", "acr that counts as a second factor", d.second_factor.acr.join(" "))
            .hint("Parted by spaces."),
        Field::line("amr", "amr that counts as a second factor", d.second_factor.amr.join(" "))
            .hint("Parted by spaces."),
        Field::line("keep_tokens", "Keep its tokens for apps", d.keep_tokens.to_string())
            .kind(FieldKind::Switch)
            .hint("Sealed. Off: those that were kept are forgotten."),
        Field::line("token_clients", "Apps that may have them", d.token_clients.join(" "))
            .hint("Client ids, parted by spaces. Each also needs the scope upstream_tokens."),
    ]);
    fields
}

/// The document of the first page.
pub fn submitted_first(desk: &Desk) -> Result<Provider, AdminRefusal> {
    let preset = Preset::parse(&desk.field("preset"))
        .ok_or_else(|| AdminRefusal::invalid("preset", "choose a provider").at("preset"))?;
    let mut provider = Provider::of_preset(preset, &desk.field("id"), &desk.field("client_id"));
    provider.name = desk.some("name").unwrap_or(provider.name);
    provider.issuer = desk.some("issuer");
    (provider.key_id, provider.team_id) = (desk.some("key_id"), desk.some("team_id"));
    if preset == Preset::Oauth2 {
        let words = "add it by the API or in a file: it needs endpoints and a claim mapping from the start";
        return Err(AdminRefusal::invalid("preset", words).at("preset"));
    }
    Ok(provider)
}

/// The document of the whole form.
pub fn submitted(desk: &Desk, before: &Provider) -> Result<Provider, AdminRefusal> {
    let words = |name: &str| desk.field(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_oauth2 = before.preset.kind() == Kind::Oauth2;
    let endpoint = |name: &str| desk.some(name).filter(|_| is_oauth2);
    Ok(Provider {
        id: before.id.clone(),
        preset: before.preset,
        name: desk.field("name"),
        client_id: desk.field("client_id"),
        client_auth: ClientAuth::parse(&desk.field("client_auth")),
        issuer: desk.some("issuer"),
        endpoints: Endpoints {
            authorization: endpoint("authorization"),
            token: endpoint("token"),
            userinfo: endpoint("userinfo"),
            emails: endpoint("emails"),
        },
        scopes: words("scopes"),
        claims: pairs(desk, "claims")?.into_iter().collect(),
        sign_up: SignUp::parse(&desk.field("sign_up")).unwrap_or_default(),
        trust_email: match desk.field("trust_email").as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        email_domains: words("email_domains"),
        home_domains: words("home_domains"),
        only_way_in: desk.form.has("only_way_in"),
        sync: SyncRule::parse(&desk.field("sync")).unwrap_or_default(),
        required_claims: required(desk)?,
        second_factor: CountsAsSecondFactor { acr: words("acr"), amr: words("amr") },
        groups: groups(desk)?,
        enabled: desk.form.has("enabled"),
        hidden: desk.form.has("hidden"),
        key_id: desk.some("key_id"),
        team_id: desk.some("team_id"),
        assertion_audience: AssertionAudience::parse(&desk.field("assertion_audience")),
        tenants: words("tenants"),
        keep_tokens: desk.form.has("keep_tokens"),
        token_clients: words("token_clients"),
    })
}

fn pairs(desk: &Desk, field: &'static str) -> Result<Vec<(String, String)>, AdminRefusal> {
    let read = |line: String| {
        let (left, right) = line.split_once('=').ok_or_else(|| {
            AdminRefusal::invalid("line", format!("{line:?} has no =: write one a line, as name = value")).at(field)
        })?;
        Ok((left.trim().to_owned(), right.trim().to_owned()))
    };
    desk.lines(field).into_iter().map(read).collect()
}

fn required(desk: &Desk) -> Result<BTreeMap<String, Vec<String>>, AdminRefusal> {
    let listed = |values: String| values.split(',').map(|value| value.trim().to_owned()).collect();
    Ok(pairs(desk, "required_claims")?.into_iter().map(|(claim, values)| (claim, listed(values))).collect())
}

fn groups(desk: &Desk) -> Result<Vec<GroupRule>, AdminRefusal> {
    let read = |(claim, rest): (String, String)| {
        let (value, group) = rest
            .split_once("->")
            .ok_or_else(|| AdminRefusal::invalid("line", "write one a line, as claim = value -> group").at("groups"))?;
        Ok(GroupRule { claim, value: value.trim().to_owned(), group: group.trim().to_owned() })
    };
    pairs(desk, "groups")?.into_iter().map(read).collect()
}
