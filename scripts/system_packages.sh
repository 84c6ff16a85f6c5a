#!/usr/bin/env bash
# Install those of the named programs that are missing, where apt-get may; elsewhere say what to install.
#
#     scripts/system_packages.sh git sqlite3 strace
#
# Each program has the name of its Debian package.
set -euo pipefail

missing=()
for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(uname -s)" != Linux ]; then
    echo "Not installed: ${missing[*]}. Tests that need them are skipped here." >&2
    exit 0
fi

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
    echo "Installing ${missing[*]} …"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "Not installed: ${missing[*]}. Install them (Debian, Ubuntu: sudo apt-get install ${missing[*]}) and try again." >&2
    exit 1
fi
