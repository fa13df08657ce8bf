"""The configuration files of the cluster's parts, as text made from the paths and networks."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from cluster import cgroups
from cluster.state import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.network import Networks
    from cluster.paths import Paths

NODE = "podlab"
REGISTRY_PORT = 5000
PAUSE = "registry.k8s.io/pause:3.10"
MAX_PODS = 250
RESERVED_FOR_SITE = "1536Mi"
KUBECONFIG_USERS = ("admin", "kubelet", "controller-manager", "scheduler", "proxy", "coredns")


def write_configs(paths: Paths, networks: Networks, cni_plugins: Path) -> None:
    """Nothing of these files is kept from an earlier start: they follow from what is known now."""
    for name, text in _texts(paths, networks, cni_plugins).items():
        write_whole(paths.config / name, text, 0o600)
    for user in KUBECONFIG_USERS:
        address = f"https://{networks.node_address}:6443"
        write_whole(paths.kubeconfig(user), kubeconfig(paths, user, address), 0o600)


def _texts(paths: Paths, networks: Networks, cni_plugins: Path) -> dict[str, str]:
    return {
        "containerd.toml": _containerd(paths, cni_plugins),
        "certs.d/_default/hosts.toml": _mirror(networks),
        "cni/10-podlab.conflist": _cni(networks),
        "kubelet.yaml": _kubelet(paths, networks),
        "kube-proxy.yaml": _kube_proxy(paths, networks),
        "Corefile": _corefile(paths, networks),
        "resolv.conf": f"nameserver {networks.dns_service}\n",
    }


def _containerd(paths: Paths, cni_plugins: Path) -> str:
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE every sandbox would fail otherwise.
    # certs.d has one entry for every registry: ours answers for all of them.
    return f"""version = 2
root = "{paths.containerd}"
state = "{paths.run}/containerd"

[grpc]
  address = "{paths.containerd_socket}"

[plugins."io.containerd.internal.v1.opt"]
  path = "{paths.containerd}/opt"

[{cri}]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  max_concurrent_downloads = 6

  [{cri}.cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "{paths.config}/cni"

  [{cri}.registry]
    config_path = "{paths.config}/certs.d"

  [{cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [{cri}.containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def _mirror(networks: Networks) -> str:
    address = f"http://{networks.host_address}:{REGISTRY_PORT}"
    return f"""server = "{address}"

[host."{address}"]
  capabilities = ["pull", "resolve"]
"""


def _cni(networks: Networks) -> str:
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": networks.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
    return json.dumps({"cniVersion": "0.4.0", "name": "podlab", "plugins": plugins})


def _kubelet(paths: Paths, networks: Networks) -> str:
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": networks.node_address,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(paths.certificate("ca"))},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(paths.certificate("kubelet-server")),
            "tlsPrivateKeyFile": str(paths.key("kubelet-server")),
            "containerRuntimeEndpoint": f"unix://{paths.containerd_socket}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{cgroups.name(paths.instance.name)}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "clusterDNS": [networks.dns_service],
            "clusterDomain": "cluster.local",
            "resolvConf": str(paths.config / "resolv.conf"),
            "podLogsDir": str(paths.pod_logs),
            "volumePluginDir": str(paths.kubelet / "plugins"),
            "maxPods": MAX_PODS,
            "podPidsLimit": 1024,
            "serializeImagePulls": False,
            "maxParallelImagePulls": 4,
            "registryPullQPS": 0,
            # Images come from our own registry and are few: collecting them would only
            # make a learner's next Pod slow.
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1Gi"},
            "systemReserved": {"memory": RESERVED_FOR_SITE},
            "enforceNodeAllocatable": ["pods"],
            "oomScoreAdj": 0,
        }
    )


def _kube_proxy(paths: Paths, networks: Networks) -> str:
    return json.dumps(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "bindAddress": networks.node_address,
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "clusterCIDR": networks.pods,
            "hostnameOverride": NODE,
            "clientConnection": {"kubeconfig": str(paths.kubeconfig("proxy"))},
            # 0 leaves the machine's own limits alone; they are not ours to change.
            "conntrack": {"maxPerCore": 0, "min": 0},
            "iptables": {"minSyncPeriod": "100ms"},
            "oomScoreAdj": 0,
        }
    )


def _corefile(paths: Paths, networks: Networks) -> str:
    # Names outside the cluster get an answer at once instead of a time-out: Pods have no way out.
    # Answers are kept for a moment only, so that a new Service is found as soon as it is there.
    return f""".:53 {{
    bind {networks.node_address}
    health 127.0.0.1:8053
    ready 127.0.0.1:8181
    errors
    cache 1
    loadbalance
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {paths.kubeconfig("coredns")}
        pods insecure
        ttl 1
        fallthrough in-addr.arpa ip6.arpa
    }}
    template ANY ANY . {{
        rcode NXDOMAIN
    }}
}}
"""


def kubeconfig(paths: Paths, user: str, server: str) -> str:
    """Self-contained: it can be copied elsewhere on this machine and still works."""

    def text(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "podlab",
            "clusters": [
                {
                    "name": "podlab",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": text(paths.certificate("ca")),
                    },
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate-data": text(paths.certificate(user)),
                        "client-key-data": text(paths.key(user)),
                    },
                }
            ],
            "contexts": [{"name": "podlab", "context": {"cluster": "podlab", "user": user}}],
        },
        indent=1,
    )
