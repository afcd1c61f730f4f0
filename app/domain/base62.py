"""Base62, digits first: `0-9A-Za-z`."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#: Two digits at a time, because `encode` computes the checksum of every key that is not cached.
_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]


def encode(number: int, width: int) -> str:
    """`number` in base62, left-padded with `0` to `width`."""
    text = ""
    while number:
        number, pair = divmod(number, 3844)
        text = _PAIRS[pair] + text
    return text.lstrip("0").rjust(width, "0")
