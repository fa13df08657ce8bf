"""One grade's way to its evidence: list, wait, probe, hold, list again. All within one budget.

What could not be seen is said in the evidence; only a namespace that is not there ends the grade.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from grader.catalog.definition import LabDefinition
from grader.catalog.loader import Lab
from grader.evidence.model import Cut, Evidence, Listening, Log, Transcript, Trouble
from grader.evidence.plan import Plan, plan
from grader.evidence.sanitise import clean_object
from grader.evidence.seen import NAMESPACE
from grader.evidence.views import PodView, find_workload
from grader.judge.engine import judge
from grader.judge.roles import assign
from grader.judge.versions import lab_version
from grader.kube.budget import Budget, SharedBudget
from grader.kube.client import Client
from grader.kube.clock import Clock, elapsed
from grader.kube.connection import Pool
from grader.kube.credentials import Target
from grader.kube.errors import KubeError
from grader.kube.listeners import attribute, look
from grader.kube.logs import take_logs, wanted_logs
from grader.kube.outlook import Outlook
from grader.kube.probes import begin_probe
from grader.kube.probes.later import Later
from grader.kube.probes.scene import Scene
from grader.kube.settle import PATIENCE, Scenery, Settling, watching
from grader.kube.snapshot import Kept, take, take_kind
from grader.kube.snapshot import trouble as trouble_of
from grader.kube.together import Background, run_together

MOST_PODS = 2  # of a workload, whose containers are asked who listens
WATCH_SECONDS = 45.0
SPARED_CALLS = 16
# Where the specs alone tell the roles, who listens is looked at only if the probes take longer.
LISTENERS_AFTER = 0.4


@dataclass(frozen=True)
class Progress:
    """What is being done, for whoever waits: a code and what fills its words."""

    code: str  # listing, waiting, looking, probing, holding, finishing
    params: Mapping[str, Any] = field(default_factory=dict)


Say = Callable[[Progress], None]


def collect(  # noqa: PLR0913 - whose what is graded, and who is told
    lab: Lab | LabDefinition,
    target: Target,
    namespace: str,
    answers: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    progress: Say = lambda _: None,
    learner: Target | None = None,
    pool: Pool | None = None,
    budget: Budget | None = None,
) -> Evidence:
    """Raises `NamespaceError` and `KubeconfigError`; all else ends in the evidence."""
    definition = lab.definition if isinstance(lab, Lab) else lab
    budget = budget or Budget()
    with ExitStack() as stack:
        client = stack.enter_context(Client(target, budget, pool))
        lent = stack.enter_context(Client(learner, budget)) if learner else None
        return _Collecting(definition, client, lent, namespace, progress).run(answers or {})


class _Collecting:
    def __init__(
        self,
        definition: LabDefinition,
        client: Client,
        learner: Client | None,
        namespace: str,
        progress: Say,
    ) -> None:
        self._definition = definition
        self._plan: Plan = plan(definition)
        self._client = client
        # What the last look at the Pods and their logs needs, no probe may use up.
        self._prober_client = client.within(SharedBudget(client.budget, SPARED_CALLS))
        self._learner = learner
        self._namespace = namespace
        self._say = progress
        self._clock = Clock()
        self._began = time.monotonic()
        self._listening: tuple[Listening, ...] | None = None

    def run(self, answers: Mapping[str, Mapping[str, Any]]) -> Evidence:
        if not self._plan.kinds:
            return self._evidence({}, answers=answers)
        self._say(Progress("listing"))
        kept = take(self._client, self._namespace, self._plan.kinds, self._clock)
        started_at = self._clock.stamp()
        scenery = Scenery(self._definition, kept)
        settling = Settling(scenery, self._clock, self._plan.hold_seconds, PATIENCE)
        with self._watching(scenery, settling):
            settling.wait_until_stands(self._waiting("waiting"))
            probing = Background(lambda: self._probe(scenery, stale=settling.waited), "probes")
            settling.wait_until_held(self._waiting("holding"))
            probes = probing.join()
            settled = not settling.is_starting()
        self._say(Progress("finishing"))
        kept, logs = self._look_again(scenery, everything=settling.waited)
        evidence = self._evidence(
            kept,
            started_at=started_at,
            before=settling.before,
            logs=logs,
            listening=self._listening or (),
            probes={key: transcript() for key, transcript in probes.items()},
            answers=answers,
            settled=settled,
        )
        return evidence if self._listening is not None else self._complete(evidence)

    def _complete(self, evidence: Evidence) -> Evidence:
        """Where not all is well, the diagnosis asks who listens, even if no probe had to."""
        if judge(self._definition, evidence).verdict == "passed":
            return evidence
        listening = self._listen(evidence)
        calls, spent = self._client.budget.calls_made, elapsed(self._began)
        return replace(evidence, listening=listening, api_calls=calls, duration_ms=spent)

    @contextmanager
    def _watching(self, scenery: Scenery, settling: Settling) -> Iterator[None]:
        """A workload that has stood for long is not watched at all."""
        if settling.is_over():
            yield
            return
        with watching(self._client, self._namespace, scenery, self._clock, WATCH_SECONDS):
            yield

    def _probe(self, scenery: Scenery, *, stale: bool) -> "dict[str, Callable[[], Transcript]]":
        self._say(Progress("looking"))
        if stale:
            self._refresh(scenery)
        evidence = scenery.evidence()
        scene = self._scene(evidence)
        is_clear = all(role in scene.roles for role in self._plan.listener_roles)
        delay = LISTENERS_AFTER if is_clear else 0.0
        later = Later(lambda: self._with_listeners(evidence), delay)
        scene = replace(scene, later=later)
        tasks = {key: self._prober(key, scene) for key in self._plan.probes}
        if tasks:
            self._say(Progress("probing", {"probes": sorted(tasks)}))
        found = run_together(tasks, most=len(tasks))
        later.call_off()
        return {key: it for key, it in found.items() if not isinstance(it, KubeError)}

    def _scene(self, evidence: Evidence) -> Scene:
        return Scene(
            client=self._prober_client,
            namespace=self._namespace,
            definition=self._definition,
            evidence=evidence,
            roles=assign(self._definition, evidence),
            clock=self._clock,
            learner=self._learner,
        )

    def _with_listeners(self, evidence: Evidence) -> Scene:
        self._listening = self._listen(evidence)
        return self._scene(replace(evidence, listening=self._listening))

    def _refresh(self, scenery: Scenery) -> None:
        """What no watch follows, and what changes with the Pods that were waited for."""
        found = run_together({kind: self._taker(kind) for kind in ("Service", "EndpointSlice")})
        for kind, kept in found.items():
            if not isinstance(kept, KubeError):
                scenery.replace(kind, kept)

    def _prober(self, key: str, scene: Scene) -> Callable[[], Callable[[], Transcript]]:
        def once() -> Callable[[], Transcript]:
            probe = self._plan.probes[key]
            probed = begin_probe(probe, scene)
            self._say(Progress("probed", {"probe": key, "kind": probe.kind}))
            return probed

        return once

    def _listen(self, evidence: Evidence) -> tuple[Listening, ...]:
        """Of the workloads whose roles are told by who listens, or that a probe knocks at."""
        pods = [pod for key in self._listened() for pod in self._some_pods(evidence, key)]
        containers = {(pod.uid, it.name): it for pod in pods for it in pod.containers if it.running}
        found = run_together(
            {
                key: (lambda it=it: look(self._client, self._namespace, it))  # type: ignore[misc]
                for key, it in containers.items()
            }
        )
        return tuple(
            one
            for pod in pods
            for one in attribute(
                pod.name, pod.uid, {name: it for (uid, name), it in found.items() if uid == pod.uid}
            )
        )

    def _listened(self) -> list[str]:
        roles = [self._definition.roles[key] for key in self._plan.listener_roles]
        named = {role.workload for role in roles}
        main = next(iter(self._definition.workloads))
        return [key for key in self._definition.workloads if key in {it or main for it in named}]

    def _some_pods(self, evidence: Evidence, key: str) -> tuple[PodView, ...]:
        workload = find_workload(evidence, self._definition, key)
        return workload.pods[:MOST_PODS] if workload else ()

    def _look_again(
        self, scenery: Scenery, *, everything: bool
    ) -> tuple[dict[str, Kept], tuple[Log, ...]]:
        """The Pods as they are at the moment of judging, and their logs, side by side."""
        kinds = self._plan.kinds if everything else ("Pod",)
        roles = assign(
            self._definition, replace(scenery.evidence(), listening=self._listening or ())
        )
        wanted = wanted_logs(scenery.evidence(), self._definition, roles, self._plan.log_roles)
        logging = Background(lambda: take_logs(self._client, self._namespace, wanted), "logs")
        fresh = run_together({kind: self._taker(kind) for kind in kinds})
        kept = dict(scenery.kept)
        for kind, result in fresh.items():
            if not isinstance(result, KubeError):
                kept[kind] = result
            elif kind == "Pod":
                # Without this look nobody knows whether what stood then still stands.
                kept[kind] = Kept(trouble=trouble_of(result))
        return kept, logging.join()

    def _taker(self, kind: str) -> Callable[[], Kept]:
        return lambda: take_kind(self._client, self._namespace, kind, self._clock)

    def _waiting(self, code: str) -> Callable[[tuple[Outlook, ...]], None]:
        def tell(outlook: tuple[Outlook, ...]) -> None:
            names = sorted({one.container or one.workload for one in outlook})
            seconds = round(time.monotonic() - self._began)
            self._say(Progress(code, {"names": names, "seconds": seconds}))

        return tell

    def _evidence(self, kept: Mapping[str, Kept], **rest: Any) -> Evidence:
        unseen: dict[str, Trouble] = {kind: it.trouble for kind, it in kept.items() if it.trouble}
        cuts: tuple[Cut, ...] = tuple(cut for it in kept.values() for cut in it.cuts)
        moment = self._clock.stamp()
        answers, _ = clean_object(rest.pop("answers"))
        return Evidence(
            lab=self._definition.slug,
            lab_version=lab_version(self._definition),
            namespace=self._namespace,
            started_at=rest.pop("started_at", moment),
            taken_at=moment,
            objects={
                kind: it.objects for kind, it in kept.items() if kind == NAMESPACE or not it.trouble
            },
            unseen=unseen,
            cuts=cuts,
            answers=answers,
            plan=_spell(self._plan),
            api_calls=self._client.budget.calls_made,
            duration_ms=elapsed(self._began),
            **rest,
        )


def _spell(followed: Plan) -> dict[str, Any]:
    return {
        "kinds": list(followed.kinds),
        "workloads": list(followed.workloads),
        "log_roles": list(followed.log_roles),
        "listener_roles": list(followed.listener_roles),
        "hold_seconds": followed.hold_seconds,
        "probes": list(followed.probes),
    }
