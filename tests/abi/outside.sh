#!/bin/sh
# Installs the SDK into an empty prefix and builds the template against it, as an author outside this tree does.
# usage: outside.sh CMAKE GENERATOR BUILD_TREE TEMPLATE WORK_FOLDER
set -eu
cmake=$1 generator=$2 build=$3 template=$4 work=$5
rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --component sdk --prefix "$work/prefix" >"$work/install.log"
test -f "$work/prefix/share/atelier/template/model/model.cpp"
"$cmake" -S "$template" -B "$work/build" -G "$generator" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log"
"$cmake" --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
test -f "$work/build/my-model.so"
