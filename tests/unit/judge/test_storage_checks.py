"""What is shared, and who may write to it, in whatever shape it was written down."""

from typing import Any

import pytest

from tests.unit.judge.labs import (
    config,
    container,
    deployment,
    finding,
    mount,
    nginx,
    shipper,
    standing,
)

SHARED = {"kind": "shared_volume", "roles": ["writer", "reader"]}
READ_ONLY = {"kind": "read_only_mount", "reader": "reader", "writer": "writer"}
EMPTY: dict[str, Any] = {"emptyDir": {}}


def test_one_volume_at_two_paths_is_shared() -> None:
    reader = shipper(volumeMounts=[mount(path="/elsewhere", readOnly=True)])
    found = finding(standing(deployment(nginx(), reader)), SHARED)
    assert (found.verdict, found.params["volumes"]) == ("passed", ["logs"])
    assert found.evidence == (
        "spec.containers[nginx].volumeMounts[0]: volume logs at /logs, readOnly = false",
        "spec.containers[shipper].volumeMounts[0]: volume logs at /elsewhere, readOnly = true",
    )


def test_two_sub_paths_of_one_volume_are_one_volume() -> None:
    writer = nginx(volumeMounts=[mount(subPath="a")])
    reader = shipper(volumeMounts=[mount(subPathExpr="$(B)")])
    found = finding(standing(deployment(writer, reader)), SHARED)
    assert found.verdict == "passed"
    assert "(subPath a)" in found.evidence[0]


@pytest.mark.parametrize(
    "source",
    [
        {"persistentVolumeClaim": {"claimName": "one"}},
        {"hostPath": {"path": "/srv/one"}},
    ],
)
def test_two_names_for_the_same_storage_are_one_volume(source: dict[str, Any]) -> None:
    volumes = [{"name": "a", **source}, {"name": "b", **source}]
    reader = shipper(volumeMounts=[mount("b", readOnly=True)])
    workspace = standing(deployment(nginx(volumeMounts=[mount("a")]), reader, volumes=volumes))
    assert finding(workspace, SHARED).verdict == "passed"
    assert finding(workspace, READ_ONLY).verdict == "passed"


def test_volumes_with_similar_names_are_not_shared() -> None:
    volumes = [{"name": "logs", **EMPTY}, {"name": "log", **EMPTY}]
    reader = shipper(volumeMounts=[mount("log")])
    workspace = standing(deployment(nginx(), reader, volumes=volumes))
    assert finding(workspace, SHARED).code == "volume_not_shared"
    assert finding(workspace, READ_ONLY).code == "volume_not_shared"


@pytest.mark.parametrize(
    "source",
    [
        {"configMap": {"name": "a"}},
        {"secret": {"secretName": "a"}},
        {"projected": {"sources": []}},
        {"downwardAPI": {"items": []}},
    ],
)
def test_what_kubernetes_fills_is_no_shared_storage(source: dict[str, Any]) -> None:
    workspace = standing(deployment(nginx(), shipper(), volumes=[{"name": "logs", **source}]))
    found = finding(workspace, SHARED)
    assert (found.code, found.params["containers"]) == ("mounts_nothing", ["nginx", "shipper"])
    assert found.evidence[0].endswith("no volume that can be shared")


def test_a_mount_of_a_volume_that_the_pod_does_not_have_is_no_storage() -> None:
    workspace = standing(deployment(nginx(), shipper(), volumes=[]))
    assert finding(workspace, SHARED).code == "mounts_nothing"


def test_a_shipper_that_can_write_fails_read_only_and_names_the_mount() -> None:
    found = finding(standing(deployment(nginx(), shipper(volumeMounts=[mount()]))), READ_ONLY)
    assert (found.verdict, found.code) == ("failed", "read_only_missing")
    assert found.params == {"container": "shipper", "paths": ["/logs"]}
    assert found.evidence == (
        "spec.containers[shipper].volumeMounts[0]: volume logs at /logs, readOnly = false",
    )


def test_a_second_mount_that_can_write_is_found() -> None:
    mounts = [mount(readOnly=True), mount(path="/also")]
    found = finding(standing(deployment(nginx(), shipper(volumeMounts=mounts))), READ_ONLY)
    assert (found.code, found.params["paths"]) == ("read_only_missing", ["/also"])


def test_a_volume_of_the_readers_own_may_be_written_to() -> None:
    mounts = [mount(readOnly=True, recursiveReadOnly="IfPossible"), mount("own", "/own")]
    volumes = [{"name": "logs", **EMPTY}, {"name": "own", **EMPTY}]
    workspace = standing(deployment(nginx(), shipper(volumeMounts=mounts), volumes=volumes))
    assert finding(workspace, READ_ONLY).code == "read_only"


def test_a_claim_that_is_read_only_for_everybody_is_read_only() -> None:
    source = {"persistentVolumeClaim": {"claimName": "one", "readOnly": True}}
    workspace = standing(
        deployment(nginx(), shipper(volumeMounts=[mount()]), volumes=[{"name": "logs", **source}])
    )
    assert finding(workspace, READ_ONLY).verdict == "passed"


MOUNTED = {
    "kind": "config_mounted",
    "config": "settings",
    "role": "reader",
    "other_than": "writer",
}
VOLUMES = [{"name": "logs", **EMPTY}, {"name": "c", "configMap": {"name": "settings"}}]


def with_config(**spec: Any) -> list[dict[str, Any]]:
    return [mount(readOnly=True), mount("c", "/etc/x", **spec)]


@pytest.mark.parametrize("spec", [{}, {"subPath": "a.cfg"}, {"readOnly": True}])
def test_a_config_map_may_be_mounted_in_any_way(spec: dict[str, Any]) -> None:
    reader = shipper(volumeMounts=with_config(**spec))
    pod = deployment(nginx(), reader, volumes=VOLUMES)
    found = finding(standing(pod, config("settings", a="b")), MOUNTED)
    assert (found.verdict, found.code) == ("passed", "config_mounted")


def test_a_config_map_in_a_projected_volume_is_mounted() -> None:
    projected = {"name": "c", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}
    reader = shipper(volumeMounts=with_config())
    pod = deployment(nginx(), reader, volumes=[VOLUMES[0], projected])
    assert finding(standing(pod, config("settings")), MOUNTED).verdict == "passed"


def test_a_config_map_that_does_not_exist_is_missing() -> None:
    assert finding(standing(), MOUNTED).code == "config_missing"


def test_a_config_map_that_only_the_neighbour_mounts_is_not_mounted() -> None:
    writer = nginx(volumeMounts=[mount(), mount("c", "/etc/x")])
    pod = deployment(writer, shipper(), volumes=VOLUMES)
    found = finding(standing(pod, config("settings")), MOUNTED)
    assert found.code == "config_not_mounted"
    assert found.evidence == ("spec.containers[shipper].volumeMounts[0]: volume logs at /logs",)


def test_a_container_without_any_mount_says_so() -> None:
    pod = deployment(nginx(), container("shipper", command=["tail"]), volumes=VOLUMES)
    found = finding(standing(pod, config("settings")), MOUNTED)
    assert found.evidence == ("spec.containers[shipper].volumeMounts: none",)


def test_without_the_other_role_nothing_is_mounted_beside_it() -> None:
    roles = {"writer": {"images": ["mysql"]}, "reader": {"commands": ["tail"]}}
    found = finding(standing(), MOUNTED, roles=roles)
    assert (found.code, found.params["role"]) == ("role_missing", "writer")
