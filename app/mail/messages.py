"""The mails: one small function each. Their texts are in templates/email/."""

import sys
from collections.abc import Callable

from flask import current_app
from flask_mail import Message

from app.config import Settings
from app.domain.rfc3339 import rfc3339
from app.domain.secret import Secret
from app.services.outbox import Letter


def message(letter: Letter, settings: Settings) -> Message:
    """The mail that a letter of the outbox asks for. Call it inside an application context."""
    return _MAILS[letter.mail](letter, settings)


def sign_in_url(token: Secret, settings: Settings) -> str:
    """Built from PUBLIC_URL alone: a request's Host never reaches a mail."""
    return f"{settings.public_url}/v1/auth/callback?token={token.reveal()}"


def sign_in_link(letter: Letter, settings: Settings) -> Message:
    return _message(letter, link=sign_in_url(letter.token, settings), minutes=settings.link_lifetime // 60)


def email_code(letter: Letter, settings: Settings) -> Message:
    return _message(letter, code=letter.token.reveal(), minutes=settings.email_code_lifetime // 60)


def sign_up_code(letter: Letter, settings: Settings) -> Message:
    return _message(letter, code=letter.token.reveal(), hours=settings.sign_up_code_lifetime // 3600)


def codes_paused(letter: Letter, settings: Settings) -> Message:
    return _message(letter, sign_in_page=f"{settings.public_url}/sign-in")


_MAILS: dict[str, Callable[[Letter, Settings], Message]] = {
    mail.__name__: mail for mail in (sign_in_link, email_code, sign_up_code, codes_paused)
}


def _message(letter: Letter, **values: object) -> Message:
    values |= {"recipient": letter.recipient, "expires_at": rfc3339(letter.expires_at)}
    return Message(
        subject=_render(f"email/{letter.mail}.subject.txt", values).strip(),
        recipients=[letter.recipient],
        body=_render(f"email/{letter.mail}.txt", values),
        html=_render(f"email/{letter.mail}.html", values),
        extra_headers={"Auto-Submitted": "auto-generated"},
    )


def _render(template: str, values: dict[str, object]) -> str:
    # Not Flask's `render_template`: it adds what pages need, and a mail has no request to take that from.
    return current_app.jinja_env.get_template(template).render(values)


def show_dev_link(link: str) -> None:
    """Dev mode's mail: the link on one line of stderr."""
    sys.stderr.write(f"devLink: {link}\n")
    sys.stderr.flush()
