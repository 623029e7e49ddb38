#include "inference/pytorch_weights.hpp"

#include <fmt/core.h>

#include <vector>

#include "base/error.hpp"
#include "inference/weights_file.hpp"
#include "tensor/pytorch_layers.hpp"

namespace atelier::inference {

std::map<std::string, tensor::Tensor> in_pytorch(const LoggedWeights& weights) {
  std::vector<tensor::NamedShape> ours;
  std::vector<const tensor::Tensor*> values;
  for (const auto* list : {&weights.weights.parameters, &weights.weights.state}) {
    for (const runlog::NamedTensor& entry : *list) {
      ours.push_back({entry.name, entry.value.shape, entry.value.dtype});
      values.push_back(&entry.value);
    }
  }
  std::map<std::string, tensor::Tensor> out;
  for (const tensor::PyTorchTensor& theirs : tensor::pytorch_tensors_of(ours)) {
    std::vector<const tensor::Tensor*> parts;
    for (const size_t place : theirs.ours) {
      parts.push_back(values[place]);
    }
    if (!out.emplace(theirs.theirs.name, to_pytorch(theirs, parts, weights.step)).second) {
      throw Error(ErrorKind::file, "two of the log's weights are called '{}'", theirs.theirs.name);
    }
  }
  return out;
}

LoggedWeights foreign_weights_in(const runlog::Reader& log, size_t index) {
  LoggedWeights out;
  out.weights.parameters = log.foreign_weights(index);
  return out;
}

std::map<std::string, std::string> origin_of_foreign(const runlog::RunDescription& run, size_t index) {
  const runlog::ForeignRun& foreign = run.foreign.at(index);
  std::map<std::string, std::string> out{{"format", "pt"},
                                         {"atelier.format_version", "1"},
                                         {experiment_key, foreign.resolved},
                                         {"atelier.name", foreign.name},
                                         {"atelier.run_id", foreign.run_id},
                                         {"atelier.used_by", run.run_id}};
  if (const std::string data = data_json_in(foreign.resolved); !data.empty()) {
    out[data_key] = data;
  }
  return out;
}

std::map<std::string, std::string> origin_of(const runlog::Reader& log, const LoggedWeights& weights) {
  const runlog::RunDescription& run = log.description();
  std::map<std::string, std::string> out{
      {"format", "pt"},
      {"atelier.format_version", "1"},
      {experiment_key, run.resolved},
      {data_key, to_json(run.data)},
      {"atelier.name", run.name},
      {"atelier.run_id", run.run_id},
      {"atelier.seed", fmt::format("{}", run.seed)},
      {"atelier.created_utc", run.created_utc},
      {"atelier.source_revision", run.provenance.source_revision},
      {"atelier.step", fmt::format("{}", weights.step)},
      {"atelier.weights", weights.are_averages ? "averages of the checkpoint" : std::string(name_of(weights.which))}};
  if (const runlog::Chain chain = log.chain(); chain.there && chain.faults.empty()) {
    out["atelier.log_head"] = chain.head;
  }
  return out;
}

}  // namespace atelier::inference
