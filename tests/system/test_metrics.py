"""`/metrics` of running servers: on its own port, for all processes, and what the dashboard and the alerts ask for."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import httpx
import psutil
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.domain.secret import Secret
from app.process.metrics_server import MetricsServer
from tests.servers import ROOT, free_port, run, serving

DASHBOARD = ROOT / "deploy" / "grafana.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
TOKEN = "a-token-for-prometheus-of-32-characters"


def samples(url, **headers):
    answer = httpx.get(f"{url}/metrics", headers=headers)
    assert answer.status_code == 200
    return [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]


def workers(found):
    return {sample.labels["worker"] for sample in found if sample.name == "keydesk_process_start_time_seconds"}


def verified(found):
    return sum(sample.value for sample in found if sample.name == "keydesk_verifications_total")


def eventually(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


PROMTOOL = shutil.which("promtool")
#: Where CI says that everything is installed, a test without its program fails.
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None and os.environ.get("CI") != "true",
    reason="needs promtool: apt-get install --no-install-recommends prometheus",
)


def promtool(*arguments, sent=None):
    command = [PROMTOOL or "promtool", *arguments]
    done = subprocess.run(command, cwd=ALERTS.parent, input=sent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked_for():
    """Every name of a metric in the dashboard and in the alerts."""
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    queries += [rule["expr"] for group in groups for rule in group["rules"]]
    return {name for query in queries for name in re.findall(r"\bkeydesk_\w+", query)}


@pytest.fixture
def two_workers(tmp_path, postgresql, valkey):
    url, port = postgresql.create_database(), free_port()
    assert run(url, tmp_path, "init").returncode == 0
    settings = {
        "WORKERS": "2",
        "VALKEY_URL": valkey.connection_url,
        "METRICS_BIND": f"127.0.0.1:{port}",
        "METRICS_TOKEN": TOKEN,
    }
    with serving(url, tmp_path, **settings) as server:
        yield server, f"http://127.0.0.1:{port}"


def test_any_process_answers_for_all_and_a_killed_one_is_replaced(two_workers):
    server, own_port = two_workers
    eventually(lambda: workers(samples(own_port)) == {"0", "1"})
    for _ in range(20):
        assert httpx.get(f"{server.url}/v1/forward-auth/v1/notes").status_code == 401
    eventually(lambda: verified(samples(own_port)) == 20)
    eventually(lambda: verified(samples(server.url, Authorization=f"Bearer {TOKEN}")) == 20)

    def holds_the_port(process):
        return any(c.laddr.port == int(own_port[-5:]) for c in process.net_connections() if c.status == "LISTEN")

    (holder,) = filter(holds_the_port, psutil.Process(server.process.pid).children(recursive=True))
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(10)
    eventually(lambda: answers(own_port) and workers(samples(own_port)) == {"0", "1"})


def answers(url):
    try:
        return httpx.get(f"{url}/metrics").status_code == 200
    except httpx.TransportError:
        return False


def test_what_the_dashboard_and_the_alerts_ask_for_is_exposed(tmp_path):
    port = free_port()
    with serving(f"sqlite:///{tmp_path}/keydesk.db", tmp_path, METRICS_BIND=f"127.0.0.1:{port}") as server:
        httpx.get(f"{server.url}/v1/me", headers={"x-api-key": "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"})
        own_port = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(own_port))
        exposed = {sample.name for sample in samples(own_port)}
        # Not on the common port without a token.
        assert httpx.get(f"{server.url}/metrics").status_code == 404
    asked = asked_for()
    assert asked - exposed == set()
    assert len(asked) > 20


@needs_promtool
def test_promtool_accepts_the_rules_and_each_alert_fires_on_what_it_is_for():
    promtool("check", "rules", "alerts.yml")
    promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "alerts_test.yml")


@needs_promtool
def test_promtool_finds_nothing_wrong_with_the_names(client):
    client.get("/v1/me", headers={"x-api-key": "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"})
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert promtool("check", "metrics", sent=text) == ""


@pytest.fixture
def client(app, set_settings):
    set_settings(metrics_token=Secret(TOKEN))
    return app.test_client()


def test_the_dashboard_is_one_that_grafana_can_load():
    """By the parts that Grafana cannot do without; Grafana itself is not run."""
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert dashboard["schemaVersion"] >= 36
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["type"] for panel in panels} == {"row", "stat", "timeseries"}
    spots = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(spots) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    named = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text())) - {"__rate_interval", "__all"}
    assert used == named


def test_an_address_that_is_not_this_machine_s_is_said_once(set_settings, app, caplog):
    set_settings(metrics_bind=("192.0.2.1", free_port()))
    server = MetricsServer(app.extensions["runtime"])
    server.ensure()
    server.ensure()
    assert caplog.text.count("/metrics is not served at METRICS_BIND, 192.0.2.1") == 1


def test_a_port_that_is_taken_is_named_at_start(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        done = run(f"sqlite:///{tmp_path}/keydesk.db", tmp_path, "serve", METRICS_BIND=bind)
    assert done.returncode == 2
    assert "METRICS_BIND" in done.stderr
    assert "is not available" in done.stderr
