// oauth4webapi: every step by hand, each answer judged by the library's strict checks; and a resource server's check of access tokens.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as oauth from "oauth4webapi";

import { Browser } from "./browser.mjs";
import { issuer, person, service, web } from "./setting.mjs";

const loopback = { [oauth.allowInsecureRequests]: true };
const url = new URL(issuer);

async function metadata(algorithm = "oidc") {
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...loopback }));
}

const client = { client_id: web.client_id };
const auth = oauth.ClientSecretBasic(web.client_secret);

async function codeFlow(as, extra = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const to = new URL(as.authorization_endpoint);
  to.search = new URLSearchParams({
    client_id: web.client_id,
    redirect_uri: web.redirect_uri,
    response_type: "code",
    scope: "openid email offline_access",
    prompt: "consent",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    max_age: "3600",
    state,
    nonce,
    ...extra,
  });
  const { callback } = await new Browser(issuer).signIn(to, person);
  const params = oauth.validateAuthResponse(as, client, callback, state); // RFC 9207 and state
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, params, web.redirect_uri, verifier, loopback);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    maxAge: 3600,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, response, loopback);
  return tokens;
}

/** As a resource server: signature through JWKS, typ, iss, aud, exp (RFC 9068 section 4). */
function asResourceServer(as, token, audience = issuer) {
  const request = new Request("https://api.example.test/", { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, audience, loopback);
}

test("both metadata documents agree", async () => {
  const [openid, oauth2] = [await metadata("oidc"), await metadata("oauth2")];
  for (const name of ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "grant_types_supported"]) {
    assert.deepEqual(openid[name], oauth2[name], name);
  }
});

test("code flow, access token judged by a resource server, userinfo, refresh, introspection, revocation", async () => {
  const as = await metadata();
  const tokens = await codeFlow(as);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const claims = await asResourceServer(as, tokens.access_token);
  assert.equal(claims.sub, sub);
  assert.equal(claims.client_id, web.client_id);
  await assert.rejects(asResourceServer(as, tokens.id_token), "an ID token is no access token");
  await assert.rejects(asResourceServer(as, tokens.access_token, "https://another-api.example.test"));

  const asked = await oauth.userInfoRequest(as, client, tokens.access_token, loopback);
  assert.equal((await oauth.processUserInfoResponse(as, client, sub, asked)).email, person.email);

  const renewal = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, loopback);
  const renewed = await oauth.processRefreshTokenResponse(as, client, renewal);
  await oauth.validateApplicationLevelSignature(as, renewal, loopback);
  assert.equal(oauth.getValidatedIdTokenClaims(renewed).sub, sub);

  const look = await oauth.introspectionRequest(as, client, auth, renewed.access_token, loopback);
  assert.equal((await oauth.processIntrospectionResponse(as, client, look)).active, true);

  const end = await oauth.revocationRequest(as, client, auth, renewed.access_token, loopback);
  await oauth.processRevocationResponse(end);
  const after = await oauth.introspectionRequest(as, client, auth, renewed.access_token, loopback);
  assert.deepEqual(await oauth.processIntrospectionResponse(as, client, after), { active: false });
});

test("client credentials, judged by a resource server", async () => {
  const as = await metadata();
  const who = { client_id: service.client_id };
  const how = oauth.ClientSecretBasic(service.client_secret);
  const scope = service.scope ? { scope: service.scope } : {};
  const response = await oauth.clientCredentialsGrantRequest(as, who, how, scope, loopback);
  const tokens = await oauth.processClientCredentialsResponse(as, who, response);
  const claims = await asResourceServer(as, tokens.access_token);
  assert.equal(claims.sub, service.client_id);
});

test("userinfo refuses what is no access token, with a challenge", async () => {
  const as = await metadata();
  const response = await oauth.userInfoRequest(as, client, "not-a-token", loopback);
  assert.equal(response.status, 401);
  assert.match(response.headers.get("www-authenticate"), /^Bearer .*error="invalid_token"/);
  const bare = await fetch(as.userinfo_endpoint);
  assert.equal(bare.status, 401);
  assert.doesNotMatch(bare.headers.get("www-authenticate"), /error=/); // RFC 6750 section 3.1
});
