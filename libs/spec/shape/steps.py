"""The shapes of steps, and which of them may stand where."""

from libs.spec.shape.shape import Choice, Flag, Ignored, ListOf, NotBuilt, NotHere, Record, Whole
from libs.spec.shape.terms import (
    ABOUT_DURATION,
    AMOUNT,
    CONTEXT,
    DURATION,
    NAME,
    QUERY_NAME,
    SERVICE,
    UNIT,
    WEBHOOK_NAME,
)

MOST_GATES = 50
"""In one list. Each may bring messages into the one commit that opens or closes them all."""
MOST_STEPS = 200
MOST_RUNS = 1000

_WHO_DECIDES = Choice(("automatic", "manual"))
_ROLES = ListOf(NAME, most=MOST_GATES, lone=True)

_SET_WEIGHT = Record(
    {"weight": Whole(0, 100)},
    required=("weight",),
    shorthand="weight",
    about={"weight": "Percent of the new version, 0 to 100. A last 100 is implied."},
)

_PAUSE = Record(
    {
        "duration": AMOUNT,
        "unit": UNIT,
        "untilApproved": Flag(),
        "requiresRoles": _ROLES,
        "approvalExpiration": Record(
            DURATION.fields | {"requiresRoles": _ROLES},
            required=DURATION.required,
            about=ABOUT_DURATION | {"requiresRoles": "Belongs beside untilApproved."},
        ),
        "approvals": NotBuilt(),
        "notSubmitter": NotBuilt(),
    },
    aliases={"approvalDuration": "approvalExpiration", "requiresRole": "requiresRoles"},
    about=ABOUT_DURATION
    | {
        "untilApproved": "Wait for a person instead of for a time.",
        "requiresRoles": "Any one of these roles may decide; without it, anyone who may act on the deployment.",
        "approvalExpiration": "How long a decision may take. Then the deployment is cancelled and rolled back.",
    },
)

_RUN_WEBHOOK = Record(
    {"name": WEBHOOK_NAME, "context": CONTEXT, "unit": Ignored()},
    required=("name",),
    about={
        "name": "The name of a webhook that is defined under webhooks.",
        "context": "Further {{context.x}} values for this call; they win over all others.",
    },
)

_ANALYSIS = Record(
    {
        "metricProviderName": NAME,
        "context": CONTEXT,
        "interval": AMOUNT,
        "units": UNIT,
        "numberOfJudgmentRuns": Whole(1, MOST_RUNS),
        "rollBackMode": _WHO_DECIDES,
        "rollForwardMode": _WHO_DECIDES,
        "queries": ListOf(QUERY_NAME, least=1, most=MOST_GATES, hint="name a query of analysis.queries", lone=True),
        "lookbackMethod": Choice(("growing", "sliding")),
        "abortOnFailedJudgment": Flag(),
    },
    required=("interval", "units", "numberOfJudgmentRuns", "queries"),
    same={"unit": "units"},
    about={
        "metricProviderName": "A metric provider of the configuration; else the query's own, else the default.",
        "context": "Further {{context.x}} values for these queries; they win over all others.",
        "interval": "How much time one sample covers.",
        "units": "The interval's unit: seconds, minutes or hours.",
        "numberOfJudgmentRuns": "How often each query is asked, once an interval; the mean is judged.",
        "rollBackMode": "Whether a failed judgment rolls back by itself or asks a person.",
        "rollForwardMode": "Whether a passed judgment goes on by itself or asks a person.",
        "queries": "Names of queries under analysis.queries; all must pass.",
        "lookbackMethod": "sliding: each run covers the last interval; growing: all the time since the first began.",
        "abortOnFailedJudgment": "Whether the first value outside its limits fails the step.",
    },
)

_EXPOSE_SERVICES = Record(
    {"services": ListOf(SERVICE, least=1, most=MOST_GATES, hint="name a Service", lone=True), "ttl": DURATION},
    required=("services",),
    about={
        "services": "Services of the target's namespace with one HTTP port each.",
        "ttl": "How long the address works: 1 minute to 24 hours, by default 5 minutes.",
    },
)

_GATES = {"pause": _PAUSE, "runWebhook": _RUN_WEBHOOK, "analysis": _ANALYSIS}
_ABOUT_GATES = {
    "pause": "Wait for a time or for a person.",
    "runWebhook": "Call a webhook, and wait for its callback unless it wants none.",
    "analysis": "Ask metric providers, and judge what they answer.",
}
_ABOUT_EXPOSE = {"exposeServices": "Give Services a temporary public address."}
_NO_WEIGHT = NotHere("weights are set in strategies.<name>.canary.steps")

CANARY_STEP = Record(
    {"setWeight": _SET_WEIGHT, **_GATES, "exposeServices": _EXPOSE_SERVICES},
    one=True,
    about={"setWeight": "Give a percentage to the new version.", **_ABOUT_GATES, **_ABOUT_EXPOSE},
)
SWAP_GATE = Record(
    {**_GATES, "exposeServices": _EXPOSE_SERVICES, "setWeight": _NO_WEIGHT},
    one=True,
    about={**_ABOUT_GATES, **_ABOUT_EXPOSE},
)
CONSTRAINT = Record(
    {
        **_GATES,
        "setWeight": _NO_WEIGHT,
        "exposeServices": NotHere("services are exposed in strategies.<name>.canary.steps"),
    },
    one=True,
    about=_ABOUT_GATES,
)
