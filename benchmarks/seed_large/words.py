"""Names as people give them, for keys, organizations and people."""

from itertools import product
from random import Random

COMPANIES = (
    *("Acme", "Northwind", "Initech", "Umbra", "Fjord", "Lumen", "Cobalt", "Heron", "Juniper", "Basalt"),
    *("Meridian", "Alder", "Vantage", "Sable", "Orchard", "Kestrel", "Tidewater", "Granite", "Solstice", "Harbour"),
)
KINDS = ("Engineering", "Labs", "Logistics", "Health", "Media", "Energy", "Finance", "Robotics", "Travel", "Foods")
#: 200, each once; the first is that of the large organization.
ORGANIZATION_NAMES = [f"{company} {kind}" for kind, company in product(KINDS, COMPANIES)]

FIRST_NAMES = (
    *("Ann", "Ben", "Carla", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mei", "Noah"),
    *("Olga", "Paul", "Rosa", "Samir", "Tara", "Uwe", "Vera", "Wei", "Yara", "Zoe"),
)
LAST_NAMES = (
    "Berg",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "Haddad",
    "Ito",
    "Jensen",
    "Kaya",
    "Lopez",
    "Nowak",
    "Okafor",
)

_SERVICES = (
    *(
        "billing",
        "checkout",
        "search",
        "inventory",
        "catalogue",
        "payments",
        "shipping",
        "accounts",
        "orders",
        "pricing",
    ),
    *("crm", "etl", "reports", "mailer", "media", "notifications", "analytics", "ledger", "returns", "translations"),
)
_ROLES = ("api", "worker", "sync", "cron", "importer", "exporter", "webhook", "cache", "gateway")
_PLACES = ("prod", "staging", "dev", "test", "eu-west-1", "us-east-1", "canary", "sandbox")
_AGENTS = ("Claude", "Copilot", "Cursor", "Codex")


def key_name(chance: Random) -> str:
    service, place, kind = chance.choice(_SERVICES), chance.choice(_PLACES), chance.random()
    if kind < 0.6:
        return f"{service}-{chance.choice(_ROLES)}-{place}"
    if kind < 0.7:
        return f"GitHub Action {service} {place}"
    if kind < 0.8:
        return f"Nightly {service} {chance.choice(_ROLES)} {chance.randrange(1, 100)}"
    if kind < 0.9:
        return f"partner-{chance.choice(COMPANIES).lower()}-{place}"
    owner = chance.choice(FIRST_NAMES)
    return f"{owner}’s laptop" if kind < 0.95 else f"{chance.choice(_AGENTS)} on {owner}’s laptop"


def email_addresses(chance: Random, count: int, organization: str) -> list[str]:
    """`count` different ones, at the organization's domain."""
    domain = f"{organization.lower().replace(' ', '-')}.example"
    names = chance.sample(list(product(FIRST_NAMES, LAST_NAMES)), count)
    return [f"{first.lower()}.{last.lower()}@{domain}" for first, last in names]
