"""Ways to write one address and mean another."""

import re
from urllib.parse import unquote

_UP = [
    *(
        "../",
        "%2e%2e/",
        "%2E%2E/",
        ".%2e/",
        "%2e./",
        "..%2f",
        "..%2F",
        "%2e%2e%2f",
        "..%5c",
        "..%5C",
        "..\\",
        "%2e%2e%5c",
    ),
    *(
        "..%252f",
        "%252e%252e/",
        "%252e%252e%252f",
        "%25252e%25252e/",
        "..;/",
        "..;x=1/",
        "%2e%2e;/",
        "..%3b/",
        "..%3B/",
    ),
    *(
        ".../",
        "....//",
        "..//",
        "./../",
        "..%c0%af",
        "%c0%ae%c0%ae/",
        "%e0%80%ae%e0%80%ae/",
        "..%ef%bc%8f",
        "%u002e%u002e/",
    ),
    *("..%00/", "..%0d/", "..%0a/", ".%0a./", "..%09/", "..%20/", "%2e%2e%00/", "..?/", "..#/", "..%23/", "..%3f/"),
]
_ODD = [
    # Slashes and dots.
    *("//v1/admin", "/v1//admin", "///v1/admin", "/v1/notes//admin", "/v1/notes//", "/v1/notes/", "/./v1/admin"),
    *("/v1/./admin", "/v1/notes/.", "/v1/notes/..", "/v1/notes/./x/admin", "/v1\\admin", "\\v1\\admin", "/v1/notes\\x"),
    *(
        "/v1%2fadmin",
        "/v1/notes%2fadmin",
        "/v1%5cadmin",
        "/v1/notes%5cx",
        "/v1%252fadmin",
        "/v1/notes/x%2f..%2f..%2fadmin",
    ),
    *("/v1/notes.", "/v1/notes..", "/v1/notes/x/.", "/v1/admin.", "/v1./notes", "/v1/notes%2e", "/v1/notes/.%2e"),
    # Parameters of segments, encoded letters, cases.
    *(
        "/v1/notes;/admin",
        "/v1/notes;x=1",
        "/v1/admin;/v1/notes",
        "/v1/notes/x;/../../admin",
        "/;/v1/admin",
        "/v1;a/notes",
    ),
    *("/v1/%61dmin", "/%76%31/admin", "/v1/n%6ftes", "/v1/not%65s/x", "/v1/%6eotes/../admin", "/V1/notes", "/v1/NOTES"),
    # Controls, and what is no character.
    *("/v1/notes%00/admin", "/v1/admin%00/v1/notes", "/v1/notes/x%00", "/v1/notes%0d%0aX-Auth-Key-Id:%20forged"),
    *(
        "/v1/notes/%0a",
        "/v1/notes/%7f",
        "/v1/notes/%09x",
        "/v1/notes/%zz",
        "/v1/notes/%",
        "/v1/notes/%2",
        "/v1/notes/%ff",
    ),
    *(
        "/v1/notes\x00/admin",
        "/v1/notes\x01",
        "/v1/notes/\xe9",
        "/v1/notes\xa0",
        "/v1/adm\xc4\xb1n",
        "/v1/notes\x0b/admin",
    ),
    *(
        "/v1/notes /v1/admin",
        "/v1/notes\t/v1/admin",
        "/v1/admin /v1/notes",
        "/v1/notes HTTP/1.1 /v1/admin",
        " /v1/admin",
    ),
    # Lengths.
    *(
        "/v1/notes/" + "a" * 3000,
        "/v1/notes/" + "a" * 70_000,
        "/" + "../" * 500 + "v1/admin",
        "/v1/admin?" + "a" * 9000,
    ),
    # Whole addresses, and none.
    *(
        "http://api.example.com/v1/admin",
        "http://127.0.0.1:9000/v1/admin",
        "HTTP://API.EXAMPLE.COM/v1/admin",
        "*",
        "v1/admin",
    ),
    *(
        "http://x:y@api.example.com/v1/admin",
        "http://api.example.com//v1/admin",
        "http://api.example.com/v1/notes/../admin",
    ),
    *(
        "http://api.example.com",
        "//api.example.com/v1/admin",
        "http:/v1/admin",
        "ftp://api.example.com/v1/admin",
        "?/v1/notes",
    ),
    *(
        "https://api.example.com/v1/admin",
        "http://keys.example.com/v1/admin",
        "http:///v1/admin",
        "api.example.com:8080",
        "",
    ),
    # Queries and fragments.
    *(
        "/v1/admin?/v1/notes",
        "/v1/admin?x=/v1/notes",
        "/v1/admin%3f/v1/notes",
        "/v1/notes%3f/../admin",
        "/v1/notes%3Fx",
        "/?x",
    ),
    *(
        "/v1/admin??",
        "/v1/admin?X-Original-URI=/v1/notes",
        "/v1/admin?status=exact",
        "/v1/admin?&method=GET",
        "/v1/admin?\x00",
    ),
    *(
        "/v1/notes#/../admin",
        "/v1/admin#/v1/notes",
        "/v1/notes/x#",
        "/v1/notes%23/../admin",
        "/#/v1/notes",
        "#/v1/notes",
    ),
    # Names that mean something to Keydesk or to a proxy.
    *(
        "/keydesk",
        "/v1/forward-auth",
        "/v1/forward-auth/v1/notes",
        "/v1/forward-auth/../admin",
        "/api/v1/notes",
        "/api/v1/admin",
    ),
]
TARGETS = [
    *(pattern.format(up) for up in _UP for pattern in ("/v1/notes/{}admin", "/v1/notes/x/{0}{0}admin", "/{}v1/admin")),
    *_ODD,
]

#: Requests that try to hide a second one from who reads them otherwise. {0}: that one, {1}: its length, {3}: the same
#: in hexadecimal digits, {2}: headers of the first.
HIDDEN = [
    "GET /v1/notes HTTP/1.1\r\n{2}Content-Length: {1}\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}Content-Length: {1}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{0}",
    "POST /v1/notes HTTP/1.1\r\n{2}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{3}\r\n{0}\r\n0\r\n\r\n",
    "GET /v1/notes HTTP/1.1\r\n{2}Transfer-Encoding: xchunked\r\nContent-Length: {1}\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}Content-Length: 0\r\nContent-Length: {1}\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}Content-Length: +0\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}X: a\r\n\tb\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}X: a\n\n{0}",
    "GET /v1/notes HTTP/1.0\r\n{2}Connection: keep-alive\r\n\r\n{0}",
    "GET /v1/notes\r\n{0}",
    (
        "GET /v1/notes HTTP/1.1\r\n{2}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n{0}"
    ),
    "GET /v1/notes HTTP/1.1\r\n{2}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n{0}",
    "GET /v1/notes HTTP/1.1\r\n{2}Expect: 100-continue\r\nContent-Length: {1}\r\n\r\n{0}",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{0}",
]


def boldest_reading(target: str) -> str:
    """The path of a request target as a server might come to read it that decodes and tidies as much as it can."""
    path = re.sub(r"^\w+://[^/]*", "", target)
    path = re.split(r"[?#]", path)[0]
    while (decoded := unquote(path)) != path:
        path = decoded
    path = re.sub(r"\\|／", "/", path)
    segments: list[str] = []
    for segment in path.split("/"):
        name = segment.partition(";")[0].split("\x00")[0].strip()
        if name == "..":
            segments = segments[:-1]
        elif name not in {"", "."}:
            segments.append(name.lower())
    return "/" + "/".join(segments)
