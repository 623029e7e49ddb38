#include "cli/point_data.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "cli/run_options.hpp"
#include "data/experiment_data.hpp"
#include "data/hash.hpp"
#include "runlog/reader.hpp"

namespace atelier::cli {
namespace {

constexpr const char* none_here = "no such data";  // no hash is called so

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

PointData::PointData(const Arguments& arguments, const plugin::Registry& registry)
    : file_(arguments.words.front()), registry_(registry), environment_(environment_of(arguments, file_)) {}

bool PointData::is_that_of(const runlog::Heading& log, const experiment::SweepPoint& point) {
  if (log.status != runlog::Status::finished || !log.uses.empty()) {
    return false;
  }
  try {
    const auto experiment = experiment::load_point(file_, point.overrides, registry_.descriptions());
    const runlog::Reader reader(log.path);
    const runlog::Provenance& from = reader.description().provenance;
    return from.start_file_sha256.empty() && !names_a_file(experiment) && from.dataset_sha256 == hash_of(experiment);
  } catch (const plugin::StaleIndex&) {
    throw;
  } catch (const Error&) {
    return false;
  }
}

const std::string& PointData::hash_of(const experiment::Experiment& experiment) {
  std::string settings;
  for (const experiment::ResolvedValue& value : experiment.resolved) {
    settings += is_of_data(value) ? fmt::format("{}.{}={}\n", value.table, value.key, value.literal) : "";
  }
  const auto [found, is_new] = hashes_.try_emplace(settings, none_here);
  if (is_new) {
    try {
      const plugin::Dataset dataset(registry_, data::recipe_of(experiment.dataset), experiment.directory,
                                    environment_.data_directories);
      found->second = data::hash_of_samples(dataset, environment_.threads);
    } catch (const plugin::StaleIndex&) {
      throw;
    } catch (const Error&) {
    }
  }
  return found->second;
}

}  // namespace atelier::cli
