#include "plugin/custom_operation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.hpp"
#include "catalog/names.hpp"
#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/context.hpp"
#include "plugin/custom_operation_kernel.hpp"

namespace atelier::plugin {
namespace {

using record::Attribute;
using record::AttributeSpec;
using record::AttributeType;
using record::GradientRequest;
using record::Inference;
using record::KernelRequest;
using record::Operation;
using record::OperationRegistry;
using record::TensorType;
using record::Value;
using Custom = std::shared_ptr<const CustomOperation>;

constexpr uint64_t most = 8;  // inputs, and outputs; so that a call's operands have room

std::vector<CustomOperation::Operand> read_operands(const atl_operand* first, uint64_t count, bool outputs) {
  std::vector<CustomOperation::Operand> out;
  for_each(first, count, most, outputs ? "output" : "input", [&](const atl_operand& operand) {
    const std::string name = own(operand.name);
    if (const std::string problem = catalog::problem_of_name(name); !problem.empty()) {
      throw Error(ErrorKind::plugin, "an operand {}", problem);
    }
    if (operand.dtype != ATL_REAL && operand.dtype != ATL_INT64) {
      throw Error(ErrorKind::plugin, "the operand '{}' has the dtype {}, expected ATL_REAL or ATL_INT64", name,
                  operand.dtype);
    }
    if (operand.how != ATL_PER_SAMPLE && (outputs || operand.how != ATL_SHARED)) {
      throw Error(ErrorKind::plugin, "the operand '{}' is cut in the way {}, expected ATL_PER_SAMPLE{}", name,
                  operand.how, outputs ? "" : " or ATL_SHARED");
    }
    out.push_back({name, operand.dtype == ATL_INT64, operand.how == ATL_SHARED});
  });
  return out;
}

AttributeSpec read_attribute(const atl_operation_attribute& attribute) {
  AttributeSpec out;
  out.name = own(attribute.name);
  switch (attribute.default_value.type) {
    case ATL_INTEGER:
      out.default_number = static_cast<double>(attribute.default_value.integer);
      break;
    case ATL_NUMBER:
      out.type = AttributeType::number;
      out.default_number = attribute.default_value.number;
      break;
    case ATL_INTEGERS: {
      out.type = AttributeType::integers;
      const auto list = span_of<int64_t>(attribute.default_value.list, attribute.default_value.count, 64, "a default");
      out.default_integers = std::vector<int64_t>(list.begin(), list.end());
      break;
    }
    default:
      throw Error(ErrorKind::plugin,
                  "the attribute {} has the type {}, expected ATL_INTEGER, ATL_NUMBER or ATL_INTEGERS",
                  catalog::quoted(out.name), attribute.default_value.type);
  }
  out.runtime = attribute.may_change != 0 && out.type != AttributeType::integers;
  return out;
}

tensor::DType dtype_of(const CustomOperation::Operand& operand, tensor::DType real) {
  return operand.integers ? tensor::DType::i64 : real;
}

atl_tensor_info to_info(const TensorType& type) {
  atl_tensor_info out{};
  out.size = sizeof out;
  out.dtype = static_cast<atl_dtype>(type.dtype);
  out.rank = static_cast<uint32_t>(type.shape.rank());
  std::ranges::copy(type.shape.dims(), out.dims);
  return out;
}

// That inputs are of the declared types, and those that are cut by samples have equally many.
int64_t check_inputs(const CustomOperation& operation, const Inference& in) {
  int64_t samples = -1;
  for (size_t i = 0; i < operation.inputs.size(); ++i) {
    const CustomOperation::Operand& operand = operation.inputs[i];
    const tensor::DType expected = dtype_of(operand, in.real());
    in.require(in.input(i).dtype == expected, "the input '{}' must be {}, got {}", operand.name,
               tensor::name_of(expected), record::to_string(in.input(i)));
    if (operand.shared) {
      continue;
    }
    in.require(in.shape(i).rank() > 0 && (samples < 0 || in.shape(i)[0] == samples),
               "the input '{}' must have {} samples in front, got {}", operand.name,
               samples < 0 ? std::string("its") : std::to_string(samples), tensor::to_string(in.shape(i)));
    samples = in.shape(i)[0];
  }
  return samples;
}

std::vector<atl_attribute> to_abi(const Inference& in, const std::vector<AttributeSpec>& specs) {
  std::vector<atl_attribute> out(specs.size());
  for (size_t i = 0; i < specs.size(); ++i) {
    switch (specs[i].type) {
      case AttributeType::integer:
        out[i].type = ATL_INTEGER;
        out[i].value.integer = in.integer(i);
        break;
      case AttributeType::number:
        out[i].type = ATL_NUMBER;
        out[i].value.number = in.number(i);
        break;
      case AttributeType::integers:
        out[i].type = ATL_INTEGERS;
        out[i].count = static_cast<uint32_t>(in.integers(i).size());
        out[i].value.integers = in.integers(i).data();
        break;
    }
  }
  return out;
}

std::vector<TensorType> infer(const CustomOperation& operation, const std::vector<AttributeSpec>& specs,
                              const Inference& in) {
  const int64_t samples = check_inputs(operation, in);
  std::vector<atl_tensor_info> inputs, outputs(operation.outputs.size());
  for (size_t i = 0; i < in.count(); ++i) {
    inputs.push_back(to_info(in.input(i)));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].size = sizeof outputs[i];
  }
  const std::vector<atl_attribute> attributes = to_abi(in, specs);
  atl_context context;
  const Activity activity(operation.component, "infer", &context);
  const atl_status status = operation.table.infer(&context, attributes.data(), attributes.size(), inputs.data(),
                                                  inputs.size(), outputs.data(), outputs.size());
  if (status != ATL_OK || context.failed()) {
    const std::string why = context.first_failure();
    throw Error(ErrorKind::shape, "{}", why.empty() ? "the plugin says no shape, and not why" : why);
  }
  std::vector<TensorType> out;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const CustomOperation::Operand& operand = operation.outputs[i];
    const tensor::Shape shape(
        span_of<int64_t>(outputs[i].dims, outputs[i].rank, ATL_MAX_RANK, "the shape of an output"));
    in.require(samples < 0 || (shape.rank() > 0 && shape[0] == samples),
               "the plugin gives the output '{}' the shape {}, expected {} samples in front", operand.name,
               tensor::to_string(shape), samples);
    out.push_back({shape, dtype_of(operand, in.real())});
  }
  return out;
}

std::string gradient_name(const std::string& name) {
  return name.substr(0, name.find('/')) + "_gradient" + name.substr(name.find('/'));
}

Operation gradient_operation(const Custom& custom, const Operation& forward) {
  Operation out{.name = gradient_name(forward.name)};
  const size_t inputs = custom->inputs.size(), outputs = custom->outputs.size();
  out.min_inputs = out.max_inputs = inputs + 2 * outputs;
  out.outputs = static_cast<size_t>(std::ranges::count(custom->inputs, false, &CustomOperation::Operand::integers));
  out.attributes = forward.attributes;
  out.differentiability = record::Differentiability::unsupported;
  out.infer = [custom](const Inference& in) {
    std::vector<tensor::Shape> shapes;
    for (size_t i = 0; i < custom->inputs.size(); ++i) {
      shapes.push_back(in.shape(i));
    }
    std::vector<TensorType> types;
    for (size_t i = 0; i < custom->inputs.size(); ++i) {
      if (custom->inputs[i].integers) {
        continue;
      }
      tensor::Shape shape = in.shape(i);
      if (custom->inputs[i].shared) {
        shape = tensor::Shape{cut_of(*custom, shapes).pieces()};
        std::ranges::for_each(in.shape(i).dims(), [&](int64_t length) { shape.append(length); });
      }
      types.push_back({shape, in.real()});
    }
    return types;
  };
  out.kernel = [custom](const KernelRequest& request) { return make_gradient(custom, request); };
  return out;
}

std::vector<Value> gradients(const Custom& custom, const std::string& name, const GradientRequest& r) {
  std::vector<Value> all(r.inputs.begin(), r.inputs.end());
  all.insert(all.end(), r.outputs.begin(), r.outputs.end());
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    Value arriving = r.output_gradients[i];
    if (!arriving) {  // the loss does not depend on this output, or it has no gradient
      const auto dims = r.outputs[i].shape().dims();
      arriving = r.graph.apply("broadcast_to/1", {r.graph.apply("scalar/1", {}, {Attribute::of(0.0)})},
                               {Attribute::of(std::vector(dims.begin(), dims.end()))});
    }
    all.push_back(arriving);
  }
  const std::vector<Value> made =
      r.graph.apply(OperationRegistry::instance().get(gradient_name(name)), all, r.attributes);
  std::vector<Value> out;
  size_t next = 0;
  for (const CustomOperation::Operand& input : custom->inputs) {
    if (input.integers) {
      out.emplace_back();
    } else if (input.shared) {
      out.push_back(r.graph.apply("sum/1", {made[next++]}, {Attribute::of(std::vector<int64_t>{0})}));
    } else {
      out.push_back(made[next++]);
    }
  }
  return out;
}

Operation forward_operation(const Custom& custom) {
  const catalog::Description& description = custom->component.description;
  Operation out{.name = description.name};
  out.summary = description.summary.empty() ? "of the plugin " + description.plugin_name : description.summary;
  out.min_inputs = out.max_inputs = custom->inputs.size();
  out.outputs = custom->outputs.size();
  for_each(custom->table.attributes, custom->table.attribute_count, most, "attribute",
           [&](const atl_operation_attribute& attribute) { out.attributes.push_back(read_attribute(attribute)); });
  out.infer = [custom, specs = out.attributes](const Inference& in) { return infer(*custom, specs, in); };
  out.kernel = [custom](const KernelRequest& request) { return make_forward(custom, request); };
  if (custom->table.has_gradient != 0) {
    out.gradient = [custom, name = out.name](const GradientRequest& r) { return gradients(custom, name, r); };
  } else {
    out.differentiability = record::Differentiability::unsupported;
  }
  return out;
}

}  // namespace

void register_operation(const Component& component) {
  static std::mutex mutex;
  static std::map<std::string, std::string> brought_by;  // of each name, the library
  const std::scoped_lock lock(mutex);
  const std::string& name = component.description.name;
  if (const auto known = brought_by.find(name);
      known != brought_by.end() && known->second == component.description.plugin_path) {
    return;
  }
  OperationRegistry& registry = OperationRegistry::instance();
  if (registry.find(name) != nullptr) {
    throw Error(ErrorKind::plugin, "brings the operation '{}', which is there already; hint: give it another name",
                name);
  }
  auto custom = std::make_shared<CustomOperation>();
  custom->component = component;
  custom->table = copy_of(static_cast<const atl_operation_v1*>(component.table), "the table of an operation");
  custom->inputs = read_operands(custom->table.inputs, custom->table.input_count, false);
  custom->outputs = read_operands(custom->table.outputs, custom->table.output_count, true);
  if (custom->inputs.empty() || custom->outputs.empty()) {
    throw Error(ErrorKind::plugin, "the operation '{}' has {} inputs and {} outputs, expected at least one of each",
                name, custom->inputs.size(), custom->outputs.size());
  }
  Operation forward = forward_operation(custom);
  if (forward.gradient) {
    registry.add(gradient_operation(custom, forward));
  }
  registry.add(std::move(forward));
  brought_by[name] = component.description.plugin_path;
}

}  // namespace atelier::plugin
