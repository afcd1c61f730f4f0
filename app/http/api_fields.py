"""What fields of requests and answers hold, said once for the API description.

These types describe; what a value must be is judged by `app.domain`, so that page, JSON and command line say the same.
"""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from app.domain import email_address, key_rate_limit, key_settings, names
from app.http.body import Moment


def field(description: str, example: Any = None, **more: Any) -> Any:
    """A field's description, an example, and more words of JSON Schema."""
    examples = None if example is None else [example]
    return Field(description=description, examples=examples, json_schema_extra=more or None)


Time = Annotated[str, field("RFC 3339, UTC, whole seconds.", "2026-04-16T12:15:00Z", format="date-time")]
Ending = Annotated[
    str | None, field("When it ends; null: never. RFC 3339, UTC.", "2027-04-16T12:00:00Z", format="date-time")
]

Email = Annotated[
    str,
    field(
        "An email address; case does not matter.", "you@example.com", format="email", maxLength=email_address.MAX_LENGTH
    ),
]
Code = Annotated[str, field("The six digits of the mail.", "482901")]

OrgId = Annotated[str, field("An organization's id.", "org_3nVbQkZx8RtYwLpMcJdF5s")]
OrgName = Annotated[str, field("An organization's name.", "alice’s organization")]
KeyId = Annotated[str, field("A key's id. It is no secret.", "key_6HfTzWqNb2XvKs9RmLcP4d")]
KeyName = Annotated[
    str,
    field("What the key is for, on one line.", "GitHub Action prod", minLength=1, maxLength=names.MAX_LENGTH),
]
#: The catalogue is the operator's, so the document fills this schema from the policy in force.
Scope = Annotated[str, WithJsonSchema({"$ref": "#/components/schemas/Scope"})]
#: What a key has; one that left the catalogue still stands there, and opens nothing.
Scopes = Annotated[list[str], field("What the key may do.", ["cache:invalidate"])]

Networks = Annotated[
    list[str], field("Where the key may be used from, CIDR; empty: from anywhere.", ["203.0.113.0/24", "2001:db8::/32"])
]
Address = Annotated[str, field("An IPv4 or IPv6 address.", "203.0.113.7")]
RateRequests = Annotated[int, field("How many requests.", 100, minimum=1, maximum=key_rate_limit.MAX_REQUESTS)]
RateWindow = Annotated[int, field("In any so many seconds.", 60, minimum=1, maximum=key_rate_limit.MAX_WINDOW_SECONDS)]

WantedScopes = Annotated[list[Scope], field("What the key may do.", minItems=1)]
WantedEnd = Annotated[Moment, field("When the key ends, at most ten years ahead; not beside `expires_in_days`.")]
WantedDays = Annotated[
    int,
    field("Days until the key ends; not beside `expires_at`.", 90, minimum=1, maximum=key_settings.MAX_DAYS),
]
