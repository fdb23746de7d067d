"""What goes over the bus between those who ask and gateways, as far as it is rare."""

from collections import Counter

from libs.bus.memory import MemoryBus
from libs.link.codec import decode_frame
from libs.messages.agent import FRAME_BYTES
from tests.simulation.world.world import World

_LONG = "answer in several frames"
_CUT = "answer cut half way"


async def overhear(world: World) -> None:
    """Count, for ever."""
    happened: Counter[str] = world.switchboard.happened
    under_way: set[str] = set()
    async with MemoryBus(world.broker).subscribe("_INBOX.>", pending=65_536) as packets:
        async for packet in packets:
            if packet.gone:
                continue
            frame = decode_frame(packet.data)
            if frame.seq == 0 and len(frame.body) == FRAME_BYTES:
                under_way.add(packet.subject)
                happened[_LONG] += 1
            elif frame.last and packet.subject in under_way:
                under_way.discard(packet.subject)
                happened[_CUT] += bool(frame.problem)
            happened["agent busy"] += frame.problem == "busy"
            happened["watch ended with its stream"] += frame.problem.startswith("gone: ") and frame.seq > 0
