"""Who may sign up."""

from app.domain import email_address


def admits(sign_up: str | tuple[str, ...], email: str, *, is_invited: bool = False) -> bool:
    """Whether somebody with an address that is not known yet may sign up. `sign_up`: `open`, `invited`, or domains.
    `is_invited`: the address has an open invitation, which does not get round the domains."""
    if isinstance(sign_up, str):
        return sign_up == "open" or is_invited
    return email_address.domain_of(email) in sign_up
