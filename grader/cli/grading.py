"""One grade: look, judge, show.

Looking is mostly waiting for the cluster; what judges and shows is loaded meanwhile.
"""

import argparse
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from grader.catalog import Lab
from grader.cli.answers import read_answers
from grader.cli.files import save_json
from grader.cli.lab_choice import open_lab
from grader.cli.language import choose_language
from grader.cli.outcome import exit_of
from grader.cli.progress import ProgressLine
from grader.cli.target import choose_target
from grader.cli.terminal import write
from grader.evidence.model import Evidence
from grader.evidence.seen import is_ending
from grader.kube.collect import Progress, collect
from grader.kube.errors import KubeconfigError, NamespaceError
from grader.words.lexicon import load_words
from host.errors import Problem

if TYPE_CHECKING:
    from grader.words.report import Report


def grade(options: argparse.Namespace) -> int:
    language = choose_language(options.language)
    lab = open_lab(options.lab)
    evidence = _look(options, lab, language)
    _tell_silence(evidence, language)
    report = _load_showing()(lab, evidence, options.output, language)
    if options.save_evidence:
        _save(options, evidence, language)
    return exit_of(report)


def _look(options: argparse.Namespace, lab: Lab, language: str) -> Evidence:
    answers = read_answers(options.answers, lab.definition)
    target = choose_target(options)
    words = load_words(language)
    threading.Thread(target=_load_showing, daemon=True).start()
    with ProgressLine() as line:

        def tell(progress: Progress) -> None:
            line.tell(words.say(f"progress_{progress.code}", **progress.params))

        try:
            return collect(lab, target, options.namespace, answers, progress=tell)
        except (NamespaceError, KubeconfigError) as error:
            raise Problem(error.code, error.message, error.help) from error


def _load_showing() -> Callable[[Lab, Evidence, str, str], "Report"]:
    from grader.cli.show import judge_and_show  # noqa: PLC0415 - while the cluster is waited for

    return judge_and_show


def _tell_silence(evidence: Evidence, language: str) -> None:
    """Where nothing at all could be seen, the reason is worth a sentence of its own."""
    if is_ending(evidence):
        said = load_words(language).say("namespace_ending", namespace=evidence.namespace)
        write(f"! {said}", sys.stderr)
        return
    troubles = {trouble.detail for trouble in evidence.unseen.values() if trouble.detail}
    if troubles and not any(evidence.objects.values()):
        write(f"! {min(troubles)}", sys.stderr)


def _save(options: argparse.Namespace, evidence: Evidence, language: str) -> None:
    save_json(options.save_evidence, evidence.to_json())
    said = load_words(language).say("cli_saved", file=options.save_evidence, lab=options.lab)
    write(said, sys.stderr)
