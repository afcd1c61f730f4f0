"""Column types."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, String
from sqlalchemy.types import TypeDecorator

from app.domain import key_policy
from app.domain.key_policy import KeyPolicy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_microseconds(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


class UtcTime(TypeDecorator[datetime]):
    """An aware `datetime`, stored as whole microseconds since 1970: exact, and the same integer on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else from_microseconds(int(value))


class Words(TypeDecorator[tuple[str, ...]]):
    """A short list of words, stored as one text, separated by spaces."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else " ".join(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else tuple(str(value).split())


class PolicyForKeys(TypeDecorator[KeyPolicy]):
    """A `KeyPolicy`, stored as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: KeyPolicy | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else json.dumps(key_policy.to_json(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> KeyPolicy | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else key_policy.from_json(json.loads(value))
