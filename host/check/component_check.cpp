#include "check/component_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "check/dataset_check.hpp"
#include "check/loss_check.hpp"
#include "check/metric_check.hpp"
#include "check/model_check.hpp"
#include "check/operation_check.hpp"
#include "check/optimizer_check.hpp"
#include "ops/operations.hpp"
#include "plugin/library_file.hpp"
#include "plugin/library_symbols.hpp"

namespace atelier::check {
namespace {

constexpr const char* entry_point = "atelier_plugin";

// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t most = 3;
  const size_t shown = std::min(names.size(), most);
  const std::string list =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", "));
  return shown == names.size() ? list : fmt::format("{} and {} more", list, names.size() - shown);
}

void check_exports(const plugin::LibrarySymbols& symbols) {
  std::vector<std::string> others = symbols.exported;
  if (std::erase(others, entry_point) == 0) {
    throw Error(ErrorKind::plugin,
                "it does not export its entry point '{}'; hint: end the source with ATELIER_MODEL, ATELIER_LOSS, "
                "ATELIER_OPTIMIZER, ATELIER_DATASET, ATELIER_METRIC or ATELIER_OPERATION, and link it with a version "
                "script that lets it through",
                entry_point);
  }
  if (!others.empty()) {
    throw Error(ErrorKind::plugin,
                "it exports more than its entry point: {}; hint: build it with atelier_add_plugin(), or with "
                "-fvisibility=hidden and the linker's --version-script=atelier-plugin.map: another library's symbol of "
                "the same name could take its place",
                some_of(others));
  }
}

void check_imports(const plugin::LibrarySymbols& symbols) {
  std::vector<std::string> of_host;
  std::ranges::copy_if(symbols.imported, std::back_inserter(of_host), [](const std::string& name) {
    return name.starts_with("atelier::") || name.starts_with("atl_") || name.starts_with("atelier_") ||
           name.find(" atelier::") != std::string::npos;
  });
  if (!of_host.empty()) {
    throw Error(ErrorKind::plugin,
                "it wants symbols of the program: {}; hint: the program exports none, all that a plugin may call comes "
                "with the table that connect gives; a function of your own that is missing here is in a source that "
                "was not compiled in",
                some_of(of_host));
  }
}

std::vector<catalog::Description> loaded(const std::filesystem::path& library) {
  const plugin::Registry registry({library});
  if (!registry.refusals().empty()) {
    std::string reason = registry.refusals().front().reason;
    const std::string begin = library.string() + ": ";
    throw Error(ErrorKind::plugin, reason.starts_with(begin) ? reason.substr(begin.size()) : reason);
  }
  return registry.descriptions_of_logs();
}

}  // namespace

std::string subject_of(const catalog::Description& component) {
  return fmt::format("{} '{}'", name_of(component.kind), component.name);
}

std::vector<catalog::Description> check_library(const std::filesystem::path& library, Listener& listener) {
  ops::register_operations();  // so that no plugin's takes the name of one
  Report report("the library", listener);
  const bool readable = report.run("file", [&] {
    plugin::check_library(library);
    return std::string("a shared library for this machine");
  });
  if (!readable) {
    return {};
  }
  plugin::LibrarySymbols symbols;
  if (report.run("symbols", [&] {
        symbols = plugin::symbols_of(library);
        return fmt::format("{} exported, {} imported", symbols.exported.size(), symbols.imported.size());
      })) {
    report.run("exports", [&] {
      check_exports(symbols);
      return fmt::format("{}, and nothing else", entry_point);
    });
    report.run("imports", [&] {
      check_imports(symbols);
      return std::string("nothing of the program's");
    });
    report.run("shares nothing", [&] {
      if (!symbols.unique.empty()) {
        throw Error(ErrorKind::plugin,
                    "it has variables that are one for the whole process: {}; hint: build it with "
                    "atelier_add_plugin(), or link it with --version-script=atelier-plugin.map",
                    some_of(symbols.unique));
      }
      return std::string("no variable is one for the whole process");
    });
  }
  std::vector<catalog::Description> components;
  report.run("loads", [&] {
    components = loaded(library);
    std::vector<std::string> names;
    std::ranges::transform(components, std::back_inserter(names), subject_of);
    return fmt::format("{}", fmt::join(names, ", "));
  });
  return components;
}

void check_component(const catalog::Description& component, const Workplace& workplace, Listener& listener) {
  Report report(subject_of(component), listener);
  switch (component.kind) {
    case catalog::Kind::model:
      return check_model(report, workplace, component);
    case catalog::Kind::loss:
      return check_loss(report, workplace, component);
    case catalog::Kind::optimizer:
      return check_optimizer(report, workplace, component);
    case catalog::Kind::dataset:
      return check_dataset(report, workplace, component);
    case catalog::Kind::metric:
      return check_metric(report, workplace, component);
    case catalog::Kind::operation:
      return check_operation(report, workplace, component);
    case catalog::Kind::unknown:
      report.run("interface", [&]() -> std::string {
        throw NotRun(fmt::format("'{}' is for a newer atelier", component.interface_name));
      });
  }
}

}  // namespace atelier::check
