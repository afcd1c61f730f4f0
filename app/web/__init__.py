"""The pages: parse, call one service, render. All work without JavaScript."""

from flask import Flask

from app.web import device, filters, health, home, install_ids, key_settings, keys, sessions, sign_in


def register(app: Flask) -> None:
    for module in (home, sign_in, keys, key_settings, sessions, device, install_ids, health):
        app.register_blueprint(module.blueprint)
    filters.register(app)
