"""Does what the writer logs come out at the reader, through the file that they share?

Two random lines tell: one the writer makes itself, of a request; one we append to the file that
took it. A proxy that logs its own requests knows nothing of the second. The request goes into the
Pod itself, so that the Service is no part of this.

The command in the writer waits for the first line, appends a copy of it with another random word,
and takes that copy away when its input ends, also when we are killed. It writes blanks over it,
because whoever follows a file that shrinks prints all of it again.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from grader.catalog.probes import LogFlow
from grader.evidence.model import LogLine
from grader.evidence.sanitise import clean
from grader.evidence.views import ContainerView, PodView
from grader.kube.probes.asking import Failed, get
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.log_watch import LogWatch
from grader.kube.probes.scene import Scene
from grader.kube.probes.undoing import UndoingScript

MOST_WATCHED = 6
LONGEST_REQUEST = 10.0
KEPT_LINES = 3

# Arguments: the request's word, our word, rounds to look, then folders. Answers in lines:
# A appended, E not writable, N never found, C taken away, K could not be taken away, X no program.
# Several files may hold the request (nginx logs what it does not find as an error, too).
# Every program that starts costs the grade time: builtins where they do.
SCRIPT = r"""
LC_ALL=C; export LC_ALL; trap '' PIPE HUP; set -f; IFS='
'
n1=$1; n2=$2; rounds=$3; pause=0.2; shift 3
command -v grep >/dev/null 2>&1 || { echo 'X grep'; exit; }
search() {
  if command -v find >/dev/null 2>&1
  then find "$@" -type f -exec grep -lsF -- "$n1" {} \; 2>/dev/null
  else grep -rlsF -- "$n1" "$@" 2>/dev/null; fi
}
append() {
  seen="$seen$1$IFS"
  l=$(sed -n "/$n1/{s/$n1/$n2/g;h;};\${x;p;}" "$1")
  [ -n "$l" ] && [ ${#l} -le 4000 ] || l="GET /$n2"
  s=$(($(wc -c <"$1")))
  if { printf '%s\n' "$l" >>"$1"; } 2>/dev/null
  then n=$((n + 1)); eval "f$n=\$1 l$n=\$l s$n=\$s"; echo "A $1"
  else echo "E $1"; fi
}
stands() { [ "$(dd if="$1" bs=1 skip=$3 count=${#2} 2>/dev/null)" = "$2" ]; }
find_line() {
  # The app may have written between our look and our line: search on from there.
  tail -c +$(($3 + 1)) "$1" | { o=$3
    while IFS= read -r l || [ -n "$l" ]; do
      [ "$l" = "$2" ] && { echo $o; break; }
      o=$((o + ${#l} + 1))
    done
  }
}
blank() {
  at=$3
  if ! stands "$1" "$2" $at; then
    at=$(find_line "$1" "$2" $3)
    { [ -n "$at" ] && stands "$1" "$2" $at; } || at=
  fi
  if [ -n "$at" ] && printf "%${#2}s" '' | dd of="$1" bs=1 seek=$at conv=notrunc 2>/dev/null
  then echo "C $1"
  elif grep -qsF -- "$n2" "$1"; then echo "K $1"; else echo "C $1"; fi
}
undo() {
  kill $! 2>/dev/null; wait $! 2>/dev/null; i=0
  while [ $i -lt $n ]; do i=$((i + 1)); eval "blank \"\$f$i\" \"\$l$i\" \"\$s$i\""; done
  exit
}
work() {
  n=0; seen=$IFS; round=0; trap undo TERM
  while [ $round -lt $rounds ] && [ $n -lt 4 ]; do
    for f in $(search "$@"); do
      case $seen in *"$IFS$f$IFS"*) ;; *) [ $n -lt 4 ] && append "$f" ;; esac
    done
    # Not every sleep knows fractions. None outlives us: the container's first process may not
    # reap what is left to it.
    sleep $pause 2>/dev/null & wait $! || pause=1
    [ $pause = 1 ] && round=$((round + 4))
    round=$((round + 1))
  done
  [ $n -gt 0 ] || echo N
  while :; do sleep 5 & wait $!; done
}
work "$@" & worker=$!
read -r _
kill -TERM $worker; wait $worker
"""
# Rounds in a second.
ROUNDS = 5


@dataclass
class _Heard:
    """What came out at one container."""

    request: str = ""
    line: str = ""
    last: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))


@dataclass
class _Flow:
    """The state of one run. Its threads tell it by `changed`."""

    probe: LogFlow
    scene: Scene
    journal: Journal
    writer: ContainerView
    request_word: str = field(default_factory=nonce)
    line_word: str = field(default_factory=nonce)
    facts: dict[str, Any] = field(default_factory=dict)  # a later run has its own
    heard: dict[str, _Heard] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)  # that hold our line
    changed: threading.Condition = field(default_factory=threading.Condition)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def pod(self) -> PodView:
        return self.writer.pod

    def readers(self) -> list[str]:
        """Containers where both lines came out."""
        return sorted(name for name, it in self.heard.items() if it.request and it.line)

    def awaited(self) -> list[str]:
        """Silent ones that can only read: one of them is meant rather than one that can write."""
        heard = self.readers()
        only_read = {it.name for it in self.pod.containers if it.only_reads}
        return [] if only_read & set(heard) else sorted(only_read & set(self.heard))

    def note(self, action: str, *, target: str = "", ok: bool = True, saw: str = "") -> None:
        pod, container = self.pod.name, self.writer.name
        self.journal.step(action, pod=pod, container=container, target=target, ok=ok, saw=saw)


def run(probe: LogFlow, scene: Scene, journal: Journal) -> None:
    """Begun with what the specs tell; begun anew where it turns out that another one listens."""
    writer = _writer(probe, scene)
    if scene.later and (writer is None or not writer.running):
        scene = scene.with_listeners()
        writer = _writer(probe, scene)
    if writer is None:
        journal.facts["absent"] = probe.writer
        return
    flow = _Flow(probe, scene, journal, writer)
    # What the end of an earlier run still has to say is about another container.
    journal.facts = flow.facts
    _describe(flow)
    if not writer.running:
        flow.facts["not_running"] = writer.name
        return
    _run(flow)
    if scene.later and not flow.readers():
        known = scene.with_listeners()
        if _is_another(flow, known):
            run(probe, known, journal)


def _writer(probe: LogFlow, scene: Scene) -> ContainerView | None:
    player = scene.player(probe.writer)
    return min(player.containers, key=lambda it: not it.running, default=None) if player else None


def _describe(flow: _Flow) -> None:
    writer = flow.writer
    flow.facts |= {
        "writer": writer.name,
        "pod": writer.pod.name,
        "within": flow.probe.within,
        "looked_in": shared_folders(writer),
        "files": [],
        "readers": [],
        "seen": {},
    }


def shared_folders(writer: ContainerView) -> list[str]:
    """Where the writer mounts storage that another container mounts as well."""
    others = (it for it in writer.pod.containers if it.name != writer.name)
    theirs = {mount.volume for it in others for mount in it.storage_mounts}
    mine = {(it.volume, it.sub_path): it.path for it in writer.storage_mounts}
    return sorted({path for (volume, _), path in mine.items() if volume in theirs})


def _run(flow: _Flow) -> None:
    flow.facts |= {"path": f"/{flow.request_word}", "line": flow.line_word}
    folders = shared_folders(flow.writer)
    script = _start_script(flow, folders) if folders else None
    watches = _watch(flow)
    if flow.scene.later:
        flow.scene.later.when_found(lambda known: _reconsider(flow, known))
    try:
        if _request(flow):
            _wait(flow, script)
    finally:
        for watch in watches:
            watch.stop()
        _conclude(flow, watches)
        if script:
            flow.journal.tidy(lambda: _end_script(flow, script))


def _reconsider(flow: _Flow, known: Scene) -> None:
    """Now that it is known who listens."""
    if _is_another(flow, known):
        with flow.changed:
            flow.stop.set()
            flow.changed.notify_all()


def _is_another(flow: _Flow, known: Scene) -> bool:
    """Whether another container, or another port, is meant than the one we began with."""
    writer = _writer(flow.probe, known)
    is_same = writer is not None and writer.name == flow.writer.name
    return not is_same or _port(flow.writer, known) != _port(flow.writer, flow.scene)


def _watch(flow: _Flow) -> list[LogWatch]:
    """The other containers of the writer's Pod, then the reader in other replicas."""
    mine = [(flow.pod, it.name) for it in flow.pod.containers if it.name != flow.writer.name]
    reader = flow.scene.player(flow.probe.reader)
    theirs = [(pod, reader.name) for pod in reader.pods] if reader else []
    wanted = list(dict.fromkeys((pod.name, name) for pod, name in (*mine, *theirs)))
    for _, name in wanted:
        flow.heard.setdefault(name, _Heard())
    return [
        LogWatch(
            flow.scene.client,
            flow.scene.namespace,
            pod,
            name,
            lambda line, name=name: _hear(flow, name, line),  # type: ignore[misc]
            seconds=flow.probe.within + LONGEST_REQUEST,
        )
        for pod, name in wanted[:MOST_WATCHED]
    ]


def _hear(flow: _Flow, container: str, line: LogLine) -> None:
    heard = flow.heard[container]
    is_request, is_line = flow.request_word in line.text, flow.line_word in line.text
    with flow.changed:
        if is_request and not heard.request:
            heard.request = line.text
        if is_line and not heard.line:
            heard.line = line.text
        heard.last.append(clean(line.text, 300))
        if is_request or is_line:
            flow.changed.notify_all()
    if is_request or is_line:
        word = flow.request_word if is_request else flow.line_word
        pod = flow.pod.name
        flow.journal.step("log_seen", pod=pod, container=container, target=word, saw=line.text)


def _request(flow: _Flow) -> bool:
    """Whether the writer answered, whatever it said: it has something to log then."""
    port = _port(flow.writer, flow.scene)
    patience = min(LONGEST_REQUEST, flow.scene.patience(flow.pod))
    path = f"/{flow.request_word}"
    answer = get(flow.scene, flow.journal, flow.pod, port, path, seconds=patience, stop=flow.stop)
    flow.facts["port"] = port
    if isinstance(answer, Failed):
        flow.facts["request"] = {"error": answer.code, "detail": answer.detail}
        return False
    flow.facts["request"] = {"status": answer.status}
    return True


def _port(writer: ContainerView, scene: Scene) -> int:
    """Where the writer really listens; what it declares may be wrong."""
    listening, declared = scene.listening(writer), writer.ports
    for ports in (listening, declared):
        if ports:
            return 80 if 80 in ports else ports[0]
    return 80


def _wait(flow: _Flow, script: UndoingScript | None) -> None:
    """Until both lines came out where they should, or our own can no longer be written."""

    def is_over() -> bool:
        blocked = {"not_writable", "no_program"} & set(flow.facts)
        is_heard = flow.readers() and not flow.awaited()
        done = is_heard or blocked or flow.stop.is_set()
        return bool(done or (script and script.trouble))

    seconds = min(flow.probe.within, flow.scene.client.budget.left())
    with flow.changed:
        flow.changed.wait_for(is_over, seconds)


def _start_script(flow: _Flow, folders: list[str]) -> UndoingScript:
    seconds = flow.probe.within + LONGEST_REQUEST
    words = (flow.request_word, flow.line_word, str(int(seconds * ROUNDS)), *folders)
    return UndoingScript(
        flow.scene, flow.writer, SCRIPT, words, lambda line: _told(flow, line), seconds
    )


def _end_script(flow: _Flow, script: UndoingScript) -> None:
    script.end()
    if script.has_no_shell:
        flow.facts["no_shell"] = flow.writer.name
    elif script.trouble:
        flow.facts["file_trouble"] = script.trouble.code
    for file in sorted(flow.files):
        flow.journal.leave_behind(f"{flow.writer.name}: {file}")


def _told(flow: _Flow, line: str) -> None:
    word, _, file = line.partition(" ")
    facts = flow.facts
    if word == "A":
        flow.files.add(file)
        facts["files"] = sorted({*facts["files"], file})
        flow.note("append", target=file, saw=flow.line_word)
    elif word == "E":
        facts["not_writable"] = file
        flow.note("append", target=file, ok=False)
    elif word == "X":
        facts["no_program"] = file
    elif word in {"C", "K"}:
        flow.note("remove", target=file, ok=word == "C", saw=flow.line_word)
        if word == "C":
            flow.files.discard(file)
    with flow.changed:
        flow.changed.notify_all()


def _conclude(flow: _Flow, watches: list[LogWatch]) -> None:
    facts = flow.facts
    facts["readers"] = flow.readers()
    facts["plays"] = {flow.probe.reader: flow.readers()}
    facts["seen"] = {
        name: {"request": bool(it.request), "line": bool(it.line), "last": list(it.last)}
        for name, it in sorted(flow.heard.items())
    }
    facts["unread"] = {it.container: it.trouble.code for it in watches if it.trouble}
