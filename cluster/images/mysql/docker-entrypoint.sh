#!/bin/bash
# Starts the server. An empty data folder is filled first, which needs one of the three password
# settings, exactly as in the official image.
set -eu
data=/var/lib/mysql

# setting NAME: the variable, or what stands in the file that NAME_FILE names.
setting() {
    local file_name="${1}_FILE"
    if [ -n "${!file_name:-}" ]; then
        cat -- "${!file_name}"
    else
        printf '%s' "${!1:-}"
    fi
}

# quoted TEXT: a string literal of SQL.
quoted() {
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\'\'}"
}

demand_password_setting() {
    if [ -z "$root_password" ] && [ -z "${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ] \
        && [ -z "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
        echo >&2 'error: database is uninitialized and password option is not specified '
        echo >&2 '  You need to specify one of MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD and MYSQL_RANDOM_ROOT_PASSWORD'
        exit 1
    fi
}

# first_statements: one a line, as the server's --bootstrap wants them.
first_statements() {
    local password user name
    echo "FLUSH PRIVILEGES;"
    password=$(quoted "$root_password")
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $password;"
    if [ "${MYSQL_ROOT_HOST:-%}" != localhost ]; then
        user="'root'@$(quoted "${MYSQL_ROOT_HOST:-%}")"
        echo "CREATE USER IF NOT EXISTS $user IDENTIFIED BY $password;"
        echo "GRANT ALL ON *.* TO $user WITH GRANT OPTION;"
    fi
    name=$(setting MYSQL_DATABASE)
    if [ -n "$name" ]; then
        name="\`${name//\`/\`\`}\`"
        echo "CREATE DATABASE IF NOT EXISTS $name;"
    fi
    if [ -n "$(setting MYSQL_USER)" ] && [ -n "$(setting MYSQL_PASSWORD)" ]; then
        user="$(quoted "$(setting MYSQL_USER)")@'%'"
        echo "CREATE USER IF NOT EXISTS $user IDENTIFIED BY $(quoted "$(setting MYSQL_PASSWORD)");"
        if [ -n "$name" ]; then
            echo "GRANT ALL ON $name.* TO $user;"
        fi
    fi
}

# The mark comes last: a container that dies in between begins again.
prepare_data() {
    root_password=$(setting MYSQL_ROOT_PASSWORD)
    demand_password_setting
    if [ -z "$root_password" ] && [ -n "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
        root_password=$(head -c 18 /dev/urandom | base64)
        echo "GENERATED ROOT PASSWORD: $root_password"
    fi
    cp -R --no-preserve=ownership /usr/local/share/mysql-data/. "$data/"
    first_statements | mariadbd --bootstrap
    touch "$data/podlab-is-prepared"
}

if [ "${1#-}" != "$1" ]; then
    set -- mysqld "$@"
fi
case $1 in mysqld | mariadbd) ;; *) exec "$@" ;; esac
for argument; do
    case $argument in --help | --version | -V | -\?) exec "$@" ;; esac
done

if [ "$(id -u)" = 0 ]; then
    mkdir -p /run/mysqld
    chown mysql:mysql "$data" /run/mysqld
    exec setpriv --reuid mysql --regid mysql --clear-groups -- "$0" "$@"
fi
if [ ! -e "$data/podlab-is-prepared" ]; then
    prepare_data
fi
exec "$@"
