"""The lock of an application: who deploys it, and who waits to.

It is never freed: one whose holder has ended, and for whom nobody waits, counts as free. So no message has to arrive
before the next deployment may start, and who saw the end of one can start the next at once.
"""

from msgspec import Struct

from libs.messages.subject import Key, state_subject, token_hash

LOCK = "lock"


class Lock(Struct, frozen=True, omit_defaults=True):
    holder: str
    """The deployment under way, or the last one."""
    waiting: str = ""
    """The deployment that begins when the holder has ended: the newest that asked to."""


def lock_subject(key: Key, application: str) -> str:
    return state_subject(LOCK, Key(key.tenant, key.partition, token_hash(application)))
