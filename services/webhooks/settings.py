"""How the webhooks service is configured."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime.settings import ProcessSettings

ALLOW_PRIVATE = "FAIRLEAD_WEBHOOKS_ALLOW_PRIVATE"
"""As errors name it."""


class Settings(Struct, frozen=True):
    process: ProcessSettings = ProcessSettings()
    webhooks_lease_seconds: Annotated[
        int, Meta(description="for how long a process that died is still believed to be there", ge=2, le=300)
    ] = 10
    webhooks_allow_private: Annotated[
        tuple[str, ...],
        Meta(description="networks, as 10.0.0.0/8, that webhooks may call directly besides public addresses"),
    ] = ()
    webhooks_attempt_seconds: Annotated[
        float, Meta(description="how long one attempt to call may take", gt=0, le=300)
    ] = 30.0
    webhooks_calls_open: Annotated[int, Meta(description="calls under way at once", ge=1, le=10_000)] = 256
