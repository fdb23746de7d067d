"""How the gateway is configured."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from libs.link.pulse import DEAD_SECONDS, PING_SECONDS, Rhythm
from libs.runtime.settings import ProcessSettings


class Settings(Struct, frozen=True, kw_only=True):
    """Settings of the gateway."""

    process: ProcessSettings = ProcessSettings()
    gateway_name: Annotated[
        str,
        # It is a token of subjects and a key of a bucket.
        Meta(description="this gateway's name; empty: a fresh one at every start", pattern=r"^[a-z0-9-]{0,63}\Z"),
    ] = ""
    gateway_address: Annotated[
        str, Meta(description="host:port that agents dial; port 0: any", pattern=r"^.+:\d{1,5}$")
    ] = "127.0.0.1:8443"
    gateway_certificate: Annotated[
        Path | None, Meta(description="PEM file of the server's certificate chain; unset: made in the state folder")
    ] = None
    gateway_key: Annotated[Path | None, Meta(description="PEM file of the server's key")] = None
    gateway_names: Annotated[
        tuple[str, ...], Meta(description="hosts and addresses that agents dial, for a certificate that is made here")
    ] = ()
    gateway_handshakes: Annotated[
        float, Meta(description="streams admitted a second; the rest are told to come later", gt=0)
    ] = 500.0
    gateway_streams: Annotated[int, Meta(description="streams at once", gt=0)] = 10_000
    gateway_agent_streams: Annotated[int, Meta(description="streams at once under one agent's name", gt=0)] = 64
    gateway_stream_seconds: Annotated[
        float, Meta(description="age at which an agent is sent to connect again, give or take a tenth", gt=0)
    ] = 2700.0
    gateway_drain_seconds: Annotated[
        float, Meta(description="how long open answers may take when a stream is left", ge=0)
    ] = 10.0
    gateway_ping_seconds: Annotated[float, Meta(description="pause between heartbeats, both ways", gt=0)] = PING_SECONDS
    gateway_dead_seconds: Annotated[
        float, Meta(description="silence after which the other side counts as dead", gt=0)
    ] = DEAD_SECONDS

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.gateway_ping_seconds, self.gateway_dead_seconds)
