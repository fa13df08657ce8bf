"""A verdict for people: the causes, the tasks as a tree, the points, what to type next."""

from collections.abc import Iterator

from grader.cli.terminal import Terminal, columns, fold, pad, whole_lines
from grader.words.lexicon import Lexicon
from grader.words.report import CheckReport, DiagnosisReport, Report, TaskReport

# Not wrong, only not there yet.
NOT_YET = frozenset({"answer_missing", "still_starting"})
LARGEST_HASH = 12


class Receipt:
    def __init__(self, report: Report, title: str, words: Lexicon, terminal: Terminal) -> None:
        self._report = report
        self._title = title
        self._words = words
        self._terminal = terminal
        self._told: set[tuple[str, str]] = set()
        labels = ("cli_expected", "cli_observed", "cli_evidence", "cli_command")
        self._label_width = max(columns(words.say(label)) for label in labels)

    def lines(self) -> list[str]:
        return [*self._head(), *self._causes(), *self._tasks(), *self._foot()]

    def _head(self) -> Iterator[str]:
        name = self._report.lab
        first, *rest = self._text(f"{name} {self._terminal.sign('dot')} {self._title}")
        yield first.replace(name, self._terminal.paint(name, "strong"), 1)
        yield from rest
        yield ""

    def _causes(self) -> Iterator[str]:
        if not self._report.diagnoses:
            return
        yield self._terminal.paint(self._words.say("cli_causes"), "strong")
        for diagnosis in self._report.diagnoses:
            yield from self._cause(diagnosis)
        yield ""

    def _cause(self, cause: DiagnosisReport) -> Iterator[str]:
        style = "failed" if cause.severity == "error" else cause.severity
        first, *rest = fold(cause.message, self._terminal.width - 4)
        yield f"{self._terminal.mark(style)} {first}"
        yield from (f"  {line}" for line in rest)
        yield from self._text(cause.detail, "  ")
        for line in cause.evidence:
            yield from self._text(line, f"  {self._terminal.sign('quote')} ", "faint")
        if cause.next:
            yield from self._command("  ", cause.next)
        if cause.consequences:
            text = self._words.say("cli_follows", count=len(cause.consequences))
            yield from self._text(text, "  ", "faint")

    def _tasks(self) -> Iterator[str]:
        yield self._terminal.paint(self._words.say("cli_tasks"), "strong")
        *before, final = self._report.tasks or (None,)
        for task in before:
            if task:
                yield from self._task(task, "branch", self._terminal.sign("trunk"))
        if final:
            yield from self._task(final, "last", " " * columns(self._terminal.sign("trunk")))
        yield ""

    def _task(self, task: TaskReport, joint: str, trunk: str) -> Iterator[str]:
        style = task_style(task)
        points = "?" if task.verdict == "unknown" else str(task.points)
        marks = f"{points:>3}/{task.max_points:<3}"
        name = self._terminal.paint(f"({task.id})", "faint")
        sign = self._terminal.sign(joint)
        yield f"{sign}{self._terminal.mark(style)} {marks} {task.title} {name}"
        for check in task.checks:
            if check.verdict != "passed":
                yield from self._check(check, f"{trunk}  ")

    def _check(self, check: CheckReport, margin: str) -> Iterator[str]:
        style = "waiting" if check.code in NOT_YET else check.verdict
        told = (check.message, check.command) in self._told
        again = f" ({self._words.say('cli_as_above')})" if told else ""
        width = self._terminal.width - columns(margin) - 2
        first, *rest = fold(f"{check.message}{again}", width)
        yield f"{margin}{self._terminal.mark(style)} {first}"
        yield from (f"{margin}  {line}" for line in rest)
        if told:
            return
        self._told.add((check.message, check.command))
        yield from self._row(margin, "cli_expected", check.expected)
        yield from self._row(margin, "cli_observed", check.observed)
        for line in check.evidence:
            yield from self._row(margin, "cli_evidence", line)
        if check.command:
            yield from self._row(margin, "cli_command", check.command, whole=True)

    def _row(self, margin: str, label: str, text: str, *, whole: bool = False) -> Iterator[str]:
        """A label and its text; commands stay whole, so that they can be copied."""
        if not text:
            return
        start = f"  {pad(self._words.say(label), self._label_width)}  "
        width = self._terminal.width - columns(margin) - columns(start)
        first, *rest = (whole_lines(text) if whole else fold(text, width)) or [""]
        head = f"{margin}{self._terminal.paint(start, 'faint')}"
        yield f"{head}{self._terminal.paint(first, 'strong') if whole else first}"
        yield from (f"{margin}{' ' * columns(start)}{line}" for line in rest)

    def _command(self, margin: str, command: str) -> Iterator[str]:
        label = f"{self._terminal.sign('next')} "
        for line in whole_lines(command):
            yield f"{margin}{label}{self._terminal.paint(line, 'strong')}"

    def _foot(self) -> Iterator[str]:
        report = self._report
        style = report.verdict
        score = self._words.say("cli_score", score=report.score, max_score=report.max_score)
        yield f"{self._terminal.mark(style)} {self._terminal.paint(score, 'strong')}"
        if report.score == report.max_score:
            yield from self._text(self._words.say("cli_full"), "  ")
        if report.open_points:
            text = self._words.say("cli_open", open_points=report.open_points)
            yield from self._text(text, "  ")
        command = next_command(report)
        if command:
            label = self._words.say("cli_next")
            yield f"  {label}  {self._terminal.paint(command, 'strong')}"
        yield from self._text(self._took(), "  ", "faint")

    def _took(self) -> str:
        return self._words.say(
            "cli_took",
            lab_version=self._report.lab_version[:LARGEST_HASH],
            judge_version=self._report.judge_version[:LARGEST_HASH],
            calls=self._report.api_calls,
            seconds=f"{self._report.duration_ms / 1000:.1f}",
        )

    def _text(self, text: str, margin: str = "", style: str = "") -> Iterator[str]:
        """Folded lines; what follows a sign in the margin stands under the text."""
        space = " " * columns(margin)
        for number, line in enumerate(fold(text, self._terminal.width - columns(margin))):
            shown = self._terminal.paint(line, style) if style else line
            yield f"{space if number else margin}{shown}"


def task_style(task: TaskReport) -> str:
    """A task that only waits, for an answer or for a start, is not shown as wrong."""
    open_checks = [check for check in task.checks if check.verdict != "passed"]
    if open_checks and all(check.code in NOT_YET for check in open_checks):
        return "waiting"
    return task.verdict


def next_command(report: Report) -> str:
    """One command: of the first cause, else of the first check that did not pass."""
    commands = [one.next for one in report.diagnoses]
    checks = (check for task in report.tasks for check in task.checks)
    commands += [check.command for check in checks if check.verdict != "passed"]
    found = next((command for command in commands if command), "")
    return " ".join(whole_lines(found))
