"""What was seen of a workspace, frozen: all that the judge ever reads.

It is JSON, so that an attempt can be judged again years later. Text in it has been through
`grader.evidence.sanitise` and is capped; what was cut says so in `cuts`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA = 1
Json = Any


@dataclass(frozen=True)
class Trouble:
    """Why something could not be seen. Never a fault of the learner's by itself."""

    code: str  # unreachable, forbidden, timeout, budget, gone, truncated, no_shell, refused …
    detail: str = ""


@dataclass(frozen=True)
class LogLine:
    at: str  # RFC 3339 as the kubelet wrote it, "" where there is none
    text: str


@dataclass(frozen=True)
class Log:
    """The tail of one container's log, now or (`previous`) before its last restart."""

    pod: str
    uid: str
    container: str
    previous: bool = False
    lines: tuple[LogLine, ...] = ()
    cut: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Listener:
    address: str  # "0.0.0.0", "::", "127.0.0.1" …
    port: int


@dataclass(frozen=True)
class Listening:
    """The TCP listeners of one container's own processes, read from its /proc."""

    pod: str
    uid: str
    container: str
    listeners: tuple[Listener, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Step:
    """One line of a probe's transcript, for people: what was done to whom and what came back."""

    at: str
    action: str  # http_get, append, log_seen, read, connect, redis, remove, dry_run …
    pod: str = ""
    container: str = ""
    target: str = ""  # "80 /x1y2…", "/var/log/nginx/access.log", "SET podlab:…"
    ok: bool = True
    saw: str = ""


@dataclass(frozen=True)
class Transcript:
    """What a probe did and saw. `facts` is for its check and has that probe's own shape."""

    kind: str
    steps: tuple[Step, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)
    trouble: Trouble | None = None  # it could not be done, by nobody's fault here
    left_behind: tuple[str, ...] = ()  # what it wrote and could not take away again


@dataclass(frozen=True)
class Cut:
    what: str
    why: str  # "string", "response", "total", "pages", "calls", "deadline"
    bytes: int = 0


@dataclass(frozen=True)
class Evidence:
    lab: str
    lab_version: str
    namespace: str
    started_at: str  # the API server's clock
    taken_at: str  # the API server's clock when the objects were listed last
    objects: Mapping[str, tuple[Mapping[str, Json], ...]] = field(default_factory=dict)
    unseen: Mapping[str, Trouble] = field(default_factory=dict)  # by kind: why no list of it
    before: Mapping[str, Json] = field(default_factory=dict)  # container restarts when it began
    logs: tuple[Log, ...] = ()
    listening: tuple[Listening, ...] = ()
    probes: Mapping[str, Transcript] = field(default_factory=dict)  # by the lab's probe id
    answers: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    plan: Mapping[str, Json] = field(default_factory=dict)  # what was to be collected
    settled: bool = True  # False: the workload was still making progress when time was up
    cuts: tuple[Cut, ...] = ()
    api_calls: int = 0
    duration_ms: int = 0
    schema: int = SCHEMA

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    def hash(self) -> str:
        return content_hash(vars(self))


def content_hash(value: Json) -> str:
    """Of what `to_json` would give, without the copy of it all that `asdict` makes."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=vars
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
