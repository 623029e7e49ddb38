#include "cli/program.hpp"

int main(int argc, char** argv) {
  return atelier::cli::run_program({argv + 1, argv + argc});
}
