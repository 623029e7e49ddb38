#!/usr/bin/env bash
# run.sh BUILD TARGET RUNS [OPTION ...]: runs BUILD/bin/fuzz_TARGET on the seeds and on what was found before, then RUNS
# mutations, the same each time. Where ATELIER_FUZZ_SECONDS is set it goes on for so long instead, from
# BUILD/corpus/TARGET, which it enlarges. What is found is left in BUILD/findings. Options are libFuzzer's.
set -euo pipefail
build=$1 target=$2 runs=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)

memory=/dev/shm
if [ ! -w "$memory" ]; then
  memory=${TMPDIR:-/tmp}
fi
scratch=$(mktemp -d -p "$memory")
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch  # where the targets put their files

"$build/bin/make_seeds" "$scratch/seeds"
if [ -n "${ATELIER_FUZZ_SECONDS:-}" ]; then
  corpus=$build/corpus/$target
  options=(-max_total_time="$ATELIER_FUZZ_SECONDS")
else
  corpus=$scratch/corpus
  options=(-seed=1 -runs="$runs" -max_total_time=60)
fi
regressions=$here/regressions/$target
mkdir -p "$corpus" "$scratch/seeds/$target" "$build/findings"
inputs=("$corpus" "$scratch/seeds/$target")
if [ -d "$regressions" ]; then
  inputs+=("$regressions")
fi
"$build/bin/fuzz_$target" -print_final_stats=1 -artifact_prefix="$build/findings/$target-" "${options[@]}" "$@" \
  "${inputs[@]}"
