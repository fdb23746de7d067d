"""The configuration file's shape: every key and what it takes."""

from libs.config.model import RESOURCES
from libs.spec.shape.shape import AsWritten, Choice, Flag, Ignored, ListOf, MapOf, NotBuilt, Record, Text

MOST_ROLES = 500
MOST_PROVIDERS = 100
MOST_RULES = 100
MOST_PATTERNS = 50
MOST_HEADERS = 20

NAME = Text(most=128)
URL = Text(most=2000, lines=True)
"""Its own rule judges it whole, templates and line breaks included."""
SECRET = Text(
    pattern=r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*",
    means="a secret's name: letters, digits, '_', '-' and single dots",
    most=128,
)
PATTERNS = ListOf(Text(), least=1, most=MOST_PATTERNS, hint="remove the key to mean all", lone=True)

GRANT = Record(
    {
        "type": Choice(("api",)),
        "resource": Choice(RESOURCES),
        "permission": Choice(("full",)),
    },
    required=("type", "resource", "permission"),
)
ROLE = Record(
    {
        "name": NAME,
        "tenant": NAME,
        "grants": ListOf(GRANT, most=20),
        "systemDefined": Ignored(),
    },
    required=("name",),
)
PROVIDER = Record(
    {
        "name": NAME,
        "type": Choice(("prometheus", "datadog", "newrelic")),
        "url": URL,
        "agent": NAME,
        "basicAuth": Record({"username": NAME, "passwordSecret": SECRET}, required=("username", "passwordSecret")),
        "bearerSecret": SECRET,
        "apiKeySecret": SECRET,
        "applicationKeySecret": SECRET,
        "accountId": AsWritten(),
    },
    required=("name", "type", "url"),
    aliases={"baseUrl": "url"},
)
RULE = Record(
    {
        "name": NAME,
        "kind": Choice(("slack", "webhook")),
        "url": URL,
        "urlSecret": SECRET,
        "events": PATTERNS,
        "applications": PATTERNS,
        "targets": PATTERNS,
        "headers": MapOf(Text(most=4000, lines=True), most=MOST_HEADERS),
    },
    required=("name", "kind"),
)
FILE = Record(
    {
        "allowAutoDelete": Flag(),
        "tenants": ListOf(NAME, most=100),
        "roles": ListOf(ROLE, most=MOST_ROLES),
        "metricProviders": ListOf(PROVIDER, most=MOST_PROVIDERS),
        "notifications": ListOf(RULE, most=MOST_RULES),
        "targetGroups": NotBuilt(),
    }
)
