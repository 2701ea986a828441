"""A browser small enough to read: follows redirects inside the provider, keeps cookies, fills in forms by the fixed ids
of the pages, and stops when the provider sends it to the app. It runs no JavaScript."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


class Forms(HTMLParser):
    """Every form of a page: where it goes, its fields as they stand, its controls."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.open = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.open = True
            self.found.append({"action": attrs.get("action", ""), "method": attrs.get("method", "get"), "controls": []})
        elif self.open and tag in ("input", "button", "select", "textarea"):
            self.found[-1]["controls"].append({"tag": tag, **attrs})

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = False


def is_button(control):
    return control["tag"] == "button" or control.get("type") in ("submit", "image", "button", "reset")


class Page:
    def __init__(self, response=None, callback=None):
        self.callback = callback
        self.url = response.url if response is not None else None
        self.status = response.status_code if response is not None else None
        self.html = response.text if response is not None else ""
        self.forms = Forms(self.html).found

    def form_with(self, control_id):
        return next((f for f in self.forms if any(c.get("id") == control_id for c in f["controls"])), None)


class Browser:
    def __init__(self, issuer):
        parts = urlsplit(issuer)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.session = requests.Session()
        self.session.trust_env = False

    def go(self, url, data=None):
        for _ in range(20):
            headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} if data is not None else {}
            response = self.session.request(
                "GET" if data is None else "POST", url, data=data, headers=headers, allow_redirects=False, timeout=20
            )
            if not response.is_redirect:
                return Page(response)
            url, data = urljoin(url, response.headers["Location"]), None
            parts = urlsplit(url)
            if f"{parts.scheme}://{parts.netloc}" != self.origin:
                return Page(callback=url)
        raise AssertionError(f"more than 20 redirects, the last to {url}")

    def press(self, page, control_id, **values):
        form = page.form_with(control_id)
        assert form, f"no control #{control_id} at {page.url} ({page.status}):\n{page.html}"
        button = next(c for c in form["controls"] if c.get("id") == control_id)
        fields = [
            (c["name"], c.get("value") or "")
            for c in form["controls"]
            if c.get("name") and not is_button(c) and c["name"] not in values
        ]
        fields += list(values.items())
        if button.get("name"):
            fields.append((button["name"], button.get("value") or ""))
        return self.go(urljoin(page.url, button.get("formaction") or form["action"] or page.url), data=fields)

    def sign_in(self, url, person, decision="approve"):
        page = self.go(url)
        for _ in range(5):
            if page.callback:
                break
            if page.form_with("password"):
                page = self.press(page, "submit", login=person["email"], password=person["password"])
            elif page.form_with("approve"):
                page = self.press(page, decision)
            else:
                break
        return page
