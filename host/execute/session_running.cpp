// What a session records becomes plans, and plans run: at the end of a recording, or before, where a value is read.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/error.hpp"
#include "execute/memory_text.hpp"
#include "execute/non_finite.hpp"
#include "execute/session.hpp"
#include "kernels/failure.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {
namespace {

constexpr const char* name_of(Mode mode) {
  return mode == Mode::train      ? "a training step"
         : mode == Mode::evaluate ? "a batch of an evaluation"
                                  : "a batch of samples";
}

constexpr int64_t many_structures = 24;  // more than this many in training are worth a word

}  // namespace

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
          less_memory, [&] { return tensor::Storage(buffer.bytes); });
    }
    std::copy_n(static_cast<const std::byte*>(address_of(buffer, launch_of(pending()))), buffer.bytes, kept[i].data());
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
  refuse_in_shards(value, location);
  refuse_while_running();
  const void* data = leaf_of(value).data;
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

Session::Leaf Session::leaf_of(uint32_t value) const {
  const Tape& tape = *recorder_.tape();
  size_t bindings = 0;
  for (size_t i = 0; i < recorder_.recorded_calls(); ++i) {
    const TapeCall& call = tape.calls[i];
    const bool is_leaf = call.operation->special == Special::input;
    const bool is_cut = is_leaf && record::is_cut(tape, call);
    if (call.output_count > 0 && call.first_output == value) {
      return is_leaf ? Leaf{pending().bindings[bindings], is_cut} : Leaf{};
    }
    bindings += is_cut ? plan::share_of(plan_request_).own() : is_leaf ? 1 : 0;
  }
  return {};
}

void Session::refuse_in_shards(uint32_t value, Location location) const {
  if (plan_request_.shards == 1) {
    return;
  }
  const Leaf leaf = leaf_of(value);
  if (leaf.data == nullptr || leaf.is_cut) {
    throw Error(
        ErrorKind::experiment,
        "{}: a value is read in a training step of {} shards, each of which has another; hint: [train] shards = "
        "1, or a model that logs the value instead",
        to_string(location), plan_request_.shards);
  }
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
      [&] { return std::string(name_of(mode_)) + ", all of whose values are kept as one of them is read,"; },
      less_memory,
      [&]() -> const Plan& { return plans_.get(plan_request_, in_flight_ == nullptr ? nullptr : in_flight_->plan); });
  if (plans_.made() > made) {
    if (const std::string lack = tensor::lack_of_memory(bytes_of(bank_) + plan.own.size() + plan.arena_bytes);
        !lack.empty()) {
      throw Error(ErrorKind::memory, "{} {}: {}; hint: {}", name_of(mode_), lack, memory_text(plan, bank_),
                  less_memory);
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
          tensor::take_memory([&] { return fmt::format("{} ({})", name_of(mode_), memory_text(plan, bank_)); },
                              less_memory, [&] { return arena_.reserve(plan.arena_bytes); }),
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
