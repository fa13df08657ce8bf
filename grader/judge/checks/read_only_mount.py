"""The reader cannot write to anything that it shares with the writer."""

from grader.catalog.checks import ReadOnlyMount
from grader.judge.case import Case
from grader.judge.containers import describe
from grader.judge.storage import mount_lines, not_shared, shared_by, storages
from grader.judge.verdict import Finding


def find(check: ReadOnlyMount, case: Case) -> Finding:
    gap = case.gap_of_roles(check.reader, check.writer)
    if gap:
        return gap
    reader, writer = (
        player.example for key in (check.reader, check.writer) if (player := case.role(key))
    )
    shared = shared_by((reader, writer))
    if not shared:
        return not_shared((reader, writer), case)
    mounts = [mount for behind in shared for mount in storages(reader)[behind]]
    writable = [mount for mount in mounts if not mount.read_only]
    params = {"container": reader.name, "paths": [mount.path for mount in writable or mounts]}
    command = describe(reader, case)
    lines = mount_lines(reader)
    if writable:
        return Finding("failed", "read_only_missing", params, command, lines)
    return Finding("passed", "read_only", params, command, lines)
