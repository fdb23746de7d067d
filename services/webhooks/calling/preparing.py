"""From a run to its next attempt: the webhook's definition, its secrets, the address to call back at."""

import hashlib

from msgspec import Struct

from libs.auth.callbacks import CallbackTokens
from libs.durable.contents import Contents, Missing
from libs.gates.variables import variables
from libs.messages.subject import Key
from libs.plan.model import Definitions
from libs.secrets.folder import NoSecret, SecretFolder
from libs.spec.model import Webhook
from libs.webhook.state import Run
from services.webhooks.calling.caller import Attempt
from services.webhooks.calling.rendering import Unrenderable, rendered, templates

_CALLBACK = "armory.callbackUri"


class Unprepared(Exception):
    """The webhook cannot be called at all; the text says why, and holds no value."""


class Prepared(Struct, frozen=True):
    webhook: Webhook
    attempt: Attempt


class Preparer:
    """`public_url` is where whoever is called reaches intake; empty where this process is not told."""

    def __init__(
        self, definitions: Contents[Definitions], secrets: SecretFolder, tokens: CallbackTokens, public_url: str
    ) -> None:
        self._definitions = definitions
        self._secrets = secrets
        self._tokens = tokens
        self._public_url = public_url.rstrip("/")

    async def prepare(self, key: Key, run: Run, number: int) -> Prepared:
        """The attempt of this number. Raises `Unprepared`."""
        try:
            definitions = await self._definitions.read(run.definitions)
            webhook = _found(definitions, run.name)
            used = self._secrets.used(key.tenant, templates(webhook))
            values = variables(run.subject, definitions, key.deployment, self._callback(key)) | used.reveal()
            return Prepared(webhook, Attempt(rendered(webhook, values), delivery_id(key, number), used.redacted))
        except (Missing, NoSecret, Unrenderable) as error:
            raise Unprepared(self._explained(str(error))) from None

    def _callback(self, key: Key) -> dict[str, str]:
        if not self._public_url:
            return {}
        return {_CALLBACK: f"{self._public_url}/api/v1/callbacks/{self._tokens.token(key)}"}

    def _explained(self, reason: str) -> str:
        is_ours = _CALLBACK in reason and not self._public_url
        return f"{reason}: the webhooks service is not told FAIRLEAD_PUBLIC_URL" if is_ours else reason


def delivery_id(key: Key, attempt: int) -> str:
    """The same for every process that makes this attempt, so that whoever is called knows a repeat."""
    parts = ("delivery", key.tenant, str(key.partition), key.deployment, key.target, str(attempt))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _found(definitions: Definitions, name: str) -> Webhook:
    webhook = definitions.webhooks.get(name)
    if webhook is None:
        raise Missing(f"the deployment file defines no webhook {name!r}")
    return webhook
