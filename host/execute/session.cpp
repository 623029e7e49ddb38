#include "execute/session.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

#include "base/error.hpp"
#include "execute/memory_text.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {
namespace {

RawAttribute integer_attribute(int64_t value) {
  RawAttribute raw{AttributeType::integer, 0, {}};
  raw.integer = value;
  return raw;
}

// Never the same twice in a process, whichever session asks, so that a tensor of another session is recognized.
uint32_t next_generation() {
  static std::atomic<uint32_t> newest{0};
  return ++newest;
}

}  // namespace

Session::Session(Mode mode, DType real, Bank& bank, Executor& executor, Arena& arena, kernels::Precision precision,
                 size_t shards, Ranks* ranks)
    : mode_(mode), bank_(bank), executor_(executor), arena_(arena), recorder_(real), plans_(bank, real) {
  plan_request_.precision = precision;
  plan_request_.shards = shards;
  plan_request_.ranks = ranks;
}

Session::~Session() {
  if (in_flight_ != nullptr) {
    executor_.wait();
  }
}

// ---- Recording

void Session::begin(const StepCounters& counters, const Observation& observation) {
  counters_ = counters;
  observation_ = observation;
  draws_before_ = 0;
  executed_ = nullptr;
  pending().results.entries.clear();
  pending().results.tensors.clear();
  pending().results.finite = true;
  begin_segment();
}

void Session::begin_segment() {
  generation_ = next_generation();
  ++stamp_;
  recorder_.begin();
  std::vector<Operand>& operands = recorder_.operands();
  operands[record::operand_seed].integer = static_cast<int64_t>(counters_.seed);
  operands[record::operand_purpose].integer = static_cast<int64_t>(counters_.purpose);
  operands[record::operand_step].integer = counters_.step;
  operands[record::operand_first_row].integer = counters_.first_row;
  operands[record::operand_ordinal_base].integer = draws_before_;
  pending().bindings.clear();
  pending().constants_used = 0;
}

uint32_t Session::apply(const Operation& operation, std::span<const uint32_t> inputs,
                        std::span<const RawAttribute> attributes, Location location) {
  return recorder_.apply(operation, inputs, attributes, location);
}

uint32_t Session::input(const TensorType& type, const void* data, Location location) {
  return leaf(type, data, plan_request_.shards > 1, location);
}

uint32_t Session::leaf(const TensorType& type, const void* data, bool is_cut, Location location) {
  RawAttribute dims{AttributeType::integers, static_cast<uint32_t>(type.shape.rank()), {}};
  dims.integers = type.shape.dims().data();
  const RawAttribute attributes[] = {integer_attribute(static_cast<int64_t>(type.dtype)), dims,
                                     integer_attribute(is_cut ? 1 : 0)};
  const size_t bytes = static_cast<size_t>(type.shape.elements()) * tensor::size_of(type.dtype);
  const size_t pieces = is_cut ? plan::share_of(plan_request_).own() : 1;
  for (size_t shard = 0; shard < pieces; ++shard) {
    pending().bindings.push_back(static_cast<const std::byte*>(data) + shard * bytes);
  }
  return recorder_.special(special_operation(Special::input), {}, attributes, std::span(&type, 1), location);
}

uint32_t Session::constant(const TensorType& type, const void* data, Location location) {
  Recording& recording = pending();
  const size_t bytes = static_cast<size_t>(type.shape.elements()) * tensor::size_of(type.dtype);
  if (recording.constants.size() == recording.constants_used) {
    recording.constants.emplace_back();
  }
  tensor::Storage& storage = recording.constants[recording.constants_used++];
  if (storage.size() < bytes) {
    storage =
        tensor::take_memory([&] { return fmt::format("{}: the constant, {},", to_string(location), to_string(type)); },
                            less_memory, [&] { return tensor::Storage(bytes); });
  }
  std::copy_n(static_cast<const std::byte*>(data), bytes, storage.data());
  return leaf(type, storage.data(), false, location);
}

uint32_t Session::use(uint32_t parameter) {
  if (current_.size() <= parameter) {
    current_.resize(bank_.parameters.size(), {0, 0});
  }
  auto& [value, stamp] = current_[parameter];
  if (stamp != stamp_) {
    const tensor::Tensor& tensor = bank_.parameters[parameter]->value;
    const TensorType type{tensor.shape, tensor.dtype};
    const RawAttribute index = integer_attribute(parameter);
    value = recorder_.special(special_operation(Special::parameter), {}, std::span(&index, 1), std::span(&type, 1), {});
    stamp = stamp_;
  }
  return value;
}

uint32_t Session::gradient(uint32_t output, std::span<const uint32_t> inputs, Location location) {
  input_scratch_.assign(1, output);
  input_scratch_.insert(input_scratch_.end(), inputs.begin(), inputs.end());
  type_scratch_.clear();
  for (const uint32_t value : inputs) {
    type_scratch_.push_back(type(value));
  }
  return recorder_.special(special_operation(Special::gradient), input_scratch_, {}, type_scratch_, location);
}

void Session::require_loss(uint32_t loss, Location location) const {
  if (type(loss).shape.elements() != 1 || type(loss).dtype != recorder_.real()) {
    throw Error(ErrorKind::shape, "{}: minimize: got a loss of {}, expected a scalar; hint: take its mean or sum",
                to_string(location), to_string(type(loss)));
  }
}

void Session::require_value_of(uint32_t parameter, uint32_t value, Location location) const {
  const tensor::Tensor& tensor = bank_.parameters[parameter]->value;
  const TensorType expected{tensor.shape, tensor.dtype};
  if (!(type(value) == expected)) {
    throw Error(ErrorKind::shape, "{}: assign: '{}' got {}, expected {}", to_string(location),
                bank_.parameters[parameter]->name, to_string(type(value)), to_string(expected));
  }
}

void Session::forget_current(uint32_t parameter) {
  if (parameter < current_.size()) {
    current_[parameter].second = 0;
  }
}

void Session::minimize(size_t group, uint32_t loss, const double* scalars, Location location, double average_share) {
  require_loss(loss, location);
  std::array<RawAttribute, 1 + UpdateRule::max_scalars + 1> attributes{};
  attributes[0] = integer_attribute(static_cast<int64_t>(group));
  for (size_t i = 0; i <= UpdateRule::max_scalars; ++i) {
    attributes[i + 1].type = AttributeType::number;
    attributes[i + 1].number = i < UpdateRule::max_scalars ? scalars[i] : average_share;
  }
  recorder_.special(special_operation(Special::minimize), std::span(&loss, 1), attributes, {}, location);
  std::ranges::for_each(bank_.groups[group].members, [&](uint32_t member) { forget_current(member); });
}

uint32_t Session::group_gradients(size_t group, uint32_t loss, Location location) {
  require_loss(loss, location);
  type_scratch_.clear();
  for (const uint32_t member : bank_.groups[group].members) {
    const tensor::Tensor& tensor = bank_.parameters[member]->value;
    type_scratch_.push_back({tensor.shape, tensor.dtype});
  }
  const RawAttribute index = integer_attribute(static_cast<int64_t>(group));
  return recorder_.special(special_operation(Special::group_gradients), std::span(&loss, 1), std::span(&index, 1),
                           type_scratch_, location);
}

uint32_t Session::gradients_at(size_t group, uint32_t loss, std::span<const uint32_t> values, Location location) {
  const std::vector<uint32_t>& members = bank_.groups[group].members;
  if (values.size() != members.size()) {
    throw Error(ErrorKind::shape, "{}: gradients_at: got {} values, expected one for each of the group's {} parameters",
                to_string(location), values.size(), members.size());
  }
  input_scratch_.assign(1, loss);
  type_scratch_.clear();
  for (size_t i = 0; i < values.size(); ++i) {
    require_value_of(members[i], values[i], location);
    input_scratch_.push_back(values[i]);
    type_scratch_.push_back(type(values[i]));
  }
  const RawAttribute index = integer_attribute(static_cast<int64_t>(group));
  return recorder_.special(special_operation(Special::gradients_at), input_scratch_, std::span(&index, 1),
                           type_scratch_, location);
}

void Session::replace(uint32_t parameter, uint32_t value, double average_share, Location location) {
  require_value_of(parameter, value, location);
  std::array<RawAttribute, 1 + UpdateRule::max_scalars + 1> attributes{};
  attributes[0] = integer_attribute(parameter);
  for (size_t i = 0; i <= UpdateRule::max_scalars; ++i) {
    attributes[i + 1].type = AttributeType::number;
    attributes[i + 1].number = i < UpdateRule::max_scalars ? 0 : average_share;
  }
  recorder_.special(special_operation(Special::replace), std::span(&value, 1), attributes, {}, location);
  forget_current(parameter);
}

void Session::assign(uint32_t parameter, uint32_t value, Location location) {
  require_value_of(parameter, value, location);
  if (bank_.parameters[parameter]->frozen) {
    return;  // here and not in the layers, which don't know what an experiment freezes
  }
  const RawAttribute index = integer_attribute(parameter);
  recorder_.special(special_operation(Special::assign), std::span(&value, 1), std::span(&index, 1), {}, location);
  forget_current(parameter);
}

uint32_t Session::name_number(std::string_view name) {
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) {
      return static_cast<uint32_t>(i);
    }
  }
  names_.emplace_back(name);
  return static_cast<uint32_t>(names_.size()) - 1;
}

void Session::log(std::string_view name, uint32_t value, const uint32_t* count, Location location) {
  const auto check = [&](uint32_t scalar, std::string_view what) {
    if (type(scalar).shape.elements() != 1) {
      throw Error(ErrorKind::shape, "{}: log '{}': the {} must be a scalar, got {}", to_string(location), name, what,
                  to_string(type(scalar)));
    }
  };
  check(value, "value");
  const uint32_t inputs[] = {value, count == nullptr ? 0 : *count};
  if (count != nullptr) {
    check(*count, "count");
  }
  const RawAttribute number = integer_attribute(name_number(name));
  recorder_.special(special_operation(Special::log), std::span(inputs, count == nullptr ? 1 : 2), std::span(&number, 1),
                    {}, location);
}

void Session::annotate(std::string_view name, uint32_t value) {
  const RawAttribute number = integer_attribute(name_number(name));
  recorder_.special(special_operation(Special::annotate), std::span(&value, 1), std::span(&number, 1), {}, {});
}

void Session::expect_finite(uint32_t value) {
  if (type(value).dtype != DType::i64) {
    recorder_.special(special_operation(Special::finite), std::span(&value, 1), {}, {}, {});
  }
}

}  // namespace atelier::execute
