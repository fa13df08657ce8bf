"""Which container of a Pod holds a listening socket, from what a shell in each of them says."""

from __future__ import annotations

from grader.evidence.model import Listener
from grader.kube.errors import KubeError, NoShellError
from grader.kube.listeners import Told, attribute, read_output

WEB = """\
T 00000000:0050 501 0
T 00000000000000000000000000000000:0050 502 0
T 0100007F:23F0 503 0
P self
C |pids:/pod/web|:/pod/web
U 0
P 1
C |pids:/pod/web|:/pod/web
U 0
P 7
C |pids:/pod/web|:/pod/web
U 33
P 9
C |pids:/pod/other|:/pod/other
U 0
/proc/1/fd:
total 0
lrwx------ 1 root root 64 Nov 21 13:27 5 -> socket:[501]
lrwx------ 1 root root 64 Nov 21 13:27 6 -> 'socket:[502]'
lrwx------ 1 root root 64 Nov 21 13:27 7 -> socket:[999]
l-wx------ 1 root root 64 Nov 21 13:27 4 -> /var/log/nginx/access.log

ls: cannot read symbolic link '/proc/7/fd/0': Permission denied
/proc/7/fd:
total 0
lrwx------ 1 www-data www-data 64 Nov 21 13:27 0

/proc/9/fd:
lrwx------ 1 root root 64 Nov 21 13:27 3 -> socket:[503]
"""
OTHER = """\
T 00000000:0050 501 0
T 0100007F:23F0 503 0
P self
C |pids:/pod/other|
P 1
C |pids:/pod/other|
U 0
/proc/1/fd:
lrwx------    1 root     root            64 Nov 21 13:27 3 -> socket:[503]
"""


def seen(**told: str | KubeError) -> dict[str, tuple[list[tuple[str, int]], str]]:
    read = {name: read_output(it) if isinstance(it, str) else it for name, it in told.items()}
    found = attribute("pod-1", "uid-1", read)
    return {
        it.container: (
            [(one.address, one.port) for one in it.listeners],
            it.trouble.code if it.trouble else "",
        )
        for it in found
    }


def test_a_socket_belongs_to_the_container_whose_process_holds_it() -> None:
    assert seen(web=WEB, other=OTHER) == {
        "web": ([("0.0.0.0", 80), ("::", 80)], ""),
        "other": ([("127.0.0.1", 9200)], ""),
    }


def test_a_shared_process_namespace_does_not_lend_sockets() -> None:
    """Process 9 is seen from `web`, but its cgroup is that of `other`."""
    listening = seen(web=WEB)["web"][0]
    assert ("127.0.0.1", 9200) not in listening


def hidden(port: str, inode: int, user: int) -> str:
    return (
        f"T 00000000:{port} {inode} {user}\nP self\nC |a\nP 1\nC |a\nU {user}\n"
        f"/proc/1/fd:\nlrwx------ 1 {user} {user} 64 Nov 21 13:27 3\n"
    )


def test_a_hidden_process_gets_the_socket_of_its_user_that_nobody_else_holds() -> None:
    """Redis and MySQL give up root, and root in a container may not look into their files."""
    assert seen(redis=hidden("18EB", 7, 999)) == {"redis": ([("0.0.0.0", 6379)], "")}


def test_two_hidden_processes_of_one_user_leave_it_open_rather_than_say_no() -> None:
    found = seen(one=hidden("18EB", 7, 999), two=hidden("18EB", 7, 999))
    assert found == {"one": ([], "hidden"), "two": ([], "hidden")}


def test_a_refused_folder_is_hidden_in_busybox_words_too() -> None:
    refusal = "ls: can't open '/proc/1/fd': Permission denied"
    said = f"T 00000000:0050 1 5\nP self\nC |a\nP 1\nC |a\nU 5\n{refusal}\n"
    assert seen(one=said) == {"one": ([("0.0.0.0", 80)], "")}
    said = said.replace("U 5", "U 6")
    assert seen(one=said) == {"one": ([], "")}


def test_a_container_without_a_shell_says_so() -> None:
    found = seen(web=WEB, bare=NoShellError("no such program"))
    assert found["bare"] == ([], "no_shell")
    assert found["web"][0]


def test_too_many_processes_leave_it_open() -> None:
    said = "T 00000000:0050 1 0\nP self\nC |a\nM\n"
    assert seen(one=said, two=said.replace("M\n", ""))["one"] == ([("0.0.0.0", 80)], "")
    assert seen(one=said, two=said) == {"one": ([], "hidden"), "two": ([], "hidden")}


def test_an_address_is_read_in_the_machine_s_byte_order() -> None:
    told = read_output(
        "T 0100007F:1F90 1 0\n"
        "T 0000000000000000FFFF00000100007F:1F91 2 0\n"
        "T 00000000000000000000000001000000:1F92 3 0\n"
    )
    listeners = [socket.listener for socket in told.sockets.values()]
    assert listeners == [
        Listener("127.0.0.1", 8080),
        Listener("127.0.0.1", 8081),
        Listener("::1", 8082),
    ]


def test_words_that_are_no_address_are_let_pass() -> None:
    told = read_output("T\nT x y z\nT 00:zz 1\nP\n/proc/x/fd:\nsh: broken\n")
    assert told.sockets == {}
    assert isinstance(told, Told)
