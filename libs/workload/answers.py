"""What an answer of the API means: what is known now, what must be read again, and whether a refusal is final."""

from msgspec import Struct

from libs.workload.objects import Identity, Object
from libs.workload.wanted import Request


class Learned(Struct, frozen=True):
    objects: dict[Identity, Object | None]
    """To be put into what is seen."""
    reread: tuple[Request, ...] = ()
    """To be sent before `reconcile` is asked again: what was decided on is out of date."""


class Refusal(Struct, frozen=True):
    terminal: bool
    reason: str


def learn(request: Request, code: int, body: Object) -> Learned:
    raise NotImplementedError


def explain(request: Request, code: int, status: Object) -> Refusal:
    """Why the API refused. `status` is its Status object, or an empty one."""
    raise NotImplementedError


def reread(request: Request) -> Request:
    """The read that tells what became of a request whose answer was lost."""
    raise NotImplementedError
