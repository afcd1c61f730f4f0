"""The emails, one function each. Their texts are in templates/email/."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.mime.base import MIMEBase
from typing import cast

from flask import current_app
from flask_mail import Message

from app.config import Settings
from app.domain import email_address, keys_listed_in_mail, name_rules
from app.domain.mail_kinds import CHOSEN
from app.domain.member_roles import Role
from app.domain.secret import Secret
from app.domain.user_agent_name import user_agent_name
from app.services.outbox import Letter

log = logging.getLogger("keydesk")

#: Headers of every mail. RFC 3834 5: nobody should answer it automatically.
HEADERS = {"Auto-Submitted": "auto-generated"}


class TextAndHtml(Message):
    """Sends text and HTML as `multipart/alternative` (RFC 2046 5.1.4). Flask-Mail wraps that in a `multipart/mixed`, as
    if there were attachments, and some programs show one."""

    def _message(self) -> MIMEBase:
        whole = super()._message()
        alternative = cast(list[MIMEBase], whole.get_payload())[0]
        for name, value in whole.items():
            if name not in alternative:
                alternative[name] = value
        alternative.policy = whole.policy
        return alternative


def message(letter: Letter, settings: Settings) -> Message:
    """The email for a letter of the outbox. Call it inside an application context."""
    made = _MAILS[letter.mail](letter, settings)
    made.extra_headers = dict(HEADERS)
    if letter.mail in CHOSEN:
        # RFC 2369 3.2. Without RFC 8058, which would need a secret link: who is signed in switches it off there.
        made.extra_headers["List-Unsubscribe"] = f"<{mails_page(settings)}>"
    return made


def mails_page(settings: Settings) -> str:
    """Where people choose which mails they get."""
    return f"{settings.public_url}/account/mails"


def sign_in_url(token: Secret, settings: Settings) -> str:
    """The link for a token. Built only from PUBLIC_URL, so that the Host header of a request cannot change it."""
    return f"{settings.public_url}/v1/auth/callback?token={token.reveal()}"


def sign_in_link(letter: Letter, settings: Settings) -> Message:
    return _message(letter, link=sign_in_url(letter.token, settings), minutes=settings.link_lifetime // 60)


def email_code(letter: Letter, settings: Settings) -> Message:
    return _message(letter, code=letter.token.reveal(), minutes=settings.email_code_lifetime // 60)


def sign_up_code(letter: Letter, settings: Settings) -> Message:
    return _message(letter, code=letter.token.reveal(), hours=settings.sign_up_code_lifetime // 3600)


def codes_paused(letter: Letter, settings: Settings) -> Message:
    return _message(letter, sign_in_page=f"{settings.public_url}/sign-in")


def new_browser(letter: Letter, settings: Settings) -> Message:
    return _message(letter, account_page=f"{settings.public_url}/sessions")


def address_changed(letter: Letter, settings: Settings) -> Message:  # noqa: ARG001 -- it leads nowhere
    return _message(letter, **json.loads(letter.about))


def organization_deleted(letter: Letter, settings: Settings) -> Message:  # noqa: ARG001 -- it leads nowhere
    about = json.loads(letter.about)
    about["erased_at"] = datetime.fromisoformat(about["erased_at"])
    about["by"] = email_address.without_links(about["by"])
    return _message(letter, **about | {"name": name_rules.without_links(about["name"])})


def key_ends(letter: Letter, settings: Settings) -> Message:
    """Without the key's name: whoever gave it must not be able to put a text into a mail."""
    org_id, key_id, shown = letter.about.split(" ", 2)
    page = f"{settings.public_url}/orgs/{org_id}/keys/{key_id}"
    return _message(letter, key=shown, page=page, mails_page=mails_page(settings))


def keys_expire(letter: Letter, settings: Settings) -> Message:
    return _about_keys(letter, settings)


def keys_changed(letter: Letter, settings: Settings) -> Message:
    return _about_keys(letter, settings)


def audit_seal(letter: Letter, settings: Settings) -> Message:
    about = json.loads(letter.about)
    name = name_rules.without_links(about["name"])
    return _message(letter, **about | {"name": name}, mails_page=mails_page(settings))


def _about_keys(letter: Letter, settings: Settings) -> Message:
    """A mail that lists keys. Names are from members of the keys' organization, and hold no link."""
    keys = keys_listed_in_mail.unpack(letter.about)
    lines = [
        {
            "name": name_rules.without_links(key.name),
            "key": replace(key, by=email_address.without_links(key.by)),
            "page": f"{settings.public_url}/orgs/{key.org_id}/keys/{key.key_id}",
        }
        for key in keys.listed
    ]
    home = f"{settings.public_url}/"
    return _message(letter, keys=keys, lines=lines, home=home, mails_page=mails_page(settings))


def invitation(letter: Letter, settings: Settings) -> Message:
    about = json.loads(letter.about)
    return _message(
        letter,
        by=email_address.without_links(about["by"]) if about["by"] else "The operator of this Keydesk",
        organization=name_rules.without_links(about["name"]),
        role=Role(about["role"]),
        until=datetime.fromisoformat(about["until"]),
        link=f"{settings.public_url}/invitations/{about['id']}",
    )


_MAILS: dict[str, Callable[[Letter, Settings], Message]] = {
    mail.__name__: mail
    for mail in (
        sign_in_link,
        email_code,
        sign_up_code,
        codes_paused,
        new_browser,
        address_changed,
        organization_deleted,
        key_ends,
        keys_expire,
        keys_changed,
        audit_seal,
        invitation,
    )
}


def _message(letter: Letter, **values: object) -> Message:
    values |= {"recipient": letter.recipient, "expires_at": letter.expires_at, "asked_at": letter.asked_at}
    values |= {"address": letter.asker.address, "user_agent": letter.asker.program}
    values["program"] = user_agent_name(letter.asker.program)
    subject = _render(f"email/{letter.mail}.subject.txt", values).strip()
    return TextAndHtml(
        subject=subject,
        recipients=[letter.recipient],
        body=_render(f"email/{letter.mail}.txt", values),
        html=_render(f"email/{letter.mail}.html", values | {"subject": subject}),
    )


def _render(template: str, values: dict[str, object]) -> str:
    # Flask's `render_template` would run the context processors of pages, which need a request.
    return current_app.jinja_env.get_template(template).render(values)


def show_dev_link(link: str) -> None:
    """Writes the link to the log, instead of an email in dev mode."""
    log.info("devLink: %s", link, extra={"event": "dev_mode.link"})
