"""One attempt to tell a receiver something, and what its answer means."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from msgspec import Struct
from yarl import URL

from libs.config.model import NotificationRule
from libs.egress.addresses import AddressRefused
from libs.egress.call import INTRODUCTION
from libs.egress.client import Client, Unanswered, Unsendable
from libs.secrets.folder import NoSecret, SecretFolder
from libs.templates.render import TooLong, UnknownName, render
from services.notifier.settings import ALLOW_PRIVATE

LONGEST_WAIT_SECONDS = 3600.0
_SHOWN_BYTES = 300
_PASSING = frozenset({408, 425, 429})
_OURS = {"Content-Type": "application/json"} | INTRODUCTION


class Notice(Struct, frozen=True):
    """What is to be told."""

    id: str
    body: bytes


class Missed(Exception):
    """It did not work, and may later. `after`: the receiver said for how long to leave it alone."""

    def __init__(self, reason: str, after: float = 0) -> None:
        super().__init__(reason)
        self.after = after


class Refused(Exception):
    """Telling this again would not help."""


class Delivery:
    def __init__(self, client: Client, secrets: SecretFolder, seconds: float) -> None:
        self._client = client
        self._secrets = secrets
        self._seconds = seconds

    async def send(self, tenant: str, rule: NotificationRule, notice: Notice, now: datetime) -> None:
        """Raises `Missed` or `Refused`; their words hold no secret and no address."""
        try:
            url, headers = self._url(tenant, rule), self._headers(tenant, rule)
        except NoSecret as error:
            raise Missed(str(error)) from None
        try:
            async with asyncio.timeout(self._seconds):
                await self._post(url, {**_OURS, **headers, "X-Fairlead-Event": notice.id}, notice.body, now)
        except TimeoutError:
            raise Missed(f"no answer within {self._seconds:.3g} s") from None
        except AddressRefused as error:
            raise Refused(f"{error}; see {ALLOW_PRIVATE}") from None
        except Unsendable as error:
            raise Refused(str(error)) from None
        except Unanswered as error:
            raise Missed(str(error)) from None

    async def _post(self, url: URL, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        async with self._client.request("POST", url, tuple(headers.items()), body) as response:
            if 200 <= response.status < 300:
                return
            said = await _beginning(response.content) if response.status < 500 else ""
            reason = f"it answered {response.status}{f' {said}' if said else ''}"
            if response.status in _PASSING or response.status >= 500:
                raise Missed(reason, waits(response.headers.get("Retry-After", ""), now))
            raise Refused(reason)

    def _url(self, tenant: str, rule: NotificationRule) -> URL:
        text = rule.url or self._secrets.read(tenant, rule.url_secret).reveal()
        try:
            url = URL(text.strip())
        except ValueError:
            url = URL()
        if url.scheme not in ("http", "https") or not url.host:
            raise Refused("its address is no http or https URL with a host")
        return url.with_fragment(None)

    def _headers(self, tenant: str, rule: NotificationRule) -> dict[str, str]:
        values = self._secrets.used(tenant, rule.headers.values()).reveal()
        try:
            return {name: render(value, values) for name, value in rule.headers.items()}
        except (UnknownName, TooLong) as error:
            raise Refused(f"a header: {error}") from None


def waits(text: str, now: datetime) -> float:
    """How long a Retry-After asks to wait, within bounds; 0 where it says nothing."""
    if text.strip().isdecimal():
        return min(float(text.strip()[:9]), LONGEST_WAIT_SECONDS)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT_SECONDS)


async def _beginning(content: aiohttp.StreamReader) -> str:
    """A few words of the answer: what Slack and others say is wrong. One word only, so that it can repeat no secret."""
    text = (await content.read(_SHOWN_BYTES)).decode(errors="replace").strip()
    return text if text.replace("_", "").isalpha() and len(text) <= 60 else ""
