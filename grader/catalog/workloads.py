"""What a lab looks at: the workloads it names, and the parts that their containers play."""

from typing import Annotated, Literal

from pydantic import Field

from grader.catalog.words import ObjectName, Ports, Slug, Strict, Words


class Workload(Strict):
    """One object of the learner's. Of several names or kinds the first that exists counts."""

    kinds: Annotated[
        tuple[Literal["Deployment", "Pod"], ...], Field(min_length=1, strict=False)
    ] = ("Deployment",)
    names: Annotated[tuple[ObjectName, ...], Field(min_length=1, max_length=4, strict=False)]


class Role(Strict):
    """The part a container plays, found by what it is and does, never by its name or place.

    Each line that fits speaks for a container; what it really does (`listens`) speaks loudest.
    """

    workload: Slug | None = Field(
        default=None, description="Key of `workloads`; may be left out where there is only one."
    )
    listens: Ports | Literal["any", "none"] | None = Field(
        default=None,
        description="Ports that it really listens on, read from /proc in the running container; "
        "the first speaks louder than the others.",
    )
    ports: Ports = Field(
        default=(),
        description="Ports that its spec declares; the first speaks louder than the others.",
    )
    images: Words = Field(default=(), description="Words in the image's name.")
    commands: Words = Field(default=(), description="Words in its command and arguments.")
    not_images: Words = Field(default=(), description="Words that speak against it.")
    not_commands: Words = Field(default=(), description="Words that speak against it.")
    shares_volume_with: Slug | None = Field(
        default=None, description="A role whose container mounts one of the same volumes."
    )
    mounts_config: ObjectName | None = Field(
        default=None, description="A ConfigMap that it mounts."
    )
    prints: str | None = Field(
        default=None, max_length=200, description="RE2 expression that a line of its log fits."
    )
    # Left out of the lab's version where it is not used: no lab changes by a key that it lacks.
    counts: bool = Field(
        default=False,
        exclude_if=lambda counts: not counts,
        description="The last numbers of its log rise by one and the same step.",
    )
