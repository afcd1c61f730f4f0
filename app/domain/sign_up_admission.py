"""Who may sign up."""

from app.domain import email_address


def admits(sign_up: str | tuple[str, ...], email: str) -> bool:
    """Whether somebody with an address that is not known yet may sign up. `sign_up`: `open`, `invited`, or domains."""
    if isinstance(sign_up, str):
        return sign_up == "open"
    return email_address.domain_of(email) in sign_up
