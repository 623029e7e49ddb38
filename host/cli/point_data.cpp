#include "cli/point_data.hpp"

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "cli/run_options.hpp"
#include "data/experiment_data.hpp"
#include "runlog/reader.hpp"

namespace atelier::cli {
namespace {

bool is_of_data(const experiment::ResolvedValue& value) {
  return value.table == "dataset" || value.table.starts_with("dataset.");
}

bool names_a_file(const experiment::Experiment& experiment) {
  return std::ranges::any_of(experiment.resolved, [&](const experiment::ResolvedValue& value) {
    std::error_code ignored;
    return !is_of_data(value) && value.literal.starts_with('"') &&
           std::filesystem::is_regular_file(experiment.directory / terminal::unquoted(value.literal), ignored);
  });
}

}  // namespace

PointData::PointData(const Arguments& arguments, const plugin::Registry& registry, data::OpenDatasets& datasets)
    : file_(arguments.words.front()),
      registry_(registry),
      environment_(environment_of(arguments, file_)),
      datasets_(datasets) {}

bool PointData::is_that_of(const runlog::Heading& log, const experiment::SweepPoint& point) {
  if (log.status != runlog::Status::finished || !log.uses.empty()) {
    return false;
  }
  try {
    const auto experiment = experiment::load_point(file_, point.overrides, registry_.descriptions());
    const runlog::Reader reader(log.path);
    const runlog::Provenance& from = reader.description().provenance;
    return from.start_file_sha256.empty() && !names_a_file(experiment) &&
           from.dataset_sha256 == datasets_.hash(registry_, data::recipe_of(experiment.dataset), experiment.directory,
                                                 environment_.data_directories, environment_.threads);
  } catch (const plugin::StaleIndex&) {
    throw;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace atelier::cli
