"""Keys to try things with, and whether they are accepted."""

from app.domain.key_settings import KeySettings
from app.services import key_verification, keys
from app.store import keys as key_store


def make(runtime, member, **settings):
    return keys.create(runtime, member, KeySettings(**({"name": "CI", "scopes": ["agent:r"]} | settings)))


def accepts(runtime, issued, *, refusals):
    """Whether the key is accepted. What is refused for another reason than one of `refusals` is an error."""
    try:
        return bool(key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r"))
    except refusals:
        return False


def count(org_id):
    """How many keys the organization has, whatever their state."""
    return len(key_store.page(org_id, limit=100, cursor=None).items)
