#include "plan/plan.hpp"

#include <algorithm>

#include "kernels/epilogue.hpp"
#include "kernels/movement.hpp"
#include "plan/arrangement.hpp"
#include "plan/dependencies.hpp"
#include "plan/schedule.hpp"
#include "plan/update_kernel.hpp"
#include "tensor/storage.hpp"

namespace atelier::plan {
namespace {

// Strides of a row-major tensor seen under a larger shape, axes aligned at the end, 0 where it is broadcast.
std::vector<int64_t> broadcast_strides(const Shape& from, const Shape& to) {
  std::vector<int64_t> strides(to.rank(), 0);
  int64_t stride = 1;
  for (size_t back = 1; back <= from.rank(); ++back) {
    const int64_t length = from[from.rank() - back];
    strides[to.rank() - back] = length == 1 ? 0 : stride;
    stride *= length;
  }
  return strides;
}

class Planner {
 public:
  Planner(const PlanRequest& request, const Bank& bank, DType real)
      : request_(request), bank_(bank), plan_(std::make_unique<Plan>()) {
    plan_->lowered =
        lower(*request.tape, request.calls, bank, real, request.observation, request.precision, share_of(request));
    plan_->buffer_of_value.assign(graph().value_count(), -1);
    owners_ = buffer_owners(graph());
    find_kept();
  }

  std::unique_ptr<Plan> run() {
    const bool keep_all = request_.keep_all;
    const int32_t first =
        request_.executed == nullptr ? 0 : static_cast<int32_t>(request_.executed->lowered->graph.nodes().size());
    find_from_weights();
    const Schedule schedule = make_schedule({graph(), kept_, first, !keep_all && !request_.observation.every_value});
    copied_ = schedule.copied;
    place_leaves(first);
    for (const PlanNode& node : schedule.nodes) {
      add(node);
    }
    collect_outputs();
    arrange(*plan_, keep_to_end_);
    plan_->flops = request_.executed == nullptr ? 0 : request_.executed->flops;
    for (const Step& step : plan_->steps) {
      plan_->flops += step.flops;
    }
    for (size_t value = 0; value < owners_.size(); ++value) {
      plan_->buffer_of_value[value] = plan_->buffer_of_value[static_cast<size_t>(owners_[value])];
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] Graph& graph() const { return plan_->lowered->graph; }
  [[nodiscard]] int32_t owner(int32_t value) const { return owners_[static_cast<size_t>(value)]; }
  int32_t& buffer_of(int32_t value) { return plan_->buffer_of_value[static_cast<size_t>(owner(value))]; }

  void find_kept() {
    const bool all = request_.keep_all || request_.observation.every_value;
    kept_.assign(graph().value_count(), all ? 1 : 0);
    for (const uint32_t place : request_.requested) {
      kept_[static_cast<size_t>(plan_->lowered->values[place].id)] = 1;
    }
    Lowered& lowered = *plan_->lowered;
    if (lowered.finite) {
      kept_[static_cast<size_t>(lowered.finite.id)] = 1;
    }
    for (const GraphOutput& output : lowered.outputs) {
      kept_[static_cast<size_t>(output.value.id)] = 1;
      if (output.count) {
        kept_[static_cast<size_t>(output.count.id)] = 1;
      }
    }
  }

  // In plans that leave the parameters as they are, which have no other use for memory of their own.
  void find_from_weights() {
    const auto& nodes = graph().nodes();
    plan_->writes = std::ranges::any_of(nodes, writes_parameter);
    from_weights_.assign(nodes.size(), 0);
    if (plan_->writes || request_.keep_all || request_.executed != nullptr || request_.observation.every_value) {
      return;
    }
    for (size_t n = 0; n < nodes.size(); ++n) {
      const Node& node = nodes[n];
      const bool changes = node.operation->special == Special::input || node.operation->draws ||
                           std::ranges::any_of(node.attributes, [](const Attribute& a) { return a.scalar.slot >= 0; });
      from_weights_[n] =
          !changes && std::ranges::all_of(node.inputs,
                                          [&](int32_t value) {
                                            return from_weights_[static_cast<size_t>(graph().value(value).node)] != 0;
                                          })
              ? 1
              : 0;
    }
  }

  [[nodiscard]] bool are_from_weights(const std::vector<int32_t>& members) const {
    return std::ranges::all_of(members,
                               [&](int32_t member) { return from_weights_[static_cast<size_t>(member)] != 0; });
  }

  int32_t add_buffer(const TensorType& type, Residence residence, int32_t index = 0) {
    PlannedBuffer buffer;
    buffer.description = {type.shape, type.dtype};
    buffer.bytes = static_cast<size_t>(type.shape.elements()) * tensor::size_of(type.dtype);
    buffer.residence = residence;
    buffer.index = index;
    plan_->buffers.push_back(buffer);
    return static_cast<int32_t>(plan_->buffers.size()) - 1;
  }

  // Leaves, and what an earlier plan of this recording has computed.
  void place_leaves(int32_t first) {
    for (int32_t n = 0; n < static_cast<int32_t>(graph().nodes().size()); ++n) {
      const Node& node = graph().nodes()[static_cast<size_t>(n)];
      const Special special = node.operation->special;
      if (n < first) {
        for (const int32_t value : node.outputs) {
          take_executed(value);
        }
      } else if (special == Special::input || special == Special::parameter) {
        const bool input = special == Special::input;
        buffer_of(node.outputs[0]) =
            add_buffer(graph().value(node.outputs[0]).type, input ? Residence::binding : Residence::parameter,
                       static_cast<int32_t>(node.attributes[0].scalar.constant.integer));
      }
    }
  }

  void take_executed(int32_t value) {
    const int32_t before = request_.executed->buffer_of_value[static_cast<size_t>(value)];
    if (owner(value) == value && before >= 0) {
      plan_->buffers.push_back(request_.executed->buffers[static_cast<size_t>(before)]);
      buffer_of(value) = static_cast<int32_t>(plan_->buffers.size()) - 1;
    }
  }

  // ---- Steps

  void add(const PlanNode& node) {
    const Node& last = graph().nodes()[static_cast<size_t>(node.members.back())];
    if (writes_parameter(last)) {
      copy_old_version(last);
    }
    Step step = step_of(node);
    exchange_ = nullptr;
    step.kernel = make_kernel(node, last, step.flops);
    step.exchange = exchange_;
    if (node.epilogue && !join_epilogue(node, step)) {
      push(std::move(step), node.outputs);
      step = step_of({node.epilogue->members, node.epilogue->inputs, node.epilogue->outputs, node.after, {}});
      step.kernel = kernels::make_elementwise(program_of(*node.epilogue));
      step.after.push_back(static_cast<int32_t>(plan_->steps.size()) - 1);
      push(std::move(step), node.epilogue->outputs);
    } else if (node.epilogue) {
      std::vector<int32_t> outputs = node.epilogue->keeps_result ? node.outputs : std::vector<int32_t>{};
      outputs.insert(outputs.end(), node.epilogue->outputs.begin(), node.epilogue->outputs.end());
      push(std::move(step), outputs);
    } else {
      push(std::move(step), node.outputs);
    }
    step_of_node_.push_back(static_cast<int32_t>(plan_->steps.size()) - 1);
  }

  // All but the kernel and the outputs.
  Step step_of(const PlanNode& node) {
    Step step;
    const Node& last = graph().nodes()[static_cast<size_t>(node.members.back())];
    step.location = last.location;
    step.gradient_of = last.gradient_of;
    step.from_weights = are_from_weights(node.members);
    add_names(node.members, step);
    for (const int32_t value : node.inputs) {
      ATELIER_CHECK(buffer_of(value) >= 0);
      step.inputs.push_back(buffer_of(value));
    }
    for (const int32_t earlier : node.after) {
      step.after.push_back(step_of_node_[static_cast<size_t>(earlier)]);
    }
    if (copy_step_ >= 0) {
      step.after.push_back(copy_step_);
      copy_step_ = -1;
    }
    return step;
  }

  void add_names(const std::vector<int32_t>& members, Step& step) const {
    for (const int32_t member : members) {
      step.name += (step.name.empty() ? "" : "+") + graph().nodes()[static_cast<size_t>(member)].operation->name;
    }
  }

  void push(Step step, const std::vector<int32_t>& outputs) {
    for (const int32_t value : outputs) {
      const Node& node = graph().nodes()[static_cast<size_t>(graph().value(value).node)];
      buffer_of(value) = output_buffer(node, value, step.from_weights);
      step.outputs.push_back(buffer_of(value));
    }
    plan_->steps.push_back(std::move(step));
  }

  // Makes one kernel of a step's own and its epilogue; false where the step's kernel finishes nothing piece by piece.
  bool join_epilogue(const PlanNode& node, Step& step) {
    const PlanEpilogue& epilogue = *node.epilogue;
    const auto result = std::ranges::find(epilogue.inputs, node.outputs[0]);
    auto joined = kernels::make_epilogue(
        step.kernel, step.inputs.size(),
        {program_of(epilogue), static_cast<size_t>(result - epilogue.inputs.begin()), epilogue.keeps_result});
    if (!joined) {
      return false;
    }
    step.kernel = std::move(joined);
    step.from_weights = step.from_weights && are_from_weights(epilogue.members);
    add_names(epilogue.members, step);
    for (const int32_t value : epilogue.inputs) {
      if (value != node.outputs[0]) {
        ATELIER_CHECK(buffer_of(value) >= 0);
        step.inputs.push_back(buffer_of(value));
      }
    }
    return true;
  }

  int32_t output_buffer(const Node& node, int32_t value, bool stays) {
    if (writes_parameter(node)) {
      return add_buffer(graph().value(value).type, Residence::parameter,
                        static_cast<int32_t>(node.attributes[0].scalar.constant.integer));
    }
    return add_buffer(graph().value(value).type, request_.keep_all || stays ? Residence::own : Residence::arena);
  }

  // From here on readers of the old version see a copy, made just before the update.
  void copy_old_version(const Node& writer) {
    const int32_t old_version = owner(writer.inputs[0]);
    if (std::ranges::find(copied_, old_version) == copied_.end()) {
      return;
    }
    const TensorType& type = graph().value(old_version).type;
    const int32_t copy = add_buffer(type, request_.keep_all ? Residence::own : Residence::arena);
    Step step;
    step.name = "copy";
    step.location = writer.location;
    step.inputs = {buffer_of(old_version)};
    step.outputs = {copy};
    step.kernel = kernels::make_copy(type.dtype, type.shape.elements());
    if (const int32_t maker = graph().value(old_version).node; !plan_->steps.empty() && maker >= 0) {
      for (size_t s = 0; s < plan_->steps.size(); ++s) {  // the step that made the old version, where it was an update
        if (std::ranges::find(plan_->steps[s].outputs, buffer_of(old_version)) != plan_->steps[s].outputs.end()) {
          step.after.push_back(static_cast<int32_t>(s));
        }
      }
    }
    copy_step_ = static_cast<int32_t>(plan_->steps.size());
    plan_->steps.push_back(std::move(step));
    buffer_of(old_version) = copy;
  }

  std::unique_ptr<kernels::Kernel> make_kernel(const PlanNode& node, const Node& last, double& flops) {
    const Operation& operation = *last.operation;
    if (operation.elementwise != nullptr) {
      return kernels::make_elementwise(program_of({node.members, node.inputs, node.outputs}));
    }
    if (operation.special == Special::update) {
      return make_update_kernel(*bank_.parameters[static_cast<size_t>(last.attributes[0].scalar.constant.integer)],
                                bank_, static_cast<int32_t>(last.attributes[1].scalar.constant.integer));
    }
    if (operation.special == Special::assign) {
      return make_assign_kernel(graph().value(last.outputs[0]).type, bank_);
    }
    std::vector<kernels::Buffer> inputs;
    std::vector<kernels::Buffer> outputs;
    for (const int32_t value : last.inputs) {
      inputs.push_back({graph().value(value).type.shape, graph().value(value).type.dtype});
    }
    for (const int32_t value : last.outputs) {
      outputs.push_back({graph().value(value).type.shape, graph().value(value).type.dtype});
    }
    if (auto exchange = make_exchange(last, inputs, outputs)) {
      return exchange;
    }
    const KernelRequest request{inputs, outputs, last.attributes};
    flops = operation.flops ? operation.flops(request) : 0;
    return operation.kernel(request);
  }

  // Null for what has nothing to do with other ranks. All have such nodes in the same order, which tells them apart.
  std::unique_ptr<kernels::Kernel> make_exchange(const Node& node, const std::vector<kernels::Buffer>& inputs,
                                                 const std::vector<kernels::Buffer>& outputs) {
    const std::string& name = node.operation->name;
    std::unique_ptr<kernels::ExchangeKernel> kernel;
    if (!meets_ranks(node)) {
      return kernel;
    }
    const auto tag = static_cast<int>(std::count_if(graph().nodes().data(), &node, meets_ranks) % plan_tags);
    if (name == "rank_sum/1") {
      const auto shards = static_cast<size_t>(node.attributes[0].scalar.constant.integer);
      kernel = kernels::make_rank_sum(*request_.ranks, {outputs, shards, tag});
    } else {
      kernel = kernels::make_rank_concatenation(*request_.ranks, inputs[0], tag);
    }
    exchange_ = kernel.get();
    return kernel;
  }

  kernels::ElementwiseProgram program_of(const PlanEpilogue& node) {
    kernels::ElementwiseProgram program;
    const TensorType& type = graph().value(graph().nodes()[static_cast<size_t>(node.members.back())].outputs[0]).type;
    program.shape = type.shape;
    program.dtype = type.dtype;
    for (const int32_t value : node.inputs) {
      program.inputs.push_back({broadcast_strides(graph().value(value).type.shape, type.shape)});
    }
    std::vector<std::pair<int32_t, int>> results;  // graph value, argument number
    const auto argument_of = [&](int32_t value) {
      if (const auto input = std::ranges::find(node.inputs, value); input != node.inputs.end()) {
        return static_cast<int>(input - node.inputs.begin());
      }
      for (const auto& [known, argument] : results) {
        if (known == value) {
          return argument;
        }
      }
      const Node& splat = graph().nodes()[static_cast<size_t>(graph().value(owner(value)).node)];
      const int argument = append(program, splat, {});
      results.emplace_back(value, argument);
      return argument;
    };
    for (const int32_t member : node.members) {
      const Node& part = graph().nodes()[static_cast<size_t>(member)];
      std::vector<int> arguments;
      for (const int32_t value : part.inputs) {
        arguments.push_back(argument_of(value));
      }
      results.emplace_back(part.outputs[0], append(program, part, std::move(arguments)));
    }
    for (const int32_t value : node.outputs) {
      program.outputs.push_back(argument_of(value) - static_cast<int>(node.inputs.size()));
    }
    return program;
  }

  static int append(kernels::ElementwiseProgram& program, const Node& node, std::vector<int> arguments) {
    kernels::ElementwiseInstruction instruction{node.operation->elementwise, std::move(arguments), {}};
    for (int i = 0; i < node.operation->elementwise->operands; ++i) {
      instruction.operands.push_back(node.attributes[static_cast<size_t>(i)].scalar);
    }
    program.instructions.push_back(std::move(instruction));
    return static_cast<int>(program.inputs.size() + program.instructions.size()) - 1;
  }

  // ---- Outputs

  void add_output(OutputKind kind, int64_t index, Value value, int32_t count_buffer) {
    plan_->outputs.push_back({kind, index, buffer_of(value.id), count_buffer, graph().value(value.id).type.shape});
  }

  void collect_outputs() {
    for (const uint32_t place : request_.requested) {
      add_output(OutputKind::requested, place, plan_->lowered->values[place], -1);
    }
    const size_t shown_before = request_.executed == nullptr ? 0 : request_.executed->lowered->outputs.size();
    for (size_t i = shown_before; i < plan_->lowered->outputs.size(); ++i) {
      const GraphOutput& output = plan_->lowered->outputs[i];
      add_output(output.kind, output.index, output.value, output.count ? buffer_of(output.count.id) : -1);
    }
    if (plan_->lowered->finite) {
      add_output(OutputKind::finite, 0, plan_->lowered->finite, -1);
    }
    for (PlanOutput& output : plan_->outputs) {
      ATELIER_CHECK(output.buffer >= 0);
      keep_to_end_.push_back(output.buffer);
      if (output.count_buffer >= 0) {
        keep_to_end_.push_back(output.count_buffer);
      }
    }
  }

  const PlanRequest& request_;
  const Bank& bank_;
  std::unique_ptr<Plan> plan_;
  std::vector<int32_t> owners_;
  std::vector<char> kept_;
  std::vector<char> from_weights_;  // by graph node
  std::vector<int32_t> copied_;
  std::vector<int32_t> step_of_node_;
  int32_t copy_step_ = -1;
  const kernels::ExchangeKernel* exchange_ = nullptr;  // the newest kernel, where it is one
  std::vector<int32_t> keep_to_end_;
};

}  // namespace

record::ShardShare share_of(const PlanRequest& request) {
  if (request.ranks == nullptr) {
    return {request.shards};
  }
  return {request.shards, static_cast<size_t>(request.ranks->count()), static_cast<size_t>(request.ranks->rank())};
}

std::unique_ptr<Plan> make_plan(const PlanRequest& request, const Bank& bank, DType real) {
  return Planner(request, bank, real).run();
}

}  // namespace atelier::plan
