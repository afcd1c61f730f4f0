"""The page on which the API description is looked at; tests/browser tries it out."""

from pathlib import Path

import pytest

from tests.web.pages import Page

STATIC = Path(__file__).parents[2] / "static"


PAGES = ("/docs", "/docs?interactive=yes")


def test_swagger_ui_is_one_link_away_and_until_then_the_page_is_small(app):
    client = app.test_client()
    page = Page(client.get("/docs"))
    assert "swagger" not in page.text
    assert PAGES[1] in page.links
    assert "swagger-ui-bundle" in client.get(PAGES[1]).text


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_one_of_ours_and_leads_to_the_files_without_javascript(app, path):
    answer = app.test_client().get(path)
    page = Page(answer)
    assert (answer.status_code, page.title) == (200, "API description · Keydesk")
    assert '<html lang="en">' in answer.text
    assert {"/openapi.json", "/auth.md"} <= set(page.links)
    assert "needs JavaScript" in answer.text


def test_everything_that_the_page_loads_is_there(app):
    client = app.test_client()
    text = client.get(PAGES[1]).text
    files = [part.split('"')[0] for part in text.split('"/static/')[1:]]
    assert len(files) == 6
    for file in files:
        assert client.get(f"/static/{file}", buffered=True).status_code == 200, file


def test_swagger_ui_ships_with_its_licence_and_without_maps():
    (folder,) = (STATIC / "vendor").glob("swagger-ui-*")
    assert {file.name for file in folder.iterdir()} == {
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "LICENSE",
        "NOTICE",
    }
