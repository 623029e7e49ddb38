#include "kernels/epilogue.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace atelier::kernels {
namespace {

constexpr size_t most_inputs = 64;  // of a program

class WithEpilogue : public Kernel {
 public:
  WithEpilogue(std::unique_ptr<Kernel> producer, size_t producer_inputs, std::unique_ptr<ElementwiseKernel> program,
               size_t program_inputs, size_t input, bool keeps_result)
      : producer_(std::move(producer)),
        program_(std::move(program)),
        producer_inputs_(producer_inputs),
        program_inputs_(program_inputs),
        input_(input),
        keeps_result_(keeps_result) {}

  [[nodiscard]] int64_t phases() const override { return producer_->phases(); }
  [[nodiscard]] int64_t pieces(int64_t phase) const override { return producer_->pieces(phase); }
  [[nodiscard]] size_t workspace_bytes() const override { return producer_->workspace_bytes(); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return std::max(producer_->scratch_bytes(), program_->scratch_bytes());
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    producer_->run(phase, piece, arguments);
    if (phase + 1 < producer_->phases()) {
      return;
    }
    std::array<const void*, most_inputs> inputs{};
    const void* const* next = arguments.inputs + producer_inputs_;
    for (size_t i = 0; i < program_inputs_; ++i) {
      inputs[i] = i == input_ ? arguments.outputs[0] : *next++;
    }
    program_->run_range(*producer_->finished(piece), {inputs.data(), arguments.outputs + (keeps_result_ ? 1 : 0),
                                                      arguments.operands, nullptr, arguments.scratch});
  }

 private:
  std::unique_ptr<Kernel> producer_;
  std::unique_ptr<ElementwiseKernel> program_;
  size_t producer_inputs_, program_inputs_, input_;
  bool keeps_result_;
};

}  // namespace

std::unique_ptr<Kernel> make_epilogue(std::unique_ptr<Kernel>& producer, size_t producer_inputs, Epilogue epilogue) {
  const size_t program_inputs = epilogue.program.inputs.size();
  std::unique_ptr<ElementwiseKernel> program = make_elementwise(std::move(epilogue.program));
  if (program_inputs > most_inputs || (!epilogue.keeps_result && !program->may_overwrite(epilogue.input))) {
    return nullptr;
  }
  const int64_t last = producer->phases() - 1;
  for (int64_t piece = 0; piece < producer->pieces(last); ++piece) {
    const std::optional<ElementRange> finished = producer->finished(piece);
    if (!finished || finished->first % program->row() != 0) {
      return nullptr;
    }
  }
  return std::make_unique<WithEpilogue>(std::move(producer), producer_inputs, std::move(program), program_inputs,
                                        epilogue.input, epilogue.keeps_result);
}

}  // namespace atelier::kernels
