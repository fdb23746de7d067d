"""The deployment file's shape, whole: every key, what it takes, and which keys this release refuses by name."""

from libs.spec.shape.shape import (
    AsWritten,
    Choice,
    Flag,
    Ignored,
    ListOf,
    MapOf,
    NotBuilt,
    NotHere,
    Record,
    Text,
    Whole,
)

UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}

NAME = Text()
NAMESPACE = Text(pattern=r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", means="a namespace: lower-case letters, digits and -")
PROSE = Text(most=20_000, lines=True)
REQUEST_ONLY = NotHere("it belongs to the request that starts a deployment, not to the file")

AMOUNT = Whole(1, 1_000_000)
UNIT = Choice(tuple(UNIT_SECONDS))
DURATION = Record({"duration": AMOUNT, "unit": UNIT}, required=("duration", "unit"))
ROLES = ListOf(NAME, lone=True)

PAUSE = Record(
    {
        "duration": AMOUNT,
        "unit": UNIT,
        "untilApproved": Flag(),
        "requiresRoles": ROLES,
        "approvalExpiration": Record(DURATION.fields | {"requiresRoles": ROLES}, required=DURATION.required),
        "approvals": NotBuilt(),
        "notSubmitter": NotBuilt(),
    },
    aliases={"approvalDuration": "approvalExpiration", "requiresRole": "requiresRoles"},
)
SET_WEIGHT = Record({"weight": Whole(0, 100)}, required=("weight",), shorthand="weight")

STEP = Record(
    {
        "setWeight": SET_WEIGHT,
        "pause": PAUSE,
        "runWebhook": NotBuilt(),
        "analysis": NotBuilt(),
        "exposeServices": NotBuilt(),
    },
    one=True,
)
CONSTRAINT = Record(
    {
        "pause": PAUSE,
        "runWebhook": NotBuilt(),
        "analysis": NotBuilt(),
        "setWeight": NotHere("weights are set in strategies.<name>.canary.steps"),
        "exposeServices": NotHere("services are exposed in strategies.<name>.canary.steps"),
    },
    one=True,
)

TARGET = Record(
    {
        "account": NAME,
        "namespace": NAMESPACE,
        "strategy": NAME,
        "constraints": Record(
            {
                "dependsOn": ListOf(NAME, least=1, hint="remove the key to start at once"),
                "beforeDeployment": ListOf(CONSTRAINT),
                "afterDeployment": ListOf(CONSTRAINT),
            }
        ),
        "deployAsIamRole": NotBuilt(),
        "region": NotBuilt(),
    },
    required=("account",),
)

_UNDER_INLINE = "indent the manifest's text deeper than `inline: |`"
MANIFEST = Record(
    {
        "path": Text(most=1024),
        "inline": Text(most=256 * 1024, lines=True),
        "targets": ListOf(NAME, least=1, hint="remove the key to include all targets"),
    },
    hints=dict.fromkeys(("apiVersion", "kind", "metadata", "spec", "data"), _UNDER_INLINE),
)

STRATEGY = Record(
    {
        "canary": Record({"steps": ListOf(STEP)}, required=("steps",)),
        "blueGreen": NotBuilt(),
    },
    one=True,
)

FILE = Record(
    {
        "version": AsWritten(),
        "kind": Choice(("kubernetes",)),
        "application": NAME,
        "description": PROSE,
        "context": MapOf(AsWritten()),
        "deploymentConfig": Record(
            {
                "timeout": DURATION,
                "keepDeploymentObject": NotBuilt(harmless=False),
                "ifDeploymentInProgress": NotBuilt(),
                "onDrift": NotBuilt(),
            }
        ),
        "targets": MapOf(TARGET, least=1),
        "manifests": ListOf(MANIFEST, least=1),
        "strategies": MapOf(STRATEGY),
        "analysis": NotBuilt(),
        "webhooks": NotBuilt(),
        "trafficManagement": NotBuilt(),
        "artifacts": NotBuilt(),
        "providerOptions": NotBuilt(),
        "metadata": Ignored(),
        "files": REQUEST_ONLY,
        "targetFilters": REQUEST_ONLY,
        "sourceControl": REQUEST_ONLY,
        "contextOverrides": REQUEST_ONLY,
        "account": REQUEST_ONLY,
    },
    required=("targets", "manifests"),
)
