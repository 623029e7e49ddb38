// Weights and checkpoints on their way into a log (views, borrowed for the call) and out of it (owned). Arrays are
// row-major.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/storage.hpp"

namespace atelier::runlog {

struct ArrayView {
  std::string_view name;
  tensor::DType dtype;
  std::span<const std::byte> values;

  ArrayView(std::string_view its_name, std::span<const float> floats)
      : name(its_name), dtype(tensor::DType::f32), values(std::as_bytes(floats)) {}
  ArrayView(std::string_view its_name, std::span<const int64_t> integers)
      : name(its_name), dtype(tensor::DType::i64), values(std::as_bytes(integers)) {}
  ArrayView(std::string_view its_name, tensor::DType its_dtype, const tensor::Storage& storage)
      : name(its_name), dtype(its_dtype), values(storage.data(), storage.size()) {}

  [[nodiscard]] size_t elements() const { return values.size() / tensor::size_of(dtype); }
};

// Every entry that RunDescription declares, in its order.
struct WeightsView {
  std::vector<ArrayView> parameters;
  std::vector<ArrayView> state;
};

// The trainer's own values, under exactly the names that RunDescription declares. NaN for a number that is not known
// yet.
struct TrainerState {
  std::map<std::string, int64_t> counters;
  std::map<std::string, double> numbers;
};

struct CheckpointView {
  int64_t step = 0;
  WeightsView weights;
  std::vector<ArrayView> optimizer;
  TrainerState trainer;
};

struct NamedTensor {
  std::string name;
  tensor::Tensor value;
};

struct Weights {
  std::vector<NamedTensor> parameters;
  std::vector<NamedTensor> state;
};

struct Checkpoint {
  int64_t step = 0;
  int64_t sequence = 0;  // 1 for the first checkpoint of a log
  Weights weights;
  std::vector<NamedTensor> optimizer;
  TrainerState trainer;
};

struct BestWeights {
  int64_t step = 0;
  double value = 0;  // of RunDescription::best_metric
  Weights weights;
};

struct FinalResult {
  int64_t step = 0;
  std::map<std::string, double> summary;
  Weights weights;
};

}  // namespace atelier::runlog
