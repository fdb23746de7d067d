"""How the identity service is configured."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime.settings import ProcessSettings


class Settings(Struct, frozen=True):
    """Issues tokens for client credentials."""

    process: ProcessSettings = ProcessSettings()
    identity_token_seconds: Annotated[
        int, Meta(description="how long a person's or a machine's token counts", ge=60, le=86400)
    ] = 3600
    identity_agent_token_seconds: Annotated[
        int, Meta(description="how long an agent's token counts", ge=60, le=3600)
    ] = 3600
    identity_session_days: Annotated[
        int, Meta(description="how long `fairlead login` lasts before the secret is asked for again", ge=1, le=90)
    ] = 7
    identity_key_days: Annotated[
        int, Meta(description="how long a signing key is used before the next one takes over", ge=1, le=365)
    ] = 30
