"""Kubeconfigs whose user is an exec or auth-provider plugin: the one use of the Kubernetes client library."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from kubernetes_asyncio import client, config

from agent.access import Access


async def by_plugin(path: Path, context: str) -> Access:
    """The way that the library finds. Asking it for the header runs the plugin again when its token has expired."""
    configuration = client.Configuration()
    await config.load_kube_config(config_file=str(path), context=context or None, client_configuration=configuration)
    tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if not configuration.verify_ssl:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        tls.load_cert_chain(configuration.cert_file, configuration.key_file)

    async def authorize() -> Mapping[str, str]:
        value = await configuration.get_api_key_with_prefix("BearerToken")
        return {"Authorization": value} if value else {}

    return Access(str(configuration.host), tls, authorize)
