//! Owns ready-to-paste settings of common libraries and programs, filled in with a client's real values. It does not own the
//! client. The examples in `docs/app-developers.md` are made of the same texts; a test here holds them together.

use serde::{Deserialize, Serialize};

use super::client_document::ClientDocument;
use crate::oauth::client::{ClientAuthMethod, GrantType};

/// Settings for one library or program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Snippet {
    /// For what.
    pub name: String,
    /// The language of the text: `js`, `python`, `rust`, `yaml`, `ini`, `nginx` or `text`.
    pub language: String,
    /// To be pasted. Where the secret belongs stands a placeholder.
    pub text: String,
    /// What else must be known.
    pub hint: String,
}

/// The values that go into the texts.
struct Values<'a> {
    issuer: &'a str,
    client_id: &'a str,
    redirect_uri: &'a str,
    scopes: Vec<&'a str>,
    auth_method: ClientAuthMethod,
}

impl Values<'_> {
    fn is_public(&self) -> bool {
        self.auth_method == ClientAuthMethod::None
    }

    fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    /// Scheme and host of the redirect URI.
    fn origin(&self) -> String {
        url::Url::parse(self.redirect_uri)
            .map(|url| url.origin())
            .ok()
            .filter(url::Origin::is_tuple)
            .map_or_else(|| "https://app.example.com".to_owned(), |origin| origin.ascii_serialization())
    }

    fn fill(&self, template: &str) -> String {
        template
            .trim_matches('\n')
            .replace("{issuer}", self.issuer)
            .replace("{client_id}", self.client_id)
            .replace("{redirect_uri}", self.redirect_uri)
            .replace("{origin}", &self.origin())
            .replace("{scope}", &self.scope())
    }
}

/// The settings for a client, for every library and program that fits it. `offline_access` is left out: who needs refresh
/// tokens adds it.
pub fn of(issuer: &str, client: &ClientDocument) -> Vec<Snippet> {
    let scopes = client.scopes.as_deref().unwrap_or_default();
    let values = Values {
        issuer,
        client_id: client.client_id.as_deref().unwrap_or_default(),
        redirect_uri: client.redirect_uris.first().map_or("https://app.example.com/callback", String::as_str),
        scopes: scopes.iter().map(String::as_str).filter(|scope| *scope != "offline_access").collect(),
        auth_method: client.auth_method.unwrap_or(ClientAuthMethod::ClientSecretBasic),
    };
    let grants = client.grants.as_deref().unwrap_or_default();
    if !grants.contains(&GrantType::AuthorizationCode) {
        return vec![curl(&values)];
    }
    let mut all = vec![openid_client(&values), authlib(&values), openidconnect(&values)];
    if !values.is_public() {
        all.extend([spring(&values), oauth2_proxy(&values), grafana(&values), nginx(&values)]);
    }
    all
}

fn snippet(name: &str, language: &str, text: String, hint: &str) -> Snippet {
    Snippet { name: name.to_owned(), language: language.to_owned(), text, hint: hint.to_owned() }
}

fn openid_client(values: &Values<'_>) -> Snippet {
    let auth = match values.auth_method {
        ClientAuthMethod::ClientSecretBasic => "oidc.ClientSecretBasic(process.env.CLIENT_SECRET)",
        ClientAuthMethod::ClientSecretPost => "oidc.ClientSecretPost(process.env.CLIENT_SECRET)",
        ClientAuthMethod::None => "oidc.None()",
    };
    let text = r#"
import * as oidc from "openid-client";

const config = await oidc.discovery(new URL("{issuer}"), "{client_id}", undefined,
  {auth});

const code_verifier = oidc.randomPKCECodeVerifier();   // these three belong to the person's session
const state = oidc.randomState();
const nonce = oidc.randomNonce();
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: "{redirect_uri}",
  scope: "{scope}",
  code_challenge: await oidc.calculatePKCECodeChallenge(code_verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});

// at the callback; currentUrl is the whole address the browser came to
const tokens = await oidc.authorizationCodeGrant(config, currentUrl, {
  pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
});
const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
"#;
    let hint = "An issuer with plain http on localhost needs { execute: [oidc.allowInsecureRequests] } as the last \
                argument of discovery.";
    snippet("openid-client 6 (Node.js)", "js", values.fill(&text.replace("{auth}", auth)), hint)
}

fn authlib(values: &Values<'_>) -> Snippet {
    let secret = match values.is_public() {
        true => "",
        false => "    client_secret=os.environ[\"CLIENT_SECRET\"],\n",
    };
    let method = match values.auth_method {
        ClientAuthMethod::ClientSecretBasic => "",
        ClientAuthMethod::ClientSecretPost => "\"token_endpoint_auth_method\": \"client_secret_post\", ",
        ClientAuthMethod::None => "\"token_endpoint_auth_method\": \"none\", ",
    };
    let text = r#"
from authlib.integrations.flask_client import OAuth

oauth = OAuth(app)
oauth.register(
    name="vouchsafe",
    client_id="{client_id}",
{secret}    server_metadata_url="{issuer}/.well-known/openid-configuration",
    client_kwargs={{method}"scope": "{scope}", "code_challenge_method": "S256"},
)
"#;
    let hint = "After authorize_access_token() ask oauth.vouchsafe.userinfo(token=token) for name and address.";
    let text = text.replace("{secret}", secret).replace("{{method}", &format!("{{{method}"));
    snippet("Authlib (Python)", "python", values.fill(&text), hint)
}

fn openidconnect(values: &Values<'_>) -> Snippet {
    let secret = if values.is_public() { "None" } else { "Some(secret)" };
    // The library asks for openid by itself.
    let asked = values.scopes.iter().filter(|scope| !matches!(**scope, "openid" | "profile"));
    let scopes: String = asked.map(|s| format!("    .add_scope(Scope::new(\"{s}\".to_owned()))\n")).collect();
    let method = match values.auth_method {
        ClientAuthMethod::ClientSecretPost => "\n    .set_auth_type(AuthType::RequestBody)",
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::None => "",
    };
    let text = r#"
let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
let issuer = IssuerUrl::new("{issuer}".to_owned())?;
let metadata = CoreProviderMetadata::discover_async(issuer, &http).await?;
let client = CoreClient::from_provider_metadata(metadata, ClientId::new("{client_id}".to_owned()), {secret})
    .set_redirect_uri(RedirectUrl::new("{redirect_uri}".to_owned())?){method};

let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
let (url, state, nonce) = client
    .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
{scopes}    .set_pkce_challenge(challenge)
    .url();

// at the callback, after comparing `state` and `iss` yourself
let tokens = client.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(verifier).request_async(&http).await?;
let claims = tokens.id_token().ok_or("no ID token")?.claims(&client.id_token_verifier(), &nonce)?;
"#;
    let text = text.replace("{secret}", secret).replace("{method}", method).replace("{scopes}", &scopes);
    snippet("openidconnect crate (Rust)", "rust", values.fill(&text), "Compare state and iss at the callback yourself.")
}

fn spring(values: &Values<'_>) -> Snippet {
    let method = match values.auth_method {
        ClientAuthMethod::ClientSecretPost => "    client-authentication-method: client_secret_post\n",
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::None => "",
    };
    let text = r"
spring.security.oauth2.client:
  registration.vouchsafe:
    client-id: {client_id}
    client-secret: ${CLIENT_SECRET}
{method}    scope: {scopes}
  provider.vouchsafe:
    issuer-uri: {issuer}
";
    let text = text.replace("{method}", method).replace("{scopes}", &values.scopes.join(", "));
    let hint = values.fill(
        "The redirect URI to register is {origin}/login/oauth2/code/vouchsafe. Before version 7, customise the \
         authorization request resolver with OAuth2AuthorizationRequestCustomizers.withPkce().",
    );
    snippet("Spring Security", "yaml", values.fill(&text), &hint)
}

fn oauth2_proxy(values: &Values<'_>) -> Snippet {
    let text = r"
--provider=oidc
--oidc-issuer-url={issuer}
--client-id={client_id}
--client-secret-file=/run/secrets/{client_id}
--redirect-url={origin}/oauth2/callback
--scope={scope}
--code-challenge-method=S256
--email-domain=*
";
    let hint = values.fill(
        "The redirect URI to register is {origin}/oauth2/callback. It refuses people whose address is not verified.",
    );
    snippet("oauth2-proxy", "text", values.fill(text), &hint)
}

fn grafana(values: &Values<'_>) -> Snippet {
    let style = match values.auth_method {
        ClientAuthMethod::ClientSecretPost => "InParams",
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::None => "InHeader",
    };
    let text = r"
[auth.generic_oauth]
enabled = true
name = Vouchsafe
client_id = {client_id}
client_secret = …
scopes = {scope}
auth_url = {issuer}/authorize
token_url = {issuer}/token
api_url = {issuer}/userinfo
auth_style = {style}
use_pkce = true
role_attribute_path = contains(groups[*], 'grafana-admins') && 'Admin' || 'Viewer'
";
    let hint = values.fill("The redirect URI to register is {origin}/login/generic_oauth.");
    snippet("Grafana", "ini", values.fill(&text.replace("{style}", style)), &hint)
}

fn nginx(values: &Values<'_>) -> Snippet {
    let text = r#"
location /oauth2/ {
  proxy_pass http://127.0.0.1:4180;
  proxy_set_header Host $host;
  proxy_set_header X-Auth-Request-Redirect $request_uri;
}
location = /oauth2/auth {
  proxy_pass http://127.0.0.1:4180;
  proxy_set_header Host $host;
  proxy_set_header Content-Length "";
  proxy_pass_request_body off;
}
location / {
  auth_request /oauth2/auth;
  error_page 401 = /oauth2/sign_in;
  auth_request_set $email $upstream_http_x_auth_request_email;
  proxy_set_header X-Email $email;
  proxy_pass http://127.0.0.1:8000;
}
"#;
    let hint = "nginx asks oauth2-proxy, which runs beside it with the settings above and --reverse-proxy and \
                --set-xauthrequest; the app on port 8000 reads who it is from X-Email.";
    snippet("nginx, with oauth2-proxy", "nginx", values.fill(text), hint)
}

fn curl(values: &Values<'_>) -> Snippet {
    let credentials = match values.auth_method {
        ClientAuthMethod::ClientSecretPost => {
            "-d client_id={client_id} --data-urlencode \"client_secret=$CLIENT_SECRET\""
        }
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::None => "--user \"{client_id}:$CLIENT_SECRET\"",
    };
    let scope = if values.scopes.is_empty() { "" } else { " \\\n  --data-urlencode \"scope={scope}\"" };
    let text = format!("curl {credentials} \\\n  -d grant_type=client_credentials{scope} \\\n  {{issuer}}/token");
    snippet("curl", "text", values.fill(&text), "The token is good for expires_in seconds: keep it until then.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client_policy::Profile;

    fn wiki(profile: Profile) -> ClientDocument {
        let scopes = ["openid", "profile", "email", "offline_access"];
        ClientDocument {
            client_id: Some("wiki".to_owned()),
            redirect_uris: vec!["https://wiki.example.com/callback".to_owned()],
            scopes: Some(scopes.map(str::to_owned).to_vec()),
            ..ClientDocument::new(profile, "Wiki")
        }
    }

    #[test]
    fn the_documents_show_the_same_texts() {
        let docs = include_str!("../../../docs/app-developers.md");
        let client = wiki(Profile::Web);
        let with_groups = ["openid", "profile", "email", "groups"].map(str::to_owned).to_vec();
        for snippet in of("https://id.example.com", &client) {
            let shown = match snippet.name.as_str() {
                "oauth2-proxy" | "Grafana" => {
                    let mut client = ClientDocument { scopes: Some(with_groups.clone()), ..client.clone() };
                    if snippet.name == "Grafana" {
                        client.client_id = Some("grafana".to_owned());
                    }
                    of("https://id.example.com", &client).into_iter().find(|s| s.name == snippet.name).unwrap()
                }
                _ => snippet,
            };
            let block = format!("```{}\n{}\n```", shown.language, shown.text);
            assert!(docs.contains(&block), "{block}");
        }
    }

    #[test]
    fn a_client_gets_what_fits_it_and_never_a_secret() {
        let names =
            |client: &ClientDocument| of("https://id.test", client).into_iter().map(|s| s.name).collect::<Vec<_>>();
        assert_eq!(names(&wiki(Profile::Web)).len(), 7);
        assert_eq!(names(&wiki(Profile::Spa)).len(), 3, "a public client is no proxy");
        assert_eq!(names(&ClientDocument::new(Profile::Service, "Job")), ["curl"]);
        let public = of("https://id.test", &wiki(Profile::Native));
        assert!(public.iter().all(|s| !s.text.to_lowercase().contains("secret")), "{public:?}");
        let post = ClientDocument { auth_method: Some(ClientAuthMethod::ClientSecretPost), ..wiki(Profile::Web) };
        let text: String = of("https://id.test", &post).into_iter().map(|s| s.text).collect();
        for word in ["ClientSecretPost", "client_secret_post", "AuthType::RequestBody", "InParams"] {
            assert!(text.contains(word), "{word}");
        }
        assert!(!text.contains('{') || !text.contains("{issuer}") && !text.contains("{client_id}"));
    }
}
