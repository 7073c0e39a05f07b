# Sourced by the other scripts: the names and the few functions that they share.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
target=$root/target

# PG: the server's major version. PROFILE: dev, or release for what measures time.
export PG=${PG:-15} PROFILE=${PROFILE:-dev}

# A server that scripts/server gets where the machine has none of this version.
own_server=$target/server/postgresql-$PG

# find_server: server_pg_config becomes that of the installed server which the private one is copied from. Again after scripts/setup, which may
# have brought one.
find_server() {
    server_pg_config=${SERVER_PG_CONFIG:-/usr/lib/postgresql/$PG/bin/pg_config}
    if [ -z "${SERVER_PG_CONFIG:-}" ] && [ ! -x "$server_pg_config" ] && [ -x "$own_server/bin/pg_config" ]; then
        server_pg_config=$own_server/bin/pg_config
    fi
}
find_server

# The private copy, and cargo-pgrx's folder: nothing is left in the home.
server_tree=$target/server/$PG-$PROFILE
export PGRX_HOME=$target/pgrx/$PG

# The command and the library must be of the same version: Cargo.toml is where it is said.
pgrx_version=$(sed -n 's/^pgrx *=.*"=\([0-9.]*\)".*/\1/p' "$root/Cargo.toml")

# A cargo-pgrx that setup installed comes before one of another version.
export PATH=$target/tools/bin:$PATH

# Servers refuse to run as root.
if [ "$(id -u)" = 0 ]; then server_user=postgres; else server_user=$(id -un); fi

say() { printf '==> %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# as_server CMD...: runs CMD as the user that servers run as. From /, because that user may not be allowed into the current folder.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u "$server_user" -- "$@")
    else
        (cd / && exec "$@")
    fi
}

# server_dir TREE: the folder of the server's programs in a tree. A tree keeps the installed server's absolute paths below its own root,
# because the programs find their libraries and scripts relative to themselves.
server_dir() { printf '%s%s\n' "$1" "$("$server_pg_config" --bindir)"; }

# copy_server TREE: a private copy of the installed server. Real copies: the programs resolve symbolic links before they look around.
copy_server() {
    local tree=$1 dir dirs
    dirs=("$("$server_pg_config" --bindir)" "$("$server_pg_config" --pkglibdir)" "$("$server_pg_config" --sharedir)")
    # One that is not the system's has libpq in a folder of its own.
    dir=$("$server_pg_config" --libdir)
    if [ "$(dirname "$dir")" = "$(dirname "${dirs[0]}")" ] && [ "$dir" != "${dirs[1]}" ]; then dirs=("$dir" "${dirs[@]}"); fi
    for dir in "${dirs[@]}"; do
        mkdir -p "$tree$dir"
        cp -a "$dir/." "$tree$dir/"
    done
    # Headers are only read, so a link will do.
    dir=$("$server_pg_config" --includedir)
    mkdir -p "$tree$(dirname "$dir")"
    ln -sfn "$dir" "$tree$dir"
    # What an earlier `make install` put into the system's server must not be found instead of what is tested.
    rm -f "$tree$("$server_pg_config" --pkglibdir)"/electric_schema* "$tree$("$server_pg_config" --sharedir)"/extension/electric_schema*
}

# make_workdir: a new folder for one run, on standard output; whoever calls removes it. Below target/ if the server's user can get there
# (a checkout below /root is out of its reach), else in /tmp.
make_workdir() {
    local work
    mkdir -p "$target/run"
    if as_server test -x "$target/run/."; then
        work=$(mktemp -d "$target/run/XXXXXX")
    else
        work=$(mktemp -d /tmp/electric_schema.XXXXXX)
    fi
    chmod 711 "$work"
    printf '%s\n' "$work"
}
