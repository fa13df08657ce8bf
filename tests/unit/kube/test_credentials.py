import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.kube import KubeconfigError, in_cluster_target, read_kubeconfig

CA = base64.b64encode(b"ca certificate").decode()


def write(folder: Path, *, cluster: dict[str, Any], user: dict[str, Any] | None = None) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user or {}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(document))
    return file


SERVER = {"server": "https://10.0.0.1:6443", "certificate-authority-data": CA}


def test_the_current_context_is_read(tmp_path: Path) -> None:
    target = read_kubeconfig(write(tmp_path, cluster=SERVER, user={"token": "secret"}))
    assert target.server == "https://10.0.0.1:6443"
    assert (target.ca, target.token) == (b"ca certificate", "secret")


def test_secrets_do_not_show_when_a_target_is_printed(tmp_path: Path) -> None:
    target = read_kubeconfig(write(tmp_path, cluster=SERVER, user={"token": "secret"}))
    assert "secret" not in repr(target)


def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"from a file")
    (tmp_path / "token").write_text("from-a-file\n")
    target = read_kubeconfig(
        write(
            tmp_path,
            cluster={"server": "https://h", "certificate-authority": "ca.pem"},
            user={"tokenFile": "token"},
        )
    )
    assert (target.ca, target.token) == (b"from a file", "from-a-file")


@pytest.mark.parametrize(
    ("cluster", "user", "words"),
    [
        ({**SERVER, "insecure-skip-tls-verify": True}, {}, "“insecure-skip-tls-verify”"),
        ({**SERVER, "proxy-url": "http://evil"}, {}, "“proxy-url” of the cluster"),
        (SERVER, {"exec": {"command": "rm"}}, "“exec” of the user is not accepted"),
        (SERVER, {"auth-provider": {"name": "gcp"}}, "“auth-provider”"),
        (SERVER, {"as": "system:admin"}, "“as”"),
        (SERVER, {"password": "x"}, "“password”"),
        ({"server": "http://h"}, {}, "not an https:// address"),
        ({"server": "file:///etc/passwd"}, {}, "not an https:// address"),
        ({}, {}, "not an https:// address"),
        ({"server": "https://h", "certificate-authority-data": "§"}, {}, "is not base64"),
        ({"server": "https://h", "certificate-authority": "none.pem"}, {}, "cannot be read"),
    ],
)
def test_what_is_not_accepted_is_named(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], words: str
) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_kubeconfig(write(tmp_path, cluster=cluster, user=user))
    assert words in caught.value.message
    assert caught.value.help


def test_a_setting_that_is_off_is_no_reason_to_refuse(tmp_path: Path) -> None:
    cluster = {**SERVER, "insecure-skip-tls-verify": False, "extensions": []}
    assert read_kubeconfig(write(tmp_path, cluster=cluster)).server


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not a kubeconfig"),
        ("[]", "is not a kubeconfig"),
        ("{", "is not YAML"),
        ("a: &a [x]\nb: *a\n", "uses YAML aliases"),
        ("current-context: ''\n", "has no context (none is named)"),
        ("current-context: x\ncontexts: 3\n", "has no context “x”"),
        ("x: " + "y" * 70_000, "larger than 64 KiB"),
        ("[" * 1000, "is nested too deep"),
    ],
    ids=lambda value: value[:20],
)
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "kubeconfig").write_text(content)
    with pytest.raises(KubeconfigError) as caught:
        read_kubeconfig(tmp_path / "kubeconfig")
    assert words in caught.value.message


def test_a_missing_file_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_kubeconfig(tmp_path / "none")
    assert str(tmp_path / "none") in caught.value.message
    assert "PODLAB_KUBECONFIG" in caught.value.help


def test_the_ambient_kubeconfig_is_never_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ambient = write(tmp_path, cluster=SERVER)
    monkeypatch.setenv("KUBECONFIG", str(ambient))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(KubeconfigError):
        read_kubeconfig(tmp_path / "named-but-missing")


def test_a_pod_uses_its_service_account(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t\n")
    (tmp_path / "ca.crt").write_bytes(b"ca")
    target = in_cluster_target(tmp_path)
    assert (target.token, target.ca) == ("t", b"ca")
    assert target.server == "https://kubernetes.default.svc"


def test_outside_of_a_pod_there_is_no_service_account(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="PODLAB_CLUSTER is “in-cluster”"):
        in_cluster_target(tmp_path)


@pytest.mark.parametrize(
    "server", ["https://[bad", "https://a:99999", "http://10.0.0.1", "https://", 1]
)
def test_an_address_that_is_none_is_refused_in_a_sentence(tmp_path: Path, server: Any) -> None:
    with pytest.raises(KubeconfigError, match="https://"):
        read_kubeconfig(write(tmp_path, cluster=SERVER | {"server": server}))


def test_a_token_with_a_line_break_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError) as error:
        read_kubeconfig(write(tmp_path, cluster=SERVER, user={"token": "abc\ndef"}))
    assert "abc" not in str(error.value)
