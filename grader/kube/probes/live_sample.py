"""Does a sample that we append to the app's file come out at the exporter's port.

The app may write its file anew at any time: then our sample is gone, and is appended again. The
exporter may be `nc` in a loop: then an answer is old by one request, and the port is closed between
two of them. Our line is taken away when the script's input ends, also when we are killed.
"""

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.catalog.probes import LiveSample
from grader.evidence.exposition import parse
from grader.evidence.sanitise import clean
from grader.evidence.views import ContainerView
from grader.kube.http_over_tunnel import HttpAnswer
from grader.kube.probes.asking import Failed, get
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import Scene
from grader.kube.probes.undoing import UndoingScript

if TYPE_CHECKING:
    from collections.abc import Sequence

# Reads that follow one write quickly; a refused one is made again at once, but not for ever.
QUICK = 3
QUICK_PAUSE = 0.15
PAUSE = 1.0
MOST_READS = 28
# Calls that the rest of the grade keeps.
RESERVE = 4
CLEANING = 2.0

# Arguments: the file, the sample's name, the most writes. Answers in lines:
# L a line of the file before a write, D the end of those, W written, M no such file,
# E not writable, C taken away, K could not be taken away, X no program.
SCRIPT = r"""
LC_ALL=C; export LC_ALL; trap '' PIPE HUP
f=$1; name=$2; most=$3; line="$name 1"; n=0; at=; told=
command -v grep >/dev/null 2>&1 || { echo 'X grep'; exit; }
size() { wc -c <"$f" 2>/dev/null | tr -d ' '; }
show() {
  s=$(size)
  # Where the page is cut, its last line is half a line.
  if [ "${s:-0}" -gt 16384 ]; then head -c 16384 "$f" | sed '$d' | sed 's/^/L /'
  else head -c 16384 "$f" | sed 's/^/L /'; fi
  echo; echo D
}
write() {
  show
  # An unfinished last line must not run into ours.
  lead=; [ -n "$(tail -c 1 "$f")" ] && lead='
'
  at=$(size); n=$((n + 1))
  if { printf '%s%s\n' "$lead" "$line" >>"$f"; } 2>/dev/null
  then echo "W $n"; else echo E; n=$most; fi
}
find_line() {
  tail -c +$((at + 1)) "$f" | { o=$at
    while IFS= read -r l || [ -n "$l" ]; do
      [ "$l" = "$line" ] && { echo $o; break; }
      o=$((o + ${#l} + 1))
    done
  }
}
undo() {
  kill $! 2>/dev/null; wait $! 2>/dev/null
  if [ -n "$at" ] && grep -qsF -- "$name" "$f"; then
    o=$(find_line); len=${#line}
    if [ -n "$o" ] && [ "$(dd if="$f" bs=1 skip=$o count=$len 2>/dev/null)" = "$line" ]; then
      if [ "$(size)" = $((o + len + 1)) ]
      then dd if=/dev/null of="$f" bs=1 seek=$at count=0 2>/dev/null
      else printf "%${len}s" '' | dd of="$f" bs=1 seek=$o conv=notrunc 2>/dev/null; fi
    fi
  fi
  if grep -qsF -- "$name" "$f"; then echo K; else echo C; fi
  exit
}
work() {
  trap undo TERM
  while :; do
    if [ ! -f "$f" ]; then [ -n "$told" ] || echo M; told=1
    elif [ $n -lt $most ] && ! grep -qsF -- "$name" "$f"; then write; fi
    # An app that writes very often is not to use up all the writes at once.
    [ $n -gt 3 ] && pause=1
    # Not every sleep knows fractions. None outlives us.
    sleep $pause 2>/dev/null & wait $! || pause=1
  done
}
pause=0.2; work & worker=$!
read -r _
kill -TERM $worker; wait $worker
"""


@dataclass
class _State:
    """What the script and the port have said so far."""

    name: str
    writes: int = 0
    reads: int = 0
    page: list[str] = field(default_factory=list)
    file_fits: bool | None = None
    bad_line: str = ""
    said: set[str] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)


def run(probe: LiveSample, scene: Scene, journal: Journal) -> None:
    scene = scene.with_listeners()
    player = scene.player(probe.writer)
    if player is None or not player.containers:
        journal.facts["absent"] = probe.writer
        return
    writer = min(player.containers, key=lambda it: not it.running)
    state = _State(f"podlab_{nonce()}")
    journal.facts |= {
        "writer": writer.name,
        "pod": writer.pod.name,
        "file": probe.file,
        "port": probe.port,
        "name": state.name,
        "within": probe.within,
        "seen": False,
    }
    if not writer.running:
        journal.facts["not_running"] = writer.name
        return
    _Sampling(probe, scene, journal, writer, state).run()


class _Sampling:
    def __init__(
        self,
        probe: LiveSample,
        scene: Scene,
        journal: Journal,
        writer: ContainerView,
        state: _State,
    ) -> None:
        self._probe = probe
        self._scene = scene
        self._journal = journal
        self._writer = writer
        self._state = state
        self._paths: Sequence[str] = probe.paths
        self._sample = re.compile(rf"(?m)^{state.name}\b[^\n]*\n?".encode())

    def run(self) -> None:
        probe, state = self._probe, self._state
        words = (probe.file, state.name, str(probe.writes))
        script = UndoingScript(
            self._scene, self._writer, SCRIPT, words, self._told, probe.within + CLEANING
        )
        try:
            self._read_until(time.monotonic() + probe.within, script)
        finally:
            script.end()
            self._conclude(script)

    def _read_until(self, deadline: float, script: UndoingScript) -> None:
        """Quick reads after each write, slow ones while it stands."""
        known = quick = 0
        while not self._journal.facts["seen"] and time.monotonic() < deadline:
            left = max(0.01, deadline - time.monotonic())
            if not known or quick >= QUICK or self._journal.facts.get("error"):
                pause = QUICK_PAUSE if quick < QUICK else PAUSE
                self._wait(known, script, min(left, pause) if known else left)
            if self._state.writes != known:
                known, quick = self._state.writes, 0
            if self._is_blocked(script) or (known and not self._read()):
                return
            quick += 1

    def _wait(self, known: int, script: UndoingScript, seconds: float) -> None:
        """Until something new was written, nothing will be, or time is up."""

        def is_news() -> bool:
            return self._state.writes != known or self._is_blocked(script)

        with self._state.changed:
            self._state.changed.wait_for(is_news, seconds)

    def _is_blocked(self, script: UndoingScript) -> bool:
        return script.trouble is not None or bool(self._state.said & {"E", "X"})

    def _read(self) -> bool:
        """Asks the port once; False where the calls are used up."""
        budget = self._scene.client.budget
        if self._state.reads >= MOST_READS or budget.calls_left() < RESERVE:
            return False
        for path in self._paths:
            self._state.reads += 1
            pod, port = self._writer.pod, self._probe.port
            answer = get(
                self._scene,
                self._journal,
                pod,
                port,
                path,
                seconds=0.0,
                enough=self._is_there,
            )
            if self._judge(path, answer):
                break
        return True

    def _is_there(self, body: bytes) -> bool:
        return self._sample.search(body) is not None

    def _judge(self, path: str, answer: HttpAnswer | Failed) -> bool:
        """Whether this path is the one to ask."""
        facts = self._journal.facts
        if isinstance(answer, Failed):
            facts |= {"error": answer.code, "detail": answer.detail}
            return True
        found = self._sample.search(answer.body)
        facts |= {
            "error": "",
            "path": path,
            "status": answer.status,
            "served": [clean(line, 200) for line in answer.text.splitlines()[:3]],
        }
        if found and answer.status == 200:
            facts["seen"] = True
            facts["served"] = [clean(found[0].decode("utf-8", "replace").strip(), 200)]
        if answer.status == 200 and parse(answer.text).fits:
            self._paths = (path,)
            return True
        return bool(facts["seen"])

    def _told(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        with self._state.changed:
            if word == "L":
                self._state.page.append(rest)
            elif word == "D":
                self._take_page()
            elif word == "W":
                self._state.writes += 1
            self._state.said.add(word)
            self._state.changed.notify_all()
        if word in {"W", "M", "E", "K"} or (word == "C" and self._state.writes):
            self._note(word)

    def _take_page(self) -> None:
        """The file is good where any look at it was: one may have caught it half written."""
        page = parse("\n".join(self._state.page))
        self._state.page = []
        if page.fits:
            self._state.file_fits = True
        elif not self._state.file_fits:
            self._state.file_fits = False
            self._state.bad_line = page.bad.text if page.bad else ""

    def _note(self, word: str) -> None:
        action = {"M": "file_found", "C": "remove", "K": "remove"}.get(word, "append")
        self._journal.step(
            action,
            pod=self._writer.pod.name,
            container=self._writer.name,
            target=self._probe.file,
            ok=word in {"W", "C"},
            saw="" if word == "M" else f"{self._state.name} 1",
        )

    def _conclude(self, script: UndoingScript) -> None:
        state, facts = self._state, self._journal.facts
        facts |= {
            "writes": state.writes,
            "reads": state.reads,
            "file_missing": "M" in state.said and not state.writes,
            "not_writable": "E" in state.said,
            "no_program": "X" in state.said,
            "file_fits": bool(state.file_fits),
            "file_line": clean(state.bad_line, 200),
        }
        if script.has_no_shell:
            facts["no_shell"] = self._writer.name
        elif script.trouble:
            facts["file_trouble"] = script.trouble.code
        if state.writes and "C" not in state.said:
            self._journal.leave_behind(f"{self._writer.name}: {self._probe.file}")
