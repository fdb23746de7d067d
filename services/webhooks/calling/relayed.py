"""Calling through an agent, which reaches addresses of its own network that its settings allow."""

import asyncio

from libs.egress.call import beginning, through_agent
from libs.link.port import Away, Busy, Link, Lost, Unreachable
from libs.link.port import Refused as AgentRefused
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import BODY_MOST, Answer, Missed, NotNow, Refused


class Relayed:
    """See `Way`."""

    def __init__(self, link: Link, tenant: str, agent: str) -> None:
        self._link = link
        self._tenant = tenant
        self._agent = agent

    async def send(self, request: Request, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                return await self._send(request, seconds)
        except TimeoutError:
            raise Missed(f"no answer from agent {self._agent} within {seconds:.3g} s") from None
        except (Away, Busy) as error:
            raise NotNow(f"agent {self._agent} cannot be asked: {error}") from None
        except AgentRefused as error:
            raise Refused(f"agent {self._agent} refuses: {error}") from None
        except (Unreachable, Lost) as error:
            raise Missed(f"agent {self._agent}: {error}") from None

    async def _send(self, request: Request, seconds: float) -> Answer:
        ask = through_agent(request.method, request.url, request.headers, request.body or b"", seconds)
        async with self._link.stream(self._tenant, self._agent, ask) as stream:
            headers, body = stream.headers, await beginning(stream, BODY_MOST)
            return Answer(stream.status, headers.get("content-type", ""), headers.get("location", ""), body)
