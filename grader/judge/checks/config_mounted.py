"""The ConfigMap is mounted into the role's container, which is not the other role's."""

from grader.catalog.checks import ConfigMounted
from grader.evidence.views import config_map
from grader.judge.case import Case
from grader.judge.containers import describe
from grader.judge.roles import config_names
from grader.judge.verdict import Finding


def find(check: ConfigMounted, case: Case) -> Finding:
    # A container plays one role at most: with both given, the two are not the same.
    gap = case.gap_of_kinds("ConfigMap") or case.gap_of_roles(check.role, check.other_than)
    player = case.role(check.role)
    if gap or player is None:
        return gap or case.role_missing(check.role)
    container = player.example
    params = {"config": check.config, "container": container.name}
    if config_map(case.evidence, check.config) is None:
        missing = Finding("failed", "config_missing", params, case.kubectl("get", "configmaps"))
        return case.gap_of_cuts("ConfigMap") or missing
    command = describe(container, case)
    volumes = container.pod.volumes
    mounts = [
        mount
        for mount in container.mounts
        if check.config in config_names(volumes.get(mount.volume, {}))
    ]
    if not mounts:
        lines = tuple(f"{it.field}: volume {it.volume} at {it.path}" for it in container.mounts)
        nothing = (f"{container.field}.volumeMounts: none",)
        return Finding("failed", "config_not_mounted", params, command, lines or nothing)
    lines = tuple(f"{it.field}: ConfigMap {check.config} at {it.path}" for it in mounts)
    return Finding("passed", "config_mounted", params, command, lines)
