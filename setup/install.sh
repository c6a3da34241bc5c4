#!/bin/sh
# Puts a sealgate whose checksum is known on PATH.
#
# SETUP_VERSION, SETUP_URL and SETUP_CHECKSUM are the inputs of the action. What runs later is a copy of the job's own: the tool
# cache is shared with other jobs, and what is in it is checked each time.
set -eu
umask 022

releases=https://github.com/sealgate/sealgate/releases/download
table=$(dirname "$0")/checksums.txt
work=
keep=

# Whatever happens, nothing unchecked is left behind.
clean() { [ -z "$work" ] || [ -n "$keep" ] || rm -rf "$work"; }
trap clean EXIT
trap 'exit 1' HUP INT TERM

# A text for a line of the log: it begins no line of its own, and says nothing to the runner.
plain() { printf '%s' "$1" | tr '\000-\037\177' ' ' | sed 's/%/%25/g'; }
fail() {
    printf '::error title=sealgate setup::%s\n' "$(plain "$1")"
    exit 1
}
warn() { printf '::warning title=sealgate setup::%s\n' "$(plain "$1")"; }

has() { command -v "$1" >/dev/null 2>&1; }

# platform : the system and the processor, as binaries are named
platform() {
    case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=macos ;;
    *) fail "there is no sealgate for $(uname -s): use a runner with Linux or macOS" ;;
    esac
    case $(uname -m) in
    x86_64 | amd64) processor=x86_64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no sealgate for the processor $(uname -m): use x86-64 or arm64" ;;
    esac
    platform=$system-$processor
}

# from_table : the address and the checksum of a version, by default of the last in the table
from_table() {
    [ -n "$version" ] || version=$(awk -v end="-$platform" '
        !/^#/ && NF == 2 && index($2, "sealgate-") == 1 {
            at = length($2) - length(end) + 1
            if (at > 0 && substr($2, at) == end) found = substr($2, 10, at - 10)
        }
        END { print found }' "$table")
    [ -n "$version" ] || fail "there is no release of sealgate for $platform that this action knows: give the inputs url and checksum"
    name=sealgate-$version-$platform
    checksum=$(awk -v name="$name" '!/^#/ && $2 == name { print $1 }' "$table")
    [ -n "$checksum" ] || fail "this action has no checksum of $name: take another version of the action, or give the inputs url and checksum"
    url=$releases/v$version/$name
}

# check_checksum : 64 hexadecimal digits, and nothing else
check_checksum() {
    checksum=$(printf '%s' "${checksum#sha256:}" | tr 'A-F' 'a-f')
    case $checksum in
    *[!0-9a-f]*) digits=0 ;;
    *) digits=${#checksum} ;;
    esac
    [ "$digits" = 64 ] || fail "the input checksum is not a SHA-256: expected 64 hexadecimal digits, got \"$checksum\""
}

# is_loopback ADDRESS : whether an http address is of this machine. No user name can pretend to be the host.
is_loopback() {
    authority=${1#http://}
    authority=${authority%%[/?#]*}
    case $authority in
    *[!0-9a-z.:\[\]]*) return 1 ;;
    127.0.0.1 | 127.0.0.1:* | localhost | localhost:* | '[::1]' | '[::1]:'*) return 0 ;;
    *) return 1 ;;
    esac
}

check_url() {
    case $url in
    *[[:space:][:cntrl:]]*) fail 'the input url has spaces or line breaks: give one https address' ;;
    https://?*) secure=1 ;;
    http://*)
        is_loopback "$url" || fail "the input url is not https: $url; http is for servers of this machine alone"
        secure=
        ;;
    *) fail "the input url is not an https address: $url" ;;
    esac
}

# fetch TO : what is at the address. The checksum decides what it is worth.
fetch() {
    if has curl; then
        set -- --fail --silent --show-error --globoff --connect-timeout 20 --max-time 600 --retry 2 --output "$1" --url "$url"
        if [ -n "$secure" ]; then
            curl --proto '=https' --proto-redir '=https' --location --max-redirs 5 "$@"
        else
            curl --proto '=http' --noproxy '*' "$@"
        fi
    elif [ -n "$secure" ]; then
        wget -q -T 60 -O "$1" "$url"
    else
        http_proxy='' wget -q -T 60 -O "$1" "$url"
    fi
}

# sum_of FILE : its SHA-256
sum_of() {
    if has sha256sum; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d' ' -f1
}

# take_cached : a copy of what an earlier job left, if it is still what was checked then
take_cached() {
    [ -n "$cached" ] && [ -f "$cached" ] && [ ! -L "$cached" ] || return 1
    cp "$cached" "$binary" || return 1
    [ "$(sum_of "$binary")" = "$checksum" ] && return 0
    warn "what the tool cache has for sealgate is not what was put there: $cached; it is fetched again"
    rm -f "$binary"
    return 1
}

# fill_cache : leaves a copy for later jobs; whole, or not at all
fill_cache() {
    [ -n "$cached" ] || return 0
    new=$cached.$$
    mkdir -p "${cached%/*}" && cp "$binary" "$new" && mv -f "$new" "$cached" && return 0
    rm -f "$new"
    warn "the tool cache cannot be written to: $cached; the next job fetches sealgate again"
}

version=${SETUP_VERSION:-}
version=${version#v}
url=${SETUP_URL:-}
checksum=${SETUP_CHECKSUM:-}

case $version in
*[!0-9A-Za-z.+-]*) fail "the input version is not a version, such as 1.2.3: $version" ;;
esac
for name in GITHUB_PATH GITHUB_OUTPUT RUNNER_TEMP; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || fail "$name is not set: this script is a part of the action sealgate/sealgate/setup"
done
has curl || has wget || fail 'neither curl nor wget is here: install one of them before this step'
has sha256sum || has shasum || fail 'neither sha256sum nor shasum is here: install one of them before this step'
platform
if [ -n "$url" ] && [ -n "$checksum" ]; then
    :
elif [ -z "$url" ] && [ -z "$checksum" ]; then
    from_table
else
    fail 'the inputs url and checksum belong together: give both, or none of them'
fi
check_checksum
check_url

work=$(mktemp -d "$RUNNER_TEMP/sealgate-XXXXXXXX")
binary=$work/sealgate
cached=
[ -z "${RUNNER_TOOL_CACHE:-}" ] || cached=$RUNNER_TOOL_CACHE/sealgate/sha256-$checksum/$platform/sealgate

if take_cached; then
    from='the tool cache'
else
    fetch "$binary" || fail "sealgate cannot be fetched from $url; what curl or wget said is above"
    [ -f "$binary" ] || fail "nothing came from $url"
    sum=$(sum_of "$binary")
    [ "$sum" = "$checksum" ] || fail "what came from $url is not what was asked for: its SHA-256 is $sum, expected $checksum"
    from=$url
    fill_cache
fi

chmod 0755 "$work" "$binary"
told=$("$binary" --version) || fail "what came from $from does not run here ($platform): is it the binary for another system?"
told=${told#sealgate }
case $told in
'' | *[!0-9A-Za-z.+-]*) fail "what came from $from is not sealgate: it says of itself \"$told\"" ;;
esac
[ -z "$version" ] || [ "$told" = "$version" ] || fail "what came from $from is sealgate $told, expected $version"

printf '%s\n' "$work" >>"$GITHUB_PATH"
printf 'path=%s\nversion=%s\n' "$binary" "$told" >>"$GITHUB_OUTPUT"
keep=1
printf 'sealgate %s from %s\n' "$told" "$from" | tr '\000-\011\013-\037\177' ' '
