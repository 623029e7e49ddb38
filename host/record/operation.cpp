#include "record/operation.hpp"

#include <algorithm>

#include "record/graph.hpp"

namespace atelier::record {

std::string to_string(const TensorType& type) {
  return fmt::format("{} {}", tensor::name_of(type.dtype), tensor::to_string(type.shape));
}

const TensorType& Value::type() const {
  return graph->value(id).type;
}

Attribute Attribute::of(int64_t value) {
  Attribute attribute;
  attribute.scalar.constant.integer = value;
  return attribute;
}

Attribute Attribute::of(double value) {
  Attribute attribute;
  attribute.type = AttributeType::number;
  attribute.scalar.constant.real = value;
  return attribute;
}

Attribute Attribute::of(std::vector<int64_t> values) {
  Attribute attribute;
  attribute.type = AttributeType::integers;
  attribute.integers = std::move(values);
  return attribute;
}

bool operator==(const Attribute& a, const Attribute& b) {
  if (a.type != b.type || a.scalar.slot != b.scalar.slot) {
    return false;
  }
  if (a.type == AttributeType::integers) {
    return a.integers == b.integers;
  }
  return a.scalar.slot >= 0 || a.scalar.constant.integer == b.scalar.constant.integer;  // bits, so that -0 is not 0
}

void Inference::require_real(size_t i) const {
  require(input(i).dtype == real_, "input {} must be {}, got {}", i, tensor::name_of(real_), to_string(input(i)));
}

void Inference::require_number(size_t i) const {
  if (input(i).dtype != DType::i64) {
    require_real(i);
  }
}

void Inference::require_indices(size_t i) const {
  require(input(i).dtype == DType::i64, "input {} must be int64 indices, got {}", i, to_string(input(i)));
}

void Inference::require_rank(size_t i, size_t rank, std::string_view axes) const {
  require(shape(i).rank() == rank, "input {} must be {}, got {}", i, axes, tensor::to_string(shape(i)));
}

size_t Inference::axis(int64_t axis, size_t rank) const {
  const int64_t counted = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  require(counted >= 0 && counted < static_cast<int64_t>(rank), "axis {} is outside a tensor of {} axes", axis, rank);
  return static_cast<size_t>(counted);
}

OperationRegistry& OperationRegistry::instance() {
  static OperationRegistry registry;
  return registry;
}

void OperationRegistry::add(Operation operation) {
  ATELIER_CHECK(find(operation.name) == nullptr);
  operations_.push_back(std::make_unique<Operation>(std::move(operation)));
}

const Operation* OperationRegistry::find(std::string_view name) const {
  const auto found =
      std::find_if(operations_.begin(), operations_.end(), [&](const auto& entry) { return entry->name == name; });
  return found == operations_.end() ? nullptr : found->get();
}

const Operation& OperationRegistry::get(std::string_view name) const {
  const Operation* operation = find(name);
  if (operation == nullptr) {
    throw Error(ErrorKind::internal, "there is no operation '{}'", name);
  }
  return *operation;
}

uint32_t OperationRegistry::handle(const Operation& operation) const {
  const auto found = std::find_if(operations_.begin(), operations_.end(),
                                  [&](const auto& entry) { return entry.get() == &operation; });
  return static_cast<uint32_t>(found - operations_.begin()) + 1;
}

const Operation* OperationRegistry::by_handle(uint32_t handle) const {
  return handle == 0 || handle > operations_.size() ? nullptr : operations_[handle - 1].get();
}

std::vector<std::string> OperationRegistry::names() const {
  std::vector<std::string> out;
  for (const auto& operation : operations_) {
    if (operation->special == Special::none) {
      out.push_back(operation->name);
    }
  }
  return out;
}

std::vector<std::string> OperationRegistry::public_names() const {
  std::vector<std::string> out;
  for (const auto& operation : operations_) {
    if (operation->is_public()) {
      out.push_back(operation->name);
    }
  }
  return out;
}

}  // namespace atelier::record
