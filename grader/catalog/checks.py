"""What has to be true. One class per kind of check; `grader.judge.checks` has a module for each."""

from typing import Annotated, Literal

from pydantic import Field

from grader.catalog.words import Localised, ObjectName, Port, Roles, Sentence, Slug, Strict


class Check(Strict):
    id: Slug = Field(description="Unique in its task.")


class Ready(Check):
    """Every container of the roles is ready and did not restart for so long."""

    kind: Literal["ready"]
    roles: Roles
    seconds: int = Field(default=5, ge=1, le=20)


class SharedVolume(Check):
    """The roles mount the same volume, one that is storage of the Pod."""

    kind: Literal["shared_volume"]
    roles: Roles


class ReadOnlyMount(Check):
    """The reader mounts what it shares with the writer read-only, in every mount of it."""

    kind: Literal["read_only_mount"]
    reader: Slug
    writer: Slug


class ServiceLeads(Check):
    """The Service's port has ready endpoints, all of them Pods of the workload."""

    kind: Literal["service_leads"]
    service: ObjectName
    port: Port
    workload: Slug | None = None


class ServiceAnswers(Check):
    """An HTTP request through the Service was answered, below 500."""

    kind: Literal["service_answers"]
    probe: Slug


class PodAnswers(Check):
    """The Pod's port answered HTTP."""

    kind: Literal["pod_answers"]
    probe: Slug


class LogFlows(Check):
    kind: Literal["log_flows"]
    probe: Slug


class BannerSeen(Check):
    kind: Literal["banner_seen"]
    probe: Slug


class Exposition(Check):
    """The port gave HTTP 200 and Prometheus text with at least one sample."""

    kind: Literal["exposition"]
    probe: Slug


class LiveSampleSeen(Check):
    kind: Literal["live_sample_seen"]
    probe: Slug


class RedisAnswers(Check):
    kind: Literal["redis_answers"]
    probe: Slug


class RedisRelayed(Check):
    kind: Literal["redis_relayed"]
    probe: Slug


class FreshLineSeen(Check):
    kind: Literal["fresh_line_seen"]
    probe: Slug


class ConfigMounted(Check):
    """The ConfigMap is mounted into the role's container, which plays none of the other roles."""

    kind: Literal["config_mounted"]
    config: ObjectName
    role: Slug
    other_than: Slug


class NamesOnlyLocalhost(Check):
    """No argument, URL, environment value or ConfigMap of the role names another host."""

    kind: Literal["names_only_localhost"]
    role: Slug


class GrowingNumbers(Check):
    """The role's log shows fresh numbers that rise by a constant step."""

    kind: Literal["growing_numbers"]
    role: Slug
    at_least: int = Field(default=3, ge=2, le=20)


class FreshLog(Check):
    """The role's container runs, its last line is young, and no line of late is an error."""

    kind: Literal["fresh_log"]
    role: Slug
    oldest: int = Field(default=60, ge=5, le=300, description="Seconds.")
    starting: int = Field(default=20, ge=1, le=60, description="Silent this long: still starting.")


class Condition(Check):
    """A CEL expression over objects. A field that is missing is a stated failure.

    Names in it: `workload` (the object), `pod` (its newest Pod), `container` (the role's spec).
    """

    kind: Literal["condition"]
    workload: Slug | None = None
    role: Slug | None = None
    expression: str = Field(min_length=1, max_length=500)
    expected: Localised[Sentence] = Field(description="What should be so, in words.")
    otherwise: Localised[Sentence] = Field(description="What to say where it is not so.")
    field: str = Field(max_length=100, description="The path that `kubectl` shows it under.")


AnyCheck = Annotated[
    Ready
    | SharedVolume
    | ReadOnlyMount
    | ServiceLeads
    | ServiceAnswers
    | PodAnswers
    | LogFlows
    | BannerSeen
    | Exposition
    | LiveSampleSeen
    | RedisAnswers
    | RedisRelayed
    | FreshLineSeen
    | ConfigMounted
    | NamesOnlyLocalhost
    | GrowingNumbers
    | FreshLog
    | Condition,
    Field(discriminator="kind"),
]
