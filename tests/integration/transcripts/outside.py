"""What stands outside in a page's private network: addresses that the agent calls, as the page's `outside.yml` says.

- {url: "http://ci/jobs", status: 202}
- {url: "http://prometheus/api/v1/query", values: [0.01, 0.3]}      the last value is repeated
"""

import json
import re
from collections.abc import AsyncGenerator, Callable

import msgspec
import yaml
from msgspec import Struct

from libs.messages.agent import Ask, Frame


class Address(Struct, frozen=True):
    url: str
    status: int = 200
    body: str = ""
    values: tuple[float, ...] = ()


class Outside:
    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self.addresses: tuple[Address, ...] = ()
        self._tell = tell
        self.callbacks: list[str] = []
        """The addresses that calls asked to be told at, the newest last."""
        self._asked: dict[str, int] = {}

    def learn(self, text: str) -> None:
        self.addresses = msgspec.convert(yaml.safe_load(text), tuple[Address, ...])

    async def answer(self, ask: Ask) -> AsyncGenerator[Frame, None]:
        address = next((one for one in self.addresses if ask.path.startswith(one.url)), None)
        if address is None:
            yield Frame(0, problem=f"unreachable: {ask.path}", last=True)
            return
        if found := re.search(r"https?://[^\s\"]+/api/v1/callbacks/[\w.-]+", ask.body.decode()):
            self.callbacks.append(found[0])
        number = self._asked.get(address.url, 0)
        self._asked[address.url] = number + 1
        if address.values:
            yield Frame(0, 200, {"content-type": "application/json"}, _sample(address, number), last=True)
            return
        self._tell("outside", f"{ask.method} {ask.path} answers {address.status}")
        yield Frame(0, address.status, {}, address.body.encode(), last=True)


def _sample(address: Address, number: int) -> bytes:
    """As Prometheus answers an instant query."""
    value = address.values[min(number, len(address.values) - 1)]
    result = [{"metric": {}, "value": [0, str(value)]}]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
