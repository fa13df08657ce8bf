"""Of a kind that was not seen whole, nothing is said to be absent or somebody else's."""

from collections.abc import Callable

import pytest

from tests.unit.diagnosis.world import (
    Json,
    codes,
    lab,
    lab_of,
    look_at,
    objects,
    recorded,
)

# What says that something is not there, or not whose it should be, and the kind that tells so.
CLAIMS = [
    ("near-name", "workload_misnamed", "Deployment"),
    ("wrong-kind", "workload_of_another_kind", "Deployment"),
    ("selector", "selector_mismatch", "Pod"),
    ("selector", "selector_mismatch", "EndpointSlice"),
    ("foreign", "service_leads_elsewhere", "ReplicaSet"),
    ("foreign", "service_leads_elsewhere", "Deployment"),
    ("foreign", "service_leads_elsewhere", "Pod"),
    ("no-ready-endpoints", "no_ready_endpoints", "EndpointSlice"),
    ("paused", "rollout_paused", "ReplicaSet"),
    ("paused", "rollout_paused", "Pod"),
    ("bare-pod", "bare_pod_beside", "ReplicaSet"),
    ("old-pods-serve", "old_pods_serve", "ReplicaSet"),
    ("config-map-missing", "config_map_missing", "ConfigMap"),
    ("volume-config-map-missing", "volume_config_map_missing", "ConfigMap"),
]
TERMINATING = {"code": "terminating", "detail": "The namespace is being deleted."}


def unseen(kind: str) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        del evidence["objects"][kind]
        evidence["unseen"] = {kind: {"code": "forbidden"}}

    return edit


def never_listed(kind: str) -> Callable[[Json], None]:
    return lambda evidence: evidence["objects"].pop(kind)


def cut(kind: str) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        evidence["cuts"] = [{"what": kind, "why": "pages"}]

    return edit


def ending(evidence: Json) -> None:
    evidence["unseen"] = {"Namespace": TERMINATING}


@pytest.mark.parametrize(("name", "code", "kind"), CLAIMS)
def test_where_all_was_seen_it_is_said(name: str, code: str, kind: str) -> None:
    assert code in codes(look_at(name)), kind


@pytest.mark.parametrize("gap", [unseen, never_listed, cut])
@pytest.mark.parametrize(("name", "code", "kind"), CLAIMS)
def test_where_the_kind_was_not_seen_whole_it_is_not(
    name: str, code: str, kind: str, gap: Callable[[str], Callable[[Json], None]]
) -> None:
    found = codes(look_at(name, edit=gap(kind)))
    assert code not in found
    assert not {"workload_absent", "service_absent", "service_without_pods"} & set(found)


@pytest.mark.parametrize(("name", "code", "kind"), CLAIMS)
def test_in_a_namespace_that_is_being_deleted_nothing_is_missing(
    name: str, code: str, kind: str
) -> None:
    assert code not in codes(look_at(name, edit=ending)), kind


def test_a_service_that_may_stand_behind_a_cut_is_not_called_absent() -> None:
    def without(evidence: Json) -> None:
        evidence["objects"]["Service"] = []

    def cut_off(evidence: Json) -> None:
        without(evidence)
        cut("Service")(evidence)

    asked = lab_of(recorded("healthy"))
    assert "service_absent" in codes(look_at("healthy", asked, without))
    assert codes(look_at("healthy", asked, cut_off)) == []


@pytest.mark.parametrize("gap", [unseen, never_listed])
@pytest.mark.parametrize("name", ["config-key-missing", "volume-key-missing"])
def test_keys_of_a_config_map_that_nobody_saw_are_not_called_missing(
    name: str, gap: Callable[[str], Callable[[Json], None]]
) -> None:
    whole = codes(look_at(name))
    assert {"config_key_missing", "volume_key_missing"} & set(whole)
    found = look_at(name, edit=gap("ConfigMap"))
    assert {"not_created", "mount_failed"} & set(codes(found))
    assert "couldn't find key" in str(found) or "non-existent config key" in str(found)


def test_a_config_map_that_is_found_in_a_cut_list_still_tells_its_keys() -> None:
    assert "config_key_missing" in codes(look_at("config-key-missing", edit=cut("ConfigMap")))


def test_a_secret_is_told_by_the_kubelet_alone() -> None:
    assert "secret_missing" in codes(look_at("secret-missing", edit=unseen("ConfigMap")))


def test_a_pod_by_itself_needs_no_replica_sets_behind_its_service() -> None:
    def of_pods(evidence: Json) -> None:
        never_listed("ReplicaSet")(evidence)
        objects(evidence, "EndpointSlice").clear()

    name = objects(recorded("selector"), "Pod")[0]["metadata"]["name"]
    found = look_at("selector", lab(name, kinds=("Pod",), service="web"), of_pods)
    assert "selector_mismatch" in codes(found)
