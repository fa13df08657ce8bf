import pytest
from django.utils import translation

from grader.selectors.cluster_state import ClusterStatus, Component, Image, Stage, Trouble
from tests.systems import system_status
from web.ops import words
from web.ops.words import say_stage, say_system


def stage(name: str, status: str = "running", done: int = 0, total: int = 0) -> Stage:
    return Stage.model_validate({"id": name, "status": status, "done": done, "total": total})


@pytest.mark.parametrize(
    ("given", "english", "korean"),
    [
        (stage("engine", done=43, total=100), "compiling 43 %", "컴파일 중 43 %"),
        (stage("images", done=3, total=9), "building images 3/9", "이미지 만드는 중 3/9"),
        (stage("sources"), "downloading", "내려받는 중"),
        (stage("sources", "pending"), "waiting", "대기"),
        (stage("dns", "done"), "done", "완료"),
        (stage("dns", "failed"), "failed", "실패"),
        (stage("something-new"), "working", "진행 중"),
    ],
)
def test_a_stage_says_what_it_does_and_how_far_it_is(
    given: Stage, english: str, korean: str
) -> None:
    with translation.override("en"):
        assert say_stage(given) == english
    with translation.override("ko"):
        assert say_stage(given) == korean


def test_all_is_well_when_all_is_well() -> None:
    said = say_system(system_status())
    assert (said.tone, said.line) == ("ok", "Everything is ready.")


@pytest.mark.parametrize("part", ["database", "redis", "workers", "scheduler"])
def test_a_missing_part_leads_the_line_and_has_a_command(part: str) -> None:
    said = say_system(system_status(**{part: "missing"}))
    assert said.tone == "bad"
    missing = next(words for words in said.parts if words.id == part)
    assert missing.command
    assert said.line.startswith(f"{missing.name}: missing")


def test_a_starting_part_is_no_fault() -> None:
    said = say_system(system_status(scheduler="starting"))
    assert said.tone == "busy"
    assert all(part.command is None for part in said.parts)


def test_preparation_is_told_with_its_progress() -> None:
    cluster = ClusterStatus(
        phase="preparing", stages=(stage("sources", "done"), stage("engine", done=1, total=2))
    )
    assert say_system(system_status(cluster=cluster)).line == (
        "Cluster: Kubernetes itself, compiling 50 %"
    )


@pytest.mark.parametrize("phase", sorted(words.PHASES))
def test_every_phase_has_a_sentence_and_every_dead_end_a_way_out(phase: str) -> None:
    said = say_system(system_status(cluster=ClusterStatus(phase=phase))).cluster  # type: ignore[arg-type]
    assert str(said.sentence).endswith((".", ")."))
    if phase in {"none", "stopped", "gone", "failed", "unreadable"}:
        assert said.command


def test_an_error_is_titled_in_our_words_and_keeps_its_own() -> None:
    error = Trouble(code="disk_full", message="2.1 GB free in /var", help="Free 5 GB")
    cluster = ClusterStatus(phase="failed", error=error)
    trouble = say_system(system_status(cluster=cluster)).cluster.trouble
    assert trouble
    assert str(trouble.title) == "There is too little room on the disk."
    assert (trouble.message, trouble.help) == ("2.1 GB free in /var", "Free 5 GB")


def test_an_unknown_error_code_still_has_a_title() -> None:
    cluster = ClusterStatus(phase="failed", error=Trouble(code="from_the_future"))
    trouble = say_system(system_status(cluster=cluster)).cluster.trouble
    assert trouble
    assert str(trouble.title) == "Something went wrong in the cluster."


def test_components_images_and_notes_are_put_into_words() -> None:
    cluster = ClusterStatus(
        phase="degraded",
        components=(
            Component(name="etcd", status="backing_off", restarts=2, last_exit="killed"),
            Component(name="kubelet", status="running", memory_bytes=100 * 2**20),
        ),
        images=(Image(name="nginx:1.27", kind="stand-in", purpose="web"),),
        notes=("network_policy_not_enforced", "unknown_note"),
    )
    said = say_system(system_status(cluster=cluster)).cluster
    etcd, kubelet = said.components
    assert (etcd.tone, etcd.memory, kubelet.memory) == ("bad", "—", "100 MiB")
    assert said.images[0].stand_in
    assert len(said.notes) == 1
