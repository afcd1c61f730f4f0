"""Keys to try things with, and whether they are accepted."""

from app.domain.errors import KeyDisabled, KeyRevoked
from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import key_verification, keys
from app.store.keys import ApiKey


def make(runtime, member, **settings):
    return keys.create(runtime, member, KeySettings(**({"name": "CI", "scopes": ["agent:r"]} | settings)))


def accepts(runtime, issued, *, refusals):
    """Whether the key is accepted. What is refused for another reason than one of `refusals` is an error."""
    try:
        return bool(key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r"))
    except refusals:
        return False


def works(runtime, text):
    """Whether the key with this text is accepted; False if it, or what it belongs to, was revoked or disabled."""
    try:
        return key_verification.require(runtime, text, scope=None) is not None
    except (KeyDisabled, KeyRevoked):
        return False


def count(org_id):
    """How many keys the organization has, whatever their state."""
    return db.session.query(ApiKey).filter_by(org_id=org_id).count()
