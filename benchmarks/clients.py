"""A client that does what a person does in a browser."""

import json
import re
import urllib.request
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


class Person:
    """A person who is signed in, in dev mode, with an organization of their own."""

    def __init__(self, address: str) -> None:
        self._address = address
        asked = _json(f"{address}/v1/auth/request", {"email": "bench@example.com"})
        self._cookie = f"whs_session={_session(address, asked['devLink'])}"
        self._org = self._send("/v1/orgs", None)["data"][0]["id"]

    def create_key(self) -> str:
        """Returns the ID of a new key."""
        return str(self._send(f"/v1/orgs/{self._org}/keys", {"name": "to revoke"})["data"]["id"])

    def revoke(self, key: str) -> bool:
        """Whether the key was revoked. False: too many are being revoked, try again."""
        try:
            self._send(f"/v1/orgs/{self._org}/keys/{key}/revoke", {})
        except HTTPError as error:
            if error.code not in {429, 503}:
                raise
            return False
        return True

    def _send(self, path: str, body: dict[str, object] | None) -> Any:
        return _json(f"{self._address}{path}", body, Cookie=self._cookie)


def _json(url: str, body: dict[str, object] | None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"content-type": "application/json", **headers})) as answer:
        return json.load(answer)


def _session(address: str, link: str) -> str:
    """The session cookie that the sign-in link sets before it redirects to the dashboard."""
    path = link.partition("/v1/")[2]
    try:
        urllib.request.build_opener(_Stay).open(f"{address}/v1/{path}")
    except HTTPError as answer:
        found = re.search(r"whs_session=([^;]+)", answer.headers["Set-Cookie"] or "")
        if answer.code == 302 and found:
            return found[1]
    raise RuntimeError("the link did not sign in")
