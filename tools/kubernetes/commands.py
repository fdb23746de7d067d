"""The command line of each program of a cluster. Pure."""

from pathlib import Path

from msgspec import Struct

from tools.kubernetes.keys import Keys

STAGES = Path(__file__).parent / "stages.yaml"

# Without the one that watches nodes' leases: pretended nodes hold none.
_CONTROLLERS = (
    "serviceaccount-token-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
    "namespace-controller",
    "garbage-collector-controller",
    "pod-garbage-collector-controller",
    "resourcequota-controller",
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "cronjob-controller",
    "ttl-after-finished-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "horizontal-pod-autoscaler-controller",
    "disruption-controller",
)
_QPS, _BURST = 300, 500
"""High enough that nobody measures the controllers' own limits."""

AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
"""

_SCHEDULER = """\
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {{kubeconfig: "{kubeconfig}", qps: {qps}, burst: {burst}}}
leaderElection: {{leaderElect: false}}
"""


class Ports(Struct, frozen=True):
    api: int
    etcd: int
    peer: int
    kwok: int


class Place(Struct, frozen=True):
    """Where a cluster's programs, files and doors are."""

    programs: Path
    folder: Path
    ports: Ports
    keys: Keys

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    @property
    def audit_policy(self) -> Path:
        return self.folder / "audit-policy.yaml"

    @property
    def scheduler_config(self) -> Path:
        return self.folder / "scheduler.yaml"

    @property
    def etcd(self) -> str:
        return f"http://127.0.0.1:{self.ports.etcd}"

    @property
    def etcd_data(self) -> Path:
        return self.folder / "etcd"

    @property
    def kwok(self) -> str:
        return f"http://127.0.0.1:{self.ports.kwok}"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def write_configs(place: Place) -> None:
    place.audit_policy.write_text(AUDIT_POLICY)
    kubeconfig = place.keys.kubeconfig("kube-scheduler")
    place.scheduler_config.write_text(_SCHEDULER.format(kubeconfig=kubeconfig, qps=_QPS, burst=_BURST))


def etcd(place: Place) -> tuple[str, ...]:
    peer = f"http://127.0.0.1:{place.ports.peer}"
    return (
        str(place.programs / "etcd"),
        f"--data-dir={place.etcd_data}",
        "--unsafe-no-fsync",  # what it holds dies with the test
        "--log-level=warn",
        f"--listen-client-urls={place.etcd}",
        f"--advertise-client-urls={place.etcd}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
    )


def apiserver(place: Place) -> tuple[str, ...]:
    keys = place.keys
    return (
        str(place.programs / "kube-apiserver"),
        f"--etcd-servers={place.etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={place.ports.api}",
        f"--tls-cert-file={keys.certificates.certificate}",
        f"--tls-private-key-file={keys.certificates.key}",
        f"--client-ca-file={keys.certificates.authority}",
        f"--token-auth-file={keys.tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys.accounts}",
        f"--service-account-signing-key-file={keys.accounts}",
        "--service-cluster-ip-range=10.96.0.0/16",
        # It taints every new node until the controller that is left out says that the node is ready.
        "--disable-admission-plugins=TaintNodesByCondition",
        f"--audit-policy-file={place.audit_policy}",
        f"--audit-log-path={place.audit_log}",
        "--audit-log-maxsize=4000",
        # Otherwise what was just done is not yet in the log when a test counts it.
        "--audit-log-mode=blocking",
        "--profiling=false",
    )


def controllers(place: Place) -> tuple[str, ...]:
    return (
        str(place.programs / "kube-controller-manager"),
        f"--kubeconfig={place.keys.kubeconfig('kube-controller-manager')}",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={place.keys.accounts}",
        f"--root-ca-file={place.keys.certificates.authority}",
        f"--kube-api-qps={_QPS}",
        f"--kube-api-burst={_BURST}",
        f"--controllers={','.join(_CONTROLLERS)}",
        "--profiling=false",
    )


def scheduler(place: Place) -> tuple[str, ...]:
    return (
        str(place.programs / "kube-scheduler"),
        f"--config={place.scheduler_config}",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
    )


def kwok(place: Place) -> tuple[str, ...]:
    return (
        str(place.programs / "kwok"),
        f"--config={STAGES}",
        f"--kubeconfig={place.keys.kubeconfig('kwok')}",
        "--manage-all-nodes=true",
        f"--server-address=127.0.0.1:{place.ports.kwok}",
        "--cidr=10.244.0.0/16",
        "--node-ip=127.0.0.1",
    )
