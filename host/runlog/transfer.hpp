// Inside this room only: what is read of a log, put into a channel and taken out of it.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "runlog/chain.hpp"
#include "runlog/channel.hpp"
#include "runlog/description.hpp"
#include "runlog/rows.hpp"
#include "runlog/weights.hpp"
#include "tensor/storage.hpp"

namespace atelier::runlog {

// All members of each struct. A binding that names too few of them, as after one was added, does not compile.
inline auto fields(MetricColumn& of) {
  auto& [name, units, better, help] = of;
  return std::tie(name, units, better, help);
}
inline auto fields(Cadence& of) {
  auto& [name, metrics, split] = of;
  return std::tie(name, metrics, split);
}
inline auto fields(SampleSeries& of) {
  auto& [name, count, dims, kind, field] = of;
  return std::tie(name, count, dims, kind, field);
}
inline auto fields(TensorSeries& of) {
  auto& [name, shape, axes] = of;
  return std::tie(name, shape, axes);
}
inline auto fields(Entry& of) {
  auto& [name, shape, dtype] = of;
  return std::tie(name, shape, dtype);
}
inline auto fields(ForeignRun& of) {
  auto& [name, run_id, resolved, weights] = of;
  return std::tie(name, run_id, resolved, weights);
}
inline auto fields(Plugin& of) {
  auto& [name, version, path, sha256] = of;
  return std::tie(name, version, path, sha256);
}
inline auto fields(catalog::FieldSpec& of) {
  auto& [name, dtype, dims, classes, low, high, class_names, kind, as_bytes, channel_names, rate, length_field] = of;
  return std::tie(name, dtype, dims, classes, low, high, class_names, kind, as_bytes, channel_names, rate,
                  length_field);
}
inline auto fields(catalog::DataSpec& of) {
  auto& [all, train_count, test_count, files] = of;
  return std::tie(all, train_count, test_count, files);
}
inline auto fields(Change& of) {
  auto& [step, what, was, now] = of;
  return std::tie(step, what, was, now);
}
inline auto fields(Provenance& of) {
  auto& [host, fingerprint, threads, plugins, dataset, dataset_sha256, start_run_id, start_file_sha256, start_left_out,
         changes, source_revision] = of;
  return std::tie(host, fingerprint, threads, plugins, dataset, dataset_sha256, start_run_id, start_file_sha256,
                  start_left_out, changes, source_revision);
}
inline auto fields(RunDescription& of) {
  auto& [run_id, name, seed, tags, created_utc, source, resolved, overrides, directory, provenance, data, cadences,
         samples, tensors, foreign, parameters, state, optimizer, counters, numbers, best_metric, summary] = of;
  return std::tie(run_id, name, seed, tags, created_utc, source, resolved, overrides, directory, provenance, data,
                  cadences, samples, tensors, foreign, parameters, state, optimizer, counters, numbers, best_metric,
                  summary);
}
inline auto fields(TimingSeries& of) {
  auto& [steps, wall_seconds, samples_per_second] = of;
  return std::tie(steps, wall_seconds, samples_per_second);
}
inline auto fields(CadenceColumns& of) {
  auto& [steps, epochs, metrics, timing] = of;
  return std::tie(steps, epochs, metrics, timing);
}
inline auto fields(NamedTensor& of) {
  auto& [name, value] = of;
  return std::tie(name, value);
}
inline auto fields(Weights& of) {
  auto& [parameters, state] = of;
  return std::tie(parameters, state);
}
inline auto fields(TrainerState& of) {
  auto& [counters, numbers] = of;
  return std::tie(counters, numbers);
}
inline auto fields(Checkpoint& of) {
  auto& [step, sequence, weights, optimizer, trainer] = of;
  return std::tie(step, sequence, weights, optimizer, trainer);
}
inline auto fields(BestWeights& of) {
  auto& [step, value, weights] = of;
  return std::tie(step, value, weights);
}
inline auto fields(FinalResult& of) {
  auto& [step, summary, weights] = of;
  return std::tie(step, summary, weights);
}

inline auto fields(Chain& of) {
  auto& [there, faults, links, rows, later_rows, dropped, step, head] = of;
  return std::tie(there, faults, links, rows, later_rows, dropped, step, head);
}

template <typename T>
concept Number = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <typename T>
concept Struct = requires(T& value) {
  fields(value);
};

void put(Channel& channel, const std::string& text);
void take(Channel& channel, std::string& text);
void put(Channel& channel, const tensor::Shape& shape);
void take(Channel& channel, tensor::Shape& shape);
void put(Channel& channel, const tensor::Tensor& values);
void take(Channel& channel, tensor::Tensor& values);

template <Number T>
void put(Channel& channel, T value) {
  channel.put(&value, sizeof(T));
}
template <Number T>
void take(Channel& channel, T& value) {
  channel.take(&value, sizeof(T));
}

// The others, declared together since they contain each other.
template <typename T>
void put(Channel& channel, std::vector<T>& values);
template <typename T>
void take(Channel& channel, std::vector<T>& values);
template <typename T>
void put(Channel& channel, std::map<std::string, T>& values);
template <typename T>
void take(Channel& channel, std::map<std::string, T>& values);
template <typename T>
void put(Channel& channel, std::optional<T>& value);
template <typename T>
void take(Channel& channel, std::optional<T>& value);

template <Struct T>
void put(Channel& channel, T& value) {
  std::apply([&](auto&... members) { (put(channel, members), ...); }, fields(value));
}
template <Struct T>
void take(Channel& channel, T& value) {
  std::apply([&](auto&... members) { (take(channel, members), ...); }, fields(value));
}

template <typename T>
void put(Channel& channel, std::vector<T>& values) {
  put(channel, values.size());
  if constexpr (Number<T>) {
    channel.put(values.data(), values.size() * sizeof(T));
  } else {
    for (T& value : values) {
      put(channel, value);
    }
  }
}

// Grows with what has come, and not by what is announced: a process that ran into a damaged file may announce anything.
template <typename T>
void take(Channel& channel, std::vector<T>& values) {
  size_t count = 0;
  take(channel, count);
  values.clear();
  while (values.size() < count) {
    if constexpr (Number<T>) {
      constexpr size_t most = (size_t{1} << 20) / sizeof(T);
      const size_t have = values.size();
      const size_t more = std::min(count - have, std::max(most, have));
      values.resize(have + more);
      channel.take(values.data() + have, more * sizeof(T));
    } else {
      take(channel, values.emplace_back());
    }
  }
}

template <typename T>
void put(Channel& channel, std::map<std::string, T>& values) {
  put(channel, values.size());
  for (auto& [name, value] : values) {
    put(channel, name);
    put(channel, value);
  }
}
template <typename T>
void take(Channel& channel, std::map<std::string, T>& values) {
  size_t count = 0;
  take(channel, count);
  for (size_t i = 0; i < count; ++i) {
    std::string name;
    take(channel, name);
    take(channel, values[name]);
  }
}

template <typename T>
void put(Channel& channel, std::optional<T>& value) {
  put(channel, value.has_value());
  if (value) {
    put(channel, *value);
  }
}
template <typename T>
void take(Channel& channel, std::optional<T>& value) {
  bool has = false;
  take(channel, has);
  if (has) {
    take(channel, value.emplace());
  }
}

}  // namespace atelier::runlog
