"""How the evaluator is configured."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime.settings import ProcessSettings

ALLOW_PRIVATE = "FAIRLEAD_EVALUATOR_ALLOW_PRIVATE"
"""As errors name it."""


class Settings(Struct, frozen=True):
    process: ProcessSettings = ProcessSettings()
    evaluator_lease_seconds: Annotated[
        int, Meta(description="for how long an evaluator that died is still believed to be there", ge=2, le=300)
    ] = 10
    evaluator_allow_private: Annotated[
        tuple[str, ...],
        Meta(description="networks, as 10.0.0.0/8, where metric providers may be besides public addresses"),
    ] = ()
    evaluator_query_seconds: Annotated[
        float, Meta(description="how long a metric provider may take to answer one query", gt=0, le=300)
    ] = 20.0
    evaluator_queries_open: Annotated[int, Meta(description="queries under way at once", ge=1, le=10_000)] = 64
