"""Deployment files to begin with: each complete in itself, with what the wanted features take and nothing else."""

from collections.abc import Iterator

_EDITOR = "# yaml-language-server: $schema={server}/api/v1/schema/deployment.json\n"
_NEEDS = {
    "automated": "# Before the start: a Prometheus, under the name prometheus (fairlead config apply -f FILE)\n",
    "webhook": "# Before the start: something at uriTemplate that answers, and calls back when it is done\n",
    "traffic": "# Before the start: remove trafficManagement; this release refuses istio, and counts weights in pods\n",
}

_HEAD = """\
version: v1
kind: kubernetes
application: hello           # one deployment at a time of each application

targets:
  staging:                   # a name of your own
    account: staging         # the agent that reaches the cluster: fairlead agent list
    namespace: hello
    strategy: careful        # one of the strategies below
  prod:
    account: prod
    namespace: hello
    strategy: careful
    constraints:
      dependsOn: [staging]   # begins when staging is done

manifests:                   # or files and folders, looked for beside this file first: - path: manifests/
  - inline: |
      apiVersion: v1
      kind: Namespace
      metadata: {name: hello}
"""

_SERVICE = """\
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: NAME}
      spec:
        selector: {app: hello}
        ports: [{name: http, port: 80, targetPort: 8080}]
"""

_DEPLOYMENT = """\
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: hello}
      spec:
        replicas: 4
        selector: {matchLabels: {app: hello}}
        template:
          metadata: {labels: {app: hello}}
          spec:
            containers:
              - name: web
                image: docker.io/nginxinc/nginx-unprivileged:1.27-alpine   # change it for the next release
                ports: [{containerPort: 8080}]
                readinessProbe: {httpGet: {path: /, port: 8080}}
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
      - virtualService: {name: hello, httpRouteName: main}
        destinationRule: {name: hello, activeSubsetName: stable, canarySubsetName: canary}
"""

_SERVICES = """
trafficManagement:
  - targets: [staging, prod]
    kubernetes:
      - activeService: hello           # whose selector is moved to the new version
        previewService: hello-preview  # shows the new version before that
"""


def text(strategy: str, features: frozenset[str], server: str = "") -> str:
    """`features`: any of manual, automated, webhook, and traffic for a canary; `server` has the editors' schema."""
    is_canary = strategy == "canary"
    parts = [_EDITOR.format(server=server)] if server else []
    parts += [need for feature, need in _NEEDS.items() if feature in features and (is_canary or feature != "traffic")]
    services = ("hello",) if is_canary else ("hello", "hello-preview")
    parts += [_HEAD, *(_SERVICE.replace("NAME", name) for name in services), _DEPLOYMENT]
    parts += _canary(features) if is_canary else _blue_green(features)
    if "automated" in features:
        parts.append(_ANALYSIS)
    if "webhook" in features:
        parts.append(_WEBHOOKS)
    return "".join(parts)


def unrun(written: str) -> tuple[str, ...]:
    """What `validate` says of a file that this release reads and does not run."""
    from libs.spec.parse import parse

    return tuple(
        f"warning: {one.path}: {one.message}; {one.hint}" for one in parse(written).problems if one.code == "not_built"
    )


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
