"""The README's commands, run as they are written."""

import re
import subprocess
from pathlib import Path

from tests.servers import SERVE, serving

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def tour(url):
    section = README.split("## Five-minute tour")[1].split("\n## ")[0]
    (block,) = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    return block.replace("http://localhost:7860", url)


def test_the_five_minute_tour_says_what_happens(tmp_path):
    with serving(f"sqlite:///{tmp_path}/keydesk.db", tmp_path, command=SERVE) as server:
        script = (
            tour(server.url)
            .replace("curl -s ", "curl -s -w '\\n%{http_code}\\n' ")
            .replace("> key.json", "-w '' > key.json")
        )
        script = re.sub(r"(LINK|SESSION|ORG_ID)=\$\(curl -s -w '\\n%\{http_code\}\\n'", r"\1=$(curl -s", script)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    statuses = re.findall(r"^(\d{3})$", done.stdout, re.MULTILINE)
    assert statuses == ["200", "200", "403", "200", "401"], done.stdout
    assert '"error_code": "KEY_REVOKED"' in done.stdout
