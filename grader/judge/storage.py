"""What containers of one Pod share: storage behind their mounts, whatever its name."""

from collections.abc import Sequence

from grader.evidence.views import ContainerView, Mount
from grader.judge.case import Case
from grader.judge.containers import describe
from grader.judge.verdict import Finding


def storages(container: ContainerView) -> dict[str, tuple[Mount, ...]]:
    """Its mounts by the storage behind them; two `subPath`s of one volume are one storage."""
    found: dict[str, tuple[Mount, ...]] = {}
    for mount in container.storage_mounts:
        behind = container.pod.storage_behind(mount.volume)
        found[behind] = (*found.get(behind, ()), mount)
    return found


def shared_by(containers: Sequence[ContainerView]) -> tuple[str, ...]:
    """The storage that all of them mount."""
    common = set.intersection(*(set(storages(it)) for it in containers))
    return tuple(sorted(common))


def mount_lines(container: ContainerView) -> tuple[str, ...]:
    """Evidence: one line for each mount that could be shared, or one that there is none."""
    lines = tuple(
        f"{mount.field}: volume {mount.volume} at {mount.path}"
        f"{f' (subPath {mount.sub_path})' if mount.sub_path else ''}"
        f", readOnly = {str(mount.read_only).lower()}"
        for mount in container.storage_mounts
    )
    return lines or (f"{container.field}.volumeMounts: no volume that can be shared",)


def not_shared(containers: Sequence[ContainerView], case: Case) -> Finding:
    bare = [it.name for it in containers if not it.storage_mounts]
    names = [it.name for it in containers]
    return Finding(
        "failed",
        "mounts_nothing" if bare else "volume_not_shared",
        {"containers": bare or names},
        describe(containers[0], case),
        tuple(line for it in containers for line in mount_lines(it)),
    )
