#!/bin/bash
# Prove that Placa installs from nothing: a fresh Debian 12 with git and make, in a folder of its own.
#
#   scripts/bare-debian.sh [--keep] [--check | --run-only] [FOLDER]
#
# Makes a Debian root with debootstrap, clones this checkout's HEAD into it, runs `make run` until the portal
# answers, ends it, starts it again, then runs `make test`; prints how long each took. --check runs
# `make check` in place of all that, --run-only leaves the tests out, --keep keeps the root.
#
# Needs root. Mirrors, proxies, certificates and package settings are those of the machine it runs on.
set -euo pipefail

keep= mode=full root=
for argument in "$@"; do
    case $argument in
    --keep) keep=yes ;;
    --check) mode=check ;;
    --run-only) mode=run ;;
    -*) sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 2 ;;
    *) root=$argument ;;
    esac
done
[ "$(id -u)" = 0 ] || { echo "Only root can make a Debian root." >&2 && exit 1; }
cd "$(dirname "$0")/.."
checkout=$PWD
root=${root:-$(mktemp -d -t placa-bare-XXXXXX)}
mkdir -p "$root" && root=$(cd "$root" && pwd)
release=bookworm
server=

say() { printf '\n== %s\n' "$*"; }

timed() { # timed NAME COMMAND...: run it and remember how long it took
    local name=$1 start=$SECONDS status=0
    shift
    say "$name"
    "$@" || status=$?
    times+=("$(printf '%5d s  %s%s' $((SECONDS - start)) "$name" "$([ $status = 0 ] || echo "  (FAILED: $status)")")")
    return $status
}
times=()

cleanup() {
    local status=$?
    trap - EXIT INT TERM
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    for process in /proc/[0-9]*; do # whatever still runs inside would hold the mounts
        if [ "$(readlink "$process/root" 2>/dev/null)" = "$root" ]; then kill -KILL "${process#/proc/}" 2>/dev/null || true; fi
    done
    for mount in $(awk -v root="$root/" 'index($2, root) == 1 { print $2 }' /proc/mounts | tac); do
        for _ in 1 2 3 4 5; do
            umount "$mount" 2>/dev/null && break || sleep 1
        done
    done
    if [ -z "$keep" ] && ! grep -q " $root/" /proc/mounts; then rm -rf --one-file-system "$root"; fi
    [ ${#times[@]} = 0 ] || { say "Times" && printf '%s\n' "${times[@]}"; }
    exit $status
}
trap cleanup EXIT INT TERM

mirror() { # the mirror from which this machine takes its own Debian packages
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' |
        awk -v release=$release '$2 == release && $3 == "main" { print $1; exit }'
}

make_root() {
    command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null
    local from log
    from=$(mirror)
    log=$(mktemp)
    debootstrap --variant=minbase --include=git,make $release "$root" ${from:+"$from"} >"$log" 2>&1 ||
        { tail -20 "$log" && return 1; }
    rm -f "$log"
    for path in proc sys dev dev/pts dev/shm; do mount --bind "/$path" "$root/$path"; done
}

copy() { # copy PATH...: from this machine into the root, where there is such a thing
    local path
    for path in "$@"; do
        [ -e "$path" ] || continue
        mkdir -p "$root$(dirname "$path")"
        cp -aLT "$path" "$root$path"
    done
}

local_folders() { # folders that pip is told to look into; an index's files lie beside it
    { pip config list 2>/dev/null || true; } | grep -oE "(file://|[= '])/[A-Za-z0-9_./-]+" | sed 's#^file://##; s#^[^/]*##' |
        sort -u | while read -r path; do
        [ -d "$path" ] || continue
        case $path in /*/*/*) path=$(dirname "$path") ;; esac
        echo "$path"
    done | sort -u
}

bring_settings() { # how this machine reaches its package registries
    rm -f "$root/etc/apt/sources.list"
    copy /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/auth.conf.d /etc/apt/preferences.d /etc/apt/keyrings \
        /etc/apt/trusted.gpg.d /usr/share/keyrings /etc/resolv.conf /etc/hosts
    apt-config dump | grep -E '^Acquire::(Check|http|https|Retries|ForceIPv4)' >"$root/etc/apt/apt.conf.d/99bare" || true
    copy /etc/pip.conf "$HOME/.config/pip" "$HOME/.pip" "$HOME/.config/uv" /etc/uv \
        /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc "$HOME/.npmrc"
    copy /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates
    local_folders | while read -r path; do
        mkdir -p "$root$path"
        mount --bind -o ro "$path" "$root$path"
    done
    env | grep -E '^(PIP_|UV_|NPM_CONFIG_|npm_config_|NODE_EXTRA_|SSL_CERT_|REQUESTS_|CURL_CA_|GIT_SSL_)|^[A-Za-z]+_(proxy|PROXY)=' \
        >"$root/etc/bare-environment" || true
}

inside() { # inside COMMAND: run it in the clone, with nothing of this shell's environment
    local settings=()
    mapfile -t settings <"$root/etc/bare-environment"
    exec chroot "$root" /usr/bin/env -i "${settings[@]}" HOME=/root LANG=C.UTF-8 TERM=dumb CI="${CI:-}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /bin/sh -euc "cd /placa && $1" </dev/null
}

clone() {
    git clone -q --no-hardlinks "$checkout" "$root/placa"
    [ ! -d "$checkout/../shared/data" ] || { mkdir -p "$root/shared" && cp -a "$checkout/../shared/data" "$root/shared/"; }
}

free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

serve() { # start `make run` and wait until the portal answers
    local http dicom deadline=$((SECONDS + 1800))
    http=$(free_port) dicom=$(free_port)
    (inside "PLACA_HTTP_PORT=$http PLACA_DICOM_PORT=$dicom exec make run") &
    server=$!
    until python3 - "http://127.0.0.1:$http/readyz" 2>/dev/null <<'PYTHON'; do
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=5)
PYTHON
        kill -0 $server 2>/dev/null || { echo "make run ended by itself" >&2 && return 1; }
        [ $SECONDS -lt $deadline ] || { echo "no answer within half an hour" >&2 && return 1; }
        sleep 0.5
    done
    echo "The portal answers."
}

end() { # end it as Ctrl-C would: a signal to make and everything that it started
    local children
    children=$(pgrep -P "$server" || true)
    # shellcheck disable=SC2086
    kill -INT $children "$server" 2>/dev/null || true
    wait "$server" || true
    server=
}

timed "Debian $release root" make_root
bring_settings
clone
case $mode in
check) timed "make check" bash -c "$(declare -f inside); root='$root'; inside 'make check'" ;;
*)
    timed "make run, first start" serve
    timed "Ctrl-C" end
    timed "make run, second start" serve
    timed "Ctrl-C" end
    [ $mode = run ] || timed "make test" bash -c "$(declare -f inside); root='$root'; inside 'make test'"
    ;;
esac
