"""Errors of this door. Text of servers is cut short: it is theirs, not ours."""

LONGEST_QUOTE = 256


class KubeError(Exception):
    """What we saw, and what to do next."""

    code = "cluster"

    def __init__(self, message: str, help: str) -> None:  # noqa: A002 - the house's word
        super().__init__(f"{message} {help}")
        self.message = message
        self.help = help


class KubeconfigError(KubeError):
    """The operator's kubeconfig cannot be used as it is."""

    code = "bad_kubeconfig"


class UnreachableError(KubeError):
    """The API server did not answer, or not with “ready”."""

    code = "unreachable"


def quote(text: object) -> str:
    """Server text for a sentence of ours: one line, short."""
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"
