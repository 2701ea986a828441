// Vouchsafe as the client of issuers: of oidc-provider, which we did not write, and of a second Vouchsafe. Apps go on using
// openid-client; what they see is Vouchsafe alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";

import { forms } from "./browser.mjs";
import { calendar, issuer, look, person, upstream, web } from "./setting.mjs";
import { start, Traveller } from "./upstream.mjs";

const npm = `http://127.0.0.1:${upstream.npm.port}`;
const origins = [issuer, npm, upstream.hub.issuer].map((url) => new URL(url).origin);
const redirect_uris = (id) => [`${issuer}/upstream/${id}/callback`];
const people = {
  katherine: { email: "katherine@npm.test", email_verified: true, name: "Katherine Johnson" },
  grace: { email: "grace@npm.test", email_verified: true, name: "Grace Hopper", given_name: "Grace", locale: "en" },
  // A text is not the truth (OpenID Connect Core, section 5.1).
  mallory: { email: "mallory@npm.test", email_verified: "true", name: "Mallory" },
  ida: { email: "ida@npm.test", email_verified: true, name: "Ida Rhodes" },
  eve: { email: person.email, email_verified: true, name: "Eve" },
};
let there;

before(async () => {
  const registered = (client_id, id, more) => ({ client_id, client_secret: upstream.npm.secret, redirect_uris: redirect_uris(id), ...more });
  there = await start({
    port: upstream.npm.port,
    people,
    clients: [
      registered("vouchsafe", "npm", {
        backchannel_logout_uri: `${issuer}/upstream/npm/backchannel-logout`,
        backchannel_logout_session_required: true,
      }),
      registered("vouchsafe-key", "npm-key", {
        client_secret: undefined,
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [upstream.npm.jwk] },
        grant_types: ["authorization_code", "refresh_token"],
      }),
      registered("vouchsafe-es", "npm-es", { id_token_signed_response_alg: "ES256", token_endpoint_auth_method: "client_secret_post" }),
    ],
  });
});
after(() => there?.stop());

/** An app that sends somebody to sign in through `hint`. */
async function app(hint, { client = web, ...more } = {}) {
  const options = { execute: [oidc.allowInsecureRequests] };
  const config = await oidc.discovery(new URL(issuer), client.client_id, undefined, oidc.ClientSecretBasic(client.client_secret), options);
  const checks = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: client.redirect_uri,
    scope: "openid profile email",
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    idp_hint: hint,
    ...more,
  });
  const finish = async (page) => {
    assert.ok(page.callback, `not back at the app, but at ${page.url} (${page.status}):\n${page.html}`);
    const tokens = await oidc.authorizationCodeGrant(config, page.callback, checks);
    return { tokens, claims: tokens.claims(), userinfo: await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub) };
  };
  return { url, finish };
}

const has = (page, id) => forms(page.html).some((f) => f.controls.some((c) => c.id === id));

/** Through the pages of oidc-provider, as `name`, as far as they go. */
async function atNpm(traveller, page, name) {
  for (let steps = 0; steps < 4 && !page.callback && page.url.startsWith(npm); steps += 1) {
    const fields = forms(page.html)[0]?.fields.map(([field]) => field) ?? [];
    page = await traveller.fill(page, fields.includes("login") ? { login: name, password: "any" } : {}, origins);
  }
  return page;
}

async function consented(traveller, page) {
  return !page.callback && has(page, "approve") ? traveller.press(page, "approve", {}, origins) : page;
}

async function through(traveller, hint, name, more) {
  const { url, finish } = await app(hint, more);
  const page = await atNpm(traveller, await traveller.go(url, origins), name);
  return finish(await consented(traveller, page));
}

for (const [id, name] of [["npm", "grace"], ["npm-es", "katherine"]]) {
  test(`${id}: a new person comes through oidc-provider, and again`, async () => {
    const first = await through(new Traveller(), id, name);
    assert.equal(first.claims.iss, issuer);
    assert.notEqual(first.claims.sub, name, "the subject is ours");
    assert.deepEqual(first.claims.amr, ["fed"]);
    assert.equal(first.userinfo.name, people[name].name);
    assert.equal(first.userinfo.email, people[name].email);
    assert.equal(first.userinfo.email_verified, true);
    assert.equal(look(first.tokens.access_token).claims.sub, first.claims.sub);
    const again = await through(new Traveller(), id, name);
    assert.equal(again.claims.sub, first.claims.sub);
    const [authorization] = there.asked.filter((r) => r.path === "/auth").slice(-1);
    assert.equal(authorization.query.code_challenge_method, "S256");
    assert.ok(authorization.query.nonce && authorization.query.state);
  });
}

test("whoever is linked through one provider does not get in by another one of the same issuer", async () => {
  const { url } = await app("npm-es");
  const traveller = new Traveller();
  const page = await atNpm(traveller, await traveller.go(url, origins), "grace");
  assert.equal(page.status, 403, String(page.callback ?? page.url));
});

test("prompt=login reaches the issuer: somebody signed in there is asked again", async () => {
  const traveller = new Traveller();
  await through(traveller, "npm", "grace");
  const { url } = await app("npm", { prompt: "login" });
  const page = await traveller.go(url, origins);
  assert.ok(page.url.startsWith(`${npm}/interaction/`), page.url);
  assert.ok(forms(page.html)[0].fields.some(([name]) => name === "login"));
});

test("an address that is verified by a text makes no account", async () => {
  const { url } = await app("npm");
  const traveller = new Traveller();
  const page = await atNpm(traveller, await traveller.go(url, origins), "mallory");
  assert.ok(!page.callback && page.url.startsWith(issuer), String(page.callback ?? page.url));
  assert.ok(!has(page, "approve"), "nobody is signed in");
});

test("whoever brings the address of an account that is there proves that account first", async () => {
  const { url, finish } = await app("npm");
  const traveller = new Traveller();
  let page = await atNpm(traveller, await traveller.go(url, origins), "eve");
  assert.ok(!page.callback && has(page, "password"), `a sign-in here is asked for, not ${page.url}`);
  page = await traveller.press(page, "submit", { login: person.email, password: person.password }, origins);
  const { userinfo, claims } = await finish(await consented(traveller, page));
  assert.equal(userinfo.email, person.email);
  assert.equal(userinfo.name, person.name, "and stays who they are");
  // From now on that way leads there.
  const again = await through(new Traveller(), "npm", "eve");
  assert.equal(again.claims.sub, claims.sub);
});

test("somebody who says no there comes back to a page with other ways in", async () => {
  const { url } = await app("npm");
  const traveller = new Traveller();
  const page = await traveller.go(url, origins);
  const [, abort] = /href="([^"]*abort[^"]*)"/.exec(page.html) ?? [];
  assert.ok(abort, page.html);
  const back = await traveller.go(new URL(abort, page.url), origins);
  assert.ok(back.url.startsWith(issuer), back.url);
  assert.ok(!back.callback && back.html.includes("oidc-provider"), "the page names the provider");
});

test("a second Vouchsafe: two consents, two subjects, one person", async () => {
  const { hub } = upstream;
  const { url, finish } = await app("hub");
  const traveller = new Traveller();
  let page = await traveller.go(url, origins);
  assert.ok(page.url.startsWith(hub.issuer), page.url);
  page = await traveller.press(page, "submit", { login: hub.person.email, password: hub.person.password }, origins);
  page = await consented(traveller, page);
  const { claims, userinfo } = await finish(await consented(traveller, page));
  assert.equal(claims.iss, issuer);
  assert.equal(userinfo.email, hub.person.email);
  assert.equal(userinfo.name, hub.person.name);
});

test("by a key in the place of a secret, and its tokens for an app: they are good there, and renewed", async () => {
  const token = async (bearer) => {
    const answer = await fetch(`${issuer}/upstream/npm-key/token`, { headers: { authorization: `Bearer ${bearer}` } });
    return { status: answer.status, body: await answer.json() };
  };
  const scope = "openid profile email upstream_tokens";
  const { tokens } = await through(new Traveller(), "npm-key", "ida", { client: calendar, scope });
  const first = await token(tokens.access_token);
  assert.equal(first.status, 200, JSON.stringify(first.body));
  assert.equal(first.body.sub, "ida");
  assert.equal(first.body.iss, npm);
  const who = await fetch(`${npm}/me`, { headers: { authorization: `Bearer ${first.body.access_token}` } });
  assert.equal((await who.json()).sub, "ida", "the issuer knows its own token");
  // A minute before its end it is renewed, by the key again.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const all = await Promise.all(Array.from({ length: 5 }, () => token(tokens.access_token)));
  assert.deepEqual(all.map((answer) => answer.status), [200, 200, 200, 200, 200]);
  assert.notEqual(all[0].body.access_token, first.body.access_token);
  const renewals = there.asked.filter((r) => r.path === "/token" && r.grant === "refresh_token");
  assert.ok(renewals.length >= 1 && renewals.every((r) => r.status === 200), JSON.stringify(renewals));
  // Another app of the same person does not get it.
  const other = await through(new Traveller(), "npm-key", "ida");
  assert.equal((await token(other.tokens.access_token)).body.error, "insufficient_scope");
});

test("whoever signs out at oidc-provider is signed out here (Back-Channel Logout 1.0)", async () => {
  const traveller = new Traveller();
  await through(traveller, "npm", "grace");
  const silent = async () => {
    const { url } = await app("npm", { prompt: "none" });
    return (await traveller.go(url, origins)).callback?.searchParams;
  };
  assert.ok((await silent())?.has("code"), "signed in here");
  let page = await traveller.go(`${npm}/session/end`, origins);
  page = await traveller.fill(page, { logout: "yes" }, origins);
  assert.equal(page.status, 200, page.html);
  for (let tries = 0; tries < 50 && (await silent()).has("code"); tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await silent()).get("error"), "login_required");
});
