"""Which kinds does the sandbox serve, and what does the API promise of each? A table, and a catalogue that
custom kinds join.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from sandbox.objects.json import Object

POD_TEMPLATE = ("spec", "template")


class Kind(Struct, frozen=True, kw_only=True):
    name: str
    plural: str
    group: str = ""
    version: str = "v1"
    short: tuple[str, ...] = ()
    namespaced: bool = True
    has_status: bool = True
    has_scale: bool = False
    counts_generations: bool = True
    is_custom: bool = False
    categories: tuple[str, ...] = ()
    template: tuple[str, ...] | None = None

    @property
    def resource(self) -> str:
        """The name that the API's own messages use: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        return self.name.lower()


def _plain(name: str, plural: str, *short: str, group: str = "", namespaced: bool = True) -> Kind:
    """A kind that is only kept: no status of its own and no generation."""
    return Kind(
        name=name,
        plural=plural,
        group=group,
        short=short,
        namespaced=namespaced,
        has_status=False,
        counts_generations=False,
    )


def _workload(name: str, plural: str, *short: str, has_scale: bool = True, group: str = "apps") -> Kind:
    return Kind(
        name=name,
        plural=plural,
        group=group,
        short=short,
        has_scale=has_scale,
        categories=("all",),
        template=POD_TEMPLATE,
    )


NAMESPACE = Kind(name="Namespace", plural="namespaces", short=("ns",), namespaced=False, counts_generations=False)
NODE = Kind(name="Node", plural="nodes", short=("no",), namespaced=False, counts_generations=False)
POD = Kind(name="Pod", plural="pods", short=("po",), categories=("all",), template=())
SERVICE = Kind(name="Service", plural="services", short=("svc",), counts_generations=False, categories=("all",))
CONFIG_MAP = _plain("ConfigMap", "configmaps", "cm")
SECRET = _plain("Secret", "secrets")
SERVICE_ACCOUNT = _plain("ServiceAccount", "serviceaccounts", "sa")
EVENT = _plain("Event", "events", "ev")
ENDPOINTS = _plain("Endpoints", "endpoints", "ep")
ENDPOINT_SLICE = _plain("EndpointSlice", "endpointslices", group="discovery.k8s.io")
CONTROLLER_REVISION = _plain("ControllerRevision", "controllerrevisions", group="apps")
DEPLOYMENT = _workload("Deployment", "deployments", "deploy")
REPLICA_SET = _workload("ReplicaSet", "replicasets", "rs")
STATEFUL_SET = _workload("StatefulSet", "statefulsets", "sts")
DAEMON_SET = _workload("DaemonSet", "daemonsets", "ds", has_scale=False)
JOB = _workload("Job", "jobs", has_scale=False, group="batch")
CRON_JOB = Kind(
    name="CronJob",
    plural="cronjobs",
    group="batch",
    short=("cj",),
    categories=("all",),
    template=("spec", "jobTemplate", *POD_TEMPLATE),
)
CLAIM = Kind(name="PersistentVolumeClaim", plural="persistentvolumeclaims", short=("pvc",), counts_generations=False)
VOLUME = Kind(
    name="PersistentVolume", plural="persistentvolumes", short=("pv",), namespaced=False, counts_generations=False
)
STORAGE_CLASS = _plain("StorageClass", "storageclasses", "sc", group="storage.k8s.io", namespaced=False)
QUOTA = Kind(name="ResourceQuota", plural="resourcequotas", short=("quota",), counts_generations=False)
LIMIT_RANGE = _plain("LimitRange", "limitranges", "limits")
PRIORITY_CLASS = _plain("PriorityClass", "priorityclasses", "pc", group="scheduling.k8s.io", namespaced=False)
INGRESS_CLASS = _plain("IngressClass", "ingressclasses", group="networking.k8s.io", namespaced=False)
AUTOSCALER = Kind(
    name="HorizontalPodAutoscaler",
    plural="horizontalpodautoscalers",
    group="autoscaling",
    version="v2",
    short=("hpa",),
    counts_generations=False,
    categories=("all",),
)
DISRUPTION_BUDGET = Kind(name="PodDisruptionBudget", plural="poddisruptionbudgets", group="policy", short=("pdb",))
INGRESS = Kind(name="Ingress", plural="ingresses", group="networking.k8s.io", short=("ing",))
NETWORK_POLICY = Kind(
    name="NetworkPolicy", plural="networkpolicies", group="networking.k8s.io", short=("netpol",), has_status=False
)
RBAC = "rbac.authorization.k8s.io"
ROLE = _plain("Role", "roles", group=RBAC)
ROLE_BINDING = _plain("RoleBinding", "rolebindings", group=RBAC)
CLUSTER_ROLE = _plain("ClusterRole", "clusterroles", group=RBAC, namespaced=False)
CLUSTER_ROLE_BINDING = _plain("ClusterRoleBinding", "clusterrolebindings", group=RBAC, namespaced=False)
LEASE = _plain("Lease", "leases", group="coordination.k8s.io")
CUSTOM_DEFINITION = Kind(
    name="CustomResourceDefinition",
    plural="customresourcedefinitions",
    group="apiextensions.k8s.io",
    short=("crd", "crds"),
    namespaced=False,
)

BUILT_IN = (
    NAMESPACE,
    NODE,
    POD,
    SERVICE,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    EVENT,
    ENDPOINTS,
    ENDPOINT_SLICE,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    DAEMON_SET,
    JOB,
    CRON_JOB,
    CLAIM,
    VOLUME,
    STORAGE_CLASS,
    QUOTA,
    LIMIT_RANGE,
    PRIORITY_CLASS,
    INGRESS_CLASS,
    AUTOSCALER,
    DISRUPTION_BUDGET,
    INGRESS,
    NETWORK_POLICY,
    ROLE,
    ROLE_BINDING,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    LEASE,
    CUSTOM_DEFINITION,
)


class Served(Struct, frozen=True):
    """What the definition of a custom kind says besides its names."""

    schema: Object | None = None
    columns: tuple[Object, ...] = ()


_BUILT_IN = Served()


class Catalogue:
    """The kinds that are served now; definitions of custom kinds come and go."""

    def __init__(self, kinds: Iterable[Kind] = BUILT_IN) -> None:
        self._by_path = {(kind.group, kind.version, kind.plural): kind for kind in kinds}
        self._served: dict[Kind, Served] = {}

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        return self._by_path.get((group, version, plural))

    def named(self, resource: str) -> Kind | None:
        """One served version of a resource; custom kinds may have several."""
        return next((kind for kind in self._by_path.values() if kind.resource == resource), None)

    def of_type(self, api_version: str, name: str) -> Kind | None:
        """The kind that an object's own two words name."""
        found = (kind for kind in self._by_path.values() if kind.name == name and kind.api_version == api_version)
        return next(found, None)

    def served(self, kind: Kind) -> Served:
        return self._served.get(kind, _BUILT_IN)

    def add(self, kinds: Mapping[Kind, Served]) -> None:
        self._by_path.update({(kind.group, kind.version, kind.plural): kind for kind in kinds})
        self._served.update(kinds)

    def remove(self, resource: str) -> None:
        self._by_path = {path: kind for path, kind in self._by_path.items() if kind.resource != resource}
        self._served = {kind: served for kind, served in self._served.items() if kind.resource != resource}

    def versions(self) -> dict[tuple[str, str], list[Kind]]:
        """Kinds by (group, version), the core group first."""
        grouped: dict[tuple[str, str], list[Kind]] = {}
        for kind in sorted(self._by_path.values(), key=lambda kind: (kind.group, kind.version, kind.plural)):
            grouped.setdefault((kind.group, kind.version), []).append(kind)
        return grouped
