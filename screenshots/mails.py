"""The mails that there are pictures of: one of each kind, as somebody of the demo gets it. A new mail is an entry."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from app import create_app
from app.domain.keys_listed_in_mail import MailedKey, pack
from app.domain.rfc3339 import rfc3339
from app.domain.secret import Secret
from app.mail.messages import message
from app.services.outbox import Asker, Letter
from screenshots.demo import NOW, OWNER
from screenshots.server import settings

_ORG = "org_6hSyHn2vZ0qk"
_ASKER = Asker("203.0.113.50", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0")
_SEAL = f"{_ORG}:18204:2:" + "5d0c2f7e91a84b36" * 4
_DELETED = {"name": "Acme Engineering", "org_id": _ORG, "by": "ben@acme.example", "keys": 12, "members": 5}
_INVITATION = {"id": "inv_3kPq", "name": "Acme Engineering", "role": "member", "by": OWNER}


def _key(name: str, what: str, days: float, by: str = "", gains: str = "") -> MailedKey:
    key_id = f"key_{name.replace(' ', '')}"
    return MailedKey(_ORG, key_id, name, "whk_90e4b318…EkBD", what, NOW + timedelta(days=days), by, gains)


_EXPIRE = [
    _key("GitHub Action prod", "expires", 1),
    _key("partner-northwind-staging", "expires", 30),
    _key("Trial of the importer", "expired", -1),
]
_CHANGED = [
    _key("crm-sync-dev", "revoked", -0.01, "ben@acme.example"),
    _key("reports-api", "widened", -0.01, "ben@acme.example", "more scopes"),
]


@dataclass(frozen=True)
class Mail:
    """`about` is what the outbox keeps of it; `lifetime` that of the secret in it."""

    kind: str
    about: str = ""
    to: str = OWNER
    lifetime: timedelta = timedelta(minutes=15)


MAILS = [
    Mail("sign_in_link"),
    Mail("email_code", lifetime=timedelta(minutes=10)),
    Mail("sign_up_code", lifetime=timedelta(days=1)),
    Mail("codes_paused"),
    Mail("new_browser"),
    Mail("address_changed", json.dumps({"was": "ann@acme.test", "becomes": OWNER})),
    Mail("organization_deleted", json.dumps(_DELETED | {"erased_at": rfc3339(NOW + timedelta(days=30))})),
    Mail("key_ends", f"{_ORG} key_reports whk_90e4b318…EkBD"),
    Mail("keys_expire", pack(_EXPIRE, len(_EXPIRE))),
    Mail("keys_changed", pack(_CHANGED, len(_CHANGED))),
    Mail("audit_seal", json.dumps({"name": "Acme Engineering", "entries": 18_204, "seal": _SEAL})),
    Mail("invitation", json.dumps(_INVITATION | {"until": rfc3339(NOW + timedelta(days=7))}), to="fred@acme.example"),
]


def pages() -> Iterator[tuple[Mail, str]]:
    """The HTML of each mail."""
    with TemporaryDirectory(prefix="keydesk-screenshots-") as folder:
        app = create_app(settings(Path(folder)))
        with app.app_context():
            for mail in MAILS:
                ends = NOW + mail.lifetime
                letter = Letter(mail.kind, mail.to, Secret("482901"), ends, _ASKER, NOW, mail.about)
                yield mail, str(message(letter, app.extensions["runtime"].settings).html)
