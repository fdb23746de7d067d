"""What an agent may be asked, and what it answers. Not stored: what is stored is the intent, in the rollout's state.

    agent.<tenant>.<agent>.request      asked; a queue group of the gateways that hold a stream of that agent answers
    agent.<tenant>.<agent>.connected    a hint: the agent can be asked now
    agent-control.<gateway>.<request>   credit, renewal or cancellation of one request, to the gateway that carries it

Bodies on these subjects are msgpack: answers carry bytes.
"""

from typing import ClassVar

from msgspec import Struct

from libs.messages.message import Message
from libs.messages.subject import token

FRAME_BYTES = 256 * 1024
"""The most that one frame of an answer carries."""


class Ask(Struct, frozen=True, omit_defaults=True):
    """One request to an agent."""

    verb: str
    """`request` (the cluster's API), `watch` (the same, streaming lines), `call` (an in-network URL), `ping`."""
    timeout_ms: int
    """What is left for the whole answer; for a watch, until it must be renewed."""
    method: str = "GET"
    path: str = ""
    """Path and query for `request` and `watch`; an absolute URL for `call`."""
    headers: dict[str, str] = {}
    body: bytes = b""
    credit: int = 64
    """How many frames may be sent before the asker grants more."""
    fence_target: str = ""
    fence_epoch: int = 0
    """A write made for this target under this epoch; the agent refuses lower ones, as a best effort."""
    traceparent: str = ""


class Frame(Struct, frozen=True, omit_defaults=True):
    """One piece of an answer. `seq` counts from 0 without gaps."""

    seq: int
    status: int = 0
    """HTTP status, in the first frame of an answer that has one."""
    headers: dict[str, str] = {}
    body: bytes = b""
    last: bool = False
    problem: str = ""
    """Why there is no answer: `busy`, `away`, `refused: …`, `timeout`, `unreachable: …`, `gone: …`."""
    control: str = ""
    """In the first frame: the subject for `Control` messages about this request."""
    heartbeat: bool = False
    """A watch that has nothing to say sends one every 10 s."""


class Control(Struct, frozen=True, omit_defaults=True):
    """What the asker says about a request under way."""

    credit: int = 0
    renew: bool = False
    cancel: bool = False


class AgentConnected(Message, frozen=True, kw_only=True):
    """A stream of this agent opened on a gateway, the first or another."""

    address: ClassVar[str] = "evt.agent.connected"
    agent: str
    gateway: str
    version: str


class AgentDisconnected(Message, frozen=True, kw_only=True):
    """A stream of this agent ended."""

    address: ClassVar[str] = "evt.agent.disconnected"
    agent: str
    gateway: str
    reason: str


def request_subject(tenant: str, agent: str) -> str:
    return f"agent.{tenant}.{token(agent)}.request"


def connected_subject(tenant: str, agent: str) -> str:
    return f"agent.{tenant}.{token(agent)}.connected"


EVERY_CONNECTED = "agent.*.*.connected"
"""A wildcard over every agent's hint."""


def control_subject(gateway: str, request: str) -> str:
    return f"agent-control.{gateway}.{request}"
