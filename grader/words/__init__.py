"""Puts codes and parameters into words, when somebody reads them."""

from grader.words.lexicon import Lexicon, load_words
from grader.words.render import render
from grader.words.report import CheckReport, DiagnosisReport, Report, TaskReport

__all__ = [
    "CheckReport",
    "DiagnosisReport",
    "Lexicon",
    "Report",
    "TaskReport",
    "load_words",
    "render",
]
