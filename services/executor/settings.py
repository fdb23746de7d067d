"""How the executor is configured."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime.settings import ProcessSettings


class Settings(Struct, frozen=True):
    process: ProcessSettings = ProcessSettings()
    executor_lease_seconds: Annotated[
        int, Meta(description="for how long an executor that died is still believed to be there", ge=2, le=300)
    ] = 10
