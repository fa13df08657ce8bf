import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.kube.credentials import Target, in_cluster_target, read_kubeconfig
from grader.kube.egress import PUBLIC_ONLY, TRUSTED
from grader.kube.errors import KubeconfigError

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
        ({**SERVER, "tls-server-name": "a..b"}, {}, "“tls-server-name”"),
        ({**SERVER, "tls-server-name": ["a"]}, {}, "“tls-server-name”"),
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
    assert "--kubeconfig or PODLAB_KUBECONFIG" in caught.value.help


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
    "server",
    [
        "https://[bad",
        "https://a:99999",
        "https://a:0",
        "http://10.0.0.1",
        "https://",
        "https://a b",
        "https://a\r\nb",
        "https://.a",
        "https://a..b",
        "https://" + "a" * 64,
        "https://ä",
        "https://user:word@a",
        "https://a?b",
        "https://a#b",
        1,
    ],
)
def test_an_address_that_is_none_is_refused_in_a_sentence(tmp_path: Path, server: Any) -> None:
    with pytest.raises(KubeconfigError, match="https://"):
        read_kubeconfig(write(tmp_path, cluster=SERVER | {"server": server}))


def test_a_token_with_a_line_break_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError) as error:
        read_kubeconfig(write(tmp_path, cluster=SERVER, user={"token": "abc\ndef"}))
    assert "abc" not in str(error.value)


def test_another_context_may_be_named(tmp_path: Path) -> None:
    file = write(tmp_path, cluster=SERVER)
    document = yaml.safe_load(file.read_text())
    document["clusters"].append({"name": "d", "cluster": SERVER | {"server": "https://other"}})
    document["contexts"].append({"name": "there", "context": {"cluster": "d", "user": "u"}})
    file.write_text(yaml.safe_dump(document))
    assert read_kubeconfig(file, "there").server == "https://other"
    with pytest.raises(KubeconfigError, match="no context “nowhere”"):
        read_kubeconfig(file, "nowhere")


def test_an_operators_own_kubeconfig_is_trusted_with_any_address(tmp_path: Path) -> None:
    assert read_kubeconfig(write(tmp_path, cluster=SERVER)).egress is TRUSTED
    assert Target(server="https://a").egress is PUBLIC_ONLY


def test_numbers_and_words_of_yaml_are_the_text_that_they_are(tmp_path: Path) -> None:
    file = write(tmp_path, cluster=SERVER)
    file.write_text(file.read_text().replace("user: {}", "user:\n    token: 0123"))
    assert read_kubeconfig(file).token == "0123"


def test_a_path_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file = write(tmp_path, cluster=SERVER, user={"tokenFile": "a\0b"})
    with pytest.raises(KubeconfigError, match="cannot be read"):
        read_kubeconfig(file)


def test_a_user_without_content_is_nobody(tmp_path: Path) -> None:
    file = write(tmp_path, cluster=SERVER)
    file.write_text(file.read_text().replace("user: {}", "user: 7"))
    target = read_kubeconfig(file)
    assert (target.token, target.certificate, target.key) == (None, None, None)


PLUGIN = """\
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
seen = {"arguments": sys.argv[1:], "info": info, "environment": sorted(os.environ)}
open("seen.json", "w").write(json.dumps(seen))
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential",
                  "status": {"token": os.environ["TOKEN"]}}))
"""


def plugin(folder: Path, code: str = PLUGIN, **changes: Any) -> dict[str, Any]:
    (folder / "plugin.py").write_text(code)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["plugin.py", "get-token"],
            "env": [{"name": "TOKEN", "value": "from-a-plugin"}],
            **changes,
        }
    }


def test_a_plugin_runs_only_where_the_operator_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "ours")
    file = write(tmp_path, cluster=SERVER, user=plugin(tmp_path, provideClusterInfo=True))
    with pytest.raises(KubeconfigError) as caught:
        read_kubeconfig(file)
    assert "--allow-exec" in caught.value.help
    assert not (tmp_path / "seen.json").exists()
    assert read_kubeconfig(file, allow_exec=True).token == "from-a-plugin"
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["arguments"] == ["get-token"]
    assert seen["info"]["spec"]["cluster"]["server"] == SERVER["server"]
    assert "SECRET_KEY" not in seen["environment"]


CERTIFIED = """\
print('{"apiVersion": "client.authentication.k8s.io/v1beta1", "status":'
      ' {"clientCertificateData": "pem", "clientKeyData": "key"}}')
"""


def test_a_plugin_may_bring_a_certificate(tmp_path: Path) -> None:
    user = plugin(tmp_path, CERTIFIED, apiVersion="client.authentication.k8s.io/v1beta1")
    target = read_kubeconfig(write(tmp_path, cluster=SERVER, user=user), allow_exec=True)
    assert (target.certificate, target.key, target.token) == (b"pem", b"key", None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit(3)", r"failed \(exit code 3\)"),
        ("print('x' * 100_000)", "failed|no credential"),
        ("print('no JSON')", "printed no credential"),
        ("print('[]')", "printed no credential"),
        ("print('[' * 50_000)", "printed no credential"),
        ("print('{\"status\": {}}')", "printed no credential"),
        ('print(\'{"apiVersion": "client.authentication.k8s.io/v1", "status": 7}\')', "no cred"),
        ('print(\'{"apiVersion": "x/v1", "status": {"token": "t"}}\')', "printed no credential"),
        (
            'print(\'{"apiVersion": "client.authentication.k8s.io/v1", "status": {"token": 7}}\')',
            "printed no credential",
        ),
    ],
)
def test_a_plugin_that_fails_is_told(tmp_path: Path, code: str, words: str) -> None:
    file = write(tmp_path, cluster=SERVER, user=plugin(tmp_path, code))
    with pytest.raises(KubeconfigError, match=words):
        read_kubeconfig(file, allow_exec=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "speaks none of"),
        ({"command": ""}, "names no program"),
        ({"interactiveMode": "Always"}, "wants a terminal"),
        ({"command": "./none"}, "cannot be run"),
        ({"command": "podlab-no-such-program"}, "cannot be run"),
        ({"args": "no list", "env": "no list", "command": "true"}, "printed no credential"),
    ],
)
def test_a_plugin_that_cannot_be_run_is_told(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    file = write(tmp_path, cluster=SERVER, user=plugin(tmp_path, **changes))
    with pytest.raises(KubeconfigError, match=words):
        read_kubeconfig(file, allow_exec=True)


def test_an_entry_that_is_no_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="speaks none of"):
        read_kubeconfig(write(tmp_path, cluster=SERVER, user={"exec": "rm"}), allow_exec=True)


def test_a_plugin_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.kube.exec_plugin.SECONDS", 0.3)
    code = "import subprocess; subprocess.run(['sleep', '60'])"
    file = write(tmp_path, cluster=SERVER, user=plugin(tmp_path, code))
    with pytest.raises(KubeconfigError, match="failed"):
        read_kubeconfig(file, allow_exec=True)
