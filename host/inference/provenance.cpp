#include "inference/provenance.hpp"

#include <gnu/libc-version.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "base/sha256.hpp"
#include "kernels/bfloat16.hpp"
#include "kernels/fingerprint.hpp"

namespace atelier::inference {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown";
}

}  // namespace

std::string numeric_fingerprint() {
  std::string out = kernels::library_versions();
  out += fmt::format("glibc={}\n", gnu_get_libc_version());
  out += fmt::format("cpu={}\n", cpu_model());
  out += fmt::format("l1d={}\nl2={}\nl3={}\n", sysconf(_SC_LEVEL1_DCACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE),
                     sysconf(_SC_LEVEL3_CACHE_SIZE));
  out += fmt::format("compiler={}\n", __VERSION__);
  return out;
}

std::vector<runlog::Plugin> plugins_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                                       const BuiltModel& model, const std::vector<catalog::Kind>& kinds) {
  std::vector<runlog::Plugin> out;
  const auto add = [&](catalog::Kind kind, const std::string& use) {
    const catalog::Description& from = registry.get(kind, use).description;
    // Whoever reads the log stands somewhere else.
    const std::string path = std::filesystem::absolute(from.plugin_path).lexically_normal().string();
    if (std::ranges::find(kinds, kind) != kinds.end() &&
        std::ranges::find(out, path, &runlog::Plugin::path) == out.end()) {
      out.push_back({from.plugin_name, from.plugin_version, path, Sha256::of_file(path)});
    }
  };
  add(catalog::Kind::model, experiment.model.use);
  for (const ForeignRun& run : model.foreign_runs()) {
    add(catalog::Kind::model, run.model.recipe.model.use);
  }
  for (const auto& [slot, loss] : experiment.losses) {
    add(catalog::Kind::loss, loss.use);
  }
  add(catalog::Kind::optimizer, experiment.optimizer.use);
  for (const auto& [group, optimizer] : experiment.group_optimizers) {
    add(catalog::Kind::optimizer, optimizer.use);
  }
  for (const auto& [name, metric] : experiment.metrics) {
    add(catalog::Kind::metric, metric.use);
  }
  const std::function<void(const experiment::Dataset&)> add_dataset = [&](const experiment::Dataset& dataset) {
    add(catalog::Kind::dataset, dataset.use);
    for (const auto& [name, source] : dataset.sources) {
      add_dataset(*source);
    }
  };
  add_dataset(experiment.dataset);
  return out;
}

runlog::Provenance provenance_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                                 const data::ExperimentData& data, const BuiltModel& model, int threads) {
  using catalog::Kind;
  runlog::Provenance out;
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  out.host = host;
  out.fingerprint = numeric_fingerprint();
  if (experiment.train.precision == experiment::Precision::bf16) {
    out.fingerprint += fmt::format("bfloat16={}\n", kernels::bfloat16_instructions());
  }
  out.threads = threads;
  out.plugins =
      plugins_of(experiment, registry, model, {Kind::model, Kind::loss, Kind::optimizer, Kind::metric, Kind::dataset});
  out.dataset = experiment.dataset.use;
  out.dataset_sha256 = data.hash_of_dataset(threads);
  out.source_revision = "atelier " ATELIER_VERSION;
  return out;
}

}  // namespace atelier::inference
