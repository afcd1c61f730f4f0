"""Many rows in few statements."""

from sqlalchemy import func, select

from app.extensions import db
from app.store import usage
from app.store.bulk_writes import ROWS_AT_ONCE
from app.store.column_types import from_microseconds
from app.store.transaction import transaction
from app.store.usage import UsageHour


def test_every_row_is_written_once_however_many_there_are(org):
    for count in (0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 2 * ROWS_AT_ONCE + 1):
        with transaction():
            usage.add([value for number in range(count) for value in (org, count, f"key_{number}", "VALID", number)])
        found = select(func.count(), func.coalesce(func.sum(UsageHour.requests), 0)).where(
            UsageHour.hour == from_microseconds(count)
        )
        assert tuple(db.session.execute(found).one()) == (count, count * (count - 1) // 2)


def test_values_are_never_read_as_sql_json_or_arrays(org):
    hostile = [
        "%s",
        "%(x)s",
        "?",
        ":x",
        "'; DROP TABLE usage_hour; --",
        '"',
        "\\",
        "{1,2}",
        "[]",
        "null",
        "NULL",
        "",
        "é",
    ]
    with transaction():
        usage.add([value for text in hostile for value in (org, 0, text, "VALID", 2**53 + 1)])
    assert {row.key_id: row.requests for row in db.session.scalars(select(UsageHour))} == dict.fromkeys(
        hostile, 2**53 + 1
    )
