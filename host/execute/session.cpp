#include "execute/session.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "base/error.hpp"
#include "execute/memory_text.hpp"
#include "execute/non_finite.hpp"
#include "kernels/failure.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {
namespace {

constexpr const char* less = "a smaller batch, or smaller layers";  // where there is not enough memory

constexpr const char* name_of(Mode mode) {
  return mode == Mode::train      ? "a training step"
         : mode == Mode::evaluate ? "a batch of an evaluation"
                                  : "a batch of samples";
}

constexpr int64_t many_structures = 24;  // more than this many in training are worth a word

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

void copy_bytes(void* to, const void* from, size_t bytes) {
  if (bytes > 0) {  // an empty tensor may have no memory at all
    std::memcpy(to, from, bytes);
  }
}

}  // namespace

Session::Session(Mode mode, DType real, Bank& bank, Executor& executor, Arena& arena)
    : mode_(mode), bank_(bank), executor_(executor), arena_(arena), recorder_(real), plans_(bank, real) {}

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
  RawAttribute dims{AttributeType::integers, static_cast<uint32_t>(type.shape.rank()), {}};
  dims.integers = type.shape.dims().data();
  const RawAttribute attributes[] = {integer_attribute(static_cast<int64_t>(type.dtype)), dims};
  pending().bindings.push_back(data);
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
                            less, [&] { return tensor::Storage(bytes); });
  }
  copy_bytes(storage.data(), data, bytes);
  return input(type, storage.data(), location);
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

// ---- Cuts

void Session::materialize(std::span<uint32_t> values, Location location) {
  if (mode_ == Mode::train) {
    return;  // every value stays valid, and is computed when it is needed
  }
  wait();
  recorder_.end();
  run_now(*plan_for(values, false));
  const Plan& plan = *pending().plan;
  std::vector<tensor::Storage>& kept = materialized_[materialized_turn_++ % 2];
  if (kept.size() < values.size()) {
    kept.resize(values.size());
  }
  std::vector<TensorType> types;
  for (size_t i = 0; i < values.size(); ++i) {
    const PlannedBuffer& buffer = plan.buffers[static_cast<size_t>(plan.outputs[i].buffer)];
    const TensorType& value_type = type(values[i]);
    if (kept[i].size() < buffer.bytes) {
      kept[i] = tensor::take_memory(
          [&] { return fmt::format("{}: a value that is read, {},", to_string(location), to_string(value_type)); },
          less, [&] { return tensor::Storage(buffer.bytes); });
    }
    copy_bytes(kept[i].data(), address_of(buffer, launch_of(pending())), buffer.bytes);
    types.push_back(value_type);
  }
  draws_before_ += recorder_.draws();
  begin_segment();
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = input(types[i], kept[i].data(), location);
  }
}

void Session::read(uint32_t& value, double* out, size_t capacity, Location location) {
  const TensorType value_type = type(value);
  const int64_t elements = value_type.shape.elements();
  if (static_cast<size_t>(elements) > capacity) {
    throw Error(ErrorKind::shape, "{}: read: the tensor has {} elements, there is room for {}", to_string(location),
                elements, capacity);
  }
  refuse_while_running();
  const void* data = leaf_data(value);
  if (data != nullptr) {
    // known already: the batch, a constant, or what was materialized
  } else if (mode_ == Mode::train) {
    cut_training(value, location);
    const Plan& plan = *executed_;
    const int32_t buffer = plan.buffer_of_value[static_cast<size_t>(plan.lowered->values[value].id)];
    data = address_of(plan.buffers[static_cast<size_t>(buffer)], launch_of(pending()));
  } else {
    materialize(std::span(&value, 1), location);
    data = pending().bindings[0];
  }
  for (int64_t i = 0; i < elements; ++i) {
    out[i] = element(data, value_type.dtype, i);
  }
}

// The data behind an input leaf; null for a value that has to be computed.
const void* Session::leaf_data(uint32_t value) const {
  const Tape& tape = *recorder_.tape();
  size_t leaves = 0;
  for (size_t i = 0; i < recorder_.recorded_calls(); ++i) {
    const TapeCall& call = tape.calls[i];
    const bool leaf = call.operation->special == Special::input;
    if (call.output_count > 0 && call.first_output == value) {
      return leaf ? pending().bindings[leaves] : nullptr;
    }
    leaves += leaf ? 1 : 0;
  }
  return nullptr;
}

void Session::refuse_while_running() {
  if (in_flight_ != nullptr && mode_ == Mode::train) {
    refused_read_ = true;
    throw Error(ErrorKind::plugin, "a value is read while the step before still runs");
  }
}

// Runs the recorded part of a training step and keeps all its values, as later gradients may need any of them.
void Session::cut_training(uint32_t value, Location location) {
  if (!warned_of_read_) {
    warned_of_read_ = true;
    warning_ = fmt::format(
        "{}: a value is read in the middle of a training step, which keeps every intermediate value and "
        "cannot overlap; logging it instead costs nothing",
        to_string(location));
  }
  const uint32_t requested[] = {value};
  const Plan* plan = plan_for(requested, true);
  run_now(*plan);
  executed_ = plan;
}

void Session::run_now(const Plan& plan) {
  Recording& recording = pending();
  recording.plan = &plan;
  recording.operands.assign(recorder_.operands().begin(), recorder_.operands().end());
  launch(recording, nullptr);
  executor_.wait();
  kernels::throw_failed_run();
  collect(launch_of(recording), false, recording.results);
}

// ---- Plans

const Plan* Session::plan_for(std::span<const uint32_t> requested, bool keep_all) {
  plan_request_.tape = recorder_.tape();
  plan_request_.calls = recorder_.recorded_calls();
  plan_request_.requested.assign(requested.begin(), requested.end());
  plan_request_.observation = observation_;
  plan_request_.executed = executed_;
  plan_request_.keep_all = keep_all;
  const int64_t made = plans_.made();
  const Plan& plan = tensor::take_memory(
      [&] { return std::string(name_of(mode_)) + ", all of whose values are kept as one of them is read,"; }, less,
      [&]() -> const Plan& { return plans_.get(plan_request_, in_flight_ == nullptr ? nullptr : in_flight_->plan); });
  if (plans_.made() > made) {
    if (const std::string lack = tensor::lack_of_memory(bytes_of(bank_) + plan.own.size() + plan.arena_bytes);
        !lack.empty()) {
      throw Error(ErrorKind::memory, "{} {}: {}; hint: {}", name_of(mode_), lack, memory_text(plan, bank_), less);
    }
  }
  if (plans_.made() > made && mode_ == Mode::train && recorder_.misses() > many_structures && !warned_of_misses_) {
    warned_of_misses_ = true;
    warning_ = fmt::format(
        "{}: the structure of the training step keeps changing ({} so far), and each change is planned "
        "anew; hint: pass numbers that change as scalars, not as shapes or settings",
        to_string(recorder_.miss_location()), recorder_.misses());
  }
  return &plan;
}

void Session::end(std::span<const uint32_t> requested) {
  recorder_.end();
  Recording& recording = pending();
  recording.plan = plan_for(requested, false);
  recording.operands.assign(recorder_.operands().begin(), recorder_.operands().end());
}

// ---- Running

Launch Session::launch_of(const Recording& recording) {
  const Plan& plan = *recording.plan;
  return {&plan,
          tensor::take_memory([&] { return fmt::format("{} ({})", name_of(mode_), memory_text(plan, bank_)); }, less,
                              [&] { return arena_.reserve(plan.arena_bytes); }),
          recording.operands.data(),
          recording.bindings.data(),
          &bank_,
          profile_,
          false};
}

void Session::start(const Background* background) {
  ATELIER_CHECK(in_flight_ == nullptr);
  in_flight_ = &pending();
  ++recorded_;
  launch(*in_flight_, background);
}

void Session::launch(const Recording& recording, const Background* background) {
  const Plan& plan = *recording.plan;
  Launch launch = launch_of(recording);
  launch.same_weights = plan.weights_version == bank_.version;
  plan.weights_version = bank_.version;
  bank_.version += plan.writes ? 1 : 0;
  executor_.start(launch, background);
}

const StepResults& Session::wait() {
  if (in_flight_ != nullptr) {
    executor_.wait();
    Recording& done = *std::exchange(in_flight_, nullptr);
    kernels::throw_failed_run();
    collect(launch_of(done), true, done.results);
  }
  return recordings_[(recorded_ + 1) % 2].results;
}

std::string Session::find_non_finite() {
  ATELIER_CHECK(in_flight_ == nullptr);
  const Recording& recording = pending();
  bank_.version += recording.plan->writes ? 1 : 0;
  return execute::find_non_finite(executor_, launch_of(recording));
}

std::string Session::take_warning() {
  return std::exchange(warning_, {});
}

}  // namespace atelier::execute
