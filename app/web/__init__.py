"""The pages: parse, call one service, render. All work without JavaScript."""

from flask import Flask

from app.web import agents, device, docs, filters, health, home, install_ids, keys, sessions, sign_in, well_known


def register(app: Flask) -> None:
    for module in (home, sign_in, keys, sessions, device, install_ids, docs, agents, well_known, health):
        app.register_blueprint(module.blueprint)
    filters.register(app)
