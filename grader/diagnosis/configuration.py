"""Why a container with its image at hand is not created: settings, volumes, hooks, the sandbox."""

import re
from collections.abc import Iterator

from grader.diagnosis.causes import (
    as_severity,
    describe,
    few,
    kubectl,
    of_container,
    of_pod,
    with_lines,
)
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Event, Scene, starting_order
from grader.evidence.reading import mapping, text
from grader.evidence.views import ContainerView, PodView, config_map

SOURCE = re.compile(r'^(?P<kind>configmap|secret) "(?P<name>[^"]+)" not found')
KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) [^/]*/(?P<name>\S+)"
)
VOLUME = re.compile(r'for volume "(?P<volume>[^"]+)" : (?P<says>.+)', re.DOTALL)
VOLUME_KEY = re.compile(r"references non-existent (?:config|secret) key: (?P<key>\S+)")
CREATING = ("ContainerCreating", "PodInitializing")
# A hook may take a moment, for a real one does something.
PATIENCE_WITH_HOOKS = 8.0
# The kubelet's own caches were not filled yet. It tries again at once.
PASSING = ("failed to sync", "timed out waiting for the condition")


def find(scene: Scene) -> Iterator[Diagnosis]:
    for pod in scene.pods:
        yield from _of_pod(scene, pod)
        for container in starting_order(pod):
            if container.waiting_reason in ("CreateContainerConfigError", "CreateContainerError"):
                yield _not_created(scene, container)
        yield from _hooks(scene, pod)


def _of_pod(scene: Scene, pod: PodView) -> Iterator[Diagnosis]:
    """The kubelet mounts all volumes before it starts anything."""
    if not _is_being_made(pod):
        return
    if event := _latest(scene, pod, ("FailedMount", "FailedAttachVolume")):
        yield with_lines(_mount(scene, pod, event), (event.message,))
    elif event := _latest(scene, pod, ("FailedCreatePodSandBox",)):
        cause = of_pod("sandbox_failed", Layer.CONFIG, pod, describe(scene, pod))
        yield with_lines(cause, (event.message,))


def _is_being_made(pod: PodView) -> bool:
    """Nothing of it has been created yet."""
    states = [it.waiting_reason in CREATING and not it.restarts for it in starting_order(pod)]
    return bool(states) and all(states) and not text(pod.object, "status", "podIP")


def _latest(scene: Scene, pod: PodView, reasons: tuple[str, ...]) -> Event | None:
    event = scene.latest_event(pod.uid, reasons)
    passing = event is not None and any(words in event.message for words in PASSING)
    return None if passing else event


def _mount(scene: Scene, pod: PodView, event: Event) -> Diagnosis:
    found = VOLUME.search(event.message)
    volume, says = (found["volume"], found["says"]) if found else ("", event.message)
    users = [it.name for it in starting_order(pod) if any(m.volume == volume for m in it.mounts)]
    named = {"volume": volume, "containers": users}
    following = describe(scene, pod)
    source = SOURCE.search(says)
    if source and _can_tell(scene, source["kind"], source["name"]):
        return _volume_source(scene, pod, source, named)
    key = VOLUME_KEY.search(says)
    config = text(pod.volumes.get(volume), "configMap", "name")
    if key and (not config or _can_tell(scene, "ConfigMap", config)):
        return _volume_key(scene, pod, key["key"], named)
    return of_pod("mount_failed", Layer.CONFIG, pod, following, says=says, **named)


def _can_tell(scene: Scene, kind: str, name: str) -> bool:
    """Of Secrets the kubelet alone tells; a ConfigMap may have been made since it looked."""
    is_secret = kind.lower() == "secret"
    return is_secret or scene.knows("ConfigMap") or config_map(scene.evidence, name) is not None


def _volume_source(
    scene: Scene, pod: PodView, source: re.Match[str], named: dict[str, object]
) -> Diagnosis:
    kind, name = source["kind"], source["name"]
    if kind == "secret":
        following = kubectl(scene, "get", "secrets")
        return of_pod("volume_secret_missing", Layer.CONFIG, pod, following, secret=name, **named)
    following = kubectl(scene, "get", "configmaps")
    if config_map(scene.evidence, name) is not None:
        return _waits_for_mount(scene, pod, name, named)
    return of_pod(
        "volume_config_map_missing", Layer.CONFIG, pod, following, config_map=name, **named
    )


def _volume_key(scene: Scene, pod: PodView, key: str, named: dict[str, object]) -> Diagnosis:
    volume = pod.volumes.get(str(named["volume"]), {})
    name = text(volume, "configMap", "name")
    if not name:
        secret = text(volume, "secret", "secretName")
        following = describe(scene, pod)
        return of_pod(
            "volume_secret_key_missing",
            Layer.CONFIG,
            pod,
            following,
            key=key,
            secret=secret,
            **named,
        )
    keys = _keys(scene, name)
    if key in keys:
        return _waits_for_mount(scene, pod, name, named)
    following = kubectl(scene, "describe", "configmap", name)
    return of_pod(
        "volume_key_missing",
        Layer.CONFIG,
        pod,
        following,
        key=key,
        config_map=name,
        keys=keys,
        **named,
    )


def _waits_for_mount(scene: Scene, pod: PodView, name: str, named: dict[str, object]) -> Diagnosis:
    """It is there now. The kubelet tries to mount again, less and less often."""
    following = describe(scene, pod)
    cause = of_pod("waits_for_mount", Layer.CONFIG, pod, following, config_map=name, **named)
    return as_severity(cause, "waiting")


def _not_created(scene: Scene, container: ContainerView) -> Diagnosis:
    says = text(container.status, "state", "waiting", "message")
    following = describe(scene, container.pod)
    source, key = SOURCE.search(says), KEY.search(says)
    if source and _can_tell(scene, source["kind"], source["name"]):
        cause = _setting_source(scene, container, source)
    elif key and _can_tell(scene, key["kind"], key["name"]):
        cause = _setting_key(scene, container, key)
    elif "runAsNonRoot" in says:
        cause = of_container(
            "runs_as_root", Layer.CONFIG, container, following, image=container.image
        )
    else:
        cause = of_container("not_created", Layer.CONFIG, container, following, says=says)
    return with_lines(cause, (says,))


def _setting_source(scene: Scene, container: ContainerView, source: re.Match[str]) -> Diagnosis:
    kind, name = source["kind"], source["name"]
    if kind == "secret":
        following = kubectl(scene, "get", "secrets")
        return of_container("secret_missing", Layer.CONFIG, container, following, secret=name)
    following = kubectl(scene, "get", "configmaps")
    if config_map(scene.evidence, name) is not None:
        return _waits_for_config(scene, container, name)
    return of_container("config_map_missing", Layer.CONFIG, container, following, config_map=name)


def _setting_key(scene: Scene, container: ContainerView, found: re.Match[str]) -> Diagnosis:
    key, name = found["key"], found["name"]
    if found["kind"] == "Secret":
        following = kubectl(scene, "describe", "secret", name)  # the names, not the values
        return of_container(
            "secret_key_missing", Layer.CONFIG, container, following, key=key, secret=name
        )
    keys = _keys(scene, name)
    if key in keys:
        return _waits_for_config(scene, container, name)
    following = kubectl(scene, "describe", "configmap", name)
    return of_container(
        "config_key_missing",
        Layer.CONFIG,
        container,
        following,
        key=key,
        config_map=name,
        keys=keys,
    )


def _waits_for_config(scene: Scene, container: ContainerView, name: str) -> Diagnosis:
    following = describe(scene, container.pod)
    cause = of_container("waits_for_config", Layer.CONFIG, container, following, config_map=name)
    return as_severity(cause, "waiting")


def _keys(scene: Scene, name: str) -> list[str]:
    found = config_map(scene.evidence, name)
    return sorted({*mapping(found, "data"), *mapping(found, "binaryData")})


def _hooks(scene: Scene, pod: PodView) -> Iterator[Diagnosis]:
    """A container counts as created only when its postStart hook has returned."""
    for container in starting_order(pod):
        started = scene.container_event(container, ("Started",))
        if (
            started
            and container.waiting_reason in CREATING
            and mapping(container.spec, "lifecycle", "postStart")
        ):
            yield _hook(scene, container, started)
            return


def _hook(scene: Scene, container: ContainerView, started: Event) -> Diagnosis:
    order = [it.name for it in starting_order(container.pod)]
    behind = order[order.index(container.name) + 1 :]
    seconds = int(scene.age(started.at) or 0)
    cause = of_container(
        "hook_never_returns",
        Layer.CONFIG,
        container,
        describe(scene, container.pod),
        seconds=seconds,
        behind=behind,
    )
    cause = with_lines(cause, _hook_command(container))
    return cause if seconds >= PATIENCE_WITH_HOOKS else as_severity(cause, "waiting")


def _hook_command(container: ContainerView) -> tuple[str, ...]:
    command = mapping(container.spec, "lifecycle", "postStart", "exec").get("command")
    words = [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
    return few(" ".join(words).splitlines())
