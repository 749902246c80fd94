#!/usr/bin/env bash
# Runs a test program as an ordinary user where this one is root: as_ordinary_user.sh PROGRAM [ARGUMENT...]
# The program is copied to a place of that user's own, since a checkout may lie where only root can look.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || exec "$@"
readonly user=65534
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp "$1" "$place/program"
cp "$(dirname "$0")/../../../support/image_root.py" "$place"
mkdir "$place/tmp"
chown -R $user:$user "$place"
cd "$place"
TMPDIR=$place/tmp NIAS_IMAGE_ROOT=$place/image_root.py setpriv --reuid=$user --regid=$user --clear-groups "$place/program" "${@:2}"
