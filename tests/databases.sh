#!/usr/bin/env bash
# Tests PostgreSQL and MySQL against servers that this starts in a folder of its own, and stops
# again: those of Debian's packages `postgresql` and `mariadb-server`. A server that is not
# installed, and cannot be, is skipped with a word. Run from anywhere; the programs and what they
# print are in `tests/databases`. `UPDATE_EXPECT=1` stores what has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --features full-db
ruff=$PWD/target/debug/ruff
folder=$(mktemp -d)
chmod 755 "$folder"
servers=()
stop() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    wait
    rm -rf "$folder"
}
trap stop EXIT

# A port that is free now.
port() { "$ruff" run -e 'print(tcp_listen("127.0.0.1", 0).port())'; }

# Becomes a command of a server's user, who may not be root: it takes the place of the shell that
# runs this, so that a signal to that reaches it.
become() {
    local user=$1
    shift
    if [ "$(id -u)" = 0 ]; then exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"; else exec "$@"; fi
}

install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    { apt-get update && DEBIAN_FRONTEND=noninteractive timeout 600 \
        apt-get install -y --no-install-recommends "$1"; } >/dev/null 2>&1 || true
}

# Waits until a command works.
await() {
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "the server does not start: $*"
    exit 1
}

# Runs the program of a kind of database with a connection string.
check() {
    local expected=tests/databases/$1.out
    timeout 120 "$ruff" run "tests/databases/$1.ruff" "$2" "$3" >"$folder/out"
    [ "${UPDATE_EXPECT:-}" != 1 ] || cp "$folder/out" "$expected"
    diff "$expected" "$folder/out"
    echo "$1: ok"
}

# How a server is reached that has no certificate, has one that is trusted, and one that is not: it
# gets one by a command.
check_tls() {
    local kind=$1 port=$2 expected=tests/databases/$1_tls.out
    local run=(timeout 120 "$ruff" run tests/databases/tls.ruff "$kind" "$port")
    "${run[@]}" plain >"$folder/out"
    "$3"
    SSL_CERT_FILE=tests/cli/tls/ca.pem "${run[@]}" trusted >>"$folder/out"
    env -u SSL_CERT_FILE "${run[@]}" untrusted >>"$folder/out"
    [ "${UPDATE_EXPECT:-}" != 1 ] || cp "$folder/out" "$expected"
    diff "$expected" "$folder/out"
    echo "$kind: encryption ok"
}

# The certificate of the tests and its key, for a server's user.
certificate() {
    cp tests/cli/tls/leaf.pem tests/cli/tls/leaf.key "$folder/$2"
    chmod 600 "$folder/$2/leaf.key"
    [ "$(id -u)" != 0 ] || chown "$1" "$folder/$2"/leaf.*
}

# The newest PostgreSQL there is.
postgres() { find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -n 1; }
[ -n "$(postgres)" ] || install postgresql
if [ -n "$(postgres)" ]; then
    bin=$(dirname "$(postgres)")
    port=$(port)
    mkdir "$folder/postgres"
    [ "$(id -u)" != 0 ] || chown postgres "$folder/postgres"
    echo secret >"$folder/password"
    (become postgres "$bin/initdb" -D "$folder/postgres" -U ruff --auth=scram-sha-256 \
        --pwfile="$folder/password" -E UTF8 --locale=C >/dev/null)
    become postgres "$bin/postgres" -D "$folder/postgres" -k "$folder/postgres" -h 127.0.0.1 -p "$port" \
        -c fsync=off >"$folder/postgres.log" 2>&1 &
    servers+=($!)
    await "$bin/pg_isready" -h 127.0.0.1 -p "$port"
    check postgres "postgres://ruff:secret@127.0.0.1:$port/postgres" "$port"
    encrypt_postgres() {
        certificate postgres postgres
        printf "ssl = on\nssl_cert_file = 'leaf.pem'\nssl_key_file = 'leaf.key'\n" \
            >>"$folder/postgres/postgresql.auto.conf"
        "$ruff" run -e "db_connect(\"postgres\", \"postgres://ruff:secret@127.0.0.1:$port/postgres\").query(\"SELECT pg_reload_conf()\") sleep(1000)"
    }
    check_tls postgres "$port" encrypt_postgres
else
    echo "postgres: skipped, there is no server and none can be installed"
fi

command -v mariadbd >/dev/null || install mariadb-server
if command -v mariadbd >/dev/null; then
    port=$(port)
    mkdir "$folder/mysql"
    [ "$(id -u)" != 0 ] || chown mysql "$folder/mysql"
    (become mysql mariadb-install-db --no-defaults --datadir="$folder/mysql" --skip-test-db \
        --auth-root-authentication-method=normal >/dev/null 2>&1)
    start_mysql() {
        become mysql "$(command -v mariadbd)" --no-defaults --datadir="$folder/mysql" --bind-address=127.0.0.1 \
            --port="$port" --socket="$folder/mysql/socket" --pid-file="$folder/mysql/pid" \
            --skip-name-resolve "$@" >>"$folder/mysql.log" 2>&1 &
        mysql=$!
        servers+=("$mysql")
        await mariadb-admin --no-defaults --socket="$folder/mysql/socket" -u root ping
    }
    start_mysql --skip-ssl
    mariadb --no-defaults --socket="$folder/mysql/socket" -u root -e "
        CREATE DATABASE test CHARACTER SET utf8mb4;
        CREATE USER ruff@'127.0.0.1' IDENTIFIED BY 'secret';
        GRANT ALL ON test.* TO ruff@'127.0.0.1'"
    check mysql "mysql://ruff:secret@127.0.0.1:$port/test" "$port"
    encrypt_mysql() {
        kill "$mysql"
        wait "$mysql" || true
        certificate mysql mysql
        start_mysql --ssl-cert="$folder/mysql/leaf.pem" --ssl-key="$folder/mysql/leaf.key"
    }
    check_tls mysql "$port" encrypt_mysql
else
    echo "mysql: skipped, there is no server and none can be installed"
fi
