"""Asks an API server whether it is ready: one bounded request, no redirects, no proxies."""

import ssl
import tempfile
from pathlib import Path

import urllib3

from grader.kube.credentials import Target
from grader.kube.errors import KubeconfigError, UnreachableError, quote

SECONDS = 2.0
LARGEST_ANSWER = 4096


def check_ready(target: Target, *, seconds: float = SECONDS) -> None:
    """Returns when `/readyz` says 200; raises `KubeError` otherwise."""
    pool = urllib3.PoolManager(
        num_pools=1,
        retries=False,
        timeout=urllib3.Timeout(connect=seconds, read=seconds),
        ssl_context=_tls(target),
        server_hostname=target.tls_server_name,
        assert_hostname=target.tls_server_name,
    )
    with pool:
        status, body = _ask(pool, target)
    if status in {401, 403}:
        raise UnreachableError(
            f"{target.server} refuses our credentials (HTTP {status}).",
            "Check the user of the kubeconfig: kubectl --kubeconfig FILE auth whoami",
        )
    if status != 200:
        raise UnreachableError(
            f"{target.server} says that it is not ready: HTTP {status} {quote(body)}",
            "Look at it with: kubectl --kubeconfig FILE get --raw '/readyz?verbose'",
        )


def _ask(pool: urllib3.PoolManager, target: Target) -> tuple[int, str]:
    headers = {"Accept": "text/plain", "Accept-Encoding": "identity", "User-Agent": "podlab"}
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    try:
        answer = pool.request(
            "GET",
            f"{target.server}/readyz",
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        try:
            # One read of one buffer: a body that drips cannot hold us longer than the time-out.
            body = answer.read1(LARGEST_ANSWER) if answer.status != 200 else b""
        finally:
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise UnreachableError(
            f"{target.server} does not answer: {quote(error)}",
            "Check the address, the network and the certificate authority of the kubeconfig.",
        ) from error
    return answer.status, body.decode("utf-8", "replace")


def _tls(target: Target) -> ssl.SSLContext:
    try:
        cadata = target.ca.decode("ascii") if target.ca else None
        context = ssl.create_default_context(cadata=cadata)
        if target.certificate and target.key:
            _load_pair(context, target.certificate, target.key)
    except (ssl.SSLError, UnicodeDecodeError, ValueError) as error:
        raise KubeconfigError(
            f"A certificate or key of the kubeconfig is not valid: {quote(error)}",
            "Export the kubeconfig again.",
        ) from error
    return context


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL reads key pairs from files only; this one lives for a moment, closed to others."""
    with tempfile.TemporaryDirectory(prefix="podlab-") as folder:
        pair = Path(folder) / "pair.pem"
        pair.touch(mode=0o600)
        pair.write_bytes(certificate + b"\n" + key)
        context.load_cert_chain(pair)
