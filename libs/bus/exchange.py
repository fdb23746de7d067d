"""Core subjects in memory: messages that are heard now or never."""

from collections.abc import Sequence

from msgspec import Struct

from libs.bus.filter import matches
from libs.bus.unread import Unread
from libs.durable.ports import Packet


class Listener(Struct, eq=False):
    """A subscription."""

    subject: str
    queue: str
    unread: Unread


class Exchange:
    """Who listens, and who hears."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._turn = 0
        self._inboxes = 0

    def add(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    def inbox(self) -> str:
        self._inboxes += 1
        return f"_INBOX.{self._inboxes}"

    def publish(self, packet: Packet) -> None:
        """To every plain subscription and to one of each queue group; to the asker, that nobody listens."""
        heard = [listener for listener in self._listeners if matches(listener.subject, packet.subject)]
        groups = sorted({listener.queue for listener in heard if listener.queue})
        chosen = [self._one_of(heard, group) for group in groups]
        for listener in (*(one for one in heard if not one.queue), *chosen):
            listener.unread.put(packet)
        if not heard and packet.reply:
            self.publish(Packet(packet.reply, b"", gone=True))

    def _one_of(self, heard: Sequence[Listener], group: str) -> Listener:
        members = [listener for listener in heard if listener.queue == group]
        self._turn += 1
        return members[self._turn % len(members)]
