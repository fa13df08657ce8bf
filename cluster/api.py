"""The few questions that the supervisor asks its own API server, DNS and container runtime."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cluster import configs

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.network import Networks
    from cluster.paths import Paths

TIMEOUT = 2.0
FIELD_MANAGER = "podlab-cluster"


class Unanswered(Exception):  # noqa: N818  (an expected state while parts start)
    """The API server did not answer, or not as hoped."""


@dataclass(frozen=True)
class API:
    address: str
    context: ssl.SSLContext

    @classmethod
    def of(cls, paths: Paths, networks: Networks) -> API:
        context = ssl.create_default_context(cafile=str(paths.certificate("ca")))
        context.load_cert_chain(paths.certificate("admin"), paths.key("admin"))
        return cls(networks.node_address, context)

    def call(self, method: str, path: str, body: object = None, content_type: str = "") -> Any:
        connection = http.client.HTTPSConnection(
            self.address, 6443, timeout=TIMEOUT, context=self.context
        )
        try:
            text = json.dumps(body) if body is not None else None
            connection.request(method, path, text, {"Content-Type": content_type} if body else {})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(str(error)) from error
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise Unanswered(f"{answer.status}: {content[:200].decode(errors='replace')}")
        return json.loads(content) if content.startswith(b"{") else content.decode()

    def is_ready(self) -> bool:
        try:
            return bool(self.call("GET", "/readyz") == "ok")
        except Unanswered:
            return False

    def controllers_work(self) -> bool:
        """The account that every Pod needs is made by a controller; before it no Pod is let in."""
        try:
            self.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")
        except Unanswered:
            return False
        return True

    def node_is_ready(self, since: datetime) -> bool:
        """Ready by a report that is newer than our kubelet: an older one outlives a stop."""
        try:
            node = self.call("GET", f"/api/v1/nodes/{configs.NODE}")
        except Unanswered:
            return False
        return any(
            condition["type"] == "Ready"
            and condition["status"] == "True"
            and datetime.fromisoformat(condition["lastHeartbeatTime"]) >= since
            for condition in node["status"].get("conditions", [])
        )

    def apply(self, thing: dict[str, Any], plural: str) -> None:
        """Server-side apply: the same call creates, mends and leaves alone."""
        group = thing["apiVersion"]
        prefix = f"/apis/{group}" if "/" in group else f"/api/{group}"
        namespace = thing["metadata"].get("namespace")
        scope = f"/namespaces/{namespace}" if namespace else ""
        path = f"{prefix}{scope}/{plural}/{thing['metadata']['name']}"
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        self.call("PATCH", path + query, thing, "application/apply-patch+yaml")


def own_objects(networks: Networks) -> list[tuple[str, dict[str, Any]]]:
    """What the cluster needs besides its programs: rights for two of them and DNS as a Service."""
    rbac = "rbac.authorization.k8s.io"
    dns = {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}
    port = {"name": "dns", "port": 53, "protocol": "UDP"}
    tcp = {"name": "dns-tcp", "port": 53, "protocol": "TCP"}
    return [
        ("clusterroles", _dns_role(rbac)),
        ("clusterrolebindings", _binding(rbac, "podlab:coredns", "User", "podlab:coredns")),
        (
            "clusterrolebindings",
            _binding(rbac, "system:kubelet-api-admin", "Group", "podlab:kubelet-clients"),
        ),
        (
            "services",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": dns,
                "spec": {"clusterIP": networks.dns_service, "ports": [port, tcp]},
            },
        ),
        (
            "endpointslices",
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": "kube-dns",
                    "namespace": "kube-system",
                    "labels": {"kubernetes.io/service-name": "kube-dns"},
                },
                "addressType": "IPv4",
                "ports": [port, tcp],
                "endpoints": [
                    {"addresses": [networks.node_address], "conditions": {"ready": True}}
                ],
            },
        ),
    ]


def _dns_role(group: str) -> dict[str, Any]:
    reads = ["list", "watch"]
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "podlab:coredns"},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": reads},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": reads},
        ],
    }


def _binding(group: str, role: str, kind: str, subject: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"podlab:{subject.removeprefix('podlab:')}"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": kind, "name": subject}],
    }


def dns_answers(server: str) -> bool:
    """Ask for the address of the API server's own Service, by hand: a dozen bytes suffice."""
    name = b"".join(
        bytes([len(label)]) + label.encode()
        for label in ("kubernetes", "default", "svc", "cluster", "local")
    )
    query = struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + name + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(0.5)
        try:
            channel.sendto(query, (server, 53))
            answer = channel.recv(512)
        except OSError:
            return False
    if len(answer) < len(query):
        return False
    _, flags, _, answers = struct.unpack(">4H", answer[:8])
    return bool(flags & 0x000F == 0 and answers > 0)


def socket_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(0.5)
        try:
            channel.connect(str(path))
        except OSError:
            return False
    return True


def port_answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def current_second() -> datetime:
    """Kubernetes stamps whole seconds, rounded down."""
    return datetime.now(UTC).replace(microsecond=0)
