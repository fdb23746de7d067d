"""The shapes of what steps and targets name: strategies, webhooks, queries, and how traffic is moved."""

from libs.spec.shape.shape import (
    Choice,
    Flag,
    Ignored,
    ListOf,
    MapOf,
    NotBuilt,
    Number,
    Record,
    Template,
    Whole,
)
from libs.spec.shape.steps import CANARY_STEP, MOST_GATES, MOST_STEPS, SWAP_GATE
from libs.spec.shape.terms import LAMBDA, NAME, RESOURCE, SERVICE, TARGETS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SWAP_GATES = ListOf(SWAP_GATE, most=MOST_GATES)

_CANARY = Record(
    {"steps": ListOf(CANARY_STEP, most=MOST_STEPS)},
    required=("steps",),
    about={"steps": "Walked in order; a last setWeight of 100 is implied."},
)
_BLUE_GREEN = Record(
    {
        "redirectTrafficAfter": _SWAP_GATES,
        "shutDownOldVersionAfter": _SWAP_GATES,
        "activeService": SERVICE,
        "previewService": SERVICE,
    },
    same={"shutdownOldVersionAfter": "shutDownOldVersionAfter"},
    about={
        "redirectTrafficAfter": "All must pass, in parallel, before users' traffic moves to the new version.",
        "shutDownOldVersionAfter": "All must pass, in parallel, before the old version is shut down.",
        "activeService": "The older place for trafficManagement's kubernetes.activeService.",
        "previewService": "The older place for trafficManagement's kubernetes.previewService.",
    },
)
STRATEGIES = MapOf(
    Record(
        {"canary": _CANARY, "blueGreen": _BLUE_GREEN},
        one=True,
        about={
            "canary": "Give the new version more and more, step by step.",
            "blueGreen": "Bring the new version up whole beside the old one, then move traffic at once.",
        },
    ),
    defines="strategy",
)

_HEADER = Record(
    {"key": Template(most=200), "value": Template(most=8192)},
    required=("key", "value"),
    about={"key": "The header's name.", "value": "The header's value, such as Bearer {{secrets.token}}."},
)
_BODY = Record(
    {"inline": Template(most=256 * 1024, lines=True), "path": NotBuilt("write the text under inline")},
    shorthand="inline",
    about={"inline": "The body's text, sent as it is once its {{…}} have their values."},
)
WEBHOOKS = ListOf(
    Record(
        {
            "name": NAME,
            "method": Choice(METHODS),
            "uriTemplate": Template(most=8192),
            "networkMode": Choice(("direct", "remoteNetworkAgent")),
            "agentIdentifier": NAME,
            "headers": ListOf(_HEADER, most=100),
            "bodyTemplate": _BODY,
            "retryCount": Whole(0, 20),
            "disableCallback": Flag(),
        },
        required=("name", "uriTemplate"),
        about={
            "name": "What runWebhook.name refers to.",
            "method": "POST unless it says otherwise.",
            "uriTemplate": "Where to call: an http or https address, with {{…}} where needed.",
            "networkMode": "direct: called by Fairlead; remoteNetworkAgent: called by an agent in its network.",
            "agentIdentifier": "Which agent calls; by default that of the target's account.",
            "headers": "Sent with the call.",
            "bodyTemplate": "What is sent; nothing where it is left out.",
            "retryCount": "Further tries where a call fails.",
            "disableCallback": "true: done once the call was answered, without waiting for a callback.",
        },
    ),
    defines="webhook",
)

_QUERY = Record(
    {
        "name": NAME,
        "queryTemplate": Template(most=64 * 1024, lines=True),
        "upperLimit": Number(),
        "lowerLimit": Number(),
        "metricProviderName": NAME,
        "aggregationMethod": Ignored(),
    },
    required=("name", "queryTemplate"),
    about={
        "name": "What analysis.queries of a step refers to.",
        "queryTemplate": "The query in its provider's language; it must yield one value.",
        "upperLimit": "A mean above it fails.",
        "lowerLimit": "A mean below it fails.",
        "metricProviderName": "The provider to ask instead of the default one.",
    },
)
ANALYSIS = Record(
    {"defaultMetricProviderName": NAME, "queries": ListOf(_QUERY, defines="query")},
    about={
        "defaultMetricProviderName": "The provider that is asked where neither step nor query names one.",
        "queries": "The queries that steps may name.",
    },
)

_PAIR = Record(
    {"activeService": SERVICE, "previewService": SERVICE},
    about={
        "activeService": "The Service that users reach.",
        "previewService": "Another Service, which shows the new version before users see it.",
    },
)
_SPLIT = Record(
    {"rootServiceName": SERVICE, "canaryServiceName": SERVICE, "trafficSplitName": RESOURCE},
    required=("rootServiceName",),
    about={
        "rootServiceName": "The Service that clients call.",
        "canaryServiceName": "An existing Service for the new version; else <root>-canary is made.",
        "trafficSplitName": "The TrafficSplit that is made; by default it is called as the root Service.",
    },
)
_ROUTE = Record(
    {
        "virtualService": Record(
            {"name": RESOURCE, "httpRouteName": NAME},
            required=("name",),
            about={
                "name": "A VirtualService of the target's namespace.",
                "httpRouteName": "Which of its HTTP routes, where it has more than one.",
            },
        ),
        "destinationRule": Record(
            {"name": RESOURCE, "activeSubsetName": NAME, "canarySubsetName": NAME},
            about={
                "name": "By default the DestinationRule whose host is the route's.",
                "activeSubsetName": "The subset that the route points to now.",
                "canarySubsetName": "The subset made for the new version; by default <active>-canary.",
            },
        ),
    },
    required=("virtualService",),
    about={"virtualService": "What routes the traffic.", "destinationRule": "What names the versions."},
)
_MOST_ITEMS = 100
"""Each may be for every target, so they count as often as there are targets."""
TRAFFIC = ListOf(
    Record(
        {
            "targets": TARGETS,
            "kubernetes": ListOf(_PAIR, most=MOST_GATES, wrap=True),
            "smi": ListOf(_SPLIT, most=MOST_GATES, wrap=True),
            "istio": ListOf(_ROUTE, most=MOST_GATES, wrap=True),
            "alias": LAMBDA,
            "gatewayApi": NotBuilt(),
            "nginx": NotBuilt(),
        },
        about={
            "targets": "The targets it is for; without it, all.",
            "kubernetes": "The Services that blue/green moves.",
            "smi": "The TrafficSplits by which a canary is weighed.",
            "istio": "The Istio routes by which a canary is weighed.",
        },
    ),
    most=_MOST_ITEMS,
    wrap=True,
)
