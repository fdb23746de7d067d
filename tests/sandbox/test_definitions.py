"""What a cluster can tell of its kinds, its own and those that are defined: explained, listed, checked."""

import pytest

from tests.sandbox.process import Kubectl

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: routes.mesh.example}
spec:
  group: mesh.example
  scope: Namespaced
  names: {kind: Route, plural: routes, singular: route, shortNames: [rt], categories: [all]}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      additionalPrinterColumns:
        - {name: Weight, type: integer, jsonPath: .spec.weight}
        - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
        - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [host]
              properties:
                host: {type: string, minLength: 3, description: Who is meant.}
                weight: {type: integer, minimum: 0, maximum: 100, default: 100}
                mode: {type: string, enum: [plain, tls]}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true}
            status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
ROUTE = """
apiVersion: mesh.example/v1
kind: Route
metadata: {name: shop}
spec: {host: shop.example, mode: tls, free: {anything: [1, 2]}}
"""


@pytest.fixture
def defined(kubectl: Kubectl) -> Kubectl:
    kubectl.output("apply", "-f", "-", text=DEFINITION)
    kubectl.output("wait", "--for=condition=Established", "crd/routes.mesh.example", "--timeout=60s")
    return kubectl


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("deployment.spec.strategy", "FIELD: strategy <DeploymentStrategy>"),
        ("deployment.spec.template.spec.containers.image", "FIELD: image <string>"),
        ("pods.spec.tolerations", "FIELD: tolerations <[]Toleration>"),
        ("cronjob.spec.jobTemplate", "FIELD: jobTemplate <JobTemplateSpec>"),
        ("hpa.spec.maxReplicas", "FIELD: maxReplicas <integer>"),
        ("configmap", "KIND:       ConfigMap"),
    ],
)
def test_field_is_explained(kubectl: Kubectl, path: str, told: str) -> None:
    assert told in kubectl.output("explain", path)


def test_fields_are_listed_below_each_other(kubectl: Kubectl) -> None:
    lines = kubectl.output("explain", "deployment.spec", "--recursive").splitlines()
    assert "  template\t<PodTemplateSpec>" in lines
    assert any(line.strip() == "readinessProbe\t<Probe>" for line in lines)


def test_unknown_field_is_not_explained(kubectl: Kubectl) -> None:
    done = kubectl("explain", "deployment.spec.bogus")
    assert (done.returncode, done.stderr) == (1, 'error: field "bogus" does not exist\n')


def test_custom_kind_is_explained(defined: Kubectl) -> None:
    told = defined.output("explain", "route.spec.host")
    assert "FIELD: host <string>" in told
    assert "Who is meant." in told


def test_custom_kind_has_its_own_columns(defined: Kubectl, namespace: str) -> None:
    defined.output("apply", "-n", namespace, "-f", "-", text=ROUTE)
    patch = '{"status":{"conditions":[{"type":"Other","status":"False"},{"type":"Ready","status":"True"}]}}'
    defined.output("patch", "rt/shop", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)
    head, row = defined.output("get", "rt", "-n", namespace).splitlines()
    assert head.split() == ["NAME", "WEIGHT", "READY", "AGE"]
    assert row.split()[:3] == ["shop", "100", "True"], "the default of the schema is filled in"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("host: shop.example, ", ""), "spec.host: Required value"),
        (("mode: tls", "mode: none"), 'spec.mode: Unsupported value: "none": supported values: "plain", "tls"'),
        (("mode: tls", "weight: 101"), "spec.weight: Invalid value: 101: spec.weight in body should be less than or"),
        (("mode: tls", "weight: many"), 'spec.weight in body must be of type integer: "string"'),
        (("host: shop.example", "host: x"), "spec.host in body should be at least 3 chars long"),
        (("mode: tls", "bogus: 1"), 'unknown field "spec.bogus"'),
    ],
)
def test_custom_object_is_checked(defined: Kubectl, namespace: str, change: tuple[str, str], told: str) -> None:
    done = defined("apply", "-n", namespace, "-f", "-", text=ROUTE.replace(*change))
    assert done.returncode == 1
    assert told in done.stderr


def test_custom_kind_goes_with_its_definition(defined: Kubectl, namespace: str) -> None:
    defined.output("apply", "-n", namespace, "-f", "-", text=ROUTE)
    defined.output("delete", "crd/routes.mesh.example")
    assert "NotFound" in defined("get", "routes", "-n", namespace).stderr
    defined.output("apply", "-f", "-", text=DEFINITION)
    assert defined.output("get", "routes", "-n", namespace, "-o", "name") == "", "and its objects are gone with it"


def test_finalizer_holds_an_object(kubectl: Kubectl, namespace: str) -> None:
    config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [test.example/hold]}}"
    kubectl.output("apply", "-n", namespace, "-f", "-", text=config)
    kubectl.output("delete", "configmap/held", "-n", namespace, "--wait=false")
    assert kubectl.output("get", "configmap/held", "-n", namespace, "-o", "jsonpath={.metadata.deletionTimestamp}")
    kubectl.output("patch", "configmap/held", "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert "NotFound" in kubectl("get", "configmap/held", "-n", namespace).stderr


def test_lists_come_in_pages(kubectl: Kubectl, namespace: str) -> None:
    for number in range(5):
        kubectl.output("create", "configmap", f"page-{number}", "-n", namespace)
    told = kubectl.output("get", "configmaps", "-n", namespace, "--chunk-size=2", "-o", "name", "-v=6")
    assert [line for line in told.splitlines() if "page-" in line] == [f"configmap/page-{n}" for n in range(5)]
