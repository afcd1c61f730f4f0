"""Settings that do not go together, or are missing beside others."""

from app.config.settings import PREFIX_SETTINGS, Settings


def problems(settings: Settings) -> dict[str, str]:
    """What is wrong with settings that are right each for itself, by their names."""
    found = {}
    names = ("key_prefix", *dict.fromkeys(PREFIX_SETTINGS.values()), "session_token_prefix")
    prefixes = {name: getattr(settings, name) for name in names}
    for name, prefix in prefixes.items():
        if list(prefixes.values()).count(prefix) > 1:
            found[name.upper()] = f"{prefix!r} is the prefix of two kinds of credentials; they must differ"
    if settings.dev_mode:
        return found
    if not settings.has_mail:
        found["MAIL_SERVER"] = (
            "is missing: set it or RESEND_API_KEY, because sign-in links must be mailed unless PUBLIC_URL"
            f" ({settings.public_url}) is on localhost"
        )
    if settings.public_url.startswith("http://") and not settings.on_localhost:
        found["PUBLIC_URL"] = (
            "must start with https:// unless it is on localhost, because cookies and keys are sent to it"
        )
    if not settings.secret_key:
        found |= {"SECRET_KEY": "is missing: create one with openssl rand -hex 32 and keep it"}
    return found
