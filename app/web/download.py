"""Files that pages offer: written to the disk before they are sent, so that they need little memory and a slow reader
does not keep the database waiting."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from flask import request
from werkzeug.wrappers import Response

from app.domain.rfc3339 import rfc3339
from app.http import request_context

#: Where a spreadsheet, with whichever separator, begins a cell that it takes for a formula.
_FORMULA = re.compile(r"(^|[;,|\t\r\n])(?=\s*[=+\-@＝＋－＠])")
_BLOCK = 65_536


def of_rows(kind: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV file (RFC 4180). `kind` begins its name."""
    return of_lines(kind, "csv", "text/csv", _csv(columns, rows))


def of_lines(kind: str, ending: str, media_type: str, lines: Iterable[str]) -> Response:
    """A file with these lines, which must be made while they are consumed: a request for the headers alone consumes
    none, and is not told the length."""
    if request.method == "HEAD":
        # As an iterator: Werkzeug takes the length of a list, even of an empty one.
        response = Response(iter(()))
    else:
        file = TemporaryFile()  # noqa: SIM115 -- closed once it is sent
        file.writelines(one.encode() for one in lines)
        size = file.tell()
        file.seek(0)
        response = Response(_blocks(file))
        # Who goes away early reads nothing.
        response.call_on_close(file.close)
        response.content_length = size
    response.headers["Content-Type"] = f"{media_type}; charset=utf-8"
    response.headers.set("Content-Disposition", "attachment", filename=f"{_name(kind)}.{ending}")
    return response


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block


def cell(value: Any) -> str:
    """The value as text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if value is None:
        return ""
    text = rfc3339(value) if isinstance(value, datetime) else str(value)
    return _FORMULA.sub(r"\1'", text)


class _Echo:
    """What `csv.writer` writes is what it returns."""

    def write(self, text: str) -> str:
        return text


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def _name(kind: str) -> str:
    """Says of what organization it is and of when (UTC), and nothing that a file system refuses."""
    org_name = request_context.member().org_name
    words = re.sub(r"[^A-Za-z0-9]+", "-", re.sub("['’]", "", org_name)).strip("-").lower()
    day = request_context.runtime().clock().date()
    return "-".join(part for part in (kind, words, day.isoformat()) if part)
