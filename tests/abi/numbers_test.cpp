// int64 tensors and what makes and orders them, through the SDK: plugins/numbers.cpp logs what is checked here.
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

TEST_CASE("numbers: every function of the SDK gives what its operation gives, on the types that it is given") {
  const Run run = train(
      "[model]\nuse = \"numbers\"\n[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.05\n"
      "[train]\nsteps = 3\nbatch_size = 16\n[evaluate]\nevery = 3\n");
  const char* names[] = {"add",       "sub",         "mul",      "neg",    "abs",         "divided",      "remainder",
                         "clamped",   "chosen",      "parity",   "arange", "arange.down", "arange.empty", "integer",
                         "drawn",     "permutation", "cut",      "sorted", "places",      "top",          "gathered",
                         "scattered", "sums",        "products", "half",   "power",       "product",      "variance",
                         "deviation", "logsumexp",   "angle"};
  for (const char* name : names) {
    CHECK_MESSAGE(run.train(name) == std::vector<double>(3, 0.0), name);
  }
}
