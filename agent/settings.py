"""How the agent is configured."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from agent.allow import AllowList
from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings


class Settings(Struct, frozen=True, kw_only=True):
    """Settings of the agent."""

    process: ProcessSettings = ProcessSettings()
    agent_gateway: Annotated[str, Meta(description="host:port of the gateway to dial", pattern=r"^.+:\d{1,5}$")]
    agent_authority: Annotated[
        Path | None, Meta(description="PEM file of the CA that vouches for the gateway; unset: the system's own")
    ] = None
    agent_token_url: Annotated[str, Meta(description="token endpoint of the issuer", pattern=r"^https?://")]
    agent_token_authority: Annotated[
        Path | None, Meta(description="PEM file of the CA that vouches for the issuer; unset: the system's own")
    ] = None
    agent_client_id: Annotated[str, Meta(description="this agent's client id", min_length=1)]
    agent_client_secret: Annotated[Secret, Meta(description="this agent's client secret")]
    agent_kubeconfig: Annotated[
        Path | None, Meta(description="kubeconfig of the cluster; unset: the ServiceAccount of this pod")
    ] = None
    agent_kube_context: Annotated[str, Meta(description="context in the kubeconfig; empty: its current one")] = ""
    agent_namespaces: Annotated[
        tuple[str, ...], Meta(description="namespaces that may be touched; *: all, and the cluster as a whole")
    ] = ("*",)
    agent_kinds: Annotated[
        tuple[str, ...], Meta(description="plurals with their group, as deployments.apps; *: all")
    ] = ("*",)
    agent_verbs: Annotated[tuple[str, ...], Meta(description="verbs that may be used on the cluster; *: all")] = (
        AllowList().verbs
    )
    agent_hosts: Annotated[
        tuple[str, ...], Meta(description="host, host:port or *.domain that calls may reach; empty: none")
    ] = ()
    agent_requests_rate: Annotated[float, Meta(description="requests a second", gt=0)] = 200.0
    agent_requests_burst: Annotated[float, Meta(description="requests at once after a quiet time", ge=1)] = 400.0
    agent_requests_open: Annotated[int, Meta(description="requests under way at once", gt=0)] = 64
    agent_watches_open: Annotated[int, Meta(description="watches under way at once", gt=0)] = 256
    agent_drain_seconds: Annotated[
        float, Meta(description="how long open answers may take when the agent stops", ge=0)
    ] = 10.0

    @property
    def allowed(self) -> AllowList:
        return AllowList(self.agent_namespaces, self.agent_kinds, self.agent_verbs, self.agent_hosts)
