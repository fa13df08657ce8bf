"""Who listens: read from /proc inside a container, by one small command of its own shell.

All containers of a Pod share one network, so /proc/net/tcp shows the listeners of all of them. A
socket belongs to the container whose processes hold it open; where the Pod shares its processes
too, a process belongs to the container whose cgroup it is in. Open files of another user may be
hidden even from root: then a socket that nobody else holds goes to the one container that has a
hidden process of the socket's user.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from grader.evidence.model import Listener, Listening, Trouble
from grader.evidence.sanitise import clean
from grader.evidence.views import ContainerView
from grader.kube.client import Client
from grader.kube.errors import KubeError

LISTEN = "0A"
LARGEST = 256 * 1024
SECONDS = 5.0
MOST_PROCESSES = 200

# Builtins where they do, and one `ls` for all: every process that starts costs the grade time.
SCRIPT = f"""
for f in /proc/net/tcp /proc/net/tcp6; do
  [ -r $f ] && while read -r _ a _ s _ _ _ u _ i _; do
    [ "$s" = {LISTEN} ] && echo "T $a $i $u"
  done <$f
done
own() {{
  c=; while read -r l; do c="$c|${{l#*:}}"; done <$1/cgroup; echo "C $c"
  while read -r k u _; do [ "$k" = Uid: ] && echo "U $u" && break; done <$1/status
}}
echo "P self"; own /proc/self
n=0
for d in /proc/[0-9]*; do
  [ "${{d#/proc/}}" = $$ ] && continue
  n=$((n+1)); [ $n -gt {MOST_PROCESSES} ] && echo M && break
  echo "P ${{d#/proc/}}"; {{ own $d; }} 2>/dev/null
done
ls -l /proc/[0-9]*/fd 2>&1
:
"""
_SOCKET = re.compile(r"-> '?socket:\[(\d+)\]")
_FOLDER = re.compile(r"/proc/(\d+)/fd:")
_REFUSED = re.compile(r"/proc/(\d+)/fd\b.*(?:denied|permitted)")
_ENTRY = re.compile(r"[bcdlps-][rwxsStT-]{9}")


@dataclass
class Process:
    """One process as the script saw it."""

    cgroup: str = ""
    user: str = ""
    sockets: set[str] = field(default_factory=set)
    hidden: bool = False  # its open files may not be read


@dataclass(frozen=True)
class Socket:
    listener: Listener
    user: str


@dataclass
class Told:
    """What one run of the script said. `own`: the processes of the container that it ran in."""

    sockets: dict[str, Socket] = field(default_factory=dict)  # by inode
    own: list[Process] = field(default_factory=list)
    too_many: bool = False


def look(client: Client, namespace: str, container: ContainerView) -> Told | KubeError:
    try:
        done = client.exec(
            namespace,
            container.pod.name,
            container.name,
            ["sh", "-c", SCRIPT],
            seconds=SECONDS,
            largest=LARGEST,
        )
    except KubeError as error:
        return error
    return read_output(done.stdout.decode("utf-8", "replace"))


def attribute(pod: str, uid: str, told: Mapping[str, Told | KubeError]) -> tuple[Listening, ...]:
    """Pure: each container's own listeners, from what was told in all containers of one Pod."""
    readable = {name: it for name, it in told.items() if isinstance(it, Told)}
    held = {name: _held(it) for name, it in readable.items()}
    taken: set[str] = set().union(*held.values())
    for inode, socket in _sockets(readable).items():
        if inode not in taken:
            owners = [name for name, it in readable.items() if _may_hold(it, socket)]
            if len(owners) == 1:
                held[owners[0]].add(inode)
                taken.add(inode)
    return tuple(_listening(pod, uid, name, it, held, taken) for name, it in told.items())


def read_output(output: str) -> Told:
    told = Told()
    processes: dict[str, Process] = defaultdict(Process)
    current = Process()
    for raw in output.splitlines():
        line = raw.strip()
        word, _, rest = line.partition(" ")
        if word == "T":
            _read_socket(rest, told)
        elif word == "P":
            current = processes[rest]
        elif word == "C":
            current.cgroup = rest
        elif word == "U":
            current.user = rest
        elif word == "M":
            told.too_many = True
        elif found := _FOLDER.fullmatch(line):
            current = processes[found[1]]
        else:
            _read_file(line, current, processes)
    me = processes.pop("self", Process())
    told.own = [it for it in processes.values() if it.cgroup == me.cgroup]
    return told


def _read_file(line: str, current: Process, processes: Mapping[str, Process]) -> None:
    """One line of `ls -l`: an open file, or why it may not be read."""
    if found := _SOCKET.search(line):
        current.sockets.add(found[1])
    elif found := _REFUSED.search(line):
        processes[found[1]].hidden = True
    elif _ENTRY.match(line) and " -> " not in line:
        current.hidden = True


def _read_socket(words: str, told: Told) -> None:
    """`0100007F:1F90 12345 999`: the address in the machine's byte order, port, inode, user."""
    place, inode, user = (*words.split(), "", "", "")[:3]
    host, _, port = place.partition(":")
    try:
        told.sockets[inode] = Socket(Listener(_address(host), int(port, 16)), user)
    except ValueError:
        return


def _held(told: Told) -> set[str]:
    return set().union(*(it.sockets for it in told.own)) & set(told.sockets)


def _may_hold(told: Told, socket: Socket) -> bool:
    return told.too_many or any(it.hidden and it.user == socket.user for it in told.own)


def _sockets(readable: Mapping[str, Told]) -> dict[str, Socket]:
    return {inode: socket for it in readable.values() for inode, socket in it.sockets.items()}


def _listening(
    pod: str,
    uid: str,
    container: str,
    told: Told | KubeError,
    held: Mapping[str, set[str]],
    taken: set[str],
) -> Listening:
    if isinstance(told, KubeError):
        trouble = Trouble(told.code, clean(told.message, 400))
        return Listening(pod, uid, container, trouble=trouble)
    mine = {told.sockets[inode].listener for inode in held[container] if inode in told.sockets}
    listeners = tuple(sorted(mine, key=lambda it: (it.port, it.address)))
    doubtful = any(
        inode not in taken and _may_hold(told, socket) for inode, socket in told.sockets.items()
    )
    hidden = Trouble("hidden", "The open files of a process may not be read.")
    return Listening(pod, uid, container, listeners, hidden if doubtful else None)


def _address(text: str) -> str:
    raw = bytes.fromhex(text)
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    if len(turned) == 4:
        return str(IPv4Address(turned))
    address = IPv6Address(turned)
    return str(address.ipv4_mapped or address)


def ports(seen: Iterable[Listening], pod: str, container: str) -> tuple[int, ...]:
    found = (it for it in seen if (it.pod, it.container) == (pod, container))
    return tuple(sorted({listener.port for it in found for listener in it.listeners}))
