"""The ways in which a key can be created.

A sign-up key that is handed over counts as created in the dashboard: its person does not get it again.
"""

from enum import StrEnum


class KeyOrigin(StrEnum):
    DASHBOARD = "dashboard"
    AGENT = "agent"
    SIGN_UP = "sign_up"
    OPERATOR = "operator"
    TEST = "test"
    DEVICE = "device"
    IMPORT = "import"
