#!/bin/sh
# Options alone are for haproxy; it runs as master and worker, in the foreground (-W -db).
set -e
if [ "${1#-}" != "$1" ]; then
    set -- haproxy "$@"
fi
if [ "$1" = haproxy ]; then
    shift
    set -- haproxy -W -db "$@"
fi
exec "$@"
