"""What every page must be, checked without a browser."""

from collections import Counter
from html.parser import HTMLParser

from werkzeug.test import TestResponse

#: Texts that are dangerous where a page forgets to escape them.
CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    "&lt;b&gt;",
]
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """A parsed page; making one checks it."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.headings: list[str] = []
        self.title = ""
        self.references: list[str] = []
        self.forms: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._labelled: set[str] = set()
        self._fields: set[str] = set()
        self.text = answer.text
        self.feed(answer.text)
        self._check()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert "style" not in values, "inline style"
        assert not any(name.startswith("on") for name in values), "inline script"
        assert len(values) == len(attrs), f"an attribute twice: {attrs}"
        if tag not in VOID:
            self._open.append(tag)
        if values.get("id"):
            self.ids[values["id"] or ""] += 1
        for name in ("for", "aria-describedby", "aria-labelledby"):
            self.references += (values.get(name) or "").split()
        if tag == "script":
            assert values.get("src", "").startswith("/static/")
        if tag == "form":
            self.forms.append(values)
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag == "label":
            self._labelled.add(values.get("for") or "")
        if tag in {"input", "select", "textarea"} and values.get("type") != "hidden":
            self._fields.add(values.get("id") or "a field without an id")
        if tag == "h1":
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> crosses another element"

    def handle_data(self, data: str) -> None:
        # The shapes of a picture have titles, too.
        if self._open[-2:] == ["head", "title"]:
            self.title += data
        if self._open and self._open[-1] in {"script", "style"}:
            assert not data.strip(), "inline script or style"

    def _check(self) -> None:
        assert not self._open, f"left open: {self._open}"
        assert self.title.endswith("· Keydesk")
        assert len(self.headings) == 1, "one h1"
        assert max(self.ids.values(), default=1) == 1, f"an id twice: {self.ids.most_common(1)}"
        assert set(self.references) <= set(self.ids), f"refers to nothing: {set(self.references) - set(self.ids)}"
        assert self._fields <= self._labelled, f"no label: {self._fields - self._labelled}"
        for form in self.forms:
            # These only ask, and their addresses name keys by their IDs, which are no secrets.
            assert form.get("method") == "post" or form.get("id") in {"selection", "filters"}
            assert (form.get("action") or "").startswith("/")
        assert "{{" not in self.text
        assert ">None<" not in self.text
