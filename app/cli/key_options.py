"""The options for a key's limits, which several commands take."""

from typing import Any

import click

from app.domain.errors import ValidationFailed
from app.domain.key_rate_limit import RateLimit, checked


class Rate(click.ParamType):
    """`100/60`: a hundred requests in any sixty seconds."""

    name = "requests/seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RateLimit:
        requests, slash, seconds = str(value).partition("/")
        if not (slash and requests.isdecimal() and seconds.isdecimal()):
            self.fail(f"{value!r} is not like 100/60, a hundred requests in any sixty seconds", param, ctx)
        limit = RateLimit(int(requests[:10]), int(seconds[:10]))
        try:
            checked(limit)
        except ValidationFailed as error:
            self.fail(error.detail, param, ctx)
        return limit


rate = click.option("--rate", type=Rate(), help="At most so many requests in any so many seconds, like 100/60.")
networks = click.option("--network", "networks", multiple=True, help="Where it may be used from (CIDR); repeatable.")
