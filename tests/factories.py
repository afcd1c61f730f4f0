"""What tests make again and again."""

from datetime import datetime, timedelta

from app.services.runtime import Runtime


def in_days(runtime: Runtime, days: int) -> datetime:
    """So many days from now, by the clock of the test."""
    return runtime.clock() + timedelta(days=days)
