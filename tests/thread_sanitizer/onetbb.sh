#!/usr/bin/env bash
# Builds oneTBB with the thread sanitizer, from the source package of the version that Debian has installed here. The
# sanitizer sees what a library does only where the library was compiled with it; with Debian's own oneTBB each hand-over
# from thread to thread would look like a race, or a race like one of its hand-overs.
#   onetbb.sh FOLDER    FOLDER/lib/cmake/TBB is there afterwards; nothing is done where it is of this version already
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
making=$folder/making
version=$(dpkg-query -W -f='${source:Version}' libtbb-dev)
wanted="onetbb $version, $(c++ --version | head -n 1)"

# The machine's own package sources, as sources of source packages; its configuration and its lists stay as they are.
apt_get() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$making/apt/sources" \
    -o Dir::State::Lists="$making/apt/lists" -o Dir::Cache="$making/apt/cache" "$@"
}

fetch() {
  mkdir -p "$making"/apt/{sources,lists/partial,cache/archives/partial}
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [ -f "$file" ]; then
      sed -n -E 's/^deb(-src)?[[:space:]]/deb-src /p' "$file" >"$making/apt/sources/$(basename "$file")"
    fi
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ]; then
      sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$making/apt/sources/$(basename "$file")"
    fi
  done
  apt_get update
  (cd "$making" && apt_get source "onetbb=$version") || {
    echo "onetbb $version: Debian's archive has another version of its source; hint: apt-get install --only-upgrade libtbb-dev libtbb12" >&2
    exit 1
  }
}

# The library alone: without its tests, its allocator, and what binds threads to cores.
build() {
  cmake -G Ninja -S "$making"/onetbb-*/ -B "$making/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_INSTALL_LIBDIR=lib -DTBB_SANITIZE=thread -DTBB_STRICT=OFF \
    -DTBB_TEST=OFF -DTBBMALLOC_BUILD=OFF -DTBB_DISABLE_HWLOC_AUTOMATIC_SEARCH=ON
  cmake --build "$making/build" --target install
}

if [ "$(cat "$folder/built" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "${folder:?}"/*
  fetch
  build
  rm -rf "$making"
  printf '%s\n' "$wanted" >"$folder/built"
fi
