"""What a rule has told of each deployment under way: what it tells next leaves that out."""

from typing import Any

from msgspec.structs import replace

from libs.api.fates import Fate, fates_words, heard
from libs.api.reasons import Reasons
from libs.api.view import EventView
from libs.messages.deployment import DeploymentCancelled, DeploymentFailed, DeploymentStarted, DeploymentSucceeded
from libs.messages.gate import GateAsked
from libs.messages.message import Message
from libs.messages.rollout import RolloutHindered
from services.notifier.facts import Fact

MOST = 1000
"""Deployments that are remembered: of older ones everything is told as if it were the first that is heard."""
_STOPS = (GateAsked, RolloutHindered)
"""Something stops for this reason, now: also where the same reason stopped it before."""


class Memory:
    def __init__(self) -> None:
        self._reasons: dict[str, Reasons] = {}
        self._fates: dict[str, dict[str, Fate]] = {}
        """Only of deployments that were heard from their beginning: of others it is not known who never began."""

    def hear(self, fact: Fact) -> None:
        """Every fact, also those that the rule does not want."""
        deployment = fact.key.deployment
        if isinstance(fact.message, DeploymentStarted):
            self._fates[deployment] = {}
            _forget(self._fates)
        fates = self._fates.get(deployment)
        if fates is not None and fact.target:
            event = EventView(f"evt.{fact.event}", fact.at, fact.data)
            fates[fact.target] = heard(fates.get(fact.target, Fate()), event)

    def news(self, fact: Fact) -> Fact:
        """The fact with no more of its reason than is new."""
        match fact.message:
            case DeploymentFailed(reason=reason) | DeploymentCancelled(reason=reason) as ended:
                rest = self._of(fact).rest_of_all(reason)
                return _with(fact, ended, "; ".join(part for part in (rest, self._ends(fact)) if part))
            case Message() as message if reason := str(fact.data.get("reason") or ""):
                whole = isinstance(message, _STOPS)
                return fact if whole else _with(fact, message, self._of(fact).rest(fact.target, reason))
            case _:
                return fact

    def tell(self, fact: Fact) -> None:
        """The receiver has it."""
        self._of(fact).tell(fact.target, str(fact.data.get("reason") or ""))

    def forget(self, fact: Fact) -> None:
        """Nothing more is told of a deployment that has ended."""
        if isinstance(fact.message, DeploymentSucceeded | DeploymentFailed | DeploymentCancelled):
            self._reasons.pop(fact.key.deployment, None)
            self._fates.pop(fact.key.deployment, None)

    def _of(self, fact: Fact) -> Reasons:
        reasons = self._reasons.setdefault(fact.key.deployment, Reasons())
        _forget(self._reasons)
        return reasons

    def _ends(self, fact: Fact) -> str:
        return fates_words(self._fates.get(fact.key.deployment, {}))


def _with(fact: Fact, message: Message, reason: str) -> Fact:
    return replace(fact, message=replace(message, reason=reason))


def _forget(known: dict[str, Any]) -> None:
    while len(known) > MOST:
        del known[next(iter(known))]
