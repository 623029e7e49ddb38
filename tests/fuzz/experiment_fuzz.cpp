// Experiment files and overrides. An input is the file, and after each zero byte an override: what a command line can
// say too, where no zero byte can be.
#include "../unit/experiment_catalog.hpp"
#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "experiment/sweep.hpp"
#include "require.hpp"

namespace {

using namespace atelier;
using namespace atelier::experiment;
using fuzz::require;

struct Input {
  std::string file;
  std::vector<std::string> overrides;
};

Input input_of(std::string_view bytes) {
  std::vector<std::string> parts;
  for (size_t end = 0; end != std::string_view::npos;) {
    end = bytes.find('\0');
    parts.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(bytes.size(), end == std::string_view::npos ? end : end + 1));
  }
  return {parts.front(), {parts.begin() + 1, parts.end()}};
}

// Null where the action throws the one error that is allowed.
template <typename Action>
auto unless_refused(Action&& action) -> std::optional<decltype(action())> {
  try {
    return action();
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::experiment, "an experiment that is refused is an experiment's error");
    require(!std::string_view(error.what()).empty(), "an error says something");
    return std::nullopt;
  }
}

Experiment parse_with(const std::string& text, const std::vector<std::string>& overrides) {
  static const auto known = experiment::testing::catalog();
  return parse(text, "fuzzed.toml", "here", overrides, known);
}

std::optional<Sweep> sweep_with(const std::string& text, const std::vector<std::string>& overrides) {
  static const auto known = experiment::testing::catalog();
  return expand_sweep(text, "fuzzed.toml", "here", {overrides, {}}, known);
}

void check_resolved(const Experiment& parsed) {
  const Experiment again = parse_with(parsed.resolved_text, {});
  require(again.resolved_text == parsed.resolved_text, "the resolved experiment resolves to itself");
  require(flatten(resolved_with_origins(parsed)) == flatten(parsed.resolved_text),
          "origins are comments, and nothing else");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Input input = input_of({reinterpret_cast<const char*>(data), size});
  unless_refused([&] { return flatten(input.file); });
  if (const auto parsed = unless_refused([&] { return parse_with(input.file, input.overrides); })) {
    check_resolved(*parsed);
  }
  unless_refused([&] { return sweep_with(input.file, input.overrides); });
  return 0;
}
