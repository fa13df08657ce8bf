"""Which hosts a text names. A word is a host by where it stands, or by what the namespace holds.

In a URL, after `-h` of a client or in `/dev/tcp/…` anything is a host. Elsewhere an address is one,
a name of the cluster's DNS, and the name of a Service beside a port or after `host =`. All other
words are words: `echo hello.world`, `SET user:1001`, `redis-cli`, `haproxy.cfg`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from grader.judge.shell import commands_of, program_of, simple_commands

LOCAL = frozenset(
    {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost4"}
)
_CLIENTS = r"(?:redis-cli|redis-benchmark|valkey-cli|keydb-cli|mysql|mysqladmin|psql|pg_isready)"
# Programs that take a host as a word of its own.
_DIALLERS = frozenset(
    [
        "nc",
        "ncat",
        "netcat",
        "telnet",
        "ping",
        "ping6",
        "curl",
        "wget",
        "nslookup",
        "dig",
        "host",
        "getent",
        "ssh",
        "socat",
        "for",
    ]
)
# They show text, they do not act on it.
_SPEAKERS = frozenset({"echo", "printf", ":"})
_FILES = frozenset(
    [
        "c",
        "cfg",
        "conf",
        "css",
        "csv",
        "go",
        "html",
        "ini",
        "java",
        "js",
        "json",
        "log",
        "lua",
        "md",
        "php",
        "pid",
        "pl",
        "py",
        "rb",
        "rs",
        "rdb",
        "sh",
        "sock",
        "sql",
        "toml",
        "ts",
        "txt",
        "xml",
        "yaml",
        "yml",
    ]
)

_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,30}://(?:[^\s/@'\"]{0,400}@)?(\[[^\]\s]*\]|[^\s/:'\"?#,;)\]}>]*)",
    re.IGNORECASE,
)
_CLIENT_LINE = re.compile(rf"\b{_CLIENTS}\b[^\n;|&]*")
_CLIENT_HOST = re.compile(r"[\s\"'](?:-h|--host)[\"']?[\s=,]+[\"']?([^\s\"',]+)")
_DEVICE = re.compile(r"/dev/(?:tcp|udp)/([^/\s\"']+)/")
_IPV4 = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.]*\w)")
_IPV6 = re.compile(r"(?<![\w:.])([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:.])")
_CLUSTER_NAME = re.compile(
    r"(?<![\w.-])([a-z0-9-]+(?:\.[a-z0-9-]+)*\.svc(?:\.[a-z0-9-]+)*)(?![\w-])", re.IGNORECASE
)
_WITH_PORT = re.compile(r"(?<![\w./:@$-])([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?):(\d{2,5})(?![\w.:])")
_INJECTED = re.compile(r"\b([A-Z][A-Z0-9_]*_(?:SERVICE_HOST|PORT_\d+_(?:TCP|UDP)(?:_ADDR)?))\b")
_KEY = r"(?:host|hostname|server|addr|address|endpoint|upstream|backend|master|primary|target)s?"
_SETTING = re.compile(rf"(?i)(?<![a-z]){_KEY}[\"']?\s*(?:=>|[=:])\s*[\"']?([\w.-]+)")
_DIRECTIVE = re.compile(rf"(?im)^\s*[\w-]*{_KEY}\s+[\"']?([\w.-]+)")
_BESIDE_PORT = re.compile(r"(?<![\w.-])([\w-]+)[\"']?[,: /]\s*[\"']?\d{2,5}\b")
_AFTER_PORT = re.compile(r"\b\d{2,5}\s*,\s*[\"']([\w-]+)[\"']")
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$|^\s*(?://|;).*$")
_VARIABLE = re.compile(r"\$\{(\w+)(?::?[-=]([^}]*))?\}|\$\((\w+)\)|\$(\w+)")
_REFERENCE = re.compile(r"\$\(([A-Za-z_]\w*)\)")
_ASSIGNED = re.compile(r"(?:^|[\s;&|({])([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|)]*)")

# Of a value put together from others: longer than any host, short enough for a long script.
_LONGEST_VALUE = 512


@dataclass(frozen=True)
class Neighbourhood:
    """What a name can lead to from inside a Pod."""

    services: frozenset[str] = frozenset()  # and names that the Pod's hostAliases add
    ports: frozenset[int] = frozenset({6379})
    namespace: str = ""
    local: frozenset[str] = LOCAL
    variables: Mapping[str, str] = field(default_factory=dict)

    def with_variables(self, text: str) -> "Neighbourhood":
        """Also those that a script sets."""
        variables = dict(self.variables)
        around = replace(self, variables=variables)
        for name, value in _ASSIGNED.findall(text):
            # In the script's order: `H=${H}is` knows the H that was set before.
            plain = value.strip("\"'")
            variables[name] = _expand(plain, around)[:_LONGEST_VALUE] if "$" in plain else plain
        return around

    def is_local(self, host: str) -> bool:
        name = host.strip("[]").rstrip(".").lower()
        address = _address(name)
        if address:
            return _is_loopback(address)
        return name in self.local

    def is_service(self, name: str) -> bool:
        first, _, rest = name.partition(".")
        return first in self.services and rest in {"", self.namespace}


def hosts_of_command(words: tuple[str, ...], around: Neighbourhood) -> tuple[str, ...]:
    """Other hosts that a command line names, scripts given to a shell included."""
    # Kubernetes puts its own `$(NAME)` in before any shell sees the words.
    words = tuple(_REFERENCE.sub(lambda it: around.variables.get(it[1], it[0]), it) for it in words)
    around = around.with_variables("\n".join(words))
    commands = commands_of(words)
    return _others((host for command in commands for host in _spoken(command, around)), around)


def hosts_of_script(script: str, around: Neighbourhood) -> tuple[str, ...]:
    around = around.with_variables(script)
    commands = simple_commands(script)
    return _others((host for command in commands for host in _spoken(command, around)), around)


def hosts_of_text(text: str, around: Neighbourhood) -> tuple[str, ...]:
    """Of a setting, a file or a program in any language."""
    return _others(_named(_COMMENT.sub("", text), around), around)


def _others(hosts: Iterator[str], around: Neighbourhood) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for host in hosts if not around.is_local(host)))


def _spoken(words: tuple[str, ...], around: Neighbourhood) -> Iterator[str]:
    program = program_of(words)
    line = _expand(" ".join(words), around)
    if program in _SPEAKERS:
        yield from _DEVICE.findall(line)
        return
    yield from _named(line, around)
    if program in _DIALLERS:
        dialled = (re.split(r"[/:]", word)[0] for word in line.split())
        yield from (word for word in dialled if around.is_service(word))


def _named(text: str, around: Neighbourhood) -> Iterator[str]:
    text = _expand(text, around)
    yield from _outright(text)
    yield from _addresses(text)
    yield from _with_port(text, around)
    yield from (name for name in _INJECTED.findall(text) if name not in around.variables)
    for pattern in (_SETTING, _DIRECTIVE, _BESIDE_PORT, _AFTER_PORT):
        yield from (name for name in pattern.findall(text) if around.is_service(name))
    dotted = rf"(?<![\w./-])([\w-]+\.{re.escape(around.namespace or '-')})(?![\w-])"
    yield from (name for name in re.findall(dotted, text) if around.is_service(name))


def _outright(text: str) -> Iterator[str]:
    """Where nothing but a host can stand. What a variable hides cannot be told."""
    found = [*_URL.findall(text), *_DEVICE.findall(text), *_CLUSTER_NAME.findall(text)]
    for line in _CLIENT_LINE.findall(text):
        found += _CLIENT_HOST.findall(line)
    yield from (host for host in found if host and not re.search(r"[$%{}<>*]", host))


def _addresses(text: str) -> Iterator[str]:
    for found in (*_IPV4.findall(text), *_IPV6.findall(text)):
        address = _address(found)
        if address and not (address.version == 4 and found.startswith("255.")):
            yield found


def _with_port(text: str, around: Neighbourhood) -> Iterator[str]:
    """`redis:6379`, but neither `12:30` nor a key like `user:1001`."""
    for host, port in _WITH_PORT.findall(text):
        is_file = host.rpartition(".")[2].lower() in _FILES
        is_dotted = "." in host and not is_file and not host.replace(".", "").isdigit()
        is_name = host.isdigit() is False and "." not in host and int(port) in around.ports
        if is_dotted or is_name or around.is_service(host):
            yield host


def _expand(text: str, around: Neighbourhood) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[3] or found[4]
        return around.variables.get(name, found[2] if found[2] is not None else found[0])

    for _ in range(3):
        text = _VARIABLE.sub(value, text)[:65536]
    return text


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(address: IPv4Address | IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return any(it.is_loopback or it.is_unspecified for it in (mapped or address,))
