"""Numbers with their noun."""


def counted(number: int, noun: str) -> str:
    """`1 day`, `1,200 days`. `noun`: in the singular; it takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
