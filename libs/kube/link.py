"""The API of an agent's cluster, over the link."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.kube.lines import lines
from libs.kube.port import JSON, PLAIN, Fence, Media, Response
from libs.kube.status import checked, retry_seconds
from libs.link.port import Link
from libs.messages.agent import Ask
from libs.runtime.trace import current_traceparent

REQUEST_SECONDS = 30.0
RENEWED_WITHIN_SECONDS = 30.0
_NONE = Fence("", 0)


class Linked:
    """See `Transport`."""

    def __init__(self, link: Link, tenant: str, agent: str, timeout_seconds: float = REQUEST_SECONDS) -> None:
        self._link = link
        self._tenant = tenant
        self._agent = agent
        self._timeout_ms = round(timeout_seconds * 1000)

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response:
        fence = fence or _NONE
        ask = Ask(
            "request",
            self._timeout_ms,
            method,
            path,
            {"Accept": media.accept, **({"Content-Type": media.content_type} if body is not None else {})},
            body or b"",
            fence_target=fence.target,
            fence_epoch=fence.epoch,
            traceparent=current_traceparent(),
        )
        answer = await self._link.ask(self._tenant, self._agent, ask)
        return Response(answer.status, answer.body, retry_seconds(answer.headers))

    @asynccontextmanager
    async def watch(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        ask = Ask(
            "watch",
            round(RENEWED_WITHIN_SECONDS * 1000),
            path=path,
            headers={"Accept": JSON},
            traceparent=current_traceparent(),
        )
        async with self._link.stream(self._tenant, self._agent, ask) as stream:
            if stream.status != 200:
                refusal = b"".join([chunk async for chunk in stream])
                checked(Response(stream.status, refusal, retry_seconds(stream.headers)))
            yield lines(aiter(stream))
