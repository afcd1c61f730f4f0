import pytest

# So that a failed assertion in a check says what the values were, as in a test.
pytest.register_assert_rewrite("tests.browser.checks")
