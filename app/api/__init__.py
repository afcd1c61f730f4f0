"""The JSON API under /v1: each view parses the request, calls a service and returns JSON."""

from flask import Flask

from app.api import (
    accessibility_report,
    agent_sign_up,
    audit,
    credits,
    dev_test_tokens,
    device_grants,
    email_codes,
    invitations,
    key_list,
    key_policy,
    key_settings,
    key_verification,
    keys,
    keys_by_session_token,
    me,
    members,
    openapi,
    organizations,
    proxy_cache_invalidation,
    sample_api,
    sign_in,
    usage,
)

EVERYWHERE = (
    sign_in,
    organizations,
    members,
    invitations,
    key_list,
    keys,
    key_settings,
    key_policy,
    email_codes,
    keys_by_session_token,
    key_verification,
    agent_sign_up,
    device_grants,
    me,
    usage,
    audit,
    proxy_cache_invalidation,
    credits,
    accessibility_report,
)


def register(app: Flask) -> None:
    settings = app.extensions["runtime"].settings
    for module in EVERYWHERE:
        app.register_blueprint(module.blueprint, url_prefix="/v1")
    if settings.enable_test_token_endpoint and settings.dev_mode:
        app.register_blueprint(dev_test_tokens.blueprint, url_prefix="/v1")
    sample_api.register(app, settings)
    app.register_blueprint(openapi.blueprint)
