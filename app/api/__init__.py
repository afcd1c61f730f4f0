"""The JSON API under /v1: parse, call one service, answer."""

from flask import Flask

from app.api import accessibility, api_keys, audit, cache, me, organizations, sign_in, usage


def register(app: Flask) -> None:
    for module in (sign_in, organizations, api_keys, me, usage, audit, cache, accessibility):
        app.register_blueprint(module.blueprint, url_prefix="/v1")
