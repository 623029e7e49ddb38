// Training in a child that is watched.
#pragma once

#include <filesystem>

#include "base/ranks.hpp"
#include "cli/command_line.hpp"
#include "experiment/experiment.hpp"
#include "plugin/registry.hpp"
#include "supervision/child.hpp"

namespace atelier::cli {

enum class Shown {
  all,       // progress, and how it ended
  warnings,  // the rest is for the supervisor to say
};

// Into a new log, as run() and as atelier run FILE; the exit code. With --profile, too. `ranks`: null for this process
// alone.
int train_new(const Arguments& arguments, const plugin::Registry& registry, const experiment::Experiment& experiment,
              const supervision::Link& link, Shown shown, int64_t last_step = std::numeric_limits<int64_t>::max(),
              Ranks* ranks = nullptr);

// Goes on in a log, as atelier resume LOG.
int train_on(const Arguments& arguments, const std::filesystem::path& log, const supervision::Link& link, Shown shown,
             int64_t last_step = std::numeric_limits<int64_t>::max(), Ranks* ranks = nullptr);

}  // namespace atelier::cli
