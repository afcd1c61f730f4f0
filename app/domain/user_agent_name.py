"""The name of a program by its User-Agent, for mails that say who asked for them."""

import re

_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z-]{0,29}", re.ASCII)


def user_agent_name(user_agent: str) -> str:
    """The name that a program gives itself (`curl`), if it is a plain word: whoever asks for a mail to somebody else
    must not be able to put a text or a link into it."""
    name, separator, _ = user_agent.partition("/")
    return name if separator and _PLAIN_WORD.fullmatch(name) and name != "Mozilla" else "an unknown program"
