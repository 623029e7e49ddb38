#include "runlog/identity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace atelier::runlog {
namespace {

void add(Identity& identity, const std::string& what, const std::string& value) {
  if (value.empty()) {
    return;
  }
  std::string& known = identity[what];  // two libraries may share a name
  known += (known.empty() ? "" : ", ") + value;
}

}  // namespace

Identity identity_of(const RunDescription& description) {
  const Provenance& from = description.provenance;
  Identity identity;
  add(identity, "data sha256", from.dataset_sha256);
  for (const catalog::FieldSpec& field : description.data.fields) {
    add(identity, "kind of " + field.name, catalog::name_of(field.kind));
    add(identity, "classes of " + field.name, fmt::format("{}", fmt::join(field.class_names, ", ")));
  }
  for (const Plugin& plugin : from.plugins) {
    add(identity, "plugin " + plugin.name, plugin.sha256);
  }
  for (const ForeignRun& run : description.foreign) {
    add(identity, "run " + run.name, run.run_id);
  }
  add(identity, "start run", from.start_run_id);
  add(identity, "start file", from.start_file_sha256);
  for (const Change& change : from.changes) {
    identity.erase(change.what);
    add(identity, change.what, change.now);
  }
  return identity;
}

std::vector<Change> differences(const Identity& was, const Identity& now) {
  std::vector<Change> out;
  for (const auto& [what, value] : was) {
    const auto found = now.find(what);
    if (found == now.end() || found->second != value) {
      out.push_back({0, what, value, found == now.end() ? "" : found->second});
    }
  }
  for (const auto& [what, value] : now) {
    if (!was.contains(what)) {
      out.push_back({0, what, "", value});
    }
  }
  return out;
}

std::string to_text(const Change& change) {
  const auto text = [](const std::string& value) { return value.empty() ? "none" : shortened(value); };
  return fmt::format("{} was {} and is {}", change.what, text(change.was), text(change.now));
}

std::string shortened(const std::string& identity_value) {
  constexpr size_t digits_of_sha256 = 64, digits_shown = 12;
  const bool is_hash = identity_value.size() == digits_of_sha256 &&
                       identity_value.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? identity_value.substr(0, digits_shown) : identity_value;
}

}  // namespace atelier::runlog
