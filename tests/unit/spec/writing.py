"""The file that a person would write for a spec."""

from typing import Any

import yaml

from libs.spec.model import (
    Analysis,
    BlueGreen,
    CanaryStep,
    ExposeServices,
    IstioRoute,
    Pause,
    Query,
    RunWebhook,
    SetWeight,
    Spec,
    Strategy,
    Target,
    Traffic,
    Webhook,
)

Document = dict[str, Any]


def written(spec: Spec) -> Document:
    inline = spec.manifests[1]
    return {
        "application": spec.application,
        "description": spec.description,
        "context": spec.context,
        "deploymentConfig": {
            "timeout": _duration(spec.timeout_seconds),
            "keepDeploymentObject": spec.keeps_deployment,
            "ifDeploymentInProgress": {"strategy": spec.when_in_progress},
        },
        "targets": {name: _target(target) for name, target in spec.targets.items()},
        "manifests": [{"path": "k8s/"}, {"inline": inline.inline, "targets": list(inline.targets)}],
        "strategies": {name: _strategy(one) for name, one in spec.strategies.items()},
        "webhooks": [{"name": name, **_webhook(one)} for name, one in spec.webhooks.items()],
        "analysis": {
            "defaultMetricProviderName": spec.default_provider,
            "queries": [{"name": name, **_query(one)} for name, one in spec.queries.items()],
        },
        "trafficManagement": [_traffic(one) for one in spec.traffic],
    }


def _target(target: Target) -> Document:
    words = {"account": target.account, "namespace": target.namespace, "strategy": target.strategy}
    constraints = {
        "dependsOn": list(target.depends_on),
        "beforeDeployment": _steps(target.before),
        "afterDeployment": _steps(target.after),
    }
    return _filled(words) | {"constraints": {key: listed for key, listed in constraints.items() if listed}}


def _strategy(strategy: Strategy) -> Document:
    if isinstance(strategy, BlueGreen):
        lists = {
            "redirectTrafficAfter": _steps(strategy.redirect_after),
            "shutDownOldVersionAfter": _steps(strategy.shut_down_after),
        }
        services = {"activeService": strategy.active_service, "previewService": strategy.preview_service}
        return {"blueGreen": lists | _filled(services)}
    return {"canary": {"steps": _steps(strategy.steps)}}


def _steps(steps: tuple[CanaryStep, ...]) -> list[Document]:
    return [_step(step) for step in steps]


def _step(step: CanaryStep) -> Document:
    match step:
        case SetWeight(weight):
            return {"setWeight": weight}
        case Pause():
            return {"pause": _pause(step)}
        case RunWebhook(name, context):
            return {"runWebhook": {"name": name, "context": context}}
        case Analysis():
            return {"analysis": _analysis(step)}
        case ExposeServices(services, seconds):
            return {"exposeServices": {"services": list(services), "ttl": _duration(seconds)}}


def _pause(pause: Pause) -> Document:
    if pause.approval is None:
        return _duration(pause.seconds or 0)
    seconds = pause.approval.expires_seconds
    expiration = {} if seconds is None else {"approvalExpiration": _duration(seconds)}
    return {"untilApproved": True} | _filled({"requiresRoles": list(pause.approval.roles)}) | expiration


def _analysis(step: Analysis) -> Document:
    return {
        "interval": step.interval_seconds,
        "units": "seconds",
        "numberOfJudgmentRuns": step.runs,
        "queries": list(step.queries),
        "lookbackMethod": step.lookback.upper(),
        "abortOnFailedJudgment": step.aborts_early,
        "rollBackMode": "manual" if step.asks_when_failed else "automatic",
        "rollForwardMode": "MANUAL" if step.asks_when_passed else "Automatic",
        "context": step.context,
    } | _filled({"metricProviderName": step.provider})


def _webhook(webhook: Webhook) -> Document:
    return {
        "method": webhook.method,
        "uriTemplate": webhook.uri,
        "networkMode": "remoteNetworkAgent" if webhook.through_agent else "direct",
        "headers": [{"key": header.key, "value": header.value} for header in webhook.headers],
        "bodyTemplate": {} if webhook.body is None else {"inline": webhook.body},
        "retryCount": webhook.retries,
        "disableCallback": not webhook.calls_back,
    } | _filled({"agentIdentifier": webhook.agent})


def _query(query: Query) -> Document:
    limits = {"upperLimit": query.upper, "lowerLimit": query.lower}
    given = {key: limit for key, limit in limits.items() if limit is not None}
    return {"queryTemplate": query.template, **given} | _filled({"metricProviderName": query.provider})


def _traffic(item: Traffic) -> Document:
    smi = [
        {"rootServiceName": one.root_service, "canaryServiceName": one.canary_service, "trafficSplitName": one.split}
        for one in item.smi
    ]
    return {
        "targets": list(item.targets),
        "kubernetes": [
            _filled({"activeService": pair.active, "previewService": pair.preview}) for pair in item.kubernetes
        ],
        "smi": [_filled(one) for one in smi],
        "istio": [_route(one) for one in item.istio],
    }


def _route(route: IstioRoute) -> Document:
    rule = {"name": route.destination_rule, "activeSubsetName": route.active_subset}
    return {
        "virtualService": _filled({"name": route.virtual_service, "httpRouteName": route.route}),
        "destinationRule": _filled(rule),
    }


def _duration(seconds: int) -> Document:
    return {"duration": seconds, "unit": "seconds"}


def _filled(values: Document) -> Document:
    return {key: value for key, value in values.items() if value}


class _Quoted(yaml.SafeDumper):
    """Texts in quotes: PyYAML leaves out those that only its own, older rules can do without."""


_Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def as_yaml(file: Document) -> str:
    return yaml.dump(file, Dumper=_Quoted, allow_unicode=True, sort_keys=False)
