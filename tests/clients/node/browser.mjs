// A browser small enough to read: it follows redirects inside the provider, keeps cookies, fills in forms by the fixed
// ids of the pages, and stops when the provider sends it to the app. It runs no JavaScript, as the pages promise that none is needed.
import assert from "node:assert/strict";

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text) {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name) => {
    if (/^#x/i.test(name)) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(parseInt(name.slice(1), 10));
    return ENTITIES[name.toLowerCase()] ?? whole;
  });
}

function attributes(tag) {
  const found = {};
  const body = tag.replace(/^<\w+/, "").replace(/\/?>$/, "");
  for (const [, name, double, single, bare] of body.matchAll(/([^\s=\/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)) {
    found[name.toLowerCase()] = unescape(double ?? single ?? bare ?? "");
  }
  return found;
}

/** Every form of a page with its action, its fields as they stand, and its controls by id. */
export function forms(html) {
  return [...html.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/gi)].map(([, head, body]) => {
    const { action = "", method = "get", id } = attributes(head);
    const controls = [...body.matchAll(/<(?:input|button|select|textarea)\b[^>]*>/gi)].map(([tag]) => ({
      tag: /^<(\w+)/.exec(tag)[1].toLowerCase(),
      ...attributes(tag),
    }));
    const isButton = (c) => c.tag === "button" || ["submit", "image", "button", "reset"].includes(c.type);
    const isUnticked = (c) => ["checkbox", "radio"].includes(c.type) && c.checked === undefined;
    const fields = controls.filter((c) => c.name && !isButton(c) && !isUnticked(c)).map((c) => [c.name, c.value ?? ""]);
    return { id, action, method: method.toLowerCase(), fields, controls };
  });
}

export class Browser {
  #cookies = new Map();

  /** @param {string} issuer pages of this origin are ours; everything else is the app. */
  constructor(issuer) {
    this.origin = new URL(issuer).origin;
  }

  #cookieHeader(url) {
    const path = new URL(url).pathname;
    const fits = (at) => path === at || path.startsWith(at.endsWith("/") ? at : `${at}/`);
    return [...this.#cookies.values()].filter((c) => fits(c.path)).map((c) => `${c.name}=${c.value}`).join("; ");
  }

  #keep(response) {
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...rest] = line.split(";").map((s) => s.trim());
      const name = pair.slice(0, pair.indexOf("="));
      const value = pair.slice(name.length + 1);
      const flags = Object.fromEntries(rest.map((f) => f.split("=")).map(([k, v]) => [k.toLowerCase(), v ?? true]));
      const path = flags.path ?? "/";
      const over = flags["max-age"] !== undefined ? Number(flags["max-age"]) <= 0 : new Date(flags.expires ?? 8e15) < new Date();
      if (over) this.#cookies.delete(`${name} ${path}`);
      else this.#cookies.set(`${name} ${path}`, { name, value, path });
    }
  }

  /** Goes to a URL and follows redirects inside the provider. Answers {url, status, html}, or {callback} once the app is named. */
  async go(url, { method = "GET", body } = {}) {
    for (let hops = 0; hops < 20; hops += 1) {
      const headers = { cookie: this.#cookieHeader(url), accept: "text/html,application/xhtml+xml" };
      if (method === "POST") Object.assign(headers, { origin: this.origin, "sec-fetch-site": "same-origin" });
      const response = await fetch(url, { method, body, headers, redirect: "manual" });
      this.#keep(response);
      const to = response.headers.get("location");
      if (!to || response.status < 300 || response.status > 399) {
        return { url: String(url), status: response.status, html: await response.text(), headers: response.headers };
      }
      await response.arrayBuffer();
      const next = new URL(to, url);
      if (next.origin !== this.origin) return { callback: next };
      assert.ok(method === "GET" || response.status === 303 || response.status === 302, `a form answered with ${response.status}`);
      [url, method, body] = [next, "GET", undefined];
    }
    throw new Error(`more than 20 redirects, the last to ${url}`);
  }

  /** Presses the control with this id, after filling in `values`. */
  async press(page, id, values = {}) {
    const form = forms(page.html).find((f) => f.controls.some((c) => c.id === id));
    assert.ok(form, `no control #${id} at ${page.url} (${page.status}):\n${page.html}`);
    const fields = new URLSearchParams(form.fields.filter(([name]) => !(name in values)));
    for (const [name, value] of Object.entries(values)) fields.append(name, value);
    const button = form.controls.find((c) => c.id === id);
    if (button.name) fields.append(button.name, button.value ?? "");
    const action = new URL(button.formaction || form.action || page.url, page.url);
    assert.equal(form.method, "post", "a form that changes something is a POST");
    return this.go(action, { method: "POST", body: fields });
  }

  /** Signs in and consents as far as asked; answers what came after: the app's callback, or a page. */
  async signIn(url, person, { decision = "approve" } = {}) {
    let page = await this.go(url);
    for (let steps = 0; steps < 5 && !page.callback; steps += 1) {
      const has = (id) => forms(page.html).some((f) => f.controls.some((c) => c.id === id));
      if (has("password")) page = await this.press(page, "submit", { login: person.email, password: person.password });
      else if (has("approve")) page = await this.press(page, decision);
      else break;
    }
    return page;
  }
}
