#include "step_file.hpp"

#include <fmt/format.h>

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "kernels/random.hpp"

namespace atelier {
namespace {

std::string described(std::string_view name, std::string_view type, const tensor::Shape& shape) {
  const auto dims = shape.dims();
  return fmt::format(R"({{"name": "{}", "type": "{}", "shape": [{}]}})", name, type,
                     fmt::join(dims.begin(), dims.end(), ", "));
}

std::string list(const std::vector<std::string>& entries) {
  return fmt::format("[{}]", fmt::join(entries, ", "));
}

using Fill = void (*)(std::span<float> row, const kernels::RandomKey& key, const kernels::RandomPosition& position);

struct Draw {
  Fill fill;
  tensor::Shape shape;
};

// Of a call that draws. A mask of dropout is as large as what it drops.
Draw draw_of(const record::Tape& tape, const record::TapeCall& call) {
  static const std::map<std::string_view, Fill> fills{{"random_normal/1", kernels::normal_host},
                                                      {"random_uniform/1", kernels::uniform_host},
                                                      {"bernoulli/1", kernels::uniform_host},
                                                      {"categorical/1", kernels::uniform_host},
                                                      {"dropout/1", kernels::uniform_host}};
  const auto found = fills.find(call.operation->name);
  if (found == fills.end()) {
    throw Error(ErrorKind::usage, "the steps draw by {}, which other programs cannot repeat yet", call.operation->name);
  }
  const uint32_t like = call.input_count > 0 ? tape.inputs_of(call)[0] : call.first_output;
  return {found->second, tape.values[like].shape};
}

}  // namespace

StepFile::StepFile(const std::string& path) : file_(path, std::ios::binary) {
  if (!file_) {
    throw Error(ErrorKind::file, "{} cannot be written", path);
  }
}

std::string StepFile::add_parameters(const record::Bank& bank) {
  std::vector<std::string> out;
  for (const auto& parameter : bank.parameters) {
    append(parameter->value.storage.data(), parameter->value.bytes());
    out.push_back(described(parameter->name, name_of(parameter->value.dtype), parameter->value.shape));
  }
  return list(out);
}

std::string StepFile::add_batch(const data::TrainingBatches& batches) {
  std::vector<std::string> out;
  for (const plugin::BatchField& field : batches.fields()) {
    append(field.data, static_cast<size_t>(field.type.shape.elements()) * tensor::size_of(field.type.dtype));
    out.push_back(described(field.name, name_of(field.type.dtype), field.type.shape));
  }
  return list(out);
}

std::string StepFile::add_draws(const record::Recorder& recorder, uint64_t seed, int64_t step) {
  std::vector<std::string> out;
  kernels::RandomPosition position{.step = static_cast<uint64_t>(step)};
  for (const record::TapeCall& call : std::span(recorder.tape()->calls).first(recorder.recorded_calls())) {
    if (!call.operation->draws) {
      continue;
    }
    const Draw draw = draw_of(*recorder.tape(), call);
    const int64_t rows = draw.shape.rank() == 0 ? 1 : draw.shape[0];
    std::vector<float> row(static_cast<size_t>(draw.shape.elements() / rows));
    for (int64_t r = 0; r < rows; ++r) {
      position.row = static_cast<uint64_t>(r);
      draw.fill(row, {seed, purpose_training}, position);
      append(row.data(), row.size() * sizeof(float));
    }
    out.push_back(described(call.operation->name, "float32", draw.shape));
    ++position.ordinal;
  }
  return list(out);
}

void StepFile::append(const void* data, size_t bytes) {
  file_.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  if (!file_) {
    throw Error(ErrorKind::file, "the steps' file cannot be written to");
  }
}

}  // namespace atelier
