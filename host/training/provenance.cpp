#include "training/provenance.hpp"

#include <gnu/libc-version.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "base/sha256.hpp"
#include "kernels/fingerprint.hpp"

namespace atelier::training {
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

void add_plugin(const plugin::Registry& registry, catalog::Kind kind, const std::string& use,
                std::set<std::string>& seen, std::vector<runlog::Plugin>& out) {
  const catalog::Description& description = registry.get(kind, use).description;
  if (seen.insert(description.plugin_path).second) {
    out.push_back({description.plugin_name, description.plugin_version, description.plugin_path,
                   Sha256::of_file(description.plugin_path)});
  }
}

// Of all files in order; "" for data that is made and not read.
std::string hash_of_files(const std::vector<std::string>& files) {
  if (files.empty()) {
    return "";
  }
  Sha256 hash;
  for (const std::string& file : files) {
    const std::string one = Sha256::of_file(file);
    hash.update(one.data(), one.size());
  }
  return hash.finish();
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

runlog::Provenance provenance_of(Setup& setup, const plugin::Registry& registry, int threads) {
  const experiment::Experiment& experiment = setup.experiment;
  runlog::Provenance out;
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  out.host = host;
  out.fingerprint = numeric_fingerprint();
  out.threads = threads;
  std::set<std::string> seen;
  add_plugin(registry, catalog::Kind::model, experiment.model.use, seen, out.plugins);
  for (const auto& [slot, loss] : experiment.losses) {
    add_plugin(registry, catalog::Kind::loss, loss.use, seen, out.plugins);
  }
  add_plugin(registry, catalog::Kind::optimizer, experiment.optimizer.use, seen, out.plugins);
  for (const auto& [group, optimizer] : experiment.group_optimizers) {
    add_plugin(registry, catalog::Kind::optimizer, optimizer.use, seen, out.plugins);
  }
  for (const auto& [name, metric] : experiment.metrics) {
    add_plugin(registry, catalog::Kind::metric, metric.use, seen, out.plugins);
  }
  for (const experiment::Dataset* dataset = &experiment.dataset; dataset != nullptr; dataset = dataset->source.get()) {
    add_plugin(registry, catalog::Kind::dataset, dataset->use, seen, out.plugins);
  }
  out.dataset = experiment.dataset.use;
  out.dataset_sha256 = hash_of_files(setup.data.spec().files);
  out.source_revision = "atelier " ATELIER_VERSION;
  return out;
}

}  // namespace atelier::training
