"""Deployment files to begin with: what the wanted features take, and nothing else."""

from collections.abc import Iterator

_HEAD = """\
# yaml-language-server: $schema=http://127.0.0.1:8080/api/v1/schema/deployment.json
version: v1
kind: kubernetes
application: shop            # one deployment at a time of each application

targets:
  staging:                   # a name of your own
    account: staging         # the agent that reaches the cluster: fairlead agent list
    namespace: shop
    strategy: careful        # one of the strategies below
  prod:
    account: prod
    namespace: shop
    strategy: careful
    constraints:
      dependsOn: [staging]   # begins when staging is done

manifests:                   # files and folders, looked for beside this file first
  - path: manifests/namespace.yml
  - path: manifests/service.yml
  - path: manifests/v1
"""

_INLINE_GATES = {
    "manual": "pause: {untilApproved: true}     # fairlead deploy approve, or reject: it goes back",
    "automated": "analysis:                        # the metrics decide\n"
    "    interval: 10\n    units: seconds\n    numberOfJudgmentRuns: 3\n"
    "    rollBackMode: automatic\n    rollForwardMode: automatic\n    queries: [errors]",
    "webhook": "runWebhook: {name: smoke-test}   # calls out, and goes on when the callback says so",
}

_ANALYSIS = """
analysis:
  defaultMetricProviderName: prometheus   # configured with: fairlead config apply
  queries:
    - name: errors
      upperLimit: 0.05       # fails above
      queryTemplate: >-
        sum(rate(errors_total{version="{{armory.replicaSetName}}"}[1m]))
"""

_WEBHOOKS = """
webhooks:
  - name: smoke-test
    method: POST
    uriTemplate: https://ci.example.com/smoke-tests
    networkMode: direct      # remoteNetworkAgent: called from within the cluster's network
    headers:
      - {key: Content-Type, value: application/json}
    bodyTemplate:
      inline: '{"callback": "{{armory.callbackUri}}/callback"}'
    retryCount: 3
"""

_TRAFFIC = """
trafficManagement:
  - targets: [prod]          # this release refuses a start with istio; elsewhere the weights are counted in pods
    istio:
      - virtualService: {name: shop, httpRouteName: main}
        destinationRule: {name: shop, activeSubsetName: stable, canarySubsetName: canary}
"""

_SERVICES = """
trafficManagement:
  - targets: [staging, prod]
    kubernetes:
      - activeService: shop  # whose selector is moved to the new version
"""


def text(strategy: str, features: frozenset[str]) -> str:
    """`features`: any of manual, automated, webhook, and traffic for a canary."""
    parts = [_HEAD, *(_canary(features) if strategy == "canary" else _blue_green(features))]
    if "automated" in features:
        parts.append(_ANALYSIS)
    if "webhook" in features:
        parts.append(_WEBHOOKS)
    return "".join(parts)


def _canary(features: frozenset[str]) -> Iterator[str]:
    yield "\nstrategies:\n  careful:\n    canary:\n      steps:              # 100 % comes by itself at the end\n"
    yield "        - setWeight: {weight: 25}\n"
    yield from (_item(gate, 8) for gate in _gates(features))
    yield "        - pause: {duration: 5, unit: seconds}\n        - setWeight: {weight: 50}\n"
    if "traffic" in features:
        yield _TRAFFIC


def _blue_green(features: frozenset[str]) -> Iterator[str]:
    yield "\nstrategies:\n  careful:\n    blueGreen:\n"
    yield "      redirectTrafficAfter:       # all at once, before the traffic moves\n"
    gates = _gates(features) or ["pause: {duration: 5, unit: seconds}"]
    yield from (_item(gate, 8) for gate in gates)
    yield "      shutDownOldVersionAfter:    # the old version stays for a way back\n"
    yield "        - pause: {duration: 5, unit: seconds}\n"
    yield _SERVICES


def _gates(features: frozenset[str]) -> list[str]:
    return [gate for feature, gate in _INLINE_GATES.items() if feature in features]


def _item(gate: str, indent: int) -> str:
    first, *rest = gate.split("\n")
    return f"{' ' * indent}- {first}\n" + "".join(f"{' ' * (indent + 2)}{line}\n" for line in rest)
