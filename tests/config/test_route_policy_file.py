"""What an operator is told about a policy file that is not valid."""

import re

import pytest

from app.config import route_policy_file

HEAD = 'default_scopes = ["a"]\n[scopes."a"]\ndescription = "A"\n'
ROUTE = '[[routes]]\nmethod = "GET"\npath = "/"\nscope = "a"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + ROUTE + ROUTE + "costs = 500\n", ", line 12: routes, entry 2: unknown field costs"),
        (HEAD + "grant = []\n" + ROUTE, ", line 4: scopes.a: unknown field grant"),
        (HEAD + ROUTE + '[[route]]\nmethod = "GET"\n', ", line 8: the file: unknown field route"),
        ("defaults = 1\n" + HEAD, ", line 1: the file: unknown field defaults"),
        (HEAD + "x = [{ costs = 5 }]\n", ", line 4: scopes.a: unknown field x"),
        ('default_scopes = ["a"]\nscopes = { a = { description = "A", b = 1 } }\n', ".toml: scopes.a: unknown field b"),
        (HEAD + "=\n", "line 4"),
    ],
)
def test_an_unknown_field_is_named_with_its_line(tmp_path, text, said):
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(said)):
        route_policy_file.load(str(file))
