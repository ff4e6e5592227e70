#!/bin/bash
# Installs into temporary folders, builds the example with what the pkg-config file says, dynamically and
# statically, runs it, uninstalls, and makes sure that nothing is left.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
make=${MAKE:-make}
cc=${CC:-gcc}
example=$root/c-tests/link/example.c
[ -f "$example" ] || example=$root/c-tests/link/install_example.c

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_PRELOAD LD_LIBRARY_PATH DESTDIR PREFIX LIBDIR INCLUDEDIR MAKEFLAGS MAKEOVERRIDES

fail() {
    echo "install: $*" >&2
    exit 1
}

quiet() {
    "$@" > "$work/log" 2>&1 || {
        cat "$work/log" >&2
        fail "failed: $*"
    }
}

version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)

# 1. The files of a staged installation (DESTDIR), with a library folder of its own.
stage=$work/stage
places=(PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu INCLUDEDIR=/usr/include/pig DESTDIR="$stage")
quiet "$make" --no-print-directory install "${places[@]}"
found=$(cd "$stage" && find . ! -type d | sort)
expected=$(sort << LIST
./usr/include/pig/pigalloc.h
./usr/lib/x86_64-linux-gnu/libpigalloc.a
./usr/lib/x86_64-linux-gnu/libpigalloc.so
./usr/lib/x86_64-linux-gnu/libpigalloc.so.0
./usr/lib/x86_64-linux-gnu/libpigalloc.so.$version
./usr/lib/x86_64-linux-gnu/pkgconfig/pigalloc.pc
LIST
)
[ "$found" = "$expected" ] || fail "installed files differ:"$'\n'"$(diff <(echo "$expected") <(echo "$found"))"
grep -rqF "$work" "$stage" && fail "DESTDIR has found its way into a file"
grep -q '@[A-Z]*@' "$stage/usr/lib/x86_64-linux-gnu/pkgconfig/pigalloc.pc" && fail "pigalloc.pc has open places"
quiet "$make" --no-print-directory uninstall "${places[@]}"
left=$(find "$stage" ! -type d)
[ -z "$left" ] || fail "uninstall has left $left"

# 2. A real prefix: build and run.
prefix=$work/prefix
quiet "$make" --no-print-directory install PREFIX="$prefix"
[ "$(readlink -f "$prefix/lib/libpigalloc.so")" = "$(readlink -f "$prefix/lib/libpigalloc.so.$version")" ] ||
    fail "libpigalloc.so does not lead to libpigalloc.so.$version"

if command -v pkg-config > /dev/null 2>&1; then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    [ "$(pkg-config --modversion pigalloc)" = "$version" ] || fail "pkg-config tells another version"
    flags=$(pkg-config --cflags --libs pigalloc)
    static_flags=$(pkg-config --static --cflags --libs pigalloc)
else
    echo "install: pkg-config is not installed (package pkg-config): reading pigalloc.pc without it"
    field() { sed -n "s|^$1: *||p" "$prefix/lib/pkgconfig/pigalloc.pc" |
        sed -e "s|\${libdir}|$prefix/lib|g" -e "s|\${includedir}|$prefix/include|g"; }
    flags="$(field Cflags) $(field Libs)"
    static_flags="$flags $(field Libs.private)"
fi

# Flags are lists of words, so they stand unquoted below.
build() {
    local program=$work/$1
    shift
    quiet "$cc" -O2 -Wall -Wextra -pthread -o "$program" "$example" "$@"
}

run() {
    "$@" > "$work/out" 2>&1 || {
        cat "$work/out" >&2
        fail "exit status not 0: $*"
    }
}

build dynamic $flags
run env LD_LIBRARY_PATH="$prefix/lib" "$work/dynamic"
LC_ALL=C readelf -dW "$work/dynamic" | grep -q 'NEEDED.*\[libpigalloc\.so\.0\]' ||
    fail "the dynamic example does not need libpigalloc.so.0"

# The archive by its name in a program that is otherwise dynamic: -lpigalloc would take the shared object.
build archive "-I$prefix/include" "$prefix/lib/libpigalloc.a"
run "$work/archive"

programs=archive
forms="dynamically and with the archive"
if echo 'int main(void) { return 0; }' | "$cc" -static -x c -o "$work/empty" - 2> /dev/null; then
    build static -static $static_flags
    run "$work/static"
    LC_ALL=C readelf -lW "$work/static" | grep -q INTERP && fail "the static example asks for a loader"
    programs="archive static"
    forms="dynamically, with the archive, and statically"
else
    echo "install: there is no static libc here, so no wholly static program is built"
fi

# The allocator inside is pigalloc's, and libc's is not there beside it.
for program in $programs; do
    LC_ALL=C nm "$work/$program" | grep -q ' T pig_version$' || fail "$program holds no pigalloc"
    LC_ALL=C nm "$work/$program" | grep -q ' [tT] _int_malloc$' && fail "$program holds libc's malloc too"
done

quiet "$make" --no-print-directory uninstall PREFIX="$prefix"
left=$(find "$prefix" ! -type d)
[ -z "$left" ] || fail "uninstall has left $left"
echo "install: six files; the example runs linked $forms; nothing is left"
