"""The application that is released again and again: four pods, a Service before them, a page that they serve."""

from typing import Any

NAMESPACE = "bench"
REPLICAS = 4

_DEPLOYMENT = """\
version: v1
kind: kubernetes
application: {name}
targets:
  bench:
    account: {account}
    namespace: {namespace}
    strategy: careful
manifests:
  - path: app.yml
strategies:
  careful:
    canary:
      steps:
        - setWeight: {{weight: 25}}
        - setWeight: {{weight: 50}}
"""

_OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  page: version {version}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80}}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: web
          image: registry.example/page:{version}
"""


def deployment(name: str, account: str) -> str:
    return _DEPLOYMENT.format(name=name, account=account, namespace=NAMESPACE)


def manifests(name: str, version: int) -> tuple[str, ...]:
    return (_OBJECTS.format(name=name, version=version, replicas=REPLICAS),)


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def native(name: str, where: str) -> dict[str, Any]:
    """The same pods, as a Deployment that the cluster's own controller steers."""
    pod = {"containers": [{"name": "web", "image": image(1)}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": where},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


def image(version: int) -> str:
    return f"registry.example/page:{version}"


def gated(name: str, account: str) -> str:
    """The same, with a person asked on the way."""
    second = "        - setWeight: {weight: 50}\n"
    return deployment(name, account).replace(second, f"        - pause: {{untilApproved: true}}\n{second}")


def unhurried(name: str, account: str, seconds: int) -> str:
    """The same, with a pause after each step."""
    pause = f"        - pause: {{duration: {seconds}, unit: seconds}}\n"
    lines = deployment(name, account).splitlines(keepends=True)
    return "".join(f"{line}{pause}" if "setWeight" in line else line for line in lines)
