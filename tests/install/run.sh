#!/usr/bin/env bash
# Installs the build into a folder of its own, builds the examples as foreign projects against what was installed,
# and runs them. Usage: run.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder/prefix" >/dev/null
mkdir "$folder/bin"
for example in hello sweep filter watch; do
  cp -r "$source/examples/$example" "$folder/$example"   # outside of the tree: nothing but the prefix is found
  cmake -S "$folder/$example" -B "$folder/build-$example" -G Ninja -DCMAKE_PREFIX_PATH="$folder/prefix" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror ${NIAS_TEST_CXX_FLAGS:-}" >/dev/null
  cmake --build "$folder/build-$example" >/dev/null
  cp "$folder/build-$example/$example" "$folder/bin/"
done
NIAS_EXAMPLES=$folder/bin NIAS_BIN=$folder/prefix/bin PYTHONPATH=$source/tests/process PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 "$source/tests/install/examples_test.py" -v

# A version that is not there is refused with the one that is; the one that is there is taken.
version=$(sed -n 's/^project(nias VERSION \([0-9.]*\).*/\1/p' "$source/CMakeLists.txt")
finds() {
  rm -rf "$folder/finder" && mkdir "$folder/finder"
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(finder LANGUAGES CXX)\nfind_package(nias %s REQUIRED)\n' "$1" \
    >"$folder/finder/CMakeLists.txt"
  cmake -S "$folder/finder" -B "$folder/finder/build" -G Ninja -DCMAKE_PREFIX_PATH="$folder/prefix" >"$folder/said" 2>&1
}
fail() { echo "$1"; cat "$folder/said"; exit 1; }
finds "${version%.*}" || fail "find_package(nias ${version%.*}) does not find $version"
! finds 99 || fail "find_package(nias 99) finds $version"
grep -q "version \"99\"" "$folder/said" && grep -q "version: $version" "$folder/said" || fail "the refusal of 99 does not name $version"

# pkg-config finds the same.
PKG_CONFIG_PATH=$(dirname "$(find "$folder/prefix" -name nias.pc)") pkg-config --cflags --libs nias | grep -q -- -lnias
# The installed programs start.
"$folder/prefix/bin/nias" --version
