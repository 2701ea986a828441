// standardwebhooks as the receiver of a webhook, as docs/webhooks.md shows it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { Browser } from "./browser.mjs";
import { hooks, issuer, person, web } from "./setting.mjs";

const webhook = new Webhook(hooks.node.secret);

async function signIn() {
  const url = new URL("authorize", `${issuer}/`);
  url.search = new URLSearchParams({
    client_id: web.client_id,
    redirect_uri: web.redirect_uri,
    response_type: "code",
    scope: "openid",
    state: "s",
    code_challenge: createHash("sha256").update(randomBytes(32).toString("base64url")).digest("base64url"),
    code_challenge_method: "S256",
  });
  const { callback } = await new Browser(issuer).signIn(url, person);
  assert.ok(callback?.searchParams.has("code"), `never came back to the app: ${callback}`);
}

test("a sign-in is told and signed", { timeout: 60_000 }, async () => {
  let arrived;
  const message = new Promise((resolve) => (arrived = resolve));
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.writeHead(204).end();
    arrived({ headers: request.headers, body });
  });
  await new Promise((resolve) => server.listen(hooks.node.port, "127.0.0.1", resolve));
  try {
    await signIn();
    const { headers, body } = await message;
    const event = webhook.verify(body, headers);
    assert.equal(event.type, "signed_in");
    assert.ok(event.data.user_id);
    assert.throws(() => webhook.verify(`${body} `, headers));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
