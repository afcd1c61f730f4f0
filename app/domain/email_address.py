"""Email addresses: normalised once, on the way in."""

import re
import unicodedata

from app.domain.errors import ValidationFailed

MAX_LENGTH = 254
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def normalise(address: str) -> str:
    """The one form in which an address is stored and compared; normalising it again changes nothing.

    Unicode is folded first (NFKC turns a full-width ＠ into @) and validated afterwards. The result is in lower case;
    +tags are kept. Raises `ValidationFailed` naming the field `email`.
    """
    # The length as sent, with spaces around it: the API description promises this bound.
    if len(address) > MAX_LENGTH:
        raise _too_long()
    folded = unicodedata.normalize("NFKC", address).strip(" ").lower()
    local, at, domain = folded.partition("@")
    if not at or "@" in domain:
        raise _invalid("enter one address, like you@example.com")
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        raise _invalid("the part before the @ must have 1 to 64 characters: letters a-z, digits and . _ + -")
    domain = _ascii_domain(domain)
    labels = domain.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or (len(labels) < 2 and domain != "localhost"):
        raise _invalid("the part after the @ must be a domain, like example.com")
    normal = f"{local}@{domain}"
    if len(normal) > MAX_LENGTH:
        raise _too_long()
    return normal


def masked(address: str) -> str:
    """Enough for people to recognize their own address: `a•••@example.com`."""
    local, _, domain = address.partition("@")
    return f"{local[0]}•••@{domain}"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _invalid("the part after the @ must be a domain, like example.com") from None


def _too_long() -> ValidationFailed:
    return _invalid(f"must have at most {MAX_LENGTH} characters")


def _invalid(problem: str) -> ValidationFailed:
    return ValidationFailed({"email": problem})
