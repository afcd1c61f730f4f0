"""The options for the settings of a key, shared by several commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from app.domain.errors import ValidationFailed
from app.domain.key_rate_limit import RateLimit, checked
from app.domain.key_settings import KeySettings, expiry_in


class Rate(click.ParamType):
    """`100/60`: 100 requests in any 60 seconds."""

    name = "requests/seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RateLimit:
        requests, slash, seconds = str(value).partition("/")
        if not (slash and requests.isdecimal() and seconds.isdecimal()):
            self.fail(f"{value!r} must look like 100/60, which means 100 requests in any 60 seconds", param, ctx)
        limit = RateLimit(int(requests[:10]), int(seconds[:10]))
        try:
            checked(limit)
        except ValidationFailed as error:
            self.fail(error.detail, param, ctx)
        return limit


rate = click.option("--rate", type=Rate(), help="Rate limit: 100/60 allows 100 requests in any 60 seconds.")
networks = click.option(
    "--network", "networks", multiple=True, help="Network (CIDR) the key can be used from. Repeat for several."
)

override_policy = click.option(
    "--override-policy",
    "overrides_policy",
    is_flag=True,
    help="Ignore the organization's policy for its keys. The audit log says so.",
)


def settings_from(options: Mapping[str, Any], now: datetime) -> KeySettings:
    """The settings in the options `--name`, `--scope`, `--rate`, `--network`, `--expires-in-days`, and for an existing
    key `--no-rate`, `--any-network` and `--never-expires`. Raises `ValidationFailed`."""
    found = KeySettings()
    if options["name"] is not None:
        found["name"] = options["name"]
    if options["scopes"]:
        found["scopes"] = options["scopes"]
    if options["rate"] or options.get("no_rate"):
        found["rate_limit"] = options["rate"]
    if options["networks"] or options.get("any_network"):
        found["networks"] = options["networks"]
    if options["expires_in_days"] is not None:
        found["expires_at"] = expiry_in(options["expires_in_days"], now)
    elif options.get("never_expires"):
        found["expires_at"] = None
    return found
