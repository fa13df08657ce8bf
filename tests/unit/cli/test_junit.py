from xml.etree import ElementTree as ET

from grader.cli.junit import junit
from grader.words.render import render
from tests.verdicts import HOSTILE, failing_finding, full_verdict, mixed_verdict, sidecar_lab


def parsed(text: str) -> ET.Element:
    suite = ET.fromstring(text).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    return suite


def test_every_task_is_a_case_and_the_counts_fit() -> None:
    suite = parsed(junit(render(mixed_verdict(), sidecar_lab().definition, "en"), ascii_only=False))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors")}
    assert counts == {"tests": "4", "failures": "2", "errors": "1"}
    cases = {case.get("name"): [part.tag for part in case] for case in suite.iter("testcase")}
    assert cases == {
        "workload": [],
        "read-only": ["failure"],
        "log-flow": ["error"],
        "quiz": ["failure"],
    }


def test_a_failure_says_what_was_seen_and_how_to_see_it() -> None:
    suite = parsed(junit(render(mixed_verdict(), sidecar_lab().definition, "en"), ascii_only=False))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "test_code"
    assert "kubectl get pod -o yaml" in str(failure.text)


def test_full_marks_have_no_failures() -> None:
    suite = parsed(junit(render(full_verdict(), sidecar_lab().definition, "ko"), ascii_only=True))
    assert suite.get("failures") == suite.get("errors") == "0"


def test_characters_that_xml_forbids_are_replaced() -> None:
    whole = mixed_verdict()
    hostile = failing_finding(code=HOSTILE, command=HOSTILE, evidence=(HOSTILE, "\x0b\ufffe"))
    task = type(whole.tasks[1])("read-only", "failed", 0, 15, (hostile,))
    verdict = type(whole)(**{**vars(whole), "tasks": (task,), "lab": HOSTILE})
    suite = parsed(junit(render(verdict, sidecar_lab().definition, "en"), ascii_only=False))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "<tag> & ]]>" in str(failure.get("message"))


def test_where_the_stream_is_not_utf_8_it_is_ascii() -> None:
    text = junit(render(full_verdict(), sidecar_lab().definition, "ko"), ascii_only=True)
    assert text.isascii()
