"""Authlib as the app and as the resource server, PyJWT's JWKS client as a second judge of every token."""

import json
import os
import secrets
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import rfc8414, rfc9207
from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oidc.discovery import OpenIDProviderMetadata
from browser import Browser

# The issuer of these tests is plain HTTP on loopback; this is Authlib's own switch for that.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

ISSUER = os.environ["ISSUER"]
CLIENTS = json.loads(os.environ["CLIENTS"])
WEB, SPA, SERVICE, PERSON = CLIENTS["web"], CLIENTS["spa"], CLIENTS["service"], CLIENTS["person"]


@pytest.fixture(scope="session")
def metadata():
    response = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=20)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    return response.json()


class App(OpenIDMixin):
    """Authlib's OpenID client without a web framework round it."""

    def __init__(self, metadata, client, scope="openid profile email"):
        self.server_metadata, self.client_id = metadata, client["client_id"]
        self.redirect_uri = client.get("redirect_uri")
        self.session = OAuth2Session(
            client["client_id"],
            client.get("client_secret"),
            scope=scope,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            token_endpoint=metadata["token_endpoint"],
            revocation_endpoint_auth_method="client_secret_basic" if client.get("client_secret") else "none",
        )
        self.browser = Browser(ISSUER)

    def load_server_metadata(self):
        return self.server_metadata

    def _get_session(self):
        return self.session

    def get(self, url, **kwargs):
        return self.session.get(url, **kwargs)

    def begin(self, decision="approve", **extra):
        """Sends the browser through the provider; the address it comes back to, and what the token request needs."""
        self.verifier, self.nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        url, self.state = self.session.create_authorization_url(
            self.server_metadata["authorization_endpoint"], code_verifier=self.verifier, nonce=self.nonce, **extra
        )
        page = self.browser.sign_in(url, PERSON, decision)
        assert page.callback, f"never came back to the app: {page.status}\n{page.html}"
        return page.callback

    def finish(self, callback, **changes):
        return self.session.fetch_token(
            authorization_response=callback, state=self.state, **{"code_verifier": self.verifier, **changes}
        )

    def signed_in(self, **extra):
        token = self.finish(self.begin(**extra))
        return token, self.parse_id_token(token, nonce=self.nonce, leeway=5)

    def introspect(self, token):
        return self.session.introspect_token(self.server_metadata["introspection_endpoint"], token=token).json()


@pytest.fixture
def app(metadata):
    return App(metadata, WEB)


@pytest.fixture
def offline_app(metadata):
    return App(metadata, WEB, scope="openid profile email offline_access")


class Api(JWTBearerTokenValidator):
    """A resource server that knows the issuer and its JWKS and nothing else (RFC 9068 section 4)."""

    def __init__(self, metadata, audience=ISSUER):
        super().__init__(issuer=ISSUER, resource_server=audience)
        self.metadata = metadata

    def get_jwks(self):
        return requests.get(self.metadata["jwks_uri"], timeout=20).json()

    def accepts(self, token):
        claims = self.authenticate_token(token)
        self.validate_token(claims, [], None)
        return claims


def judged_by_pyjwt(metadata, token, audience):
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    required = ["iss", "sub", "aud", "exp", "iat"]
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=ISSUER, options={"require": required})


def query(url):
    return {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


def test_discovery_is_valid_by_the_letter(metadata):
    OpenIDProviderMetadata(metadata).validate()
    rfc8414.AuthorizationServerMetadata(metadata).validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])
    assert metadata["issuer"] == ISSUER
    oauth = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server", timeout=20).json()
    rfc8414.AuthorizationServerMetadata(oauth).validate()
    assert oauth["issuer"] == ISSUER


def test_jwks_holds_public_keys_only(metadata):
    keys = requests.get(metadata["jwks_uri"], timeout=20).json()["keys"]
    assert keys
    for key in keys:
        assert key["kid"] and key["use"] == "sig" and key["alg"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
    assert len(jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_keys()) == len(keys)


def test_code_flow_and_userinfo(app, metadata):
    token, user = app.signed_in()
    assert user["sub"] and user["sid"] and user["auth_time"]
    info = app.userinfo()
    assert (info["sub"], info["email"], info["name"]) == (user["sub"], PERSON["email"], PERSON["name"])
    claims = judged_by_pyjwt(metadata, token["id_token"], WEB["client_id"])
    assert claims["sub"] == user["sub"] and claims["nonce"] == app.nonce
    assert "offline_access" not in token.get("scope", "") and "refresh_token" not in token


def test_access_token_is_a_jwt_by_rfc_9068(app, metadata):
    token, user = app.signed_in()
    access = token["access_token"]
    assert jwt.get_unverified_header(access)["typ"] == "at+jwt"
    claims = judged_by_pyjwt(metadata, access, ISSUER)
    assert claims["sub"] == user["sub"] and claims["client_id"] == WEB["client_id"] and claims["jti"]
    assert set(claims["scope"].split()) == {"openid", "profile", "email"}
    assert Api(metadata).accepts(access)["sub"] == user["sub"]
    with pytest.raises(InvalidTokenError):
        Api(metadata).accepts(token["id_token"])
    with pytest.raises(InvalidTokenError):
        Api(metadata, audience="https://another-api.example.test").accepts(access)


def test_every_answer_names_its_issuer(app):
    assert query(app.begin())["iss"] == ISSUER
    refusal = query(app.begin(decision="deny", prompt="consent"))
    assert (refusal["error"], refusal["iss"], refusal["state"]) == ("access_denied", ISSUER, app.state)


def test_public_client_in_the_browser(metadata):
    token, user = App(metadata, SPA).signed_in()
    assert user["aud"] in (SPA["client_id"], [SPA["client_id"]]) and token["access_token"]


def test_refresh_rotates_and_reuse_ends_the_family(offline_app):
    first, user = offline_app.signed_in(prompt="consent")
    old = first["refresh_token"]
    second = offline_app.session.refresh_token(refresh_token=old)
    third = offline_app.session.refresh_token(refresh_token=second["refresh_token"])
    assert len({old, second["refresh_token"], third["refresh_token"]}) == 3
    assert offline_app.userinfo()["sub"] == user["sub"]
    for dead in (old, third["refresh_token"]):
        with pytest.raises(OAuthError) as refusal:
            offline_app.session.refresh_token(refresh_token=dead)
        assert refusal.value.error == "invalid_grant"
    assert offline_app.introspect(third["access_token"]) == {"active": False}


def test_introspection_and_revocation(offline_app, metadata):
    token, user = offline_app.signed_in(prompt="consent")
    seen = offline_app.introspect(token["access_token"])
    assert seen["active"] is True and seen["sub"] == user["sub"] and seen["client_id"] == WEB["client_id"]
    end = offline_app.session.revoke_token(
        metadata["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token"
    )
    assert end.status_code == 200
    assert offline_app.introspect(token["refresh_token"]) == {"active": False}
    assert offline_app.introspect(token["access_token"]) == {"active": False}
    assert offline_app.session.get(metadata["userinfo_endpoint"]).status_code == 401


def test_logout_ends_the_session(app):
    token, _ = app.signed_in()
    back = WEB.get("post_logout_redirect_uri")
    end = app.create_logout_url(post_logout_redirect_uri=back, id_token_hint=token["id_token"])
    page = app.browser.go(end["url"])
    if page.form_with("logout-confirm"):
        page = app.browser.press(page, "logout-confirm")
    if back:
        assert page.callback == f"{back}?state={end['state']}"
    else:
        assert page.status == 200
    assert query(app.begin(prompt="none"))["error"] == "login_required"


def test_logout_never_redirects_to_a_stranger(app):
    token, _ = app.signed_in()
    end = app.create_logout_url(post_logout_redirect_uri="https://elsewhere.test/", id_token_hint=token["id_token"])
    page = app.browser.go(end["url"])
    if page.form_with("logout-confirm"):
        page = app.browser.press(page, "logout-confirm")
    assert page.callback is None


def test_client_credentials(metadata):
    service = App(metadata, SERVICE, scope=SERVICE.get("scope"))
    token = service.session.fetch_token(grant_type="client_credentials")
    assert "refresh_token" not in token and "id_token" not in token
    claims = judged_by_pyjwt(metadata, token["access_token"], SERVICE.get("audience", ISSUER))
    assert claims["sub"] == claims["client_id"] == SERVICE["client_id"]


def test_wrong_verifier(app):
    with pytest.raises(OAuthError) as refusal:
        app.finish(app.begin(), code_verifier=secrets.token_urlsafe(48))
    assert refusal.value.error == "invalid_grant"


def test_wrong_redirect_uri_at_the_token_endpoint(app):
    callback = app.begin()
    app.session.redirect_uri = "https://elsewhere.test/callback"
    with pytest.raises(OAuthError) as refusal:
        app.finish(callback)
    assert refusal.value.error == "invalid_grant"


def test_wrong_redirect_uri_at_the_authorization_endpoint(app, metadata):
    url, _ = app.session.create_authorization_url(
        metadata["authorization_endpoint"], redirect_uri="https://elsewhere.test/callback", code_verifier="v" * 43
    )
    page = Browser(ISSUER).go(url)
    assert page.callback is None and page.status == 400


def test_wrong_secret(metadata):
    app = App(metadata, {**WEB, "client_secret": "not-the-secret"})
    callback = app.begin()
    with pytest.raises(OAuthError) as refusal:
        app.finish(callback)
    assert refusal.value.error == "invalid_client"
    raw = requests.post(metadata["token_endpoint"], data={"grant_type": "client_credentials"}, auth=("nobody", "x"), timeout=20)
    assert raw.status_code == 401 and raw.headers["WWW-Authenticate"].startswith("Basic")


def test_wrong_state_is_noticed_by_the_app(app):
    callback = app.begin()
    with pytest.raises(Exception, match="state"):
        parse_authorization_code_response(callback, state="another")
