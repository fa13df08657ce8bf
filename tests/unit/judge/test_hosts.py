"""What counts as a host: the names of others, and none of the words that only look like one."""

import shlex

import pytest

from grader.judge.hosts import (
    Neighbourhood,
    hosts_of_command,
    hosts_of_script,
    hosts_of_text,
)

AROUND = Neighbourhood(
    services=frozenset({"redis", "app-with-redis-proxy", "cache"}),
    ports=frozenset({6379, 16379}),
    namespace="learner-1",
    variables={"REDIS_HOST": "redis", "HERE": "localhost", "REDIS_URL": "redis://redis:6379/0"},
)

LOCAL_SCRIPTS = (
    "while true; do redis-cli -h localhost PING; sleep 5; done",
    "while true; do redis-cli ping; sleep 5; done",
    "redis-cli -h 127.0.0.1 -p 6379 SET greeting hello",
    "redis-cli -h ::1 ping",
    "redis-cli -u redis://localhost:6379/0 ping",
    "redis-cli -u redis://:[redacted]@127.0.0.1:6379 ping",
    "redis-cli -h $HERE ping",
    'redis-cli -h "${TARGET:-localhost}" ping',
    "H=localhost; redis-cli -h $H ping",
    "echo hello.world; redis-cli ping",
    "echo redis says: $(redis-cli ping)",
    'echo "asking redis:6379 through the ambassador"; redis-cli ping',
    "printf 'redis://redis:6379 is not asked\\n'; redis-cli ping",
    "redis-cli SET user:1001 anna; redis-cli GET user:1001",
    "redis-cli SET greeting redis",
    "redis-cli SET app.version 1.2.3",
    "# redis-cli -h redis ping\nredis-cli ping",
    "redis-cli ping # not redis:6379",
    "date +%H:%M:%S; redis-cli ping",
    "date '+%Y-%m-%d 12:30'; redis-cli ping",
    "which redis-cli && redis-cli ping > /tmp/redis.log 2>&1",
    "python3 app.py; sh run.sh; cat redis.conf",
    "ls -h /data; df -h; httpd -f -p 8080 -h /www",
    "exec 3<>/dev/tcp/localhost/6379 && echo PING >&3",
    "echo PING | nc localhost 6379",
    "curl -s http://localhost:8080/health",
    "wget -qO- 127.0.0.1:8080",
    "until nc -z 127.0.0.1 6379; do sleep 1; done; redis-cli ping",
    "sleep 1; echo 'done'; awk '{print $1}' /proc/uptime",
    "redis-cli --no-auth-warning -n 0 ping",
    "timeout 5 redis-cli -h localhost ping",
    "ping -c 1 localhost",
    'while read -r line; do echo "$line"; done < /tmp/x',
    "redis-cli -h $(hostname -i) ping",
    "redis-cli -s /tmp/redis.sock ping",
    'case "$x" in redis) ;; esac',
    "redis-server --bind 0.0.0.0 --port 6379",
    "export PATH=/usr/local/bin:/usr/bin; redis-cli ping",
    "for i in 1 2 3; do redis-cli INCR n; done",
    "",
    "'",
    '"unclosed',
    "$(",
)
OTHER_SCRIPTS = (
    ("redis-cli -h redis ping", "redis"),
    ("while true; do redis-cli -h redis PING; sleep 2; done", "redis"),
    ("redis-cli -h localhost ping; redis-cli -p 6379 -h redis ping", "redis"),
    ("redis-cli -h backend ping", "backend"),
    ("H=red; H=${H}is; redis-cli -h $H ping", "redis"),
    ('FIRST=re; HOST="${FIRST}dis"; redis-cli -h "$HOST" ping', "redis"),
    ("redis-cli --host redis ping", "redis"),
    ("redis-cli -h redis.learner-1 ping", "redis.learner-1"),
    (
        "redis-cli -h redis.learner-1.svc.cluster.local ping",
        "redis.learner-1.svc.cluster.local",
    ),
    ("redis-cli -h 10.96.0.17 ping", "10.96.0.17"),
    ("redis-cli -h fd00::17 ping", "fd00::17"),
    ("redis-cli -u redis://redis:6379 ping", "redis"),
    ("redis-cli -u redis://:[redacted]@redis:6379 ping", "redis"),
    ("redis-cli -u rediss://user:word@cache.example.com/1 ping", "cache.example.com"),
    ("redis-cli -h $REDIS_HOST ping", "redis"),
    ('redis-cli -h "${REDIS_HOST}" ping', "redis"),
    ('redis-cli -h "${NOBODY:-redis}" ping', "redis"),
    ('redis-cli -u "$REDIS_URL" ping', "redis"),
    ("redis-cli -h $REDIS_SERVICE_HOST ping", "REDIS_SERVICE_HOST"),
    ('redis-cli -h "${REDIS_SERVICE_HOST}" ping', "REDIS_SERVICE_HOST"),
    ("redis-cli -h $REDIS_PORT_6379_TCP_ADDR ping", "REDIS_PORT_6379_TCP_ADDR"),
    ("H=redis; redis-cli -h $H ping", "redis"),
    ("export H='redis'\nredis-cli -h $H ping", "redis"),
    ("echo PING | nc redis 6379", "redis"),
    ("nc cache 16379", "cache"),
    ("timeout 3 nc -w 1 redis 6379", "redis"),
    ("exec 3<>/dev/tcp/redis/6379; echo PING >&3", "redis"),
    ("echo PING > /dev/tcp/10.1.2.3/6379", "10.1.2.3"),
    ("echo $(redis-cli -h redis ping)", "redis"),
    ('echo "$(redis-cli -h redis ping)"', "redis"),
    ("echo `redis-cli -h redis ping`", "redis"),
    ("sh -c 'redis-cli -h redis ping'", "redis"),
    ('bash -ec "nc redis 6379"', "redis"),
    ("curl -s redis:6379", "redis"),
    ("curl http://cache/health", "cache"),
    ("wget -qO- app-with-redis-proxy", "app-with-redis-proxy"),
    ("for h in localhost redis; do redis-cli -h $h ping; done", "redis"),
    ("getent hosts redis", "redis"),
    ("socat - TCP:redis:6379", "redis"),
    ("true && { redis-cli -h redis ping; }", "redis"),
    ("watch 'redis-cli -h redis ping'", "redis"),
    ("redis-benchmark -h redis -n 10", "redis"),
)
LOCAL_TEXTS = (
    "REDIS_URL=redis://localhost:6379/0",
    "REDIS_HOST=localhost",
    "LOG_FORMAT=plain",
    "RELEASE=1.4.2",
    "PROGRAM=redis-cli",
    "DRIVER=redis",
    "APP_NAME=app-with-redis-proxy",
    "IMAGE=redis:6.2",
    "GREETING=hello.world",
    "KEY=user:1001",
    "MODE=cache",
    "TZ=Asia/Seoul",
    "START=12:30",
    "LISTEN=0.0.0.0:8080",
    "BIND=[::1]:6379",
    "MASK=255.255.255.0",
    "# host: redis\nhost: localhost",
    "; server = redis\nserver = 127.0.0.1",
    "// http://example.com/docs\nvar x = 1",
    'r = redis.Redis(host="localhost", port=6379)',
    "from redis import Redis\nimport redis",
    "File app.py:42 says hello",
    "std::cout << x;",
)
OTHER_TEXTS = (
    ("REDIS_HOST=redis", "redis"),
    ("BACKEND=redis", "redis"),
    ("REDIS=redis:6379", "redis"),
    ("REDIS=redis:16379", "redis"),
    ("REDIS_URL=redis://redis:6379/0", "redis"),
    ("ADDRESS=10.0.0.7:6379", "10.0.0.7"),
    ("ADDRESS=[fd00::7]:6379", "fd00::7"),
    ("BACKEND=cache.example.com:6380", "cache.example.com"),
    ("host: redis\nport: 6379", "redis"),
    ('{"host": "redis", "port": 6379}', "redis"),
    ('r = redis.Redis(host="redis", port=6379)', "redis"),
    ('r = Redis("redis", 6379)', "redis"),
    ("client = createClient(6379, 'redis')", "redis"),
    ("server redis1 redis:6379 check", "redis"),
    ("    server redis 6379", "redis"),
    ('subprocess.run(["redis-cli", "-h", "redis", "ping"])', "redis"),
    ('os.environ["REDIS_SERVICE_HOST"]', "REDIS_SERVICE_HOST"),
    ("see redis.learner-1 for more", "redis.learner-1"),
)


@pytest.mark.parametrize("script", LOCAL_SCRIPTS)
def test_a_script_that_stays_in_its_pod_names_nobody(script: str) -> None:
    assert hosts_of_script(script, AROUND) == ()
    assert hosts_of_command(("sh", "-c", script), AROUND) == ()


@pytest.mark.parametrize(("script", "host"), OTHER_SCRIPTS)
def test_a_script_that_goes_elsewhere_is_told_by_the_host(script: str, host: str) -> None:
    assert host in hosts_of_script(script, AROUND)
    assert host in hosts_of_command(("/bin/bash", "-ec", script), AROUND)


@pytest.mark.parametrize("text", LOCAL_TEXTS)
def test_settings_that_stay_in_the_pod_name_nobody(text: str) -> None:
    assert hosts_of_text(text, AROUND) == ()


@pytest.mark.parametrize(("text", "host"), OTHER_TEXTS)
def test_settings_that_lead_elsewhere_are_told_by_the_host(text: str, host: str) -> None:
    assert host in hosts_of_text(text, AROUND)


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        (("redis-cli", "-h", "localhost", "ping"), ()),
        (("redis-cli", "-h", "redis", "ping"), ("redis",)),
        (("redis-cli", "--host=redis"), ("redis",)),
        (("timeout", "-k", "1", "redis-cli", "-h", "redis"), ("redis",)),
        (("sh", "/scripts/run.sh"), ()),
        (("sh", "-x"), ()),
        (("sh", "-c"), ()),
        (("env", "A=b", "sh", "-c", "redis-cli -h redis"), ("redis",)),
        (("redis-cli", "-h", "$(REDIS_HOST)", "ping"), ("redis",)),
        (("sh", "-c", "redis-cli -h $(REDIS_HOST) ping"), ("redis",)),
        (("redis-cli", "-h", "$(REDIS_SERVICE_HOST)"), ("REDIS_SERVICE_HOST",)),
        (("echo", "redis:6379"), ()),
        (("busybox", "sh", "-c", "nc redis 6379"), ("redis",)),
        ((), ()),
    ],
)
def test_a_command_line_without_a_shell_is_read_as_it_is(
    words: tuple[str, ...], hosts: tuple[str, ...]
) -> None:
    assert hosts_of_command(words, AROUND) == hosts


def test_a_variable_that_the_container_sets_itself_is_no_injected_address() -> None:
    around = Neighbourhood(variables={"REDIS_SERVICE_HOST": "localhost"})
    assert hosts_of_script("redis-cli -h $REDIS_SERVICE_HOST ping", around) == ()


def test_scripts_in_scripts_end_somewhere() -> None:
    script = "redis-cli -h redis ping"
    for _ in range(8):
        script = f"sh -c {shlex.quote(script)}"
    assert hosts_of_script(script, AROUND) == ()


def test_commands_in_commands_end_somewhere() -> None:
    script = "redis-cli ping"
    for _ in range(12):
        script = f"echo $({script})"
    assert hosts_of_script(script, AROUND) == ()
