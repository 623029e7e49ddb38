// The kernel of an operation that a plugin brings: calls the plugin's function for so many samples a piece.
#pragma once

#include <atelier/abi.h>

#include <memory>
#include <vector>

#include "plugin/registry.hpp"
#include "record/operation.hpp"

namespace atelier::plugin {

// An operation as its plugin describes it, read once.
struct CustomOperation {
  struct Operand {
    std::string name;
    bool integers = false;
    bool shared = false;  // the same for every sample
  };
  Component component;
  atl_operation_v1 table{};
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;

  [[nodiscard]] bool has_samples() const;  // whether any input is cut by samples
};

// Samples are cut by their number alone, so that bits do not depend on threads.
struct SampleCut {
  int64_t samples = 1;
  int64_t per_piece = 1;
  [[nodiscard]] int64_t pieces() const { return (samples + per_piece - 1) / per_piece; }
};
SampleCut cut_of(const CustomOperation& operation, std::span<const tensor::Shape> inputs);

// Inputs and outputs are the operation's.
std::unique_ptr<kernels::Kernel> make_forward(std::shared_ptr<const CustomOperation> operation,
                                              const record::KernelRequest& request);
// Inputs: the operation's, its outputs, and the outputs' gradients. Outputs: the gradient of each real input, (pieces,
// ...) of a shared one, whose pieces are still to be added up.
std::unique_ptr<kernels::Kernel> make_gradient(std::shared_ptr<const CustomOperation> operation,
                                               const record::KernelRequest& request);

}  // namespace atelier::plugin
