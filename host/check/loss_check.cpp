#include "check/loss_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "check/recording_check.hpp"
#include "check/trial.hpp"

namespace atelier::check {

void check_loss(Report& report, const Workplace& workplace, const catalog::Description& loss) {
  Tables tables;
  const bool built = report.run("is built", [&] {
    const std::vector<std::string> roles{"adversarial", "reconstruction", "divergence", "classification"};
    if (std::ranges::find(roles, loss.role) == roles.end()) {
      throw Error(ErrorKind::plugin, "its role is '{}', expected {}{}", loss.role, one_of(roles),
                  did_you_mean(loss.role, roles));
    }
    tables.dataset = kinds_of_data().front().lines;
    tables.model = fmt::format("use = \"check-{}\"\n", loss.role);
    tables.more = fmt::format("[loss.loss]\n{}", lines_of(workplace, loss));
    const experiment::Experiment experiment = experiment_of(workplace, tables);
    const Trial trial(experiment, workplace, 1);
    return fmt::format("in a linear model, on {}", kinds_of_data().front().name);
  });
  if (built) {
    check_recording(report, workplace, tables);
  }
}

}  // namespace atelier::check
