"""The form for a new key, sent, and the key on the page that answers it."""

import re

KEY = re.compile(r"whk_[0-9A-Za-z]{32}")


def keys(actor, tail=""):
    return f"/orgs/{actor.org}/keys{tail}"


def submit(actor, **form):
    values = {"name": "CI", "scopes": ["agent:r"], "expires": "90", "submission_id": "form-0123456789abcdef"} | form
    return actor.http.post(keys(actor, "/new"), data=values)


def revealed(answer):
    found = set(KEY.findall(answer.text))
    assert len(found) == 1
    return found.pop()
