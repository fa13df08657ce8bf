"""A verdict as JUnit XML, for the CI servers that show it: a suite, a case per task."""

from xml.etree import ElementTree as ET

from grader.words.report import CheckReport, Report, TaskReport


def junit(report: Report, *, ascii_only: bool) -> str:
    suite = ET.Element(
        "testsuite",
        name=_text(report.lab),
        tests=str(len(report.tasks)),
        failures=_count(report, "failed"),
        errors=_count(report, "unknown"),
        skipped="0",
        time=_seconds(report),
        timestamp=_text(report.started_at),
    )
    _properties(suite, report)
    for task in report.tasks:
        suite.append(_case(report, task))
    root = ET.Element("testsuites", name="podlab", tests=str(len(report.tasks)))
    root.append(suite)
    ET.indent(root)
    # Without a declaration XML is UTF-8; references are the same in every encoding.
    return str(ET.tostring(root, encoding="us-ascii" if ascii_only else "utf-8"), "utf-8")


def _properties(suite: ET.Element, report: Report) -> None:
    properties = ET.SubElement(suite, "properties")
    names = ("score", "open_points", "max_score", "lab_version", "judge_version", "evidence_hash")
    for name in names:
        value = _text(str(getattr(report, name)))
        ET.SubElement(properties, "property", name=name, value=value)


def _case(report: Report, task: TaskReport) -> ET.Element:
    case = ET.Element("testcase", classname=_text(report.lab), name=_text(task.id))
    wrong = [check for check in task.checks if check.verdict != "passed"]
    if task.verdict == "passed":
        return case
    kind = "failure" if task.verdict == "failed" else "error"
    first = next((one for one in wrong if one.verdict == task.verdict), None)
    problem = ET.SubElement(
        case,
        kind,
        type=_text(first.code if first else "unknown"),
        message=_text(first.message if first else task.title),
    )
    problem.text = _text("\n\n".join(_story(check) for check in wrong))
    return case


def _story(check: CheckReport) -> str:
    lines = (check.message, check.expected, check.observed, *check.evidence, check.command)
    return "\n".join(line for line in lines if line)


def _count(report: Report, verdict: str) -> str:
    return str(sum(task.verdict == verdict for task in report.tasks))


def _seconds(report: Report) -> str:
    return f"{report.duration_ms / 1000:.3f}"


def _text(text: str) -> str:
    """Without the characters that no XML may hold, not even as a reference."""
    return "".join(sign if _is_xml(sign) else "\ufffd" for sign in text)


def _is_xml(sign: str) -> bool:
    code = ord(sign)
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )
