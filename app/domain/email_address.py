"""Email addresses: normalised once, on the way in."""

import re
import unicodedata

from app.domain.errors import ValidationFailed

MAX_LENGTH = 254
#: For tests and private networks. email-validator refuses them; its switch for that holds for the whole process.
_RESERVED = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
_PLAIN = re.compile(r"[a-z0-9._+-]+")


def normalise(address: str) -> str:
    """The one form in which an address is stored and compared, in ASCII; normalising it again changes nothing.

    Unicode is folded first (NFKC turns a full-width ＠ into @) and validated afterwards. The result is in lower case;
    +tags are kept; an internationalized domain becomes its `xn--` form (IDNA 2008). Raises `ValidationFailed` naming
    the field `email`.
    """
    # The length as sent, with spaces around it: the API description promises this bound.
    if len(address) > MAX_LENGTH:
        raise _too_long()
    local, at, domain = unicodedata.normalize("NFKC", address).strip(" ").partition("@")
    if not at or "@" in domain:
        raise _invalid("enter one address, like you@example.com")
    # Each part by itself, so that the error says which one is wrong.
    if _ascii_form(f"{local}@example.com") is None:
        raise _invalid("the part before the @ must have 1 to 64 characters: letters a-z, digits and . _ + -")
    normal = f"{local.lower()}@{_ascii_domain(domain)}"
    if len(normal) > MAX_LENGTH:
        raise _too_long()
    return normal


def masked(address: str) -> str:
    """Enough for people to recognize their own address: `a•••@example.com`."""
    local, _, domain = address.partition("@")
    return f"{local[0]}•••@{domain}"


def without_links(address: str) -> str:
    """The address as mails to others show it: masked if its part before the @ has signs with which programs take it for
    a link (`evil.example/login@example.com` is an address, RFC 5322 3.2.3)."""
    return address if "@" not in address or _PLAIN.fullmatch(address.partition("@")[0]) else masked(address)


def mailbox(address: str) -> str:
    """The address without its +tag: mail to either reaches the same person (RFC 5233). Only for counting mails; whether
    two such addresses are one person is not known."""
    local, _, domain = address.rpartition("@")
    # One that begins with + has no other name than its tag.
    return f"{local.partition('+')[0] or local}@{domain}"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _ascii_domain(domain: str) -> str:
    if domain.lower() == "localhost":
        return "localhost"
    # Its letters are left alone: `lower` would make another domain of one that ends in a capital sigma.
    rest, dot, last = domain.replace("\u3002", ".").rpartition(".")
    reserved = last.lower() if last.lower() in _RESERVED else ""
    form = _ascii_form(f"a@{rest}{dot}{'com' if reserved else last}")
    if form is None:
        raise _invalid("the part after the @ must be a domain, like example.com")
    ascii_domain = domain_of(form)
    return ascii_domain.removesuffix("com") + reserved if reserved else ascii_domain


def _ascii_form(address: str) -> str | None:
    """None if it is not an address."""
    # Loading it takes 20 ms, and a command without an address starts without it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        return validate_email(address, allow_smtputf8=False, strict=True, check_deliverability=False).ascii_email
    except EmailNotValidError:
        return None


def _too_long() -> ValidationFailed:
    return _invalid(f"must have at most {MAX_LENGTH} characters")


def _invalid(problem: str) -> ValidationFailed:
    return ValidationFailed({"email": problem})
