"""The ways in which a key can be created."""

from enum import StrEnum


class KeyOrigin(StrEnum):
    DASHBOARD = "dashboard"
    AGENT = "agent"
    SIGN_UP = "sign_up"
    OPERATOR = "operator"
    TEST = "test"
    DEVICE = "device"
    IMPORT = "import"
