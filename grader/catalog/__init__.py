"""What a lab is and how its folder is read. Knows no Django, no cluster and no learner."""

from grader.catalog.definition import LabDefinition, Pattern
from grader.catalog.loader import Lab, LabError, load_lab, load_labs
from grader.catalog.words import Language, Localised

__all__ = [
    "Lab",
    "LabDefinition",
    "LabError",
    "Language",
    "Localised",
    "Pattern",
    "load_lab",
    "load_labs",
]
