"""The usage of an organization as pages and the API read it."""

from app.services import usage


def rows(actor, **filters):
    """The number of requests by hour of the day and outcome."""
    page = usage.page(actor.org, limit=100, cursor=None, key_id=filters.get("key_id"))
    return {(row.hour.hour, row.outcome): row.requests for row in page.items}
