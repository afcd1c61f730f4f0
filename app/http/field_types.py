"""Types of request and response fields, with the descriptions and examples of the API description.

They only describe. `app.domain` checks the values, so that pages, JSON and command line have the same rules.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from app.domain import email_address, key_rate_limit, key_settings, name_rules, one_time_secrets
from app.http.request_body import Moment


def field(description: str, example: Any = None, **more: Any) -> Any:
    """A field with a description, an example and further JSON Schema keywords."""
    examples = None if example is None else [example]
    return Field(description=description, examples=examples, json_schema_extra=more or None)


Time = Annotated[str, field("RFC 3339, in UTC and whole seconds.", "2026-04-16T12:15:00Z", format="date-time")]
Ending = Annotated[
    str | None, field("When it expires. RFC 3339, in UTC. Null: never.", "2027-04-16T12:00:00Z", format="date-time")
]

Email = Annotated[
    str,
    field(
        "An email address. Case does not matter.", "you@example.com", format="email", maxLength=email_address.MAX_LENGTH
    ),
]
#: Normalised here, before anything counts an attempt.
Code = Annotated[
    str,
    AfterValidator(one_time_secrets.normalise_code),
    field("The six-digit code from the email. Blanks, dashes and backticks in it do not matter.", "482901"),
]

OrgId = Annotated[str, field("The organization's ID.", "org_3nVbQkZx8RtYwLpMcJdF5s")]
OrgName = Annotated[str, field("The organization's name.", "alice’s organization")]
WantedOrgName = Annotated[
    str,
    field("The organization's name, on one line.", "Acme Widgets", minLength=1, maxLength=name_rules.MAX_LENGTH),
]
KeyId = Annotated[str, field("The key's ID. It is not secret.", "key_6HfTzWqNb2XvKs9RmLcP4d")]
PersonId = Annotated[str, field("The person's ID.", "usr_5kPzQmVb8WtXhNrJcLfD2g")]
InvitationId = Annotated[str, field("The invitation's ID. It is not secret.", "inv_4bTqXw9RkLmZ7nVcHs2JdP")]
KeyName = Annotated[
    str,
    field(
        "The key's name, on one line: what it is for.",
        "GitHub Action prod",
        minLength=1,
        maxLength=name_rules.MAX_LENGTH,
    ),
]
NoteId = Annotated[str, field("The note's ID.", "note_5Jt0xYqB3RcWvNnKdLpG8h")]
#: The policy file defines the scopes, so `app/api/openapi_document` fills this schema from the current policy.
Scope = Annotated[str, WithJsonSchema({"$ref": "#/components/schemas/Scope"})]
#: The scopes of a key. A scope that the policy no longer defines stays in the list and allows nothing.
Scopes = Annotated[list[str], field("The key's scopes: what it is allowed to do.", ["cache:invalidate"])]

Networks = Annotated[
    list[str],
    field("The networks (CIDR) the key can be used from. Empty: anywhere.", ["203.0.113.0/24", "2001:db8::/32"]),
]
Address = Annotated[str, field("An IPv4 or IPv6 address.", "203.0.113.7")]
RateRequests = Annotated[int, field("The number of requests.", 100, minimum=1, maximum=key_rate_limit.MAX_REQUESTS)]
RateWindow = Annotated[
    int,
    field("The length of the sliding window, in seconds.", 60, minimum=1, maximum=key_rate_limit.MAX_WINDOW_SECONDS),
]

WantedScopes = Annotated[list[Scope], field("The scopes of the key.", minItems=1)]
WantedEnd = Annotated[
    Moment, field("When the key expires, at most ten years from now. Not together with `expires_in_days`.")
]
WantedDays = Annotated[
    int,
    field("Days until the key expires. Not together with `expires_at`.", 90, minimum=1, maximum=key_settings.MAX_DAYS),
]
