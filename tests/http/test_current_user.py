"""Who is signed in: by our own session rows, and by nothing else."""

from app.http import request_context
from app.services import sessions
from tests.databases import statements


def test_a_cookie_of_an_ended_session_is_of_no_use(alice):
    cookie = alice.http.get_cookie("whs_session").value
    alice.http.post("/v1/auth/sign-out")
    alice.http.set_cookie("whs_session", cookie)
    assert alice.http.get("/v1/orgs").get_json()["error_code"] == "MISSING_CREDENTIAL"


def test_a_cookie_that_names_a_person_signs_nobody_in(alice, client):
    """Flask-Login would believe its own entry in Flask's signed cookie, and its own remember cookie."""
    with client.session_transaction() as session:
        session["_user_id"] = alice.person_id
        session["_fresh"] = True
    for name in ("remember_token", "whs_unused", "whs_session"):
        client.set_cookie(name, alice.person_id)
    assert client.get("/v1/orgs").get_json()["error_code"] == "MISSING_CREDENTIAL"


def test_a_session_says_who_is_signed_in_and_by_which_session(app, alice):
    cookie = alice.http.get_cookie("whs_session").value
    with app.test_request_context("/", headers={"Cookie": f"whs_session={cookie}"}):
        person = request_context.person()
        (session,) = sessions.of_person(app.extensions["runtime"], alice.person_id)
        assert (person.id, person.email, person.session_id) == (alice.person_id, alice.email, session.id)


def test_a_request_without_our_cookie_does_not_ask_the_database(app, client):
    client.set_cookie("another", "value")
    with app.app_context(), statements() as sent:
        assert client.get("/sign-in").status_code == 200
    assert sent == []
