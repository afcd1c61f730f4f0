"""`seed`: keys for benchmarks, in development only."""

import stat

from tests.servers import run


def test_the_keys_work_and_their_texts_stand_in_a_file_of_ones_own(database, tmp_path, app, runtime):
    done = run(database, tmp_path, "seed", "--keys", "1200", "--write", "keys.txt", "--rate", "5/60")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "keys.txt"
    keys = file.read_text().split()
    assert len(set(keys)) == 1200
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for key in (keys[0], keys[-1]):
        answer = app.test_client().get("/v1/me", headers={"x-api-key": key})
        assert answer.get_json()["data"]["limits"]["rate"] == {"requests": 5, "window_seconds": 60}
    assert app.test_client().get("/v1/credits/balance", headers={"x-api-key": keys[-1]}).get_json()["balance"] == 10**9


def test_outside_of_development_nothing_is_made(database, tmp_path):
    production = {"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "127.0.0.1"}
    done = run(database, tmp_path, "seed", "--keys", "1", "--write", "keys.txt", **production)
    assert (done.returncode, done.stdout) == (1, "")
    assert "only in dev mode" in done.stderr
    assert not (tmp_path / "keys.txt").exists()
