"""The HTML pages: each view parses the request, calls a service and renders. All work without JavaScript."""

from flask import Flask

from app.web import (
    accessibility,
    agent_docs,
    audit_log,
    compression,
    device_grants,
    guide,
    health,
    home,
    install_id_credentials,
    invitations,
    key_list,
    key_policy,
    key_revocation,
    key_settings,
    key_suspension,
    keys,
    mail_preferences,
    member_removal,
    members,
    metrics,
    new_organization,
    organization_deletion,
    organization_settings,
    sessions,
    shown_key,
    sign_in,
    swagger_ui,
    templating,
    usage,
    well_known,
)

MODULES = (
    home,
    sign_in,
    key_list,
    keys,
    key_settings,
    key_revocation,
    key_suspension,
    shown_key,
    usage,
    members,
    member_removal,
    invitations,
    audit_log,
    organization_settings,
    new_organization,
    organization_deletion,
    key_policy,
    sessions,
    mail_preferences,
    device_grants,
    install_id_credentials,
    accessibility,
    guide,
    swagger_ui,
    agent_docs,
    well_known,
    health,
    metrics,
)


def register(app: Flask) -> None:
    compression.register(app)
    for module in MODULES:
        app.register_blueprint(module.blueprint)
    templating.register(app)
