"""How long it takes to read a deployment file of 2,000 lines: parsed, every value positioned, every rule checked.

The floor is PyYAML's own C loader on the same text, which keeps no positions and checks nothing.
"""

import gc
import time
from collections.abc import Callable
from statistics import median

import yaml

from libs.spec.parse import parse
from tests.bench.row import Row, row

LINES = 2000
ROUNDS = 30


async def run() -> list[Row]:
    text = written(LINES)
    if parse(text).spec is None:
        raise AssertionError(f"the file does not validate: {parse(text).problems[:3]}")
    ours, floors = [], []
    for _ in range(ROUNDS):
        ours.append(_milliseconds(lambda: parse(text)))
        floors.append(_milliseconds(lambda: yaml.load(text, Loader=yaml.CSafeLoader)))
    value, floor = median(ours), median(floors)
    return [row("parse", f"{LINES} lines", value, "ms", n=ROUNDS, floor=floor, goal="value <= 80")]


def _milliseconds(once: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    once()
    return (time.perf_counter() - began) * 1000


def written(lines: int) -> str:
    """Every kind of section in it; manifests fill what is left of the lines."""
    parts = (_TARGET, _STRATEGY, _QUERY, _WEBHOOK)
    count = (lines - 100) // sum(part.count("\n") for part in parts)
    sections = "".join(
        head + "".join(part.replace("NUMBER", str(number)) for number in range(count))
        for head, part in zip(_HEADS, parts, strict=True)
    )
    paths = (f"  - path: k8s/{number}.yml\n" for number in range(lines - sections.count("\n") - 2))
    return f"application: shop\n{sections}manifests:\n{''.join(paths)}"


_HEADS = (
    "targets:\n",
    "strategies:\n",
    "analysis:\n  defaultMetricProviderName: metrics\n  queries:\n",
    "webhooks:\n",
)
_TARGET = """\
  target-NUMBER:
    account: cluster-NUMBER
    namespace: shop
    strategy: careful-NUMBER
    constraints:
      beforeDeployment:
        - pause:
            untilApproved: true
            requiresRoles: [lead, operator]
            approvalExpiration: {duration: 8, unit: hours}
      afterDeployment:
        - runWebhook:
            name: suite NUMBER
            context: {suite: fast, number: NUMBER}
"""
_STRATEGY = """\
  careful-NUMBER:
    canary:
      steps:
        - setWeight: {weight: 10}
        - analysis:
            interval: 60
            units: seconds
            numberOfJudgmentRuns: 5
            rollForwardMode: manual
            queries: [errors NUMBER]
        - pause:
            duration: 5
            unit: minutes
        - setWeight: 50
"""
_QUERY = """\
    - name: errors NUMBER
      upperLimit: 0.02
      queryTemplate: >-
        sum(rate(failures{rs="{{armory.replicaSetName}}"}[{{armory.promQlStepInterval}}]))
"""
_WEBHOOK = """\
  - name: suite NUMBER
    method: POST
    uriTemplate: https://ci.example.test/jobs/{{context.suite}}
    headers:
      - {key: Authorization, value: "Bearer {{secrets.token}}"}
    bodyTemplate:
      inline: |
        {
          "answer": "{{armory.callbackUri}}/callback",
          "where": "{{armory.environmentName}}"
        }
    retryCount: 2
"""
