"""A deployment as a story: a line for each fact that tells a person something new. Pure."""

from cli.showing.sentences import Heard, sentence
from libs.api.fates import Fate, fates_words, heard
from libs.api.reasons import Reasons
from libs.api.view import EventView

_ENDS = ("evt.deployment.succeeded", "evt.deployment.failed", "evt.deployment.cancelled")
_ALWAYS_IN_FULL = (".hindered", ".asked")
"""Something stops for this reason, now: also where the same reason stopped it before."""


class Story:
    """Hears every fact of one deployment in its order: what was told before decides what is new."""

    def __init__(self) -> None:
        self.has_ended = False
        """Whether the deployment's end was told."""
        self._application = ""
        self._fates: dict[str, Fate] = {}
        self._reasons = Reasons()

    def line(self, event: EventView) -> str:
        """With the time of day; empty for what a person need not know."""
        said = self.told(event)
        return f"{event.at:%H:%M:%S}  {said}" if said else ""

    def told(self, event: EventView) -> str:
        """The same without a time."""
        target, reason = str(event.data.get("target", "")), str(event.data.get("reason") or "")
        told = self._heard(event, target, reason)
        said = sentence(event.type, told)
        if told.reason in said:
            self._reasons.tell(target, reason)
        if target:
            self._fates[target] = heard(self._fates.get(target, Fate()), event)
        return f"{f'{target}: ' if target else ''}{said}" if said else ""

    def _heard(self, event: EventView, target: str, reason: str) -> Heard:
        self._application = self._application or str(event.data.get("application", ""))
        if event.type in _ENDS:
            self.has_ended = True
            rest, fates = self._reasons.rest_of_all(reason), fates_words(self._fates)
            return Heard(event.data, rest, fates=fates, application=self._application)
        is_whole = event.type.endswith(_ALWAYS_IN_FULL)
        new = reason if is_whole else self._reasons.rest(target, reason)
        return Heard(event.data, new, self._fates.get(target, Fate()), application=self._application)
