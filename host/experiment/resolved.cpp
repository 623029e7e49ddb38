#include "experiment/resolved.hpp"

#include <fmt/core.h>

#include <functional>

#include "base/printable.hpp"
#include "experiment/document.hpp"

namespace atelier::experiment {
namespace {

std::string write(const std::vector<ResolvedValue>& values,
                  const std::function<std::string(const ResolvedValue&)>& line) {
  std::string text;
  std::string table;
  for (const auto& value : values) {
    if (value.table != table) {
      table = value.table;
      text += fmt::format("\n[{}]\n", table);
    }
    text += line(value) + "\n";
  }
  return text;
}

std::string origin_text(const Place& origin) {
  if (origin.override_index > 0) {
    return "override " + printable(origin.override_text);
  }
  return origin.line > 0 ? fmt::format("{}:{}", origin.file, origin.line) : "default";
}

void flatten_into(const Node& table, const std::string& path, std::map<std::string, std::string>& values) {
  for (const auto& child : table.children) {
    const std::string key = join_path(path, child.key);
    if (child.kind == Node::Kind::table) {
      flatten_into(child, key, values);
    } else {
      values[key] = literal(child);
    }
  }
}

}  // namespace

std::string write_resolved(const std::vector<ResolvedValue>& values) {
  return write(values, [](const ResolvedValue& value) { return fmt::format("{} = {}", value.key, value.literal); });
}

std::string resolved_with_origins(const Experiment& experiment) {
  return write(experiment.resolved, [](const ResolvedValue& value) {
    const std::string assignment = fmt::format("{} = {}", value.key, value.literal);
    return fmt::format("{:<36}  # {}", assignment, origin_text(value.origin));
  });
}

std::map<std::string, std::string> flatten(std::string_view toml_text, std::string_view name) {
  std::map<std::string, std::string> values;
  flatten_into(parse_document(toml_text, name), "", values);
  return values;
}

}  // namespace atelier::experiment
