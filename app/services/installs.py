"""Install ids: deprecated credentials on record, accepted until the end of 2026 (seed page 003)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from app.domain.errors import InstallIdSunset, InvalidKey, NotFound
from app.domain.verification import KeyRecord, Outcome, decide, refusal
from app.services import audit
from app.services.desk import Desk
from app.store import installs
from app.store.installs import Install
from app.store.transaction import transaction

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


def import_ids(desk: Desk, org_id: str, install_ids: Sequence[str]) -> int:
    """Puts them on record; how many were new."""
    with transaction():
        now = desk.clock()
        normal = [normalise(install_id) for install_id in install_ids]
        new = sum(installs.add(install_id, org_id, now) for install_id in normal if install_id)
        if new:
            audit.record(org_id, at=now, action="installs.imported", actor="operator", target=org_id, installs=new)
    return new


def on_record() -> Sequence[tuple[Install, str]]:
    """Each with its organization's name; `last_seen_at` says which still call."""
    return installs.all_with_organization()


def withdraw(desk: Desk, install_id: str) -> None:
    """Refuses it from now on. Raises `NotFound`."""
    with transaction():
        install = installs.get(normalise(install_id) or "")
        if install is None:
            raise NotFound(f"{install_id} is not on record.")
        if install.withdrawn_at is None:
            now = desk.clock()
            install.withdrawn_at = now
            audit.record(install.org_id, at=now, action="install.withdrawn", actor="operator", target=install.id)
