"""How much there is of everything."""

from dataclasses import dataclass, replace

#: Days of use; as many as `USAGE_RETENTION_DAYS` keeps.
DAYS = 400
ORGANIZATIONS = 200


@dataclass(frozen=True)
class Sizes:
    """`keys` are those of all organizations. The rest is about the large organization: its keys, and how many of them
    are used every day with two outcomes, are used once a week, and were only refused, today. The others never were."""

    keys: int = 1_000_000
    of_large: int = 100_000
    daily: int = 1_000
    weekly: int = 10_000
    only_refused: int = 9_000

    @classmethod
    def of(cls, scale: str) -> "Sizes":
        """Those that `SCALE` asks for; empty: all of it. Raises `ValueError`."""
        factor = float(scale or 1)
        if not 0.001 <= factor <= 10:
            raise ValueError
        return cls().scaled(factor)

    def scaled(self, scale: float) -> "Sizes":
        """The same with `scale` times as many keys, in as many organizations and on as many days."""
        return replace(self, **{name: round(number * scale) for name, number in vars(self).items()})
