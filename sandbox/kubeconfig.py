"""How does a client find the sandbox? The text of a kubeconfig, which is JSON because JSON is YAML."""

import msgspec


def kubeconfig(url: str, token: str = "", name: str = "sandbox") -> str:
    user = {"token": token} if token else {}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
        "current-context": name,
    }
    return msgspec.json.format(msgspec.json.encode(config).decode(), indent=2) + "\n"
