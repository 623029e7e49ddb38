// The operations that the engine itself gives a meaning to.
#include "record/lowering.hpp"

namespace atelier::record {
namespace {

Operation make_special(std::string name, Special special, size_t max_inputs,
                       std::vector<AttributeSpec> attributes = {}) {
  Operation operation;
  operation.name = std::move(name);
  operation.special = special;
  operation.min_inputs = 0;
  operation.max_inputs = max_inputs;
  operation.attributes = std::move(attributes);
  operation.differentiability = Differentiability::constant;
  return operation;
}

}  // namespace

const Operation& special_operation(Special special) {
  static const auto table = [] {
    std::vector<const Operation*> found(static_cast<size_t>(Special::update) + 1);
    const OperationRegistry& registry = OperationRegistry::instance();
    for (uint32_t handle = 1; const Operation* operation = registry.by_handle(handle); ++handle) {
      if (operation->special != Special::none) {
        found[static_cast<size_t>(operation->special)] = operation;
      }
    }
    return found;
  }();
  return *table[static_cast<size_t>(special)];
}

void register_special_operations() {
  OperationRegistry& registry = OperationRegistry::instance();
  const AttributeSpec index{"index"};
  registry.add(make_special("input", Special::input, 0, {{"dtype"}, {"dims", AttributeType::integers}, {"is_cut"}}));
  registry.add(make_special("parameter", Special::parameter, 0, {index}));
  registry.add(make_special("gradient", Special::gradient, 1U << 16U));
  registry.add(make_special("minimize", Special::minimize, 1, {index}));  // the scalars of the update follow
  registry.add(make_special("group_gradients", Special::group_gradients, 1, {index}));
  registry.add(make_special("gradients_at", Special::gradients_at, 1U << 16U, {index}));
  registry.add(make_special("replace", Special::replace, 1, {index}));  // the scalars of the update follow
  registry.add(make_special("assign", Special::assign, 2, {index}));
  registry.add(make_special("log", Special::log, 2, {index}));
  registry.add(make_special("finite", Special::finite, 1));
  registry.add(make_special("annotate", Special::annotate, 1, {index}));
  registry.add(make_special("update", Special::update, 3, {index, {"scalars"}}));
}

}  // namespace atelier::record
