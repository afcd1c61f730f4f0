"""Sends emails with Flask-Mail over SMTP.

Flask-Mail does not verify certificates and sets no timeout; `_VerifiedConnection` does both.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.utils import make_msgid, parseaddr
from typing import Any

import flask_mail
from flask import Flask
from flask_mail import Mail

from app.config import Settings
from app.mail.messages import message
from app.services.outbox import DeliveryFailed, Letter

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
        # The server has accepted the email, so an error in QUIT must not count as a failure.
        with suppress(smtplib.SMTPException, OSError):
            super().__exit__(*_)  # type: ignore[arg-type]
        if self.host is not None:
            self.host.close()


def flask_mail_config(settings: Settings) -> dict[str, object]:
    """Flask-Mail's settings, from ours. `RESEND_API_KEY` selects Resend's SMTP server."""
    resend = settings.resend_api_key
    password = resend or settings.mail_password
    port = 465 if resend else settings.mail_port
    return {
        "MAIL_SERVER": "smtp.resend.com" if resend else settings.mail_server,
        "MAIL_PORT": port,
        "MAIL_USERNAME": "resend" if resend else settings.mail_username,
        "MAIL_PASSWORD": password.reveal() if password else None,
        "MAIL_USE_SSL": port == 465,
        "MAIL_USE_TLS": settings.mail_use_tls and port != 465,
        "MAIL_DEFAULT_SENDER": settings.mail_default_sender,
        "MAIL_DEBUG": False,
    }


def deliverer(app: Flask, settings: Settings) -> Callable[[Letter], None]:
    """A function that sends a letter of the outbox. Call it inside an application context."""

    def deliver(letter: Letter) -> None:
        mail = message(letter, settings)
        # By default the name of this machine, which says nothing outside and looks like spam.
        mail.msgId = make_msgid(domain=parseaddr(settings.mail_default_sender)[1].rpartition("@")[2])
        try:
            with _VerifiedConnection(app.extensions["mail"]) as connection:
                connection.send(mail)
        except (smtplib.SMTPException, OSError) as error:
            raise _failure(error) from error

    return deliver


def _failure(error: smtplib.SMTPException | OSError) -> DeliveryFailed:
    """A 5xx for the sender, the recipient or the text is the server's last word about this mail. Errors of connection
    and sign-in are not: an operator can mend them before the mail expires."""
    code: int | None = None
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((code for code, _ in error.recipients.values()), default=None)
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    about_mail = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused | smtplib.SMTPDataError)
    # The class and the code only: SMTP responses quote addresses and text.
    kind = type(error).__name__ if code is None else f"{type(error).__name__} {code}"
    return DeliveryFailed(kind, for_good=about_mail and code is not None and code >= 500)


def try_connection(settings: Settings) -> str | None:
    """Signs in to the mail server without sending anything. None if it works, else the class name of the error."""
    state: Any = Mail().init_mail(flask_mail_config(settings))
    try:
        with _VerifiedConnection(state):
            return None
    except (smtplib.SMTPException, OSError) as error:
        return type(error).__name__
