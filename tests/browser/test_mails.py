"""The HTML of mails, which programs for mail show as browsers do."""

from screenshots.mails import pages


def test_the_nu_html_checker_finds_nothing_in_any_mail(html_checker):
    assert {mail.kind: found for mail, html in pages() if (found := html_checker.problems(html))} == {}
