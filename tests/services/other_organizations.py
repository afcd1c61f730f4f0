"""Organizations that somebody makes beside their first one."""

from app.services import new_organization

CLIENT = "203.0.113.1"


def create(runtime, actor, name="Second"):
    return new_organization.create(runtime, actor.person_id, actor.email, name, client=CLIENT)
