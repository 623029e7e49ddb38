// make_log PATH [CLOCK]: writes a log as a run of 1200 steps would, for the tests that read it with other programs.
// CLOCK, in seconds a step, is all in which two such logs may differ.
#include <cstdio>
#include <cstdlib>

#include "runlog_example.hpp"

int main(int argc, char** argv) {
  using namespace atelier::runlog;
  if (argc < 2) {
    std::fputs("usage: make_log PATH [CLOCK]\n", stderr);
    return 2;
  }
  try {
    RunDescription run = example::description();
    run.created_utc = argc > 2 ? "2026-02-01T12:00:00Z" : run.created_utc;
    Writer log = Writer::create(argv[1], run);
    example::write_foreign(log);
    example::write_steps(log, 0, 1200, argc > 2 ? std::strtod(argv[2], nullptr) : 0.001);
    example::finish(log, 1200);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
