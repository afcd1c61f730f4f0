"""Settings that do not go together, or are missing beside others."""

from urllib.parse import urlsplit

from app.config.settings import PREFIX_SETTINGS, Settings, is_localhost, without_port


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


def warnings(settings: Settings) -> dict[str, str]:
    """What is likely a mistake in settings with which Keydesk can run, by their names."""
    found = _warnings_about_apis(settings)
    if settings.dev_mode:
        return found | _warnings_in_dev_mode(settings)
    if settings.trusted_hops == 0 and not settings.on_localhost:
        found["TRUSTED_HOPS"] = (
            "is 0, so everybody behind the proxy that adds TLS counts as one client: they share one"
            " limit on sign-ins, and no key works that is bound to networks. Set it to the number of your proxies,"
            " and let them send X-Forwarded-For"
        )
    return found


def _warnings_about_apis(settings: Settings) -> dict[str, str]:
    elsewhere = [url for url in settings.api_urls if not is_localhost(without_port(urlsplit(url).netloc))]
    unencrypted = [url for url in elsewhere if url.startswith("http://")]
    if settings.public_url in settings.api_urls:
        text = f"has {settings.public_url}, which is Keydesk itself. List the origins of the APIs that it guards"
    elif unencrypted:
        text = (
            f"has {', '.join(unencrypted)}, where keys travel unencrypted, and OAuth clients want https."
            " Start it with https://"
        )
    elif elsewhere and settings.on_localhost:
        text = (
            f"has {', '.join(elsewhere)}, whose clients would look for keys at PUBLIC_URL ({settings.public_url}),"
            " which only this machine can reach. Set PUBLIC_URL to an address that they can reach"
        )
    else:
        return {}
    return {"API_URLS": text}


def _warnings_in_dev_mode(settings: Settings) -> dict[str, str]:
    found = {}
    way_out = "Dev mode is for one machine: set MAIL_SERVER and PUBLIC_URL before other machines reach it"
    if settings.trusted_hops:
        found["TRUSTED_HOPS"] = (
            f"is {settings.trusted_hops}, but sign-in links and codes are not shown through a proxy. {way_out}"
        )
    if not is_localhost(settings.host):
        found["HOST"] = f"is {settings.host}, so other machines can reach a server in dev mode. {way_out}"
    elsewhere = [host for host in settings.trusted_hosts if not is_localhost(host)]
    if elsewhere:
        found["TRUSTED_HOSTS"] = f"has {', '.join(elsewhere)}, which is not this machine. {way_out}"
    return found
