"""The pages that replace a key."""

from tests.web.forms_for_keys import keys, revealed
from tests.web.pages import Page


def test_rotate_asks_first_and_reveals_the_successor(alice, app):
    created = alice.create_key(name="CI")
    path = keys(alice, f"/{created['id']}/rotate")
    form = {"overlap": "3600", "submission_id": "form-0123456789abcdef"}
    Page(alice.http.get(path))
    answer = alice.http.post(path, data=form)
    key = revealed(answer)
    assert answer.status_code == 201
    page = Page(answer)
    assert "stops on" in page.text
    assert keys(alice, f"/{created['id']}") in page.links
    for working in (key, created["key"]):
        assert app.test_client().get("/v1/me", headers={"x-api-key": working}).status_code == 200
    assert alice.http.post(path, data=form).status_code == 409


def test_a_dead_key_is_not_rotated_and_the_page_says_what_to_do(alice):
    created = alice.create_key()
    alice.revoke(created["id"])
    path = keys(alice, f"/{created['id']}/rotate")
    assert "cannot be rotated" in Page(alice.http.get(path)).text
    answer = alice.http.post(path, data={"overlap": "0"})
    assert answer.status_code == 409
    assert "Create a new key" in Page(answer).text
