"""A learner's kubeconfig: what is in it counts; nothing else is read, run or reached."""

import base64
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grader.kube.credentials import Target, parse_learner_kubeconfig
from grader.kube.egress import PUBLIC_ONLY, allowing
from grader.kube.errors import KubeconfigError

PEM = base64.b64encode(b"pem").decode()
CLUSTER = {"server": "https://api.example:6443", "certificate-authority-data": PEM}
USER = {"token": "t0ken"}


def document(
    cluster: Any = CLUSTER, user: Any = USER, context: Any = None, **top: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": context or {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        **top,
    }


def parse(content: Any) -> Target:
    return parse_learner_kubeconfig(yaml.safe_dump(content))


def refusal(text: str | bytes) -> str:
    with pytest.raises(KubeconfigError) as caught:
        parse_learner_kubeconfig(text)
    assert caught.value.help
    assert len(caught.value.message) < 400
    return caught.value.message


def test_what_is_written_in_it_is_taken() -> None:
    target = parse(
        document(
            CLUSTER | {"tls-server-name": "other.example"},
            USER | {"client-certificate-data": PEM, "client-key-data": PEM},
            {"cluster": "c", "user": "u", "namespace": "mine"},
            preferences={},
        )
    )
    assert target == Target(
        server="https://api.example:6443",
        ca=b"pem",
        tls_server_name="other.example",
        token="t0ken",
        certificate=b"pem",
        key=b"pem",
    )


def test_json_is_a_kubeconfig_too() -> None:
    assert parse_learner_kubeconfig(yaml.safe_dump(document(), default_flow_style=True).encode())


def test_it_leads_to_public_addresses_only_unless_the_operator_allows_more() -> None:
    text = yaml.safe_dump(document())
    assert parse_learner_kubeconfig(text).egress is PUBLIC_ONLY
    lab = allowing(["10.0.0.0/8"])
    assert parse_learner_kubeconfig(text, lab).egress is lab


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("cluster", "insecure-skip-tls-verify", True),
        ("cluster", "insecure-skip-tls-verify", False),
        ("cluster", "proxy-url", "http://evil"),
        ("cluster", "certificate-authority", "/etc/passwd"),
        ("cluster", "disable-compression", True),
        ("cluster", "extensions", []),
        ("user", "exec", {"command": "rm", "args": ["-rf", "/"]}),
        ("user", "auth-provider", {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}),
        ("user", "auth-provider", {"name": "oidc", "config": {"idp-issuer-url": "http://evil"}}),
        ("user", "tokenFile", "/etc/shadow"),
        ("user", "client-certificate", "../cert.pem"),
        ("user", "client-key", "~/.ssh/id_rsa"),
        ("user", "as", "system:admin"),
        ("user", "as-groups", ["system:masters"]),
        ("user", "as-uid", "0"),
        ("user", "as-user-extra", {}),
        ("user", "username", "x"),
        ("user", "password", "x"),
        ("user", "extensions", [{"name": "x"}]),
        ("context", "extensions", []),
        ("context", "surprise", ""),
    ],
)
def test_everything_else_is_refused_by_name(kind: str, key: str, value: object) -> None:
    entries: dict[str, dict[str, Any]] = {
        "cluster": dict(CLUSTER),
        "user": dict(USER),
        "context": {"cluster": "c", "user": "u"},
    }
    entries[kind][key] = value
    message = refusal(yaml.safe_dump(document(**entries)))
    assert f"“{key}” of the {kind}" in message


def test_entries_that_are_not_used_are_held_to_the_same_rules() -> None:
    content = document()
    content["users"].append({"name": "spare", "user": {"exec": {"command": "rm"}}})
    assert "“exec”" in refusal(yaml.safe_dump(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (document(extensions=[{"name": "x"}]), "“extensions” of the file"),
        (document(preferences={"colors": True}), None),
        (document(surprise=1), "“surprise” of the file"),
        (document(user={"token": ["a"]}), "“token” of the user is no text"),
        (document(cluster={"server": {"a": 1}}), "“server” of the cluster is no text"),
        (document(cluster={}), "not an https:// address"),
        (document(cluster=None), "a cluster without content"),
        (document(users=[7]), "a user without content"),
        (document(users=[]), "no user “u”"),
        (document(users=7), "no user “u”"),
        (document(clusters={}), "no cluster “c”"),
        (document(contexts=[]), "no context “here”"),
        (document(users=[{"name": "u", "user": {}, "more": 1}]), "“more” of the user"),
        (document(**{"current-context": ["here"]}), "no context"),
        (document(CLUSTER | {"server": "http://a"}), "not an https:// address"),
        (document(CLUSTER | {"server": "https://a/\r\nX: y"}), "not an https:// address"),
        (document(CLUSTER | {"tls-server-name": ".a"}), "“tls-server-name”"),
        (document(CLUSTER | {"certificate-authority-data": "§"}), "is not base64"),
        (document(user={"client-key-data": "=a"}), "is not base64"),
        (document(user={"token": "a b"}), "the token holds characters"),
        (document(user={"token": "a\x7fb"}), "the token holds characters"),
    ],
)
def test_what_is_wrong_is_told(content: Any, words: str | None) -> None:
    if words:
        assert words in refusal(yaml.safe_dump(content))
    else:
        assert parse(content)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n"
    for before, name in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "anchors"),
        ("a: *b\n", "aliases"),
        ("a: &b 1\n", "anchors"),
        ("&b {a: 1}\n", "anchors"),
        ("a: !!python/object/apply:os.system [id]\n", "tags"),
        ("a: !!binary aGk=\n", "tags"),
        ("a: !x 1\n", "tags"),
        ("!!map {a: 1}\n", "tags"),
        ("<<: {server: x}\n", "“<<” of the file"),
        ("[" * 60_000, "nested too deep"),
        ("{a: " * 5000, "nested too deep"),
        ("- " * 20_000, "nested too deep"),
        ("? " * 20_000, "nested too deep"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("a: {[b]: c}\n", "is not YAML"),
        ("{", "is not YAML"),
        ("\t", "is not YAML"),
        ("%YAML 9.9\n---\na: 1", "is not YAML"),
        ("a: \x00", "is not YAML"),
        (b"\xff\xfe\x00\x00", "not"),
        ("", "is not a kubeconfig"),
        ("7", "is not a kubeconfig"),
        ("[]", "is not a kubeconfig"),
        ("x" * 65_537, "larger than 64 KiB"),
        ("ä" * 40_000, "larger than 64 KiB"),
        ("\ud800", "no context"),
        ("a: 2026-99-99\n", "“a” of the file"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_yaml_that_is_a_trap_or_none_is_refused(text: str | bytes, words: str) -> None:
    assert words in refusal(text)


def test_secrets_are_not_repeated() -> None:
    assert "hunter2" not in refusal(yaml.safe_dump(document(user={"token": "hunter2\nx"})))
    assert "hunter2" not in refusal(yaml.safe_dump(document(user={"password": "hunter2"})))


keys = st.sampled_from(
    sorted({*CLUSTER, *USER, "exec", "proxy-url", "tokenFile", "name", "cluster", "user", "as"})
) | st.text(max_size=9)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_no_text_at_all_does_more_than_be_refused(text: str | bytes) -> None:
    refusal(text)


@given(
    cluster=values
    | st.dictionaries(keys, values, max_size=5).map(lambda more: {**CLUSTER, **more}),
    user=values | st.dictionaries(keys, values, max_size=5).map(lambda more: {**USER, **more}),
    context=values,
    top=st.dictionaries(st.sampled_from(["users", "clusters", "current-context", "x"]), values),
)
def test_what_is_taken_holds_nothing_but_what_is_allowed(
    cluster: Any, user: Any, context: Any, top: dict[str, Any]
) -> None:
    content = document(cluster, user, context, **top)
    try:
        target = parse_learner_kubeconfig(yaml.safe_dump(content))
    except KubeconfigError:
        return
    assert target.server.startswith("https://")
    assert target.egress is PUBLIC_ONLY
    assert set(cluster) <= {"server", "certificate-authority-data", "tls-server-name"}
    assert set(user) <= {"token", "client-certificate-data", "client-key-data"}


@given(st.lists(st.sampled_from(list("{}[]:,-?&*!|>'\"%@` \n\tab<~")), max_size=60).map("".join))
def test_signs_of_yaml_in_any_order_are_refused_in_a_sentence(text: str) -> None:
    refusal(text)
