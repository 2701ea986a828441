// What ../run hands over: the issuer, and the clients and the person it has registered there.
import assert from "node:assert/strict";

const given = JSON.parse(process.env.CLIENTS ?? "null");
assert.ok(process.env.ISSUER && given, "start this through tests/clients/run: ISSUER and CLIENTS are not set");

export const issuer = process.env.ISSUER;
/** {web, web_post, spa, native, service, calendar: {client_id, client_secret, redirect_uri}, person: {email, password, name},
    hooks: {node: {port, secret}}, upstream: {npm: {port, secret, jwk}, hub: {issuer, person}}} */
export const { web, web_post: webPost, spa, native, service, calendar, person, hooks, upstream } = given;

/** Header and claims of a JWT, unchecked: the libraries do the checking, the tests look at the rest. */
export function look(token) {
  const [header, claims] = token.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { header, claims };
}
