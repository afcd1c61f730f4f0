"""Static files as browsers get them: style sheets joined, names with a hash of the content, compressed copies beside.

`make setup` makes them (`python -m app.wsgi.static_manifest`); whoever finds them missing or old makes them again. A
wheel brings them along, and nothing is made beside installed code."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath

from whitenoise.compress import Compressor

from app.config.installation import IS_INSTALLED, ROOT
from app.wsgi import icon_sprite

SOURCES = ROOT / "static"
BUILD = ROOT / "build"

#: In place of the signature of the sources, where they cannot change.
SHIPPED = "shipped"

#: Style sheets that are sent as one, in the order of the cascade.
BUNDLES = {
    "site.css": (
        "vendor/pico-2.1.1.min.css",
        "css/tokens.css",
        "css/frame.css",
        "css/layout.css",
        "css/button.css",
        "css/notice.css",
        "css/state.css",
        "css/table.css",
        "css/key_list.css",
        "css/usage.css",
        "css/secret.css",
        "css/form.css",
        "css/guide.css",
    ),
    "docs.css": ("vendor/swagger-ui-5.35.0/swagger-ui.css", "css/tokens.css", "css/frame.css", "css/docs.css"),
}
#: What is sent as it is.
SINGLE = ("*.svg", "js/*.js", "vendor/swagger-ui-*/*.js")

#: The icons that are sent as one file, and its name.
ICONS, SPRITE = "vendor/lucide-*/*.svg", "icons.svg"


class Manifest:
    """Under which name each file is served. Read, or made, when it is first needed: most commands never do."""

    def __init__(
        self,
        *,
        follows_changes: bool,
        sources: Path = SOURCES,
        build: Path = BUILD,
        is_shipped: bool = IS_INSTALLED,
    ) -> None:
        """`follows_changes`: looks for changed files whenever it is asked, for those who work on them. `is_shipped`:
        `ship` has made them."""
        self.folder = build / "static"
        self._follows_changes, self._sources, self._file = follows_changes, sources, build / "static.json"
        self._is_shipped = is_shipped
        self._names: Mapping[str, str] = {}
        self._signature = ""

    def served_name(self, name: str) -> str | None:
        """The name with the hash, below /static/; None for what is not sent under one. Raises `OSError` as `prepare`
        does."""
        if self._follows_changes or not self._names:
            self.prepare()
        return self._names.get(name)

    def prepare(self) -> None:
        """Makes what is missing. Raises `OSError` if it cannot be written."""
        signature = SHIPPED if self._is_shipped else _signature(self._sources)
        if signature == self._signature:
            return
        self._names = self._recorded(signature) or self._made(signature)
        self._signature = signature

    def ship(self, build: Path) -> None:
        """Puts what is served, and no earlier versions of it, into another folder, which then needs no sources."""
        self.prepare()
        shutil.rmtree(build, ignore_errors=True)
        for name in self._names.values():
            for file in self.folder.glob(f"{name}*"):
                copy = build / "static" / file.relative_to(self.folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
        (build / self._file.name).write_text(json.dumps({"sources": SHIPPED, "names": self._names}, indent=1))

    def _recorded(self, signature: str) -> Mapping[str, str] | None:
        """The names that the manifest records, if it was made of these sources and nothing is missing."""
        try:
            recorded = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return None
        names: Mapping[str, str] = recorded["names"]
        is_whole = recorded["sources"] == signature and all((self.folder / name).is_file() for name in names.values())
        return names if is_whole else None

    def _made(self, signature: str) -> Mapping[str, str]:
        contents = dict(_contents(self._sources))
        names = {name: _with_hash(name, content) for name, content in contents.items()}
        missing = [name for name in names if not (self.folder / names[name]).is_file()]
        for name in missing:
            self._write(names[name], contents[name])
        try:
            _replace(self._file, json.dumps({"sources": signature, "names": names}, indent=1))
        except OSError:
            # Copied to where nobody may write, with new times: the files themselves are there, which is enough.
            if missing:
                raise
        return names

    def _write(self, name: str, content: bytes) -> None:
        """The compressed copies first: who sees the file finds them. Each whole or not at all: another process may
        make the same at the same time."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._file.parent) as folder:
            temporary = Path(folder) / path.name
            temporary.write_bytes(content)
            for written in (*Compressor(quiet=True).compress(str(temporary)), temporary):
                Path(written).replace(path.with_name(Path(written).name))


def _signature(sources: Path) -> str:
    """Changes when a file does, by its size and time, and when what is made of them does."""
    digest = sha256(repr((BUNDLES, SINGLE, ICONS)).encode())
    for folder, folders, files in os.walk(sources):
        folders.sort()
        for name in sorted(files):
            stat = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 -- for every page that a developer loads
            digest.update(f"{folder}/{name}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _contents(sources: Path) -> Iterator[tuple[str, bytes]]:
    """Each file that is served, by its name without a hash."""
    for name, parts in BUNDLES.items():
        yield name, b"\n".join((sources / part).read_bytes() for part in parts)
    yield SPRITE, icon_sprite.sprite(sorted(sources.glob(ICONS)))
    for pattern in SINGLE:
        for file in sorted(sources.glob(pattern)):
            yield file.relative_to(sources).as_posix(), file.read_bytes()


def _with_hash(name: str, content: bytes) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}.{sha256(content).hexdigest()[:12]}{path.suffix}"))


def _replace(path: Path, text: str) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        temporary.write_text(text)
        temporary.replace(path)


if __name__ == "__main__":
    Manifest(follows_changes=False).prepare()
