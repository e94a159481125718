# shellcheck shell=bash
# What the scripts share. Source it; it changes nothing until a function is called.
#
# A *workspace* is a private directory with a copy of this tree, a copy of the PostgreSQL programs into which the
# extension is installed, and a server on a Unix socket. The PostgreSQL that is installed on the machine is not touched,
# any number of workspaces can be used at once, and root is not needed.

set -eu -o pipefail
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The caller's make and PostgreSQL settings are not for the throw-away server.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS DESTDIR CDPATH
for _name in $(compgen -e PG || true)
do
    [ "$_name" = PG_CONFIG ] || unset "$_name"
done
unset _name
export LC_ALL=C.UTF-8 TZ=UTC

say()
{
    printf '%s\n' "$*" >&2
}

die()
{
    say "vde: $*"
    exit 1
}

# PostgreSQL does not run as root: for root, the work is done by user postgres, or by nobody where there is none.
server_user()
{
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

# as_user COMMAND...: runs it as the user of the server, in the workspace, with the workspace's PostgreSQL.
as_user()
{
    local prefix=()

    if [ "$(id -u)" -eq 0 ]; then
        prefix=(runuser -u "$(server_user)" --)
    fi
    (
        cd "$WORKSPACE"
        HOME=$WORKSPACE PGHOST=$WORKSPACE PGUSER=postgres PGDATABASE=postgres PGPORT=5432 PATH=${BIN:+$BIN:}$PATH \
            exec "${prefix[@]}" "$@"
    )
}

# workspace_create: sets WORKSPACE. A socket's path has room for 107 bytes, so a long TMPDIR will not do.
workspace_create()
{
    local base=${TMPDIR:-/tmp}

    if [ ${#base} -gt 70 ] || [ ! -d "$base" ]; then
        base=/tmp
    fi
    WORKSPACE=$(mktemp -d "${base%/}/vde.XXXXXX")
    BIN=
    if [ "$(id -u)" -eq 0 ]; then
        chown "$(server_user)" "$WORKSPACE"
    fi
    as_user test -w . || die "user $(server_user) cannot work in $WORKSPACE; set TMPDIR to a directory that everybody may enter"
}

# workspace_remove: stops the server, if there is one, and those of a test that was interrupted, and removes everything.
workspace_remove()
{
    local file

    [ -n "${WORKSPACE:-}" ] && [ -d "$WORKSPACE" ] || return 0
    server_stop
    while read -r file; do
        as_user pg_ctl -D "$(dirname "$file")" -m immediate -w -s stop || true
    done < <(find "$WORKSPACE" -name postmaster.pid -not -path "$WORKSPACE/data/*")
    rm -rf "$WORKSPACE"
}

# workspace_source: copies the tree, without what was built in it, to $WORKSPACE/source: the server's user may not be
# able to read the original, and writes results beside the tests.
workspace_source()
{
    as_user mkdir -p source
    tar -C "$ROOT" --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.so' --exclude='*.bc' -cf - . |
        as_user tar -xf - --no-same-owner -C source
}

# workspace_postgresql NAME PG_CONFIG: makes $WORKSPACE/NAME a relocated copy of the installation: programs are copied,
# because they find their files relative to where they stand; everything else is linked. Sets BIN.
workspace_postgresql()
{
    local top=$WORKSPACE/$1 config=$2 bin lib share

    bin=$("$config" --bindir) lib=$("$config" --pkglibdir) share=$("$config" --sharedir)
    as_user mkdir -p "$top$bin" "$top$lib" "$top$share/extension"
    tar -C "$bin" -cf - . | as_user tar -xf - --no-same-owner -C "$top$bin"
    _link_all "$lib" "$top$lib"
    _link_all "$share" "$top$share"
    _link_all "$share/extension" "$top$share/extension"
    _link_dir "$("$config" --includedir)" "$top"
    _link_dir "$("$config" --includedir-server)" "$top"
    BIN=$top$bin
    [ -x "$BIN/pg_config" ] || as_user cp "$config" "$BIN/pg_config"
    [ "$(as_user "$BIN/pg_config" --pkglibdir)" = "$top$lib" ] ||
        die "the PostgreSQL of $config cannot be run from another directory"
}

# Links to the entries of a directory, except to an earlier installation of ours and to what is there already.
_link_all()
{
    # shellcheck disable=SC2016 # the inner shell expands it
    as_user sh -c '
        for entry in "$1"/*; do
            name=${entry##*/}
            case $name in vde.so | vde.control | vde--*) continue ;; esac
            [ -e "$2/$name" ] || ln -s "$entry" "$2/$name"
        done' sh "$1" "$2"
}

_link_dir()
{
    [ -d "$1" ] && [ ! -e "$2$1" ] || return 0
    as_user mkdir -p "$(dirname "$2$1")"
    as_user ln -s "$1" "$2$1"
}

# workspace_build FLAVOUR [MAKE ARGUMENT...]: builds the extension and installs it into the workspace's PostgreSQL.
# Objects are kept in build/ for the next time. The compiler's output is shown if the build fails.
workspace_build()
{
    local tree log=$WORKSPACE/build.log

    tree=$ROOT/build/$1-$("$BIN/pg_config" --version | sed 's/^PostgreSQL //; s/[^0-9a-z.].*//')
    shift
    if ! mkdir -p "$tree" 2>/dev/null || [ ! -w "$tree" ]; then
        tree=$WORKSPACE/build
        mkdir -p "$tree"
    fi
    (
        flock 9
        _copy_changed "$tree"
        make -C "$tree" -j "$(nproc)" PG_CONFIG="$BIN/pg_config" "$@" all >"$log" 2>&1 &&
            make -C "$tree" PG_CONFIG="$BIN/pg_config" "$@" install >>"$log" 2>&1
    ) 9>"$tree.lock" || { cat "$log" >&2; return 1; }
}

# The files that a build needs, with paths relative to the current directory.
_build_files()
{
    find Makefile vde.control src sql bin -type f \( -name '*.[ch]' -o -name '*.map' -o -name '*.sql' ! -name 'vde--*' -o -name 'vde--*--*.sql' -o -name 'vde--0.1.0.sql' \
        -o -path 'bin/*' -o -name Makefile -o -name vde.control \) 2>/dev/null || true
}

# _copy_changed TREE: brings TREE's copies of them up to date.
_copy_changed()
{
    local file

    (cd "$1" && _build_files) | while read -r file; do
        [ -e "$ROOT/$file" ] || rm -f "$1/$file" "$1/${file%.c}.o"
    done
    (cd "$ROOT" && _build_files) | while read -r file; do
        [ "$ROOT/$file" -nt "$1/$file" ] || continue
        mkdir -p "$(dirname "$1/$file")"
        cp -p "$ROOT/$file" "$1/$file"
    done
}

# server_start [SETTING=VALUE...]: initialises and starts the workspace's server.
server_start()
{
    local setting

    as_user initdb -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$WORKSPACE/initdb.log" 2>&1 ||
        { cat "$WORKSPACE/initdb.log" >&2; die "initdb failed"; }
    for setting in "listen_addresses=''" "unix_socket_directories='$WORKSPACE'" "timezone='UTC'" "log_timezone='UTC'" \
        "lc_messages='C'" "jit=off" "max_connections=50" "$@"
    do
        printf '%s\n' "$setting"
    done | as_user tee -a data/postgresql.conf >/dev/null
    as_user pg_ctl -D data -l server.log -w -s start ||
        { cat "$WORKSPACE/server.log" >&2; die "the server did not start"; }
}

server_stop()
{
    [ -f "${WORKSPACE:-}/data/postmaster.pid" ] || return 0
    as_user pg_ctl -D data -m fast -w -s stop || as_user pg_ctl -D data -m immediate -w -s stop || true
}

# find_clang: the name of the newest one that there is, under whichever name
find_clang()
{
    { compgen -c clang || true; } | grep -xE 'clang(-[0-9]+)?' | sort -t- -k2,2n | tail -n 1
}

# python_with PACKAGE==VERSION...: sets PYTHON to that of an environment of our own, kept in build/, which has these.
python_with()
{
    local venv=$ROOT/build/venv status=0

    mkdir -p "$ROOT/build" 2>/dev/null && [ -w "$ROOT/build" ] || venv=$WORKSPACE/venv
    (
        flock 9
        # what is there already is left alone, so that a machine without a network can go on
        "$venv/bin/python" - "$@" 2>/dev/null <<'CHECK' && exit 0
import importlib.metadata, sys
sys.exit(any(importlib.metadata.version(name) != version for name, version in (word.split("==") for word in sys.argv[1:])))
CHECK
        "$venv/bin/python" -c 'import pip' 2>/dev/null || { rm -rf "$venv" && python3 -m venv "$venv"; } || exit 1
        "$venv/bin/pip" install -q --disable-pip-version-check "$@"
    ) 9>"$venv.lock" || status=$?
    PYTHON=$venv/bin/python
    [ $status -eq 0 ] || say "vde: could not install with pip: $*. Is there a network, and a way to pypi.org or to a mirror of it?"
    return $status
}

# tpch_data SCALE: makes $WORKSPACE/tpch
tpch_data()
{
    # it has the generator of TPC-H
    python_with duckdb==1.1.3 || return 1
    "$PYTHON" "$ROOT/scripts/tpch" "$WORKSPACE/tpch.new" "$1" && chmod -R a+rX "$WORKSPACE/tpch.new" &&
        mv "$WORKSPACE/tpch.new" "$WORKSPACE/tpch"
}
