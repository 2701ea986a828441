// An OpenID Connect issuer that we did not write, for people to sign in through: oidc-provider with its own pages for
// development, which take any name and any password. And somebody who goes back and forth between two issuers.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

import { Browser, forms } from "./browser.mjs";

const jwk = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), use: "sig", ...more });

/** Seconds for which the tokens of this client count; Vouchsafe renews what ends within a minute. */
const lives = (client) => (client.clientId === "vouchsafe-key" ? 61 : 600);

/** Starts it; `people` are the claims by the name that is typed in. Answers how to stop it, and what it was asked. */
export async function start({ port, clients, people }) {
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients,
    jwks: {
      keys: [
        jwk("rsa", { modulusLength: 2048 }, { kid: "rsa-1", alg: "RS256" }),
        jwk("ec", { namedCurve: "P-256" }, { kid: "ec-1", alg: "ES256" }),
      ],
    },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "given_name", "family_name", "locale"] },
    // As it comes: claims are at userinfo, the ID token holds the subject alone.
    conformIdTokenClaims: true,
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
    cookies: { keys: ["a key of this test alone"] },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "PS256"] },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    // It asks its clients itself, on this machine.
    fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    ttl: { AccessToken: (_, __, client) => lives(client), AuthorizationCode: 60, IdToken: 600, Interaction: 600, Grant: 600, Session: 600 },
  });
  const asked = [];
  provider.use(async (context, next) => {
    await next();
    const body = context.oidc?.body ?? {};
    asked.push({ path: context.path, query: context.query, status: context.status, grant: body.grant_type });
  });
  const server = await new Promise((resolve) => {
    const listening = provider.listen(port, "127.0.0.1", () => resolve(listening));
  });
  const stop = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  return { asked, stop };
}

/** A person with one browser, who is sent from origin to origin. */
export class Traveller {
  #at = new Map();

  #browser(url) {
    const { origin } = new URL(url);
    if (!this.#at.has(origin)) this.#at.set(origin, new Browser(origin));
    return this.#at.get(origin);
  }

  /** Goes to a URL and wherever that leads, until there is a page, or an address of none of these origins. */
  async go(url, origins) {
    return this.#on(await this.#browser(url).go(url), origins);
  }

  async press(page, id, values, origins) {
    return this.#on(await this.#browser(page.url).press(page, id, values), origins);
  }

  /** Fills in and sends the first form of a page of somebody else's, whose controls have no ids. */
  async fill(page, values, origins) {
    const [form] = forms(page.html);
    const fields = new URLSearchParams(form.fields.filter(([name]) => !(name in values)));
    for (const [name, value] of Object.entries(values)) fields.append(name, value);
    const action = new URL(form.action, page.url);
    return this.#on(await this.#browser(page.url).go(action, { method: "POST", body: fields }), origins);
  }

  async #on(page, origins) {
    for (let hops = 0; page.callback && origins.includes(page.callback.origin); hops += 1) {
      if (hops > 10) throw new Error(`sent back and forth, the last time to ${page.callback}`);
      page = await this.#browser(page.callback).go(page.callback);
    }
    return page;
  }
}
