"""CORS: which paths pages of any origin may call and read (docs/adr/0004-cross-site.md)."""

#: What they get there depends on no cookie, and what they send is the only credential.
_PATHS = frozenset({"/v1/device/authorize", "/v1/device/token", "/openapi.json", "/auth.md", "/llms.txt"})

#: `*` never admits credentials (https://fetch.spec.whatwg.org/#cors-protocol-and-credentials).
HEADERS = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*")]
#: In addition, for a preflight.
PREFLIGHT_HEADERS = [
    ("Access-Control-Allow-Methods", "GET, POST"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
]


def is_for_any_origin(path: str) -> bool:
    return path in _PATHS or path.startswith("/.well-known/")
