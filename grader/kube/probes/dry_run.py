"""Would a Pod Security level admit the workload's Pods: asked of the API server, nothing is made.

The Pod template is sent as a Pod with `dryRun=All`, as the learner, whose rights are what counts.
The namespace only warns about the level (or enforces it): the warnings in the answer, or the
refusal, name what breaks it. A second Pod that breaks every level shows that the level is looked at
at all; where even that one brings no warning, nothing can be said.
"""

import re
from typing import Any

from grader.catalog.probes import DryRun
from grader.evidence.model import Trouble
from grader.evidence.views import WorkloadView
from grader.kube.client import Client
from grader.kube.errors import ForbiddenError, KubeError
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import Scene
from grader.kube.together import run_together


class NoLearnerError(KubeError):
    """Nobody lent us the learner's identity."""

    code = "no_learner_identity"


class NotEvaluatedError(KubeError):
    """The namespace neither warns about the level nor enforces it."""

    code = "level_not_evaluated"
