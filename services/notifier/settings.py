"""How the notifier is configured."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime.settings import ProcessSettings

ALLOW_PRIVATE = "FAIRLEAD_NOTIFIER_ALLOW_PRIVATE"
"""As errors name it."""


class Settings(Struct, frozen=True):
    process: ProcessSettings = ProcessSettings()
    notifier_lease_seconds: Annotated[
        int, Meta(description="for how long a process that died is still believed to be there", ge=2, le=300)
    ] = 10
    notifier_allow_private: Annotated[
        tuple[str, ...],
        Meta(description="networks, as 10.0.0.0/8, that notifications may be sent to besides public addresses"),
    ] = ()
    notifier_call_seconds: Annotated[float, Meta(description="how long one attempt may take", gt=0, le=120)] = 10.0
    notifier_give_up_seconds: Annotated[
        int,
        Meta(description="how long a receiver may fail until notices are given up after one attempt", ge=1, le=86400),
    ] = 900
    notifier_oldest_seconds: Annotated[
        int, Meta(description="what happened longer ago is not told any more", ge=60, le=30 * 86400)
    ] = 86400
