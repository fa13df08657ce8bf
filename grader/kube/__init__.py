"""The only door to Kubernetes. What passes through it is bounded, and errors are our own."""

from grader.kube.credentials import Target, in_cluster_target, read_kubeconfig
from grader.kube.errors import KubeconfigError, KubeError, UnreachableError
from grader.kube.readiness import check_ready

__all__ = [
    "KubeError",
    "KubeconfigError",
    "Target",
    "UnreachableError",
    "check_ready",
    "in_cluster_target",
    "read_kubeconfig",
]
