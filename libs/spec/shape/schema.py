"""The deployment file's shape, whole: every key, what it takes, and which keys this release refuses by name."""

from msgspec.structs import replace

from libs.spec.shape.sections import ANALYSIS, STRATEGIES, TRAFFIC, WEBHOOKS
from libs.spec.shape.shape import AsWritten, Choice, Flag, Ignored, ListOf, MapOf, NotBuilt, Record, Text
from libs.spec.shape.steps import CONSTRAINT, MOST_GATES
from libs.spec.shape.terms import (
    CONTEXT,
    DURATION,
    LAMBDA,
    NAME,
    NAMESPACE,
    PROSE,
    REQUEST_ONLY,
    STRATEGY_NAME,
    TARGETS,
)

_CONSTRAINTS = ListOf(CONSTRAINT, most=MOST_GATES)

_TARGET = Record(
    {
        "account": NAME,
        "namespace": NAMESPACE,
        "strategy": STRATEGY_NAME,
        "constraints": Record(
            {
                "dependsOn": ListOf(NAME, least=1, hint="remove the key to start at once", lone=True),
                "beforeDeployment": _CONSTRAINTS,
                "afterDeployment": _CONSTRAINTS,
            },
            about={
                "dependsOn": "Targets that must have succeeded, their afterDeployment included.",
                "beforeDeployment": "All must pass, in parallel, before anything is deployed.",
                "afterDeployment": "All must pass, in parallel, once the strategy has finished.",
            },
        ),
        "deployAsIamRole": LAMBDA,
        "region": LAMBDA,
    },
    required=("account",),
    about={
        "account": "The agent in whose cluster it is.",
        "namespace": "Wins over the manifests' own namespaces.",
        "strategy": "One of strategies; needed where a Deployment goes to the target.",
        "constraints": "What must hold before and after.",
    },
)

_UNDER_INLINE = "indent the manifest's text deeper than `inline: |`"
_MANIFEST = Record(
    {
        "path": Text(most=1024),
        "inline": Text(most=256 * 1024, lines=True),
        "targets": TARGETS,
    },
    hints=dict.fromkeys(("apiVersion", "kind", "metadata", "spec", "data"), _UNDER_INLINE),
    about={
        "path": "A file, or a folder that is read with all it holds.",
        "inline": "A manifest's text.",
        "targets": "The targets it goes to; without it, all.",
    },
)

_IN_PROGRESS = Record(
    {"strategy": Choice(("reject", "enqueueOne"), unbuilt=("replace",))},
    required=("strategy",),
    about={"strategy": "reject: refuse to start; enqueueOne: wait, in the one place that there is to wait."},
)
_DEPLOYMENT_CONFIG = Record(
    {
        "timeout": DURATION,
        "keepDeploymentObject": Flag(),
        "ifDeploymentInProgress": _IN_PROGRESS,
        "onDrift": NotBuilt(),
    },
    about={
        "timeout": "How long pods may take to be ready; at least a minute, by default 30 minutes.",
        "keepDeploymentObject": "Whether a Deployment object exists again when the release is over.",
        "ifDeploymentInProgress": "What happens where the application is already being deployed.",
    },
)

FILE = Record(
    {
        "version": AsWritten(),
        "kind": Choice(("kubernetes",)),
        "application": NAME,
        "description": PROSE,
        "context": CONTEXT,
        "deploymentConfig": _DEPLOYMENT_CONFIG,
        "targets": MapOf(_TARGET, least=1),
        "manifests": ListOf(_MANIFEST, least=1),
        "strategies": STRATEGIES,
        "webhooks": WEBHOOKS,
        "analysis": ANALYSIS,
        "trafficManagement": TRAFFIC,
        "artifacts": LAMBDA,
        "providerOptions": LAMBDA,
        "metadata": Ignored(),
        "files": REQUEST_ONLY,
        "targetFilters": REQUEST_ONLY,
        "sourceControl": REQUEST_ONLY,
        "contextOverrides": REQUEST_ONLY,
        "account": REQUEST_ONLY,
    },
    required=("targets", "manifests"),
    about={
        "version": "Any text; v1 is usual.",
        "kind": "kubernetes, which it is without the key too.",
        "application": "The application's name; one deployment of it runs at a time.",
        "description": "Shown with the deployment.",
        "context": "Values for {{context.x}} in webhooks and queries.",
        "deploymentConfig": "What holds for all targets.",
        "targets": "Where to deploy, by names of your choice.",
        "manifests": "What to deploy.",
        "strategies": "How versions change, by names that targets refer to.",
        "analysis": "The queries that analysis steps ask.",
        "webhooks": "The calls that runWebhook steps make.",
        "trafficManagement": "What moves traffic from one version to the other.",
    },
)
FILE_WITHOUT_ACCOUNTS = replace(FILE, fields=FILE.fields | {"targets": MapOf(replace(_TARGET, required=()), least=1)})
"""Of a request that gives one account for all targets."""
