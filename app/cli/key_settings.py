"""`set`: what is different about a key from now on. Also the options for limits, which `create` takes too."""

from typing import TYPE_CHECKING, Any

import click

from app.cli.application import answer, as_json, opened_desk

if TYPE_CHECKING:
    from app.domain.key_rate_limit import RateLimit


class Rate(click.ParamType):
    """`100/60`: a hundred requests in any sixty seconds."""

    name = "requests/seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "RateLimit":
        from app.domain.errors import ValidationFailed
        from app.domain.key_rate_limit import RateLimit, checked

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


@click.command("set")
@click.argument("prefix")
@click.option("--name", help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do, instead of what it could; repeat for several.")
@rate
@click.option("--no-rate", is_flag=True, help="As many requests as it likes.")
@networks
@click.option("--any-network", is_flag=True, help="From anywhere.")
@click.option("--expires-in-days", type=int, help="Days from now until it ends.")
@click.option("--never-expires", is_flag=True, help="It does not end.")
@as_json
def set_key(prefix: str, *, is_json: bool, **options: Any) -> None:
    """Change the key that begins with PREFIX (at least 8 characters, with or without whk_). The rest stays as it is."""
    from app.cli.keys import described, no_single_match
    from app.services import operator_keys

    _refuse_contradictions(options)
    with opened_desk() as desk:
        try:
            key = operator_keys.change_key(desk, prefix, _wanted(options, desk.clock()))
        except operator_keys.NoSingleMatch as error:
            no_single_match(error)
        else:
            done = f"Successfully changed key '{key.name}' starting with {key.start}"
            answer(is_json, described(key), lambda: click.echo(done))


def _refuse_contradictions(options: dict[str, Any]) -> None:
    for one, other, said in (
        ("rate", "no_rate", "--rate and --no-rate"),
        ("networks", "any_network", "--network and --any-network"),
        ("expires_in_days", "never_expires", "--expires-in-days and --never-expires"),
    ):
        if options[one] not in {None, ()} and options[other]:
            raise click.UsageError(f"{said} contradict each other.")
    if not any(value not in {None, (), False} for value in options.values()):
        raise click.UsageError("Say what is to be different; --help lists what can be.")


def _wanted(options: dict[str, Any], now: Any) -> Any:
    from app.domain import key_settings
    from app.services.key_settings import KeyChange

    given: dict[str, Any] = {}
    if options["name"] is not None:
        given["name"] = options["name"]
    if options["scopes"]:
        given["scopes"] = options["scopes"]
    if options["rate"] or options["no_rate"]:
        given["rate_limit"] = options["rate"]
    if options["networks"] or options["any_network"]:
        given["networks"] = options["networks"]
    if options["expires_in_days"] is not None or options["never_expires"]:
        given["expires_at"] = key_settings.expiry(now, expires_at=None, expires_in_days=options["expires_in_days"])
    return KeyChange(**given)
