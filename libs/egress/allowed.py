"""Which networks a process may call besides public addresses, as its settings say."""

from collections.abc import Sequence

from libs.egress.addresses import LOOPBACK, Network, networks
from libs.runtime.process import CannotStart
from libs.runtime.settings import ProcessSettings


def allowed_networks(texts: Sequence[str], variable: str, process: ProcessSettings) -> tuple[Network, ...]:
    """What the setting of this name holds and, on one's own machine, the machine itself."""
    near = LOOPBACK if process.profile == "development" else ()
    try:
        return networks((*texts, *near))
    except ValueError as error:
        raise CannotStart(f"{variable}: {error}") from error
