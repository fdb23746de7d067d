"""Asking every query of a round for its window: from definitions, configuration and secrets to values or problems."""

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from libs.analysis.state import Run, unheard, window
from libs.config.model import MetricProvider
from libs.config.store import Configuration
from libs.durable.contents import Contents
from libs.messages.analysis import Measurement
from libs.messages.subject import Key
from libs.plan.model import Definitions
from libs.runtime.line import one_line
from libs.secrets.folder import NoSecret, SecretFolder, Used
from libs.spec.model import Query
from libs.templates.render import SECRETS
from services.evaluator.measuring import prometheus
from services.evaluator.measuring.prometheus import NoValue
from services.evaluator.measuring.reach import Reach
from services.evaluator.measuring.rendering import Unrenderable, rendered, values

SHOWN_CHARACTERS = 400


class Sources(Struct, frozen=True):
    """Where a question's parts come from."""

    definitions: Contents[Definitions]
    configuration: Configuration
    secrets: SecretFolder


class _Topic(Struct, frozen=True):
    """What the queries of one round share."""

    tenant: str
    run: Run
    definitions: Definitions
    providers: Mapping[str, MetricProvider]
    named: Mapping[str, str]


class Asker:
    """Measures."""

    def __init__(self, sources: Sources, reach: Reach) -> None:
        self._sources = sources
        self._reach = reach

    async def measure(self, key: Key, run: Run) -> tuple[Measurement, ...]:
        """A value or a problem for each query that has none yet; all are asked at once."""
        definitions = await self._sources.definitions.read(run.definitions)
        config = (await self._sources.configuration.current(key.tenant)).config
        providers = {provider.name: provider for provider in config.metric_providers}
        topic = _Topic(key.tenant, run, definitions, providers, values(run, definitions, key.deployment))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(topic, name)) for name in unheard(run)]
        return tuple(task.result() for task in tasks)

    async def _one(self, topic: _Topic, name: str) -> Measurement:
        query = topic.definitions.queries.get(name)
        if query is None:
            return Measurement(name, problem="is not defined")
        try:
            provider = _provider(topic, query)
            wanted = (f"{{{{{SECRETS}{secret}}}}}" for secret in prometheus.secret_names(provider))
            used = self._sources.secrets.used(topic.tenant, (query.template, *wanted))
        except (NoSecret, NoValue) as error:
            return Measurement(name, problem=str(error))
        try:
            return Measurement(name, await self._value(topic, query, provider, used))
        except (NoValue, Unrenderable) as error:
            return Measurement(name, problem=one_line(used.redacted(str(error)), SHOWN_CHARACTERS))

    async def _value(self, topic: _Topic, query: Query, provider: MetricProvider, used: Used) -> float:
        secrets = used.reveal()
        text = rendered(query.template, {**topic.named, **secrets})
        plain = {name.removeprefix(SECRETS): secret for name, secret in secrets.items()}
        request = prometheus.asked(provider, text, window(topic.run).end, plain)
        answer = await self._reach.ask(topic.tenant, provider.agent, request)
        return prometheus.value(answer.status, answer.body)


def _provider(topic: _Topic, query: Query) -> MetricProvider:
    """The gate's, else the query's own, else the file's default."""
    name = topic.run.analysis.provider or query.provider or topic.definitions.default_provider
    if not name:
        raise NoValue("no metric provider is named: set analysis.defaultMetricProviderName")
    provider = topic.providers.get(name)
    if provider is None:
        known = ", ".join(sorted(topic.providers)[:10]) or "none"
        raise NoValue(f"no metric provider is configured as {name[:60]!a}; configured: {known}")
    if provider.type != "prometheus":
        raise NoValue(f"{name[:60]} is a {provider.type} provider, which this release cannot ask; use prometheus")
    return provider
