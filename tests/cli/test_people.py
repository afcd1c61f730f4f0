"""`people`: the address with which a person signs in."""


def test_the_address_is_changed_and_what_it_did_is_said(operator, alice):
    said = operator.run("people", "change-address", alice.email, "ann@example.org")
    assert said == "The person signs in as ann@example.org from now on. All their sessions have ended.\n"
    assert alice.http.get("/v1/orgs").status_code == 401


def test_an_unknown_address_is_refused(operator):
    result = operator.refused("people", "change-address", "nobody@example.com", "ann@example.org")
    assert "There is no person with the address nobody@example.com." in result
