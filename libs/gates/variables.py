"""Which values the templates of a gate may name, by full name: `armory.…` and `context.…`. Pure.

Secrets are not among them: who calls out adds those at the instant of the call.
"""

from collections.abc import Mapping

from libs.messages.run import Subject
from libs.plan.model import Definitions


def variables(
    subject: Subject, definitions: Definitions, deployment: str, extra: Mapping[str, str] = {}
) -> dict[str, str]:
    """`extra` is by full name too, such as `armory.callbackUri`, and wins.

    Of the contexts the most specific wins: the file's, then the request's, then the gate's own.
    """
    context = {**definitions.context, **subject.context}
    return {
        "armory.applicationName": subject.application,
        "armory.deploymentId": deployment,
        "armory.environmentName": subject.target,
        "armory.accountName": subject.agent,
        "armory.namespace": subject.namespace,
        # Of several new versions the first: a text that joined them would match none of them.
        "armory.replicaSetName": subject.replica_sets[0] if subject.replica_sets else "",
        **{f"context.{name}": value for name, value in context.items()},
        **extra,
    }
