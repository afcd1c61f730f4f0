"""The pages: parse, call one service, render. All work without JavaScript."""

from flask import Flask

from app.web import (
    agents,
    device,
    docs,
    filters,
    health,
    home,
    install_ids,
    key_settings,
    keys,
    sessions,
    sign_in,
    well_known,
)

MODULES = (home, sign_in, keys, key_settings, sessions, device, install_ids, docs, agents, well_known, health)


def register(app: Flask) -> None:
    for module in MODULES:
        app.register_blueprint(module.blueprint)
    filters.register(app)
