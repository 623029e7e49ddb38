#include "execute/non_finite.hpp"

#include <algorithm>

#include "kernels/finite.hpp"

namespace atelier::execute {
namespace {

// Which values went bad, and which step made each. A value may well be infinite and harmless, as the logarithm of 0
// behind a mask is, so the search goes back from a value that has to be finite: to an input that is not, to what made
// that, and so on, up to what was made bad of finite ones.
class Search {
 public:
  explicit Search(const Launch& launch)
      : launch_(launch),
        plan_(*launch.plan),
        bad_(plan_.buffers.size(), 0),
        seen_(plan_.buffers.size(), 0),
        maker_(plan_.buffers.size(), nullptr),
        expected_(plan_.buffers.size(), 0) {
    for (const record::Value& value : plan_.lowered->expected_finite) {
      if (const int32_t buffer = plan_.buffer_of_value[static_cast<size_t>(value.id)]; buffer >= 0) {
        expected_[static_cast<size_t>(buffer)] = 1;
      }
    }
  }

  // Looks at a step that has run; false where it found the culprit.
  bool look_at(const Step& step) {
    for (const int32_t input : step.inputs) {
      look_at_value(input, nullptr);
    }
    for (const int32_t output : step.outputs) {
      seen_[static_cast<size_t>(output)] = 0;
      look_at_value(output, &step);
      if (is_bad(output) && expected_[static_cast<size_t>(output)] != 0) {
        found_ = origin(output);
      }
    }
    for (const int32_t output : step.outputs) {
      if (plan_.buffers[static_cast<size_t>(output)].residence == Residence::parameter && found_.empty()) {
        look_at_new_version(step, output);
      }
    }
    return found_.empty();
  }

  // What the recording was asked to show, where nothing that had to be finite was bad.
  void look_at_outputs() {
    for (const plan::PlanOutput& output : plan_.outputs) {
      if (found_.empty() && is_bad(output.buffer)) {
        found_ = origin(output.buffer);
      } else if (found_.empty() && output.count_buffer >= 0 && is_bad(output.count_buffer)) {
        found_ = origin(output.count_buffer);
      }
    }
  }

  [[nodiscard]] const std::string& found() const { return found_; }

 private:
  [[nodiscard]] bool is_bad(int32_t buffer) const { return bad_[static_cast<size_t>(buffer)] != 0; }

  void look_at_value(int32_t index, const Step* maker) {
    const auto i = static_cast<size_t>(index);
    if (seen_[i] == 0) {
      const PlannedBuffer& buffer = plan_.buffers[i];
      seen_[i] = 1;
      maker_[i] = maker;
      bad_[i] = kernels::all_finite(address_of(buffer, launch_), buffer.description.dtype,
                                    buffer.description.shape.elements())
                    ? 0
                    : 1;
    }
  }

  // An update or an assignment: of a bad gradient or value, or one that is bad itself.
  void look_at_new_version(const Step& step, int32_t output) {
    const record::Parameter& parameter =
        *launch_.bank->parameters[static_cast<size_t>(plan_.buffers[static_cast<size_t>(output)].index)];
    const auto is_bad_slot = [](const tensor::Storage& slot) {
      return !kernels::all_finite(slot.data(), DType::f32, static_cast<int64_t>(slot.size() / sizeof(float)));
    };
    if (is_bad(step.inputs[1])) {
      found_ = origin(step.inputs[1]);
    } else if (is_bad(output)) {
      found_ = fmt::format("the new value of '{}', of a finite gradient", parameter.name);
    } else if (std::ranges::any_of(parameter.slots, is_bad_slot)) {
      found_ = fmt::format("what the optimizer keeps beside '{}', of a finite gradient", parameter.name);
    }
  }

  std::string origin(int32_t buffer) const {
    const Step* step = maker_[static_cast<size_t>(buffer)];
    std::string reader;
    while (step != nullptr) {
      const auto input = std::ranges::find_if(step->inputs, [&](int32_t candidate) { return is_bad(candidate); });
      if (input == step->inputs.end()) {
        return fmt::format("the result of {}, {}", name_of(*step), shape_of(buffer));
      }
      reader = ", read by " + name_of(*step);
      buffer = *input;
      step = maker_[static_cast<size_t>(buffer)];
    }
    const PlannedBuffer& leaf = plan_.buffers[static_cast<size_t>(buffer)];
    if (leaf.residence == Residence::parameter) {
      return fmt::format("the parameter '{}'{}", launch_.bank->parameters[static_cast<size_t>(leaf.index)]->name,
                         reader);
    }
    return fmt::format("the data, or the result of a part before a read or materialize, {}{}", shape_of(buffer),
                       reader);
  }

  [[nodiscard]] std::string shape_of(int32_t buffer) const {
    return tensor::to_string(plan_.buffers[static_cast<size_t>(buffer)].description.shape);
  }

  static std::string name_of(const Step& step) {
    const std::string place = to_string(step.location);
    return fmt::format("{}{}{}{}{}", step.name, step.gradient_of == nullptr ? "" : " in the gradient of ",
                       step.gradient_of == nullptr ? "" : step.gradient_of->name, place.empty() ? "" : " at ", place);
  }

  const Launch& launch_;
  const Plan& plan_;
  std::vector<char> bad_;           // by buffer
  std::vector<char> seen_;          // by buffer: whether it has been looked at
  std::vector<const Step*> maker_;  // by buffer; null for a leaf
  std::vector<char> expected_;      // by buffer: whether it has to be finite
  std::string found_;
};

}  // namespace

std::string find_non_finite(Executor& executor, const Launch& launch) {
  Search search(launch);
  executor.run_serially(launch, [&](const Step& step) { return search.look_at(step); });
  if (search.found().empty()) {
    search.look_at_outputs();
  }
  launch.bank->went_bad = false;
  return search.found();
}

}  // namespace atelier::execute
