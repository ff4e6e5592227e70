#!/bin/bash
# tools.sh PROGRAM...: makes sure that programs are there. Where one is missing and this is root on a system
# with apt, its package is installed; otherwise it is named, with the package, and the exit status is 1.
set -u

package_of() {
    case $1 in
        gcc | cc | make | g++ | valgrind | python3 | pkg-config | perl | git) echo "$1" ;;
        strip | readelf | nm) echo binutils ;;
        redis-benchmark) echo redis-tools ;;
        xmllint) echo libxml2-utils ;;
        sort) echo coreutils ;;
        *) echo "$1" ;;
    esac
}

missing() {
    local program
    for program in "$@"; do
        command -v "$program" > /dev/null 2>&1 || echo "$program"
    done
}

absent=$(missing "$@")
[ -z "$absent" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    packages=$(for program in $absent; do package_of "$program"; done | sort -u)
    export DEBIAN_FRONTEND=noninteractive
    echo "tools: installing" $packages
    # One package at a time: a name that this release of the system does not know must not keep the others away.
    if timeout 120 apt-get update -qq > /dev/null 2>&1; then
        for package in $packages; do
            timeout 300 apt-get install -y -qq --no-install-recommends "$package" > /dev/null 2>&1 ||
                echo "tools: could not install $package" >&2
        done
    else
        echo "tools: the package lists cannot be read, going on with what is there" >&2
    fi
fi

absent=$(missing "$@")
[ -z "$absent" ] && exit 0
for program in $absent; do
    echo "tools: $program is missing (package $(package_of "$program"))" >&2
done
exit 1
