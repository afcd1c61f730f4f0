"""The Nu HTML checker (vnu), which tells whether HTML is as the standard has it."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import httpx

from tests import npm_packages
from tests.proxies.running import found_program
from tests.servers import free_port

PACKAGES = Path(__file__).with_name("npm")
JAR = PACKAGES / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
#: Told of a list without bullets, which VoiceOver reads as none unless it has its role. Everything else is a problem.
ROLE_OF_A_LIST = "The “list” role is unnecessary for element “ul”."
#: It needs a large stack for its grammar. For some hundred pages, optimizing itself further is not worth its time.
OPTIONS = ("-Xss16m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class NuHtmlChecker:
    """Starts with the first page, which takes some seconds; each page after it takes 20 ms."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{free_port()}", timeout=30, trust_env=False)

    def problems(self, html: str) -> list[str]:
        """What is wrong with a document, errors and warnings. Without Java or npm the test is skipped."""
        if self._process is None:
            self._start()
        asked = self._client.post(
            "/", params={"out": "json"}, content=html.encode(), headers={"Content-Type": "text/html; charset=utf-8"}
        )
        return [
            f"{message['message']} {message.get('extract', '')}"
            for message in asked.raise_for_status().json()["messages"]
            if (message["type"] != "info" or message.get("subType") == "warning")
            and message["message"] != ROLE_OF_A_LIST
        ]

    def stop(self) -> None:
        self._client.close()
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)

    def _start(self) -> None:
        java = found_program("java", "apt-get install default-jre-headless")
        npm_packages.install(PACKAGES)
        port = self._client.base_url.port
        address = ["-Dnu.validator.servlet.bind-address=127.0.0.1", "-cp", str(JAR)]
        with TemporaryFile() as log:
            command = [java, *OPTIONS, *address, "nu.validator.servlet.Main", str(port)]
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and self._process.poll() is None:
                try:
                    self._client.get("/", params={"out": "json"})
                except httpx.TransportError:
                    time.sleep(0.1)
                else:
                    return
            log.seek(0)
            raise AssertionError(f"the checker did not start:\n{log.read().decode(errors='replace')[-2000:]}")


@contextmanager
def checking() -> Iterator[NuHtmlChecker]:
    checker = NuHtmlChecker()
    try:
        yield checker
    finally:
        checker.stop()
