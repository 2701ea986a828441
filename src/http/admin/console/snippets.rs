//! Owns the settings that are pasted into common libraries and programs, filled in with a client's real values. It does not
//! own the values.

use crate::flow::admin::client::ClientDocument;
use crate::oauth::client_policy::Profile;

/// Each: name of the library, text. Without a secret, its place is marked.
pub fn of(issuer: &str, client: &ClientDocument, secret: Option<&str>) -> Vec<(String, String)> {
    let id = client.client_id.clone().unwrap_or_default();
    let redirect = client.redirect_uris.first().cloned().unwrap_or_default();
    let secret = secret.unwrap_or("<the client secret>");
    let scopes = client.scopes.clone().unwrap_or_default().join(" ");
    let entry = |name: &str, text: String| (name.to_owned(), text);
    let plain = entry(
        "Plain values",
        format!(
            "issuer         {issuer}\nclient ID      {id}\n{}redirect URI   {redirect}\nscopes         {scopes}\ndiscovery      {issuer}/.well-known/openid-configuration",
            if client.profile.is_public() { String::new() } else { format!("client secret  {secret}\n") }
        ),
    );
    match client.profile {
        Profile::Service => vec![
            plain,
            entry(
                "curl",
                format!(
                    "curl -u '{id}:{secret}' \\\n  -d grant_type=client_credentials -d 'scope={scopes}' \\\n  {issuer}/token"
                ),
            ),
        ],
        Profile::Spa | Profile::Native => vec![plain, openid_client(issuer, &id, None, &redirect, &scopes)],
        Profile::Web => vec![
            plain,
            openid_client(issuer, &id, Some(secret), &redirect, &scopes),
            entry(
                "Authlib (Python)",
                format!(
                    "oauth.register(\n    \"vouchsafe\",\n    client_id=\"{id}\",\n    client_secret=\"{secret}\",\n    server_metadata_url=\"{issuer}/.well-known/openid-configuration\",\n    client_kwargs={{\"scope\": \"{scopes}\", \"code_challenge_method\": \"S256\"}},\n)"
                ),
            ),
            entry(
                "openidconnect (Rust)",
                format!(
                    "let metadata = CoreProviderMetadata::discover_async(\n    IssuerUrl::new(\"{issuer}\".into())?, &http).await?;\nlet client = CoreClient::from_provider_metadata(\n    metadata,\n    ClientId::new(\"{id}\".into()),\n    Some(ClientSecret::new(\"{secret}\".into())),\n).set_redirect_uri(RedirectUrl::new(\"{redirect}\".into())?);"
                ),
            ),
            entry(
                "Spring Security",
                format!(
                    "spring.security.oauth2.client:\n  registration.vouchsafe:\n    client-id: {id}\n    client-secret: {secret}\n    scope: {}\n    redirect-uri: {redirect}\n  provider.vouchsafe.issuer-uri: {issuer}",
                    scopes.replace(' ', ", ")
                ),
            ),
            entry(
                "oauth2-proxy",
                format!(
                    "provider = \"oidc\"\noidc_issuer_url = \"{issuer}\"\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\nredirect_url = \"{redirect}\"\nscope = \"{scopes}\"\ncode_challenge_method = \"S256\"\nemail_domains = [\"*\"]"
                ),
            ),
            entry(
                "Grafana",
                format!(
                    "[auth.generic_oauth]\nenabled = true\nname = Vouchsafe\nclient_id = {id}\nclient_secret = {secret}\nscopes = {scopes}\nauth_url = {issuer}/authorize\ntoken_url = {issuer}/token\napi_url = {issuer}/userinfo\nuse_pkce = true"
                ),
            ),
            entry(
                "nginx with oauth2-proxy",
                format!(
                    "# oauth2-proxy runs on 127.0.0.1:4180 with the settings above.\nlocation /oauth2/ {{ proxy_pass http://127.0.0.1:4180; }}\nlocation = /oauth2/auth {{ internal; proxy_pass http://127.0.0.1:4180; }}\nlocation / {{\n  auth_request /oauth2/auth;\n  error_page 401 = /oauth2/sign_in;\n  # proxy_pass to your app; its address is {redirect}\n}}"
                ),
            ),
        ],
    }
}

fn openid_client(issuer: &str, id: &str, secret: Option<&str>, redirect: &str, scopes: &str) -> (String, String) {
    let secret = secret.map_or_else(String::new, |secret| format!(", \"{secret}\""));
    let text = format!(
        "import * as client from \"openid-client\";\n\nconst config = await client.discovery(\n  new URL(\"{issuer}\"), \"{id}\"{secret});\nconst verifier = client.randomPKCECodeVerifier();\nconst url = client.buildAuthorizationUrl(config, {{\n  redirect_uri: \"{redirect}\",\n  scope: \"{scopes}\",\n  code_challenge: await client.calculatePKCECodeChallenge(verifier),\n  code_challenge_method: \"S256\",\n}});"
    );
    ("openid-client (JavaScript)".to_owned(), text)
}
