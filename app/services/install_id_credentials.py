"""Install IDs: deprecated credentials. Those in the database are accepted until the end of 2026."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.errors import NotFound
from app.services import audit
from app.services.operator_organizations import ACTOR
from app.services.revocation_barrier import revoking
from app.services.runtime import Runtime
from app.store import install_id_credentials as store
from app.store.install_id_credentials import InstallId
from app.store.transaction import transaction


def normalise(install_id: str) -> str | None:
    """The UUID in lower case, or None if `install_id` is not a UUID."""
    try:
        return str(UUID(install_id)) if len(install_id) == 36 else None
    except ValueError:
        return None


def import_ids(runtime: Runtime, org_id: str, install_ids: Sequence[str]) -> int:
    """Adds install IDs to the database, and returns how many were new. What is not a UUID is left out."""
    with transaction():
        now = runtime.clock()
        normal = [normalise(install_id) for install_id in install_ids]
        new = sum(store.add(install_id, org_id, now) for install_id in normal if install_id)
        if new:
            audit.install_ids_imported(org_id, at=now, actor=ACTOR, count=new)
    return new


def on_record() -> Sequence[tuple[InstallId, str]]:
    """All install IDs, each with the name of its organization; `last_seen_at` says which are still used."""
    return store.all_with_organization()


def withdraw(runtime: Runtime, install_id: str) -> None:
    """Ends an install ID: it is refused from now on. Raises `NotFound`."""
    with revoking(runtime) as revocation:
        install = store.get(normalise(install_id) or "")
        if install is None:
            raise NotFound(f"There is no install ID {install_id}. See: installs list")
        if install.withdrawn_at is not None:
            revocation.nothing_changed()
            return
        now = runtime.clock()
        install.withdrawn_at = now
        audit.install_id_withdrawn(install.org_id, at=now, actor=ACTOR, install_id=install.id)
        revocation.affects(install.org_id)
