"""The state of the system in words: the selectors give codes, a person reads sentences."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from grader.selectors.cluster_state import ClusterStatus, Component, Image, Stage, Trouble
from grader.selectors.system import Health, SystemStatus

Words = str | Promise
Tone = Literal["ok", "busy", "bad", "off"]

PREPARE = ".venv/bin/python manage.py prepare"
RUN = "make run"
CLUSTER_UP = ".venv/bin/python manage.py cluster up"
CLUSTER_STATUS = ".venv/bin/python manage.py cluster status"

HEALTH_TONE: dict[Health, Tone] = {"ok": "ok", "starting": "busy", "missing": "bad"}
PHASE_TONE: dict[str, Tone] = {
    "ready": "ok",
    "preparing": "busy",
    "starting": "busy",
    "stopping": "busy",
    "off": "off",
    "none": "off",
    "stopped": "off",
}
STAGE_NAMES: dict[str, Words] = {
    "packages": gettext_lazy("System packages"),
    "sources": gettext_lazy("Sources"),
    "engine": gettext_lazy("Kubernetes itself"),
    "images": gettext_lazy("Images for the labs"),
    "network": gettext_lazy("Network"),
    "control-plane": gettext_lazy("Control plane"),
    "node": gettext_lazy("Node"),
    "dns": gettext_lazy("Names (DNS)"),
}
STAGE_VERBS: dict[str, Words] = {
    "packages": gettext_lazy("installing"),
    "sources": gettext_lazy("downloading"),
    "engine": gettext_lazy("compiling"),
    "images": gettext_lazy("building images"),
    "network": gettext_lazy("connecting"),
    "control-plane": gettext_lazy("starting"),
    "node": gettext_lazy("joining"),
    "dns": gettext_lazy("starting"),
}
COMPONENT_STATES: dict[str, Words] = {
    "running": gettext_lazy("running"),
    "starting": gettext_lazy("starting"),
    "stopped": gettext_lazy("stopped"),
    "backing_off": gettext_lazy("waits before the next start"),
}
IMAGE_KINDS: dict[str, Words] = {
    "stand-in": gettext_lazy("stand-in"),
    "real": gettext_lazy("the real one"),
    "own": gettext_lazy("ours"),
}
# The state file says what an image is for in English; these are the ones that we know.
IMAGE_PURPOSES: dict[str, Words] = {
    "busybox": gettext_lazy("a small shell with the usual tools"),
    "centos": gettext_lazy("bash and the usual tools"),
    "haproxy": gettext_lazy("a proxy for TCP connections"),
    "mysql": gettext_lazy("MariaDB in the place of MySQL"),
    "nginx": gettext_lazy("a web server"),
    "pause": gettext_lazy("holds the namespaces of a Pod"),
    "redis": gettext_lazy("a Redis server"),
    "toolbox": gettext_lazy("the shell of the web terminal, with kubectl"),
}
TROUBLES: dict[str, Words] = {
    "no_root": gettext_lazy("The cluster needs administrator rights to start."),
    "not_linux": gettext_lazy("The cluster needs Linux."),
    "no_network": gettext_lazy("The network was needed and did not answer."),
    "disk_full": gettext_lazy("There is too little room on the disk."),
    "missing_tool": gettext_lazy("A program that the cluster needs is missing."),
    "port_taken": gettext_lazy("A port that the cluster needs is taken."),
    "network_taken": gettext_lazy("An address range that the cluster needs is taken."),
    "kernel_feature": gettext_lazy("The kernel lacks something that containers need."),
    "corrupt_cache": gettext_lazy("A file of an earlier preparation is damaged."),
    "build_failed": gettext_lazy("Kubernetes could not be compiled."),
    "image_failed": gettext_lazy("An image could not be built."),
    "component_failed": gettext_lazy("A part of the cluster does not stay up."),
    "already_running": gettext_lazy("Another process is starting this cluster already."),
    "timeout": gettext_lazy("The cluster took too long to get ready."),
    "unreachable": gettext_lazy("The cluster does not answer."),
    "bad_kubeconfig": gettext_lazy("The kubeconfig cannot be used."),
}
PHASES: dict[str, Words] = {
    "none": gettext_lazy("The cluster has not been started yet."),
    "preparing": gettext_lazy("The cluster is being prepared. The site works meanwhile."),
    "starting": gettext_lazy("The cluster is starting. The site works meanwhile."),
    "ready": gettext_lazy("The cluster is ready."),
    "degraded": gettext_lazy("A part of the cluster is down and is being restarted."),
    "stopping": gettext_lazy("The cluster is stopping."),
    "stopped": gettext_lazy("The cluster is stopped."),
    "failed": gettext_lazy("The cluster could not be started."),
    "gone": gettext_lazy("The process that looks after the cluster is gone."),
    "unreadable": gettext_lazy("The cluster's state file cannot be read."),
    "unreachable": gettext_lazy("The cluster does not answer."),
    "off": gettext_lazy("This site runs without a cluster (PODLAB_CLUSTER=none)."),
}
PHASE_COMMANDS = {
    "none": CLUSTER_UP,
    "stopped": CLUSTER_UP,
    "gone": CLUSTER_UP,
    "failed": CLUSTER_UP,
    "unreadable": CLUSTER_STATUS,
}
NOTES: dict[str, Words] = {
    "network_policy_not_enforced": gettext_lazy(
        "NetworkPolicy objects are accepted here but not enforced."
    ),
    "pods_have_no_internet": gettext_lazy("Pods of this cluster cannot reach the internet."),
}


@dataclass(frozen=True)
class PartWords:
    id: str
    name: str
    tone: Tone
    state: str
    sentence: str
    command: str | None = None


@dataclass(frozen=True)
class StageWords:
    id: str
    name: Words
    status: str
    words: str
    percent: int | None
    detail: str


@dataclass(frozen=True)
class ComponentWords:
    name: str
    tone: Tone
    state: Words
    restarts: int
    memory: str
    last_exit: str


@dataclass(frozen=True)
class ImageWords:
    name: str
    kind: Words
    stand_in: bool
    purpose: Words


@dataclass(frozen=True)
class TroubleWords:
    title: Words
    message: str
    help: str


@dataclass(frozen=True)
class ClusterWords:
    phase: str
    tone: Tone
    sentence: Words
    command: str | None
    trouble: TroubleWords | None
    stages: tuple[StageWords, ...]
    components: tuple[ComponentWords, ...]
    images: tuple[ImageWords, ...]
    notes: tuple[Words, ...]


@dataclass(frozen=True)
class SystemWords:
    tone: Tone
    line: str
    parts: tuple[PartWords, ...]
    cluster: ClusterWords


def say_system(status: SystemStatus) -> SystemWords:
    parts = (_database(status), _redis(status), _workers(status), _scheduler(status))
    cluster = say_cluster(status.cluster)
    return SystemWords(
        tone=_worst([*(part.tone for part in parts), cluster.tone]),
        line=_line(parts, cluster),
        parts=parts,
        cluster=cluster,
    )


def say_cluster(status: ClusterStatus) -> ClusterWords:
    return ClusterWords(
        phase=status.phase,
        tone=PHASE_TONE.get(status.phase, "bad"),
        sentence=PHASES[status.phase],
        command=None if status.error else PHASE_COMMANDS.get(status.phase),
        trouble=_trouble(status.error) if status.error else None,
        stages=tuple(_stage(stage) for stage in status.stages),
        components=tuple(_component(component) for component in status.components),
        images=tuple(_image(image) for image in status.images),
        notes=tuple(NOTES[note] for note in status.notes if note in NOTES),
    )


def say_stage(stage: Stage) -> str:
    """“compiling 43 %”, “building images 3/9”, “done”."""
    if stage.status != "running":
        settled = {"pending": _("waiting"), "done": _("done"), "failed": _("failed")}
        return settled[stage.status]
    verb = str(STAGE_VERBS.get(stage.id, _("working")))
    if not stage.total:
        return verb
    if stage.id == "engine":
        return f"{verb} {stage.percent} %"
    return f"{verb} {stage.done}/{stage.total}"


def _line(parts: tuple[PartWords, ...], cluster: ClusterWords) -> str:
    """The whole system in one line; what is wrong goes before what is going on."""
    for part in parts:
        if part.tone == "bad":
            return f"{part.name}: {part.state}. {part.sentence}"
    running = next((stage for stage in cluster.stages if stage.status == "running"), None)
    if cluster.tone == "busy" and running:
        return _("Cluster: %(stage)s, %(words)s") % {"stage": running.name, "words": running.words}
    if cluster.tone == "ok":
        return _("Everything is ready.")
    return str(cluster.sentence)


def _worst(tones: list[Tone]) -> Tone:
    order: tuple[Tone, ...] = ("bad", "busy", "off")
    return next((tone for tone in order if tone in tones), "ok")


def _database(status: SystemStatus) -> PartWords:
    return _part(
        "database",
        _("Database"),
        status.database,
        good=_("It answers."),
        bad=_("It does not answer. Check DATABASE_URL, then run:"),
        command=PREPARE,
    )


def _redis(status: SystemStatus) -> PartWords:
    return _part(
        "redis",
        _("Redis"),
        status.redis,
        good=_("It answers."),
        bad=_("It does not answer. Check REDIS_URL, or start everything with:"),
        command=RUN,
    )


def _workers(status: SystemStatus) -> PartWords:
    count = status.worker_count
    running = ngettext("%(count)d worker is running.", "%(count)d workers are running.", count)
    return _part(
        "workers",
        _("Workers"),
        status.workers,
        good=running % {"count": count},
        bad=_("None is running: nothing can be graded. Start one with:"),
        command=".venv/bin/celery -A web worker",
    )


def _scheduler(status: SystemStatus) -> PartWords:
    return _part(
        "scheduler",
        _("Scheduler"),
        status.scheduler,
        good=_("Its messages reach a worker."),
        bad=_("No message of it has reached a worker for 30 seconds. Start it with:"),
        command=".venv/bin/celery -A web beat",
    )


def _part(id: str, name: str, health: Health, *, good: str, bad: str, command: str) -> PartWords:  # noqa: A002
    states = {"ok": _("running"), "starting": _("starting"), "missing": _("missing")}
    sentences = {"ok": good, "starting": _("It has just been started."), "missing": bad}
    return PartWords(
        id=id,
        name=name,
        tone=HEALTH_TONE[health],
        state=states[health],
        sentence=sentences[health],
        command=command if health == "missing" else None,
    )


def _stage(stage: Stage) -> StageWords:
    return StageWords(
        id=stage.id,
        name=STAGE_NAMES.get(stage.id, stage.id),
        status=stage.status,
        words=say_stage(stage),
        percent=stage.percent,
        detail=(stage.detail or "") if stage.status in {"running", "failed"} else "",
    )


def _component(component: Component) -> ComponentWords:
    tones: dict[str, Tone] = {"running": "ok", "starting": "busy", "stopped": "off"}
    return ComponentWords(
        name=component.name,
        tone=tones.get(component.status, "bad"),
        state=COMPONENT_STATES[component.status],
        restarts=component.restarts,
        memory=_memory(component.memory_bytes),
        last_exit=component.last_exit or "",
    )


def _memory(size: int | None) -> str:
    """A part that does not run has no memory to speak of."""
    return f"{size / 2**20:.0f} MiB" if size else "—"


def _image(image: Image) -> ImageWords:
    return ImageWords(
        name=image.name,
        kind=IMAGE_KINDS[image.kind],
        stand_in=image.kind == "stand-in",
        purpose=IMAGE_PURPOSES.get(_short_name(image.name), image.purpose),
    )


def _short_name(image: str) -> str:
    """`nginx` of `docker.io/library/nginx:1.27`."""
    return image.rsplit("/", 1)[-1].split(":", maxsplit=1)[0].split("@", maxsplit=1)[0]


def _trouble(error: Trouble) -> TroubleWords:
    title = TROUBLES.get(error.code, gettext_lazy("Something went wrong in the cluster."))
    return TroubleWords(title=title, message=error.message, help=error.help)
