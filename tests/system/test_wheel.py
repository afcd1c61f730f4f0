"""The wheel, installed where no checkout is: `make wheel`, then what an operator does first.

In the suite the new environment also sees the suite's libraries. The soak form, which `.ci/run` runs too, installs them
from the index, as `pipx install` does, with every Python on the machine that Keydesk runs on."""

import os
import re
import shutil
import site
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.servers import ROOT, free_port, serving


def pythons() -> list[str]:
    """Those on the machine that Keydesk runs on and that start; pyenv has commands for those that do not, too."""
    found = {}
    for name in (f"python3.{minor}" for minor in range(11, 20)):
        for program in (shutil.which(name), *Path.home().glob(f".pyenv/versions/*/bin/{name}")):
            if program and not subprocess.call([program, "-c", ""], stderr=subprocess.DEVNULL):
                found[name] = str(program)
    return list(found.values())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "wheel", str(ROOT), *options, "-w", str(folder)], check=True)
    return next(folder.glob("keydesk-*.whl"))


def installed(wheel: Path, folder: Path, python: str | None = None) -> Path:
    """The folder of the new environment's programs. None: with the libraries of the suite."""
    shares, python = python is None, python or sys.executable
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next(folder.glob("lib/python3.*/site-packages"))
    if shares:
        (packages / "libraries-of-the-suite.pth").write_text("\n".join(site.getsitepackages()))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, *(["--no-deps"] if shares else []), "--disable-pip-version-check", str(wheel)], check=True)
    return folder / "bin"


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(wheel, tmp_path_factory.mktemp("environment") / "it")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A person's home, in which nothing is."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def keydesk(programs: Path, home: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`keydesk`, in a folder that is not the checkout, with its settings as they come."""
    return subprocess.run(
        [str(programs / "keydesk"), *words],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_main_job_works_outside_of_the_checkout(programs: Path, home: Path):
    do_the_main_job(programs, home)


@pytest.mark.soak
def test_the_main_job_works_with_the_libraries_of_the_index_on_every_python(wheel: Path, home: Path, tmp_path: Path):
    for number, python in enumerate(found := pythons()):
        own_home = home / str(number)
        own_home.mkdir()
        do_the_main_job(installed(wheel, tmp_path / f"environment-{number}", python), own_home)
    print(*found)
    assert found


def do_the_main_job(programs: Path, home: Path) -> None:
    before = everything_in(programs)
    database = home / ".local/share/keydesk/keydesk.db"
    port, command = free_port(), [str(programs / "keydesk"), "serve"]
    settings = {"HOME": str(home), "PYTHONPATH": "", "DATABASE_URL": "", "SECRET_KEY": ""}
    with (
        serving("", home, command=command, port=port, **settings) as server,
        httpx.Client(base_url=f"http://localhost:{port}", follow_redirects=True, verify=False) as person,
    ):
        link = person.post("/v1/auth/request", json={"email": "you@example.com"}).json()["devLink"]
        page = person.get(link)
        assert page.status_code == 200
        for name in re.findall(r'"(/static/[^"#]+)', page.text):
            assert person.get(name, headers={"Accept-Encoding": "br"}).status_code == 200
        org = person.get("/v1/orgs").json()["data"][0]["id"]
        created = person.post(f"/v1/orgs/{org}/keys", json={"name": "CI", "scopes": ["agent:r"]}).json()["data"]
        key = {"x-api-key": created["key"]}
        assert httpx.get(f"{server.url}/v1/me", headers=key, verify=False).status_code == 200
        assert created["id"] in keydesk(programs, home, "list", "--json").stdout
        assert person.post(f"/v1/orgs/{org}/keys/{created['id']}/revoke").status_code == 200
        assert httpx.get(f"{server.url}/v1/me", headers=key, verify=False).status_code == 401
    assert database.is_file()
    assert database.parent.stat().st_mode & 0o077 == 0
    assert everything_in(programs) == before


def everything_in(programs: Path) -> set[Path]:
    """What Python compiles aside."""
    return {file for file in programs.parent.rglob("*") if "__pycache__" not in file.parts}


def test_it_names_the_command_that_the_person_has_and_keeps_data_where_it_is_told(programs: Path, home: Path):
    data = home / "data"
    refused = keydesk(programs, home, "list", KEYDESK_HOME=str(data), DATABASE_URL="sqlite:///mine.db")
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (
        1,
        "The database schema is not up to date. The operator must run: keydesk init",
    )
    assert {file.name for file in data.iterdir()} >= {"mine.db", "secret_key"}
    documents = re.search(r"\S+/settings\.md", keydesk(programs, home, "list", KEYDESK_HOME="data").stderr)
    assert documents is not None
    assert Path(documents[0]).is_file()


def test_it_refuses_to_run_beside_a_foreign_package_app(programs: Path, home: Path):
    (home / "app").mkdir()
    (home / "app" / "__init__.py").touch()
    refused = keydesk(programs, home, "--help", PYTHONPATH=str(home))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"another package that is called app, in {home}/app, comes before Keydesk's" in refused.stderr
    assert "pipx install" in refused.stderr


def test_it_refuses_an_environment_in_which_another_program_has_its_package_app(programs: Path, home: Path):
    packages = next(programs.parent.glob("lib/python3.*/site-packages"))
    other = packages / "other-1.0.dist-info"
    other.mkdir()
    try:
        (other / "METADATA").write_text("Metadata-Version: 2.1\nName: Other\nVersion: 1.0\n")
        (other / "RECORD").write_text("app/__init__.py,,\nother-1.0.dist-info/RECORD,,\n")
        refused = keydesk(programs, home, "--help")
    finally:
        shutil.rmtree(other)
    assert refused.returncode == 1
    assert "other is installed beside it and brings a package app, too" in refused.stderr
    assert keydesk(programs, home, "--help").stdout.startswith("Usage: keydesk ")
