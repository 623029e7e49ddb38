#include "check/model_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "check/report.hpp"
#include "check/trial.hpp"

namespace atelier::check {

std::string losses_of(const Workplace& workplace, const catalog::Description& model) {
  std::string out;
  for (const catalog::LossSlot& slot : model.slots) {
    if (!slot.default_loss.empty()) {
      continue;
    }
    const std::vector<catalog::Description> all = workplace.registry.descriptions();
    const auto found = std::ranges::find_if(all, [&](const catalog::Description& loss) {
      const bool needs = std::ranges::any_of(loss.settings, &catalog::SettingDescription::required);
      return loss.kind == catalog::Kind::loss && loss.role == slot.role && !needs;
    });
    if (found == all.end()) {
      throw NotRun(fmt::format("its slot '{}' needs a loss of the role '{}', and there is none", slot.name, slot.role));
    }
    out += fmt::format("[loss.{}]\n{}", slot.name, lines_of(workplace, *found));
  }
  return out;
}

std::string find_data(const Workplace& workplace, Tables& tables) {
  std::string first;
  std::map<std::string, std::string> of_family;  // the first reason
  bool depends_on_sizes = false;
  for (const Data& data : kinds_of_data()) {
    tables.dataset = data.lines;
    const experiment::Experiment experiment = experiment_of(workplace, tables);
    try {
      const Trial trial(experiment, workplace, 1);
      return "on " + data.name;
    } catch (const Error& error) {
      first = first.empty() ? fmt::format("on {}: {}", data.name, error.what()) : first;
      depends_on_sizes |= of_family.emplace(data.family, error.what()).first->second != error.what();
    }
  }
  // A mistake is the same one whatever the sizes are.
  if (depends_on_sizes) {
    throw NotRun(fmt::format("it takes data of other sizes than the check makes; {}", first));
  }
  throw Error(ErrorKind::plugin, "it cannot be built for any data that the check makes; {}", first);
}

}  // namespace atelier::check
