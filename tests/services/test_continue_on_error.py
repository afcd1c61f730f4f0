"""What fails for one is done for the others, and logged."""

from sqlalchemy import text

from app.extensions import db
from app.services.continue_on_error import each


def test_all_are_done_and_nothing_is_logged(caplog, runtime):
    done = []
    assert each([1, 2], done.append, failed="was not done", name=str)
    assert (done, caplog.text) == ([1, 2], "")


def test_a_failure_is_logged_without_its_message_and_the_others_are_done(caplog, runtime):
    done, address = [], "ann@acme.test"

    def do(number):
        if number == 2:
            raise OSError(address)
        done.append(number)

    assert not each([1, 2, 3], do, failed="was not done", name=lambda number: f"job_{number}")
    assert done == [1, 3]
    assert "job_2 was not done; it will be tried again: OSError" in caplog.text
    assert address not in caplog.text


def test_after_a_statement_that_failed_the_next_one_is_not_refused(runtime):
    done = []

    def do(statement):
        done.append(db.session.scalar(text(statement)))

    assert not each(["SELECT nothing FROM nowhere", "SELECT 1"], do, failed="was not read", name=str)
    assert done == [1]
