"""What the shell says when a message cannot be handled at all."""

from typing import ClassVar

from libs.messages.message import Message


class DeadLettered(Message, frozen=True, kw_only=True):
    """A message was put aside: handling it cannot work, or failed too often. Its deployment fails with the reason."""

    address: ClassVar[str] = "evt.fault.dead-lettered"
    subject: str
    sequence: int
    reason: str
    attempts: int
