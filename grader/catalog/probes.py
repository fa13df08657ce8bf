"""What the grader does to a running workload to see it behave. One class per kind of probe."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grader.catalog.words import ObjectName, Port, Seconds, Slug, Strict

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[\w./-]*$", max_length=200)]
FilePath = Annotated[str, StringConstraints(pattern=r"^/[\w./-]+$", max_length=200)]


class ServiceHttp(Strict):
    """A request through the API server's Service proxy, to a random path."""

    kind: Literal["service_http"]
    service: ObjectName
    port: Port


class PodHttp(Strict):
    """A request through port-forward into each Pod of the role's workload."""

    kind: Literal["pod_http"]
    workload: Slug | None = None
    port: Port


class LogFlow(Strict):
    """A request to the writer shows up in the reader's log; so does a line appended to the file."""

    kind: Literal["log_flow"]
    writer: Slug
    reader: Slug
    within: Seconds = 15.0


class Banner(Strict):
    """The first bytes that a port of the Pod sends by itself."""

    kind: Literal["banner"]
    workload: Slug | None = None
    port: Port
    protocol: Literal["mysql"]


class Scrape(Strict):
    """A port of the Pod asked for Prometheus text; the first path that gives some counts."""

    kind: Literal["scrape"]
    workload: Slug | None = None
    port: Port
    paths: Annotated[tuple[UrlPath, ...], Field(min_length=1, max_length=4, strict=False)]


class LiveSample(Strict):
    """A sample with a random name, appended to the writer's file, comes out at the port."""

    kind: Literal["live_sample"]
    writer: Slug
    file: FilePath
    port: Port
    paths: Annotated[tuple[UrlPath, ...], Field(min_length=1, max_length=4, strict=False)]
    writes: int = Field(default=10, ge=1, le=10)
    within: Seconds = 20.0


class RedisPing(Strict):
    """PING to a Pod behind the Service."""

    kind: Literal["redis_ping"]
    service: ObjectName
    port: Port


class RedisRelay(Strict):
    """Keys set through the Pod's port are read at the backend, and the other way round."""

    kind: Literal["redis_relay"]
    workload: Slug
    port: Port
    backend: ObjectName = Field(description="The Service before the backend.")
    backend_port: Port


class FreshLine(Strict):
    """A line that fits appears in the role's log after grading began."""

    kind: Literal["fresh_line"]
    role: Slug
    fits: str = Field(max_length=200, description="RE2 expression.")
    # Left out of the lab's version where it is not used: no lab changes by a key that it lacks.
    unless: str | None = Field(
        default=None,
        exclude_if=lambda unless: unless is None,
        max_length=200,
        description="RE2 expression: a line that fits it never counts, whatever else it says.",
    )
    within: Seconds = 15.0


class DryRun(Strict):
    """The workload's Pod template, tried as the learner and with the named Pod Security level."""

    kind: Literal["dry_run"]
    workload: Slug
    level: Literal["baseline", "restricted"]


Probe = Annotated[
    ServiceHttp
    | PodHttp
    | LogFlow
    | Banner
    | Scrape
    | LiveSample
    | RedisPing
    | RedisRelay
    | FreshLine
    | DryRun,
    Field(discriminator="kind"),
]
