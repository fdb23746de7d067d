"""The grammar of subjects: which tokens a subject has, in which order, and what may stand in one.

    cmd.<tenant>.<noun>.<verb>.<partition>.<deployment>.<target>
    evt.<tenant>.<noun>.<past-verb>.<partition>.<deployment>.<target>
    state.<tenant>.<noun>.<partition>.<deployment>.<target>
    timer.<tenant>.<noun>.<name>.<partition>.<deployment>.<target>.<generation>      (due.… when it has fired)

`<target>` is a hash of the target's name, or `-` for what concerns the whole deployment, so that one wildcard follows
one deployment. Nothing else in the project spells a subject.
"""

import base64
import hashlib
import re

from msgspec import Struct

_TOKEN = re.compile(r"[a-z0-9-]{1,63}\Z")

_SUBJECT = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z")
"""What nobody of us spelled, a wildcard among it, is no place of a machine."""

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,18})\Z")

PARTITIONS = 16
"""Into how many orders an installation's work is divided. Fixed for its life: a record cannot move."""

WHOLE = "-"
"""The target token of what concerns a deployment as a whole."""


class Key(Struct, frozen=True, order=True):
    """Whose record or message it is: the place of one machine on the bus."""

    tenant: str
    partition: int
    """-1, written `-`, for facts that belong to no application, such as an agent's connection."""
    deployment: str
    target: str = WHOLE

    def whole(self) -> "Key":
        """The key of the deployment that this key's target belongs to."""
        return Key(self.tenant, self.partition, self.deployment)

    def of_target(self, name: str) -> "Key":
        """The key of one of this deployment's targets, by the name it has in the file."""
        return Key(self.tenant, self.partition, self.deployment, token_hash(name))


def token(text: str) -> str:
    """`text` as one subject token. Plain names stay readable; anything else becomes base32 behind `x-`."""
    if _TOKEN.match(text) and not text.startswith("x-"):
        return text
    return "x-" + base64.b32encode(_octets(text)).decode().rstrip("=").lower()


def token_hash(text: str) -> str:
    """A fixed-size token for a name of any length."""
    return hashlib.sha256(_octets(text)).hexdigest()[:16]


def partition_of(tenant: str, application: str, partitions: int) -> int:
    """Where an application lives: the same for all its deployments, for as long as the installation lives."""
    digest = hashlib.sha256(_octets(f"{tenant}\0{application}")).digest()
    return int.from_bytes(digest[:4], "big") % partitions


def message_subject(address: str, key: Key) -> str:
    """The subject of a message whose address is `<cmd|evt>.<noun>.<verb>`."""
    kind, noun, verb = address.split(".")
    return f"{kind}.{key.tenant}.{noun}.{verb}.{_tail(key)}"


def state_subject(noun: str, key: Key) -> str:
    return f"state.{key.tenant}.{noun}.{_tail(key)}"


def timer_subject(noun: str, name: str, key: Key, generation: int) -> str:
    return f"timer.{key.tenant}.{noun}.{name}.{_tail(key)}.{generation}"


def due_subject(noun: str, name: str, key: Key, generation: int) -> str:
    return f"due.{key.tenant}.{noun}.{name}.{_tail(key)}.{generation}"


def live_subject(key: Key) -> str:
    """Progress that is not history: pods and counts, outside JetStream."""
    return f"live.{key.tenant}.{key.deployment}"


def message_filter(address: str, partition: int | str = "*", deployment: str = "*", tenant: str = "*") -> str:
    """A wildcard over every message of an address, in one partition or of one deployment."""
    kind, noun, verb = address.split(".")
    return f"{kind}.{tenant}.{noun}.{verb}.{partition}.{deployment}.*"


def state_filter(noun: str, partition: int | str = "*", deployment: str = "*", tenant: str = "*") -> str:
    return f"state.{tenant}.{noun}.{partition}.{deployment}.*"


def due_filter(noun: str, partition: int | str = "*") -> str:
    return f"due.*.{noun}.*.{partition}.*.*.*"


class Parsed(Struct, frozen=True):
    """A subject taken apart. `name` is the verb of a message, the name of a timer, and empty for a state record."""

    kind: str
    noun: str
    name: str
    key: Key
    generation: int = 0

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.noun}.{self.name}"


def parse(subject: str) -> Parsed:
    """Take a subject of ours apart; `ValueError` names one that is not."""
    tokens = subject.split(".") if _SUBJECT.match(subject) else []
    match tokens:
        case ["state", tenant, noun, partition, deployment, target]:
            return Parsed("state", noun, "", Key(tenant, _partition(partition), deployment, target))
        case [("cmd" | "evt") as kind, tenant, noun, verb, partition, deployment, target]:
            return Parsed(kind, noun, verb, Key(tenant, _partition(partition), deployment, target))
        case [("timer" | "due") as kind, tenant, noun, name, partition, deployment, target, generation]:
            key = Key(tenant, _partition(partition), deployment, target)
            return Parsed(kind, noun, name, key, _number(generation))
        case _:
            raise ValueError(f"not a subject of Fairlead: {subject!r}")


def _tail(key: Key) -> str:
    partition = str(key.partition) if key.partition >= 0 else "-"
    return f"{partition}.{key.deployment}.{key.target}"


def _partition(text: str) -> int:
    return -1 if text == "-" else _number(text)


def _number(text: str) -> int:
    if not _NUMBER.match(text):
        raise ValueError(f"not a number in a subject of Fairlead: {text!r}")
    return int(text)


def _octets(text: str) -> bytes:
    """UTF-8, and half a surrogate pair, which some JSON carries, as it is: no name may fail here."""
    return text.encode(errors="surrogatepass")
