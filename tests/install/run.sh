#!/usr/bin/env bash
# Installs the build into a folder of its own, builds another project against what was installed, and runs it.
# Usage: run.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder/prefix" >/dev/null
cp -r "$source/examples/hello" "$folder/hello"   # outside of the tree: nothing but the prefix is found
cmake -S "$folder/hello" -B "$folder/build" -G Ninja -DCMAKE_PREFIX_PATH="$folder/prefix" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror ${NIAS_TEST_CXX_FLAGS:-}" >/dev/null
cmake --build "$folder/build" >/dev/null
"$folder/build/hello" 100000
# pkg-config finds the same.
PKG_CONFIG_PATH=$(dirname "$(find "$folder/prefix" -name nias.pc)") pkg-config --cflags --libs nias | grep -q -- -lnias
# The installed programs start.
"$folder/prefix/bin/nias" --version
