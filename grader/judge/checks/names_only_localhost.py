"""Nothing that the role's container is given names a host other than itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.catalog.checks import NamesOnlyLocalhost
from grader.evidence.reading import entries, mapping, number, strings, text
from grader.evidence.views import ContainerView, config_map, objects
from grader.judge.case import Case
from grader.judge.hosts import (
    LOCAL,
    Neighbourhood,
    hosts_of_command,
    hosts_of_script,
    hosts_of_text,
)
from grader.judge.roles import config_names
from grader.judge.verdict import Finding

LONGEST_SHOWN = 160
_HOOKS = (
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
    ("readinessProbe",),
    ("livenessProbe",),
    ("startupProbe",),
)


@dataclass(frozen=True)
class Text:
    """Something the container is given: where it stands, what it says, the hosts in it."""

    field: str
    words: str
    hosts: tuple[str, ...]


def find(check: NamesOnlyLocalhost, case: Case) -> Finding:
    player = case.role(check.role)
    gap = case.gap_of_kinds("Service", "ConfigMap") or case.gap_of_roles(check.role)
    if gap or player is None:
        return gap or case.role_missing(check.role)
    container = player.example
    unread = [it for it in _configs(container) if config_map(case.evidence, it) is None]
    cut_list = case.gap_of_cuts("ConfigMap") if unread else None
    if cut_list:
        return cut_list
    found = tuple(_texts(container, case))
    command = case.kubectl("get", player.workload.resource, "-o", "yaml")
    params = {"container": container.name}
    guilty = [it for it in found if it.hosts]
    if guilty:
        params |= {"host": guilty[0].hosts[0], "field": guilty[0].field}
        return Finding("failed", "names_other_host", params, command, _lines(guilty))
    cut = next((it.field for it in found if "[cut " in it.words[-40:]), "")
    if cut:
        return Finding("unknown", "too_long_to_read", params | {"field": cut}, command)
    right = Finding("passed", "names_only_localhost", params, command, _lines(found))
    # A word is a host where a Service is called so.
    return case.gap_of_cuts("Service") or right


def _lines(found: tuple[Text, ...] | list[Text]) -> tuple[str, ...]:
    return tuple(f"{it.field} = {_short(it.words)}" for it in found)


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"


def _texts(container: ContainerView, case: Case) -> Iterator[Text]:
    around = _around(container, case)
    for field, words in _commands(container):
        yield Text(field, " ".join(words), hosts_of_command(words, around))
    for field, name, value in _settings(container, case):
        yield Text(field, value, hosts_of_text(f"{name}={value}", around))
    for field, name, content in _files(container, case):
        is_script = name.endswith(".sh") or content.startswith(("#!/bin/sh", "#!/bin/bash"))
        hosts = hosts_of_script if is_script else hosts_of_text
        yield Text(field, content, hosts(content, around))


def _around(container: ContainerView, case: Case) -> Neighbourhood:
    """What names lead to from here: Services, aliases of the Pod, variables of the container."""
    services = objects(case.evidence, "Service")
    aliases = entries(container.pod.object, "spec", "hostAliases")
    local = LOCAL | {name for it in aliases if _is_here(it) for name in strings(it, "hostnames")}
    elsewhere = {name for it in aliases if not _is_here(it) for name in strings(it, "hostnames")}
    ports = {number(port, "port") for it in services for port in entries(it, "spec", "ports")}
    names = {text(it, "metadata", "name") for it in services}
    return Neighbourhood(
        services=frozenset((names | elsewhere) - {""}),
        ports=frozenset({6379} | {port for port in ports if port is not None}),
        namespace=case.namespace,
        local=local,
        variables={name: value for _, name, value in _settings(container, case)},
    )


def _is_here(alias: Mapping[str, object]) -> bool:
    return Neighbourhood().is_local(text(alias, "ip"))


def _commands(container: ContainerView) -> Iterator[tuple[str, tuple[str, ...]]]:
    if container.command:
        yield f"{container.field}.command", container.command
    for path in _HOOKS:
        words = strings(container.spec, *path, "exec", "command")
        if words:
            yield f"{container.field}.{'.'.join(path)}.exec.command", words


def _settings(container: ContainerView, case: Case) -> Iterator[tuple[str, str, str]]:
    """Environment variables: field, name, value; also those that ConfigMaps give."""
    for place, source in enumerate(entries(container.spec, "envFrom")):
        prefix = text(source, "prefix")
        for key, value in _data(text(source, "configMapRef", "name"), case).items():
            yield f"{container.field}.envFrom[{place}] {key}", f"{prefix}{key}", value
    for variable in container.env:
        name = text(variable, "name")
        reference = mapping(variable, "valueFrom", "configMapKeyRef")
        value = text(variable, "value")
        if reference:
            value = _data(text(reference, "name"), case).get(text(reference, "key"), "")
        yield f"{container.field}.env[{name}]", name, value


def _files(container: ContainerView, case: Case) -> Iterator[tuple[str, str, str]]:
    """Files of ConfigMaps that it mounts: field, name, content."""
    for config in _mounted(container):
        for key, content in _data(config, case).items():
            yield f"configmap/{config} {key}", key, content


def _mounted(container: ContainerView) -> tuple[str, ...]:
    sources = (container.pod.volumes.get(mount.volume, {}) for mount in container.mounts)
    return tuple(dict.fromkeys(name for source in sources for name in config_names(source)))


def _configs(container: ContainerView) -> frozenset[str]:
    """All ConfigMaps that it is given."""
    whole = (text(it, "configMapRef", "name") for it in entries(container.spec, "envFrom"))
    single = (text(it, "valueFrom", "configMapKeyRef", "name") for it in container.env)
    return frozenset((*_mounted(container), *whole, *single)) - {""}


def _data(config: str, case: Case) -> dict[str, str]:
    found = config_map(case.evidence, config) if config else None
    data = mapping(found, "data")
    return {key: text(data, key) for key in sorted(data)}
