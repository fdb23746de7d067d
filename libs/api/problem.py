"""How the API says no: RFC 9457 problem documents with a stable `code`."""

from msgspec import Struct

from libs.api.file_problem import FileProblem
from libs.api.view import Awaited, DeploymentSummary

MEDIA_TYPE = "application/problem+json"


class ProblemDocument(Struct, frozen=True, omit_defaults=True):
    """Why a request was not done. Members beyond the standard's are set where the code says so."""

    title: str
    status: int
    code: str
    detail: str = ""
    type: str = "about:blank"
    problems: tuple[FileProblem, ...] = ()
    """With `invalid_deployment_file`: every problem at once."""
    deployment: str = ""
    """With `deployment_in_progress`: who holds the application."""
    url: str = ""
    awaiting: tuple[Awaited, ...] = ()
    """With `ambiguous` and `nothing_awaits`: what waits for a decision."""
    deployments: tuple[DeploymentSummary, ...] = ()
    """With `ambiguous_id`: which it could be. With `agent_in_use`: who needs it."""
