"""What the fuzzing knows of the API beside its document: names of things that are there, and which operations were taken.

A random id is the id of nothing, so that most operations would only ever say 404. Two of three requests are therefore given
ids of things that are there; what is not there is made over the API. The program `run` reads from the report which
operations were never taken.
"""

import atexit
import itertools
import json
import os
import pathlib
import random
import urllib.error
import urllib.request

import schemathesis

BASE = os.environ["FUZZ_BASE"]
TOKEN = os.environ["FUZZ_TOKEN"]
REPORT = os.environ["FUZZ_REPORT"]

fresh = itertools.count(1)
draw = random.Random(20261122)
taken = set()
refused = {}
last_reference = "nothing"


def ask(method, path, body=None):
    """The answer's JSON; None where there is none. A body of bytes is an image."""
    kind = "image/png" if isinstance(body, bytes) else "application/json"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as refusal:
        refused[f"{method} {path.split('/')[1]}"] = refusal.read().decode(errors="replace")[:300]
        return None


def made(path, body, key):
    answer = ask("POST", path, body)
    return answer[key] if answer else "nothing"


def name():
    return f"there-{next(fresh)}"


def secret(chosen):
    """The newest secret of the client that was chosen; one more where two fit."""
    path = f"/clients/{chosen.get('client_id')}"
    ask("POST", f"{path}/secrets", {"overlap_seconds": 60})
    secrets = (ask("GET", path) or {}).get("secrets") or [{"id": "nothing"}]
    return draw.choice(secrets)["id"]


def key(_):
    keys = (ask("GET", "/keys") or {}).get("keys") or [{"kid": "nothing"}]
    return draw.choice(keys)["kid"]


# Path parameter: how a thing is made or found. In the order in which they are asked, a later one may look at an earlier.
MAKERS = {
    "attribute": lambda _: made(
        "/attributes", {"name": f"there_{next(fresh)}", "title": "There", "kind": "text"}, "name"
    ),
    "client_id": lambda _: made(
        "/clients", {"profile": "web", "name": "There", "redirect_uris": ["https://app.example.com/cb"]}, "client_id"
    ),
    "secret_id": secret,
    "group": lambda _: made("/groups", {"name": name(), "description": "There"}, "name"),
    "role": lambda _: made("/roles", {"name": name(), "permissions": ["admin:users:read"]}, "name"),
    "scope": lambda _: made("/scopes", {"name": name(), "description": "Be there"}, "name"),
    "audience": lambda _: made("/resources", {"audience": name(), "name": "There"}, "audience"),
    "provider_id": lambda _: made(
        "/providers",
        {"id": name(), "name": "There", "preset": "oidc", "issuer": "https://login.invalid", "client_id": "us"},
        "id",
    ),
    "user_id": lambda _: made("/users", {"email": f"{name()}@example.com"}, "id"),
    "webhook": lambda _: made(
        "/webhooks", {"name": name(), "url": "https://crm.invalid/hooks", "events": ["try_run_started"]}, "name"
    ),
    "kid": key,
    "correlation_id": lambda _: last_reference,
}

# What a document is called in its body: where it is replaced, the name must stay.
NAMES = {
    "attribute": "name",
    "client_id": "client_id",
    "group": "name",
    "role": "name",
    "scope": "name",
    "audience": "audience",
    "provider_id": "id",
    "webhook": "name",
}

# Where a new thing is made, twice the same name would be refused.
FRESH = {
    "attribute_create": ("name", lambda: f"new_{next(fresh)}"),
    "group_create": ("name", name),
    "role_create": ("name", name),
    "scope_create": ("name", name),
    "resource_create": ("audience", name),
    "provider_create": ("id", name),
    "webhook_create": ("name", name),
    "user_create": ("email", lambda: f"{name()}@example.com"),
}

# Documents of which nothing that is drawn by chance is ever good as a whole.
WHOLE = {
    "client_replace": lambda: {"profile": "web", "name": "Again", "redirect_uris": ["https://app.example.com/cb"]},
    "user_replace": lambda: {"email": f"{name()}@example.com", "name": "Again"},
}

IMAGE = (pathlib.Path(__file__).parent.parent / "images" / "logo.png").read_bytes()


def id_of(case):
    return case.operation.definition.raw.get("operationId", "")


@schemathesis.hook
def before_call(ctx, case, **kwargs):
    wanted = [name for name in MAKERS if name in (case.path_parameters or {})]
    which = id_of(case)
    if which.startswith("attribute_") and isinstance(case.body, dict) and case.body.get("required") is True:
        # Nobody could be made any more without it.
        case.body = {**case.body, "required": False}
    if draw.random() < 1 / 3:
        return
    if which == "client_logo_set":
        case.body, case.media_type = IMAGE, "image/png"
    chosen = {}
    for parameter in wanted:
        chosen[parameter] = MAKERS[parameter](chosen)
    if chosen:
        case.path_parameters = {**case.path_parameters, **chosen}
        if which in ("client_logo", "client_logo_remove"):
            ask("PUT", f"/clients/{chosen['client_id']}/logo", IMAGE)
        if which == "user_require_password_change":
            ask("PUT", f"/users/{chosen['user_id']}/password", {"password": "a horse with two saddles"})
        # A made-up version is never the one that is.
        if case.headers:
            case.headers.pop("If-Match", None)
    if which in WHOLE and draw.random() < 1 / 2:
        case.body = WHOLE[which]()
    if not isinstance(case.body, dict):
        return
    if which in FRESH:
        member, make = FRESH[which]
        if member in case.body:
            case.body = {**case.body, member: make()}
    elif which.endswith("_replace") and len(chosen) == 1:
        (parameter, value), = chosen.items()
        if parameter in NAMES:
            case.body = {**case.body, NAMES[parameter]: value}


@schemathesis.hook
def after_call(ctx, case, response):
    global last_reference
    reference = response.headers.get("x-correlation-id")
    if reference:
        last_reference = reference[0] if isinstance(reference, list) else reference
    if 200 <= response.status_code < 300:
        taken.add(id_of(case))


@atexit.register
def report():
    with open(REPORT, "w") as file:
        json.dump({"taken": sorted(taken), "refused": refused}, file)
