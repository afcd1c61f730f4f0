"""The doors that make keys."""

from enum import StrEnum


class Door(StrEnum):
    DASHBOARD = "dashboard"
    AGENT = "agent"
    SIGN_UP = "sign_up"
    OPERATOR = "operator"
    TEST = "test"
    DEVICE = "device"
    IMPORT = "import"
