"""The mails: one small function each, and how they are sent.

Flask-Mail verifies no certificate and sets no timeout by itself; `_VerifiedConnection` does both.
"""

import smtplib
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import flask_mail
from flask import Flask, current_app
from flask_mail import Mail, Message

from app.config import Settings
from app.domain.times import rfc3339
from app.services.outbox import Letter

SMTP_TIMEOUT_SECONDS = 10


class _VerifiedConnection(flask_mail.Connection):
    def configure_host(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        mail = self.mail
        if mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(mail.server, mail.port, timeout=SMTP_TIMEOUT_SECONDS, context=context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=SMTP_TIMEOUT_SECONDS)
        try:
            if mail.use_tls:
                host.starttls(context=context)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, *_: object) -> None:
        # A mail that was taken must not count as failed because the goodbye did.
        with suppress(smtplib.SMTPException, OSError):
            super().__exit__(*_)  # type: ignore[arg-type]
        if self.host is not None:
            self.host.close()


def configure(settings: Settings) -> dict[str, object]:
    """Flask-Mail's settings from ours. `RESEND_API_KEY` means Resend's SMTP."""
    resend = settings.resend_api_key
    port = 465 if resend else settings.mail_port
    return {
        "MAIL_SERVER": "smtp.resend.com" if resend else settings.mail_server,
        "MAIL_PORT": port,
        "MAIL_USERNAME": "resend" if resend else settings.mail_username,
        "MAIL_PASSWORD": resend or settings.mail_password,
        "MAIL_USE_SSL": port == 465,
        "MAIL_USE_TLS": settings.mail_use_tls and port != 465,
        "MAIL_DEFAULT_SENDER": settings.mail_default_sender,
        "MAIL_DEBUG": False,
    }


def deliverer(app: Flask, settings: Settings) -> Callable[[Letter], None]:
    """What sends a letter. Call it inside an application context."""

    def deliver(letter: Letter) -> None:
        message = _MAILS[letter.mail](letter, settings)
        with _VerifiedConnection(app.extensions["mail"]) as connection:
            connection.send(message)

    return deliver


def try_connection(settings: Settings) -> str | None:
    """Whether the mail server takes our sign-in: None, or the kind of failure. Sends nothing."""
    state: Any = Mail().init_mail(configure(settings))
    try:
        with _VerifiedConnection(state):
            return None
    except (smtplib.SMTPException, OSError) as error:
        return type(error).__name__


def sign_in_url(token: str, settings: Settings) -> str:
    """Built from PUBLIC_URL alone: a request's Host never reaches a mail."""
    return f"{settings.public_url}/v1/auth/callback?token={token}"


def sign_in_link(letter: Letter, settings: Settings) -> Message:
    return _message(letter, link=sign_in_url(letter.token, settings), minutes=settings.link_lifetime // 60)


def email_code(letter: Letter, settings: Settings) -> Message:
    return _message(letter, code=letter.token, minutes=settings.email_code_lifetime // 60)


def sign_up_code(letter: Letter, settings: Settings) -> Message:
    return _message(letter, code=letter.token, hours=settings.sign_up_code_lifetime // 3600)


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
