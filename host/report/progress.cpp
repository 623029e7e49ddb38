#include "report/progress.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/error.hpp"
#include "compare/nan.hpp"
#include "runlog/reader.hpp"

namespace atelier::report {
namespace {

using compare::nan;

double number_setting(const compare::RunSummary& run, const std::string& key) {
  const auto found = run.settings.find(key);
  try {
    return found == run.settings.end() ? nan : std::stod(found->second);
  } catch (const std::logic_error&) {
    return nan;
  }
}

// Of the newest row of training.
double epoch_of(const std::filesystem::path& path) {
  try {
    const runlog::Reader log(path);
    for (const runlog::Cadence& cadence : log.description().cadences) {
      if (cadence.name == "train" && !cadence.metrics.empty()) {
        const std::vector<double> epochs = log.metric(cadence.name, cadence.metrics.front().name).epochs;
        return epochs.empty() ? 0 : epochs.back();
      }
    }
  } catch (const Error&) {  // it is being written, or was removed
  }
  return nan;
}

}  // namespace

double progress_of(const compare::RunSummary& run) {
  if (run.state == compare::State::finished) {
    return 1;
  }
  if (run.state != compare::State::running) {
    return nan;
  }
  const double steps = number_setting(run, "train.steps"), epochs = number_setting(run, "train.epochs");
  const double part = steps > 0    ? static_cast<double>(run.steps) / steps
                      : epochs > 0 ? epoch_of(run.path) / epochs
                                   : nan;
  return std::clamp(part, 0.0, 1.0);
}

}  // namespace atelier::report
