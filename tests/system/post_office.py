"""A real SMTP server on loopback that keeps what it is given."""

import asyncio
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.servers import free_port


class PostOffice:
    """Mails in the order in which they came, with the recipients that SMTP named."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        #: Set by a test that wants the server to take a mail and never say so.
        self.falls_silent = False
        self.holds_a_mail = Event()
        #: Set by a test that wants the server to take mails and then hang up instead of saying goodbye.
        self.hangs_up = False
        #: Set by a test that wants the server to answer so to every recipient, or to every text, and take no mail.
        self.answers_recipients: str | None = None
        self.answers_texts: str | None = None

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.answers_recipients:
            return self.answers_recipients
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.answers_texts:
            return self.answers_texts
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((list(envelope.rcpt_tos), message))
        if self.falls_silent:
            self.holds_a_mail.set()
            await asyncio.sleep(60)
        return "250 OK"

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.hangs_up:
            server.transport.abort()
        return "221 Bye"

    def mails_to(self, recipient: str, count: int = 1, seconds: float = 30) -> list[EmailMessage]:
        """Waits until there are `count` of them."""
        deadline = time.monotonic() + seconds
        while True:
            found = [message for recipients, message in self.mails if recipient in recipients]
            if len(found) >= count or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        assert len(found) >= count, f"{len(found)} mails to {recipient} instead of {count}"
        return found


@contextmanager
def open_office(
    port: int | None = None, certificate: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[tuple[PostOffice, int]]:
    """An office and its port; with `certificate` (a file with its key) it insists on STARTTLS."""
    office = PostOffice()
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        options = {"tls_context": context, "require_starttls": True}
    port = port or free_port()
    controller = Controller(office, hostname=host, port=port, **options)
    controller.start()
    try:
        yield office, port
    finally:
        controller.stop()


def settings(port: int, **others: str) -> dict[str, str]:
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_USE_TLS": "false"} | others


def self_signed(folder: Path) -> Path:
    """A certificate for localhost and 127.0.0.1, and its key in the same file."""
    file, key = folder / "mail.pem", folder / "mail.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(file)),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    file.write_text(file.read_text() + key.read_text())
    return file
