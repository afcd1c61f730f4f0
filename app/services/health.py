"""Whether what we stand on is there."""

from app.store import probe


def database_answers() -> None:
    """Raises what the database raises when it does not."""
    probe.ping()
