"""The front door."""

from tests.web.pages import Page


def keys(actor, tail=""):
    return f"/orgs/{actor.org}/keys{tail}"


def test_the_front_door_leads_to_the_keys_of_ones_only_organization(alice):
    assert alice.http.get("/").headers["Location"] == keys(alice)


def test_the_front_door_offers_a_choice_between_several(cast):
    cast.join(cast.charlie, cast.alice.org)
    page = Page(cast.charlie.http.get("/"))
    assert keys(cast.alice) in page.links
    assert page.title == "Your organizations · Keydesk"
