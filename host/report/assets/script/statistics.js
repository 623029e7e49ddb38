// Groups of runs that differ in their seeds alone.

function statisticsSection() {
  return [];
}
