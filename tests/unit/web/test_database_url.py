import pytest
from django.core.exceptions import ImproperlyConfigured

from web.database_url import parse_database_url


def test_a_postgresql_address_is_taken_apart() -> None:
    database = parse_database_url(
        "postgresql://pod%40lab:p%23ss%2F@db.example:6432/labs?sslmode=verify-full"
    )
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("pod@lab", "p#ss/")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "6432", "labs")
    assert database["OPTIONS"]["sslmode"] == "verify-full"


def test_a_hanging_server_is_given_up_after_five_seconds_unless_told_otherwise() -> None:
    assert parse_database_url("postgres://h/n")["OPTIONS"] == {"connect_timeout": "5"}
    own = parse_database_url("postgres://h/n?connect_timeout=9")["OPTIONS"]
    assert own == {"connect_timeout": "9"}


def test_an_ipv6_address_is_a_host() -> None:
    assert parse_database_url("postgresql://u@[::1]:5432/n")["HOST"] == "::1"


def test_the_folder_of_a_socket_is_a_host() -> None:
    database = parse_database_url("postgresql://u@/n?host=/run/postgresql")
    assert database["HOST"] == "/run/postgresql"
    assert "host" not in database["OPTIONS"]


def test_sqlite_takes_an_absolute_path() -> None:
    database = parse_database_url("sqlite:////srv/pod%20lab.db")
    assert database["NAME"] == "/srv/pod lab.db"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("podlab", "“nothing” is not a database we know"),
        ("mysql://h/n", "“mysql” is not a database we know"),
        ("postgresql://h", "name is missing"),
        ("postgresql://h/", "name is missing"),
        ("postgresql://h/a/b", "name is missing"),
        ("postgresql:///n", "the host is missing"),
        ("postgresql://h:port/n", "host or port"),
        ("postgresql://h:99999/n", "host or port"),
        ("postgresql://[::1/n", "host or port"),
        ("postgresql://u:a#b@h/n", "contains “#”"),
        ("postgresql://h/n?sslmod=require", "option “sslmod” is not known"),
        ("postgresql://h/n?sslmode", "not name=value"),
        ("postgresql://h/n?sslmode=a&sslmode=b", "given twice"),
        ("postgresql://h/n ", "a space"),
        ("sqlite://db.sqlite3", "one absolute path"),
        ("sqlite:///", "one absolute path"),
    ],
)
def test_a_malformed_database_url_names_the_setting_and_what_to_write(
    url: str, reason: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse_database_url(url)
    sentence = str(caught.value)
    assert sentence.startswith("DATABASE_URL cannot be understood")
    assert reason in sentence
    assert "Write DATABASE_URL=postgresql://" in sentence


def test_a_password_is_never_repeated() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse_database_url("postgresql://u:hunter2@h:port/n")
    assert "hunter2" not in str(caught.value)
