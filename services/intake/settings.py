"""How intake is configured."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime.settings import ProcessSettings


class IntakeSettings(Struct, frozen=True):
    process: ProcessSettings = ProcessSettings()
    intake_body_bytes: Annotated[
        int, Meta(description="the largest request that is taken", ge=1024, le=256 * 1024 * 1024)
    ] = 16 * 1024 * 1024
    intake_streams: Annotated[
        int, Meta(description="how many clients may follow deployments at once", ge=1, le=100_000)
    ] = 1000
    intake_starts: Annotated[
        int, Meta(description="how many files are looked at and accepted at once; more are answered with 429", ge=1)
    ] = 64
    intake_answer_seconds: Annotated[
        float, Meta(description="how long a decision waits for its effect before it is answered with 202", ge=0, le=60)
    ] = 5.0
    intake_minimum_timeout_seconds: Annotated[
        int, Meta(description="the shortest deploymentConfig.timeout that a file may ask for", ge=1, le=3600)
    ] = 60
