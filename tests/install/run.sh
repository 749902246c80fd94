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
for example in hello sweep filter watch acquisition retry window isolated; do
  cp -r "$source/examples/$example" "$folder/$example"   # outside of the tree: nothing but the prefix is found
  cmake -S "$folder/$example" -B "$folder/build-$example" -G Ninja -DCMAKE_PREFIX_PATH="$folder/prefix" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror ${NIAS_TEST_CXX_FLAGS:-}" >/dev/null
  cmake --build "$folder/build-$example" >/dev/null
  cp "$folder/build-$example/$example" "$folder/bin/"
done
export NIAS_EXAMPLES=$folder/bin NIAS_BIN=$folder/prefix/bin PYTHONPATH=$source/tests/process PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 "$source/tests/install/examples_test.py" -v
if [ ! -e "$folder/prefix/lib/libnias.so" ] || [ -n "${NIAS_TEST_CXX_FLAGS:-}" ]; then
  echo "the C header is not tested: Python loads a shared library only, and none that wants a sanitizer in the program"
  exit 0
fi
NIAS_PREFIX=$folder/prefix NIAS_SOURCE=$source /usr/bin/python3 "$source/tests/install/c_test.py" -v
