// openid-client 6, as an app would use it, from discovery to logout.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as oidc from "openid-client";

import { Browser, forms } from "./browser.mjs";
import { issuer, look, native, person, service, spa, web, webPost } from "./setting.mjs";

const loopback = { execute: [oidc.allowInsecureRequests] };

async function discover({ client_id, client_secret }, auth) {
  const how = auth ?? (client_secret ? oidc.ClientSecretBasic(client_secret) : oidc.None());
  return oidc.discovery(new URL(issuer), client_id, undefined, how, loopback);
}

/** Begins a code flow; what is needed at its end stays with it. */
async function begin(config, redirect_uri, extra = {}) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid profile email",
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...extra,
  });
  return { url, checks: { ...checks, idTokenExpected: true } };
}

/** A whole flow with a fresh browser. */
async function signedIn(config, redirect_uri, extra = {}) {
  const browser = new Browser(issuer);
  const { url, checks } = await begin(config, redirect_uri, extra);
  const { callback } = await browser.signIn(url, person);
  assert.ok(callback, "the browser never came back to the app");
  const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
  return { browser, callback, checks, tokens };
}

const offline = { scope: "openid profile email offline_access", prompt: "consent" };

function refused(error, status) {
  return (e) => {
    assert.equal(e.error ?? e.cause?.error, error, `${e.code} ${e.message} ${JSON.stringify(e.cause)}`);
    if (status) assert.equal(e.status, status);
    return true;
  };
}

test("discovery names everything that an app needs", async () => {
  const config = await discover(web);
  const as = config.serverMetadata();
  assert.equal(as.issuer, issuer);
  assert.ok(config.serverMetadata().supportsPKCE());
  assert.deepEqual(as.response_types_supported, ["code"]);
  assert.equal(as.authorization_response_iss_parameter_supported, true);
  assert.equal(as.request_uri_parameter_supported, false);
  for (const grant of ["authorization_code", "refresh_token", "client_credentials"]) {
    assert.ok(as.grant_types_supported.includes(grant), grant);
  }
  assert.ok(as.id_token_signing_alg_values_supported.includes("RS256"));
  for (const [name, values] of Object.entries(as)) {
    if (name.endsWith("_alg_values_supported")) assert.ok(!values.includes("none"), name);
  }
  for (const name of ["userinfo", "introspection", "revocation", "end_session"]) {
    assert.ok(as[`${name}_endpoint`]?.startsWith(issuer), `${name}_endpoint`);
  }
});

test("code flow with PKCE, userinfo, and a second app visit without a second login", async () => {
  const config = await discover(web);
  oidc.enableNonRepudiationChecks(config); // the ID token's signature is checked through JWKS as well
  const { browser, callback, tokens } = await signedIn(config, web.redirect_uri);
  assert.equal(callback.searchParams.get("iss"), issuer);
  assert.equal(tokens.token_type, "bearer");
  const claims = tokens.claims();
  assert.equal(claims.iss, issuer);
  for (const name of ["sub", "sid", "auth_time", "at_hash"]) assert.ok(claims[name], name);
  assert.equal(look(tokens.access_token).header.typ, "at+jwt");

  const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.email, person.email);
  assert.equal(info.email_verified, true);
  assert.equal(info.name, person.name);

  const again = await begin(config, web.redirect_uri, { prompt: "none" });
  const back = await browser.go(again.url);
  assert.ok(back.callback, `prompt=none with a live session showed a page: ${back.html}`);
  const second = await oidc.authorizationCodeGrant(config, back.callback, again.checks);
  assert.equal(second.claims().sub, claims.sub);
  assert.equal(second.claims().sid, claims.sid);
  assert.equal(second.claims().auth_time, claims.auth_time);
});

test("client_secret_post", async () => {
  const config = await discover(webPost, oidc.ClientSecretPost(webPost.client_secret));
  const { tokens } = await signedIn(config, webPost.redirect_uri);
  assert.ok(tokens.claims().sub);
});

test("form_post answers with a form that goes to the app", async () => {
  const config = await discover(web);
  const { url, checks } = await begin(config, web.redirect_uri, { response_mode: "form_post" });
  const page = await new Browser(issuer).signIn(url, person);
  const form = forms(page.html).find((f) => f.action === web.redirect_uri);
  assert.ok(form, page.html);
  assert.equal(form.method, "post");
  const request = new Request(form.action, { method: "POST", body: new URLSearchParams(form.fields) });
  const tokens = await oidc.authorizationCodeGrant(config, request, checks);
  assert.ok(tokens.claims().sub);
});

test("public clients: a single-page app, and a native one on any loopback port", async () => {
  const inBrowser = await signedIn(await discover(spa), spa.redirect_uri);
  assert.ok(inBrowser.tokens.claims().sub);
  const port = 20000 + Math.floor(Math.random() * 20000);
  const redirect = new URL(native.redirect_uri);
  redirect.port = String(port);
  const onDesk = await signedIn(await discover(native), redirect.href);
  assert.equal(onDesk.callback.port, String(port));
  assert.equal(onDesk.tokens.claims().sub, inBrowser.tokens.claims().sub);
});

test("refresh rotates; an old refresh token ends the family and what was made from it", async () => {
  const config = await discover(web);
  const { tokens } = await signedIn(config, web.redirect_uri, offline);
  assert.ok(tokens.refresh_token);
  const second = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(second.refresh_token, tokens.refresh_token);
  assert.equal(second.claims().sub, tokens.claims().sub);
  assert.equal(second.claims().auth_time, tokens.claims().auth_time);
  const third = await oidc.refreshTokenGrant(config, second.refresh_token);
  await oidc.fetchUserInfo(config, third.access_token, tokens.claims().sub);

  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), refused("invalid_grant", 400));
  await assert.rejects(oidc.refreshTokenGrant(config, third.refresh_token), refused("invalid_grant", 400));
  await assert.rejects(oidc.fetchUserInfo(config, third.access_token, tokens.claims().sub));
});

test("refresh narrows the scope and never widens it", async () => {
  const config = await discover(web);
  const { tokens } = await signedIn(config, web.redirect_uri, { ...offline, scope: "openid email offline_access" });
  const narrow = await oidc.refreshTokenGrant(config, tokens.refresh_token, { scope: "openid" });
  assert.ok(!look(narrow.access_token).claims.scope.split(" ").includes("email"));
  const wide = oidc.refreshTokenGrant(config, narrow.refresh_token, { scope: "openid email profile" });
  await assert.rejects(wide, refused("invalid_scope", 400));
});

test("introspection and revocation", async () => {
  const config = await discover(web);
  const { tokens } = await signedIn(config, web.redirect_uri, offline);
  const seen = await oidc.tokenIntrospection(config, tokens.access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.client_id, web.client_id);
  assert.equal(seen.sub, tokens.claims().sub);
  assert.equal(seen.iss, issuer);

  await oidc.tokenRevocation(config, tokens.refresh_token, { token_type_hint: "refresh_token" });
  await oidc.tokenRevocation(config, tokens.refresh_token); // once more is not an error
  await oidc.tokenRevocation(config, "no-such-token");
  assert.deepEqual(await oidc.tokenIntrospection(config, tokens.refresh_token), { active: false });
  assert.deepEqual(await oidc.tokenIntrospection(config, tokens.access_token), { active: false });
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), refused("invalid_grant", 400));
});

test("logout by the app ends the session and comes back", async () => {
  const config = await discover(web);
  const { browser, tokens } = await signedIn(config, web.redirect_uri);
  const extra = web.post_logout_redirect_uri ? { post_logout_redirect_uri: web.post_logout_redirect_uri } : {};
  const url = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, state: "after", ...extra });
  let page = await browser.go(url);
  if (!page.callback && forms(page.html ?? "").some((f) => f.controls.some((c) => c.id === "logout-confirm"))) {
    page = await browser.press(page, "logout-confirm");
  }
  if (web.post_logout_redirect_uri) {
    assert.equal(page.callback?.href, `${web.post_logout_redirect_uri}?state=after`);
  } else {
    assert.equal(page.status, 200);
  }
  const { url: silent } = await begin(config, web.redirect_uri, { prompt: "none" });
  const { callback } = await browser.go(silent);
  assert.equal(callback.searchParams.get("error"), "login_required");
  assert.equal(callback.searchParams.get("iss"), issuer);
  await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
});

test("client credentials", async () => {
  const config = await discover(service);
  const tokens = await oidc.clientCredentialsGrant(config, service.scope ? { scope: service.scope } : {});
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.id_token, undefined);
  const { header, claims } = look(tokens.access_token);
  assert.equal(header.typ, "at+jwt");
  assert.equal(claims.sub, service.client_id);
  assert.equal(claims.client_id, service.client_id);
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
});

test("wrong verifier, wrong redirect URI, wrong secret, wrong issuer, a code used twice", async () => {
  const config = await discover(web);
  const start = async () => {
    const begun = await begin(config, web.redirect_uri);
    const { callback } = await new Browser(issuer).signIn(begun.url, person);
    return { callback, checks: begun.checks };
  };

  let { callback, checks } = await start();
  const other = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, other), refused("invalid_grant", 400));

  ({ callback, checks } = await start());
  const elsewhere = new URL(callback.search, "https://elsewhere.test/callback");
  await assert.rejects(oidc.authorizationCodeGrant(config, elsewhere, checks), refused("invalid_grant", 400));

  ({ callback, checks } = await start());
  const forged = new URL(callback);
  forged.searchParams.set("iss", "http://localhost:1");
  await assert.rejects(oidc.authorizationCodeGrant(config, forged, checks), (e) => e.code === "OAUTH_INVALID_RESPONSE");

  const guess = await discover(web, oidc.ClientSecretBasic("not-the-secret"));
  await assert.rejects(oidc.authorizationCodeGrant(guess, callback, checks), (e) => {
    assert.equal(e.status, 401);
    assert.match(JSON.stringify(e.cause ?? e.error), /invalid_client|basic/i);
    return true;
  });

  ({ callback, checks } = await start());
  const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks), refused("invalid_grant", 400));
  await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
});

test("an unknown redirect URI is told to the person and never redirected to", async () => {
  const config = await discover(web);
  const { url } = await begin(config, "https://elsewhere.test/callback");
  const page = await new Browser(issuer).go(url);
  assert.equal(page.callback, undefined);
  assert.equal(page.status, 400);
});

test("a person who says no, and what we do not offer, come back as errors with iss", async () => {
  const config = await discover(web);
  const { url, checks } = await begin(config, web.redirect_uri, { prompt: "consent" });
  const { callback } = await new Browser(issuer).signIn(url, person, { decision: "deny" });
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks), refused("access_denied"));
  assert.equal(callback.searchParams.get("iss"), issuer);

  for (const [extra, error] of [
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ request_uri: "https://web.example.test/request" }, "request_uri_not_supported"],
    [{ request: "e30.e30." }, "request_not_supported"],
    [{ prompt: "none login" }, "invalid_request"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
  ]) {
    const begun = await begin(config, web.redirect_uri, extra);
    const back = await new Browser(issuer).go(begun.url);
    // The implicit answer's default place is the fragment (OAuth Multiple Response Types, section 2.1).
    const answer = new URLSearchParams(back.callback?.search || back.callback?.hash.slice(1));
    assert.equal(answer.get("error"), error, `${JSON.stringify(extra)}: ${back.callback ?? back.html}`);
    assert.equal(answer.get("iss"), issuer);
    assert.equal(answer.get("state"), begun.checks.expectedState);
  }
});
