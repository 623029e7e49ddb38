#include "cli/process.hpp"
#include "cli/program.hpp"

int main(int argc, char** argv) {
  atelier::cli::prepare_process();
  return atelier::cli::run_program({argv + 1, argv + argc});
}
