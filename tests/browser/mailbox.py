"""A mail server on loopback that keeps what it gets."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers import free_port


class Mailbox:
    def __init__(self) -> None:
        self.port = free_port()
        self._letters: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 -- aiosmtpd's names
        self._letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def wait_for(self, recipient: str, seconds: float = 10, *, containing: str = "", nth: int = 1) -> EmailMessage:
        """The first such letter, or the `nth`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [it for it in self._letters if it["To"] == recipient and containing in it.as_string()]
            if len(found) >= nth:
                return found[nth - 1]
            time.sleep(0.05)
        raise AssertionError(f"no mail came for {recipient}")


@contextmanager
def receiving() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
