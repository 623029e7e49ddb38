// Whatever of the SDK an author calls with what it cannot take, the error names the author's line; and what plugins may
// record of the host.
#include <atelier/core.hpp>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "ops/operations.hpp"
#include "plugin/core_table.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

// Attempts of plugins/helpers.cpp by name, with their lines.
std::map<std::string, int> attempts() {
  std::ifstream file(HELPERS);
  std::map<std::string, int> out;
  int line = 0;
  const std::regex attempt("^ *ATTEMPT\\(\"([^\"]+)\"");
  for (std::string text; std::getline(file, text);) {
    ++line;
    std::smatch found;
    if (std::regex_search(text, found, attempt)) {
      out[found[1]] = line;
    }
  }
  return out;
}

std::string failure_of(const std::string& helper, const std::string& more = "") {
  return failure("[model]\nuse = \"helpers\"\nconditional = \"label\"\nhelper = \"" + helper + "\"\n" + more);
}

std::string place(int line) {
  return "helpers.cpp:" + std::to_string(line) + ": ";
}

// What an author of the SDK calls: functions and members that take the caller's line, by the header's text. Of an
// overloaded function one name; of a class that is called its own.
std::set<std::string> recording_functions(const fs::path& header) {
  std::ifstream file(header);
  std::set<std::string> out;
  std::string owner;
  bool is_private = false;
  int hidden = 0;  // depth of namespace detail
  const std::regex free_function("^inline [A-Za-z:<>]+ (operator[^ (]+|[a-z_0-9]+)\\((.*)");
  const std::regex member("^  (?:\\[\\[nodiscard\\]\\] )?(?:[A-Za-z:<>]+) (operator\\(\\)|[a-z_0-9]+)\\((.*)");
  const std::regex family("^ATELIER_(?:UNARY|BINARY|REDUCTION)\\(([^,]+), ");
  for (std::string text, next; std::getline(file, text);) {
    std::smatch found;
    if (text.starts_with("namespace detail")) hidden = 1;
    if (text.starts_with("}  // namespace detail")) hidden = 0;
    if (text.starts_with("class ") || text.starts_with("struct ")) {
      owner = std::regex_replace(text, std::regex("^(class|struct) (ATELIER_OWN )?(\\w+).*"), "$3");
      is_private = text.starts_with("class ");
    } else if (text.starts_with("}")) {
      owner.clear();
    } else if (text == " public:") {
      is_private = false;
    } else if (text == " private:" || text == " protected:") {
      is_private = true;
    }
    const auto takes_line = [&](std::string signature) {
      while (signature.find_first_of("{;") == std::string::npos && std::getline(file, next)) {
        signature += next;
      }
      signature = signature.substr(0, signature.find_first_of("{;"));
      return signature.find("At ") != std::string::npos || signature.find("Location at") != std::string::npos;
    };
    if (hidden == 0 && std::regex_search(text, found, family)) {
      out.insert(found[1]);
    } else if (hidden == 0 && owner.empty() && std::regex_search(text, found, free_function)) {
      const std::string name = found[1];
      if (takes_line(text)) out.insert(name);
    } else if (hidden == 0 && !owner.empty() && !is_private && std::regex_search(text, found, member)) {
      const std::string name = found[1] == "operator()" ? owner : owner + "::" + found[1].str();
      if (takes_line(text)) out.insert(name);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("an error in any helper of the SDK is on the line of the author that calls it") {
  for (const auto& [name, line] : attempts()) {
    if (name == "a network in a helper" || name == "a lambda in a Sequential") {
      continue;
    }
    const std::string message = failure_of(name);
    CHECK_MESSAGE(contains(message, place(line)), name << ": " << message);
    CHECK_MESSAGE(!contains(message, ".hpp:"), name << ": " << message);
  }
}

TEST_CASE("a network that a helper hands on keeps its own lines") {
  const std::string message = failure_of("a network in a helper");
  CHECK_MESSAGE(contains(message, place(line_of(HELPERS, "// NETWORK"))), message);
}

TEST_CASE("what an author adds to a Sequential keeps its own lines too") {
  const std::string message = failure_of("a lambda in a Sequential");
  CHECK_MESSAGE(contains(message, place(line_of(HELPERS, "// LAMBDA"))), message);
}

TEST_CASE("every function of the SDK that takes its caller's line is among the attempts") {
  const std::set<std::string> cannot_fail = {"Recording::scalar", "integer",          "Batch::images",
                                             "Batch::labels",     "Step::next_batch", "Evaluation::materialize",
                                             "Recording::read"};
  const std::set<std::string> elsewhere = {"Network",              // calls the author's own code
                                           "Measurement::output",  // of metrics, tests/abi/metrics_test.cpp
                                           "Measurement::generated",
                                           "GroupUpdate::gradients_at",  // of optimizers, tests/abi/contract_test.cpp
                                           "NamedOperation::apply",      // by way of NamedOperation itself, there too
                                           "Sample::fail",
                                           "Source::read",
                                           "GreySource::read"};
  std::set<std::string> tried;
  for (const auto& [name, line] : attempts()) {
    tried.insert(name);
  }
  std::set<std::string> wanted;
  for (const fs::directory_entry& header : fs::directory_iterator(SDK_HEADERS)) {
    wanted.merge(recording_functions(header.path()));
  }
  CHECK(wanted.size() > 120);
  for (const std::string& name : wanted) {
    CHECK_MESSAGE((tried.contains(name) || cannot_fail.contains(name) || elsewhere.contains(name)), name);
  }
}

TEST_CASE("the outermost caller counts, until it returns, on its own thread") {
  const auto line_now = [] { return static_cast<atl_location>(Location("inside", 1)).line; };
  CHECK(line_now() == 1);
  {
    const CalledFrom outer(Location("outer", 2));
    CHECK(line_now() == 2);
    {
      const CalledFrom inner(Location("inner", 3));
      CHECK(line_now() == 2);
      const detail::AuthorsLines authors;
      CHECK(line_now() == 1);
      const CalledFrom nested(Location("nested", 4));
      CHECK(line_now() == 4);
    }
    CHECK(line_now() == 2);
    uint32_t elsewhere = 0;
    std::thread([&] { elsewhere = line_now(); }).join();
    CHECK(elsewhere == 1);
  }
  CHECK(line_now() == 1);
}

TEST_CASE("an operation that nobody has, or that is the host's own, is refused with the nearest public one") {
  const auto check = [](const std::string& attempt, const std::string& words) {
    const std::string message = failure_of(attempt);
    CHECK_MESSAGE(contains(message, words), message);
  };
  check("an operation that nothing has", "this host has no operation 'conv4d/1'; did you mean 'conv2d/1'?");
  check("an operation without a version", "this host has no operation 'tanh'; did you mean 'tanh/1'?");
  check("an internal operation", "'gemm/1' is an operation of the host's own, which no plugin may record");
}

TEST_CASE("only public operations have handles, and another handle records nothing") {
  ops::register_operations();
  const record::OperationRegistry& operations = record::OperationRegistry::instance();
  for (const std::string& name : operations.names()) {
    atl_operation handle = 0;
    const atl_status status = plugin::core_table().operation({name.data(), name.size()}, &handle);
    CHECK_MESSAGE(status == (operations.get(name).is_public() ? ATL_OK : ATL_ERROR_UNSUPPORTED), name);
    CHECK_MESSAGE((operations.by_handle(handle) != nullptr) == operations.get(name).is_public(), name);
  }
  const uint32_t internal = operations.handle(operations.get("gemm/1"));
  const std::string message = failure_of("a forged operation", "handle = " + std::to_string(internal) + "\n");
  CHECK_MESSAGE(contains(message, "got no handle of an operation; hint: core->operation gives them"), message);
}
