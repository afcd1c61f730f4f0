"""The pages: parse, call one service, render. All work without JavaScript."""

from flask import Flask

from app.web import filters, health, home, keys, sessions, sign_in


def register(app: Flask) -> None:
    for module in (home, sign_in, keys, sessions, health):
        app.register_blueprint(module.blueprint)
    filters.register(app)
