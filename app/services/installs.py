"""Install ids: deprecated credentials on record, accepted until the end of 2026 (seed page 003)."""

from datetime import UTC, datetime
from uuid import UUID

from app.domain.errors import InstallIdSunset, InvalidKey
from app.domain.verification import KeyRecord, Outcome, decide, refusal
from app.services.desk import Desk
from app.store import installs

#: The last moment at which install ids work.
SUNSET = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


def normalise(install_id: str) -> str | None:
    """A UUID in lower case, or None when it is none."""
    try:
        return str(UUID(install_id)) if len(install_id) == 36 else None
    except ValueError:
        return None


def require(desk: Desk, install_id: str, *, scope: str | None) -> KeyRecord:
    """The install id's record, as any credential's. Raises the `DomainError` that says why not."""
    now = desk.clock()
    if now > SUNSET:
        raise InstallIdSunset
    normal = normalise(install_id)
    record = installs.record_for(normal) if normal else None
    if record is None:
        raise InvalidKey("This install id is not on record. Create an API key instead.")
    outcome = decide(record, scope=scope, policy=desk.settings.policy, now=now)
    if outcome is not Outcome.VALID:
        raise refusal(outcome, record, scope)
    desk.usage.install_seen(record.key_id, now)
    return record
