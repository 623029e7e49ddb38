#include <doctest/doctest.h>

#include <tuple>

#include "base/error.hpp"
#include "kernel_runner.hpp"
#include "kernels/elementwise.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;
using tensor::Shape;

namespace {

const ElementwiseFunction* function(std::string_view name) {
  return &elementwise_function(name);
}

// One function of inputs with strides, as a kernel of its own.
std::vector<float> run_one(std::string_view name, const Shape& shape, const std::vector<std::vector<int64_t>>& strides,
                           const std::vector<std::vector<float>>& data,
                           const std::vector<OperandReference>& operands = {}) {
  ElementwiseProgram program{.shape = shape, .dtype = DType::f32, .inputs = {}, .instructions = {}, .outputs = {0}};
  ElementwiseInstruction instruction{function(name), {}, operands};
  std::vector<const void*> inputs;
  for (size_t i = 0; i < strides.size(); ++i) {
    program.inputs.push_back({strides[i]});
    instruction.arguments.push_back(static_cast<int>(i));
    inputs.push_back(data[i].data());
  }
  program.instructions = {instruction};
  std::vector<float> out(static_cast<size_t>(shape.elements()));
  run_kernel(*make_elementwise(program), inputs, {out.data()});
  return out;
}

}  // namespace

TEST_CASE("an elementwise program broadcasts by strides") {
  struct Case {
    Shape shape;
    std::vector<int64_t> a;
    std::vector<int64_t> b;
  };
  const std::vector<Case> cases = {
      {{5, 7}, {7, 1}, {0, 1}},                         // bias (N)
      {{5, 7}, {7, 1}, {1, 0}},                         // a column
      {{700, 3}, {3, 1}, {1, 0}},                       // short runs over block borders
      {{64, 513}, {513, 1}, {0, 1}},                    // runs longer than a block
      {{3, 5, 7, 11}, {385, 77, 11, 1}, {0, 1, 0, 0}},  // channels
      {{9, 1, 31}, {31, 31, 1}, {0, 0, 0}},             // a scalar
      {{40, 30}, {1, 40}, {30, 1}},                     // a transposed input
      {{4, 6, 5}, {0, 5, 1}, {30, 0, 1}},               // broadcast in the middle
      {{1, 1}, {0, 0}, {1, 1}},
      {{}, {}, {}},
      {{0, 4}, {4, 1}, {0, 1}},
      {{17000, 2}, {2, 1}, {0, 1}},
      {{300, 96}, {96, 1}, {0, 1}},                 // rows that do not divide a block
      {{2, 150, 128}, {19200, 128, 1}, {0, 0, 1}},  // and such that do
  };
  const std::vector<float> a = numbers<float>(40000, 1);
  const std::vector<float> b = numbers<float>(40000, 2);
  for (const Case& c : cases) {
    const std::vector<float> out = run_one("sub", c.shape, {c.a, c.b}, {a, b});
    const auto elements = static_cast<size_t>(c.shape.elements());
    for (size_t i = 0; i < elements; ++i) {
      auto rest = static_cast<int64_t>(i);
      int64_t at_a = 0;
      int64_t at_b = 0;
      for (size_t axis = c.shape.rank(); axis-- > 0;) {
        at_a += rest % c.shape[axis] * c.a[axis];
        at_b += rest % c.shape[axis] * c.b[axis];
        rest /= c.shape[axis];
      }
      REQUIRE(out[i] == a[static_cast<size_t>(at_a)] - b[static_cast<size_t>(at_b)]);
    }
  }
}

TEST_CASE("a fused chain has the bits of its parts, in any order of pieces and on every instruction set") {
  // h = tanh(x + bias); y = scale * h; z = select(h > 0, y, exp(h)) with a runtime scale; h is an output, too.
  const Shape shape{301, 129};
  const size_t n = 301 * 129;
  const std::vector<int64_t> whole = {129, 1};
  const std::vector<float> x = numbers<float>(n, 1);
  const std::vector<float> bias = numbers<float>(129, 2);
  const OperandReference scale{.slot = 1, .constant = {}};
  const std::vector<Operand> operands = {Operand{.real = 9}, Operand{.real = 0.3}};
  ElementwiseProgram program{.shape = shape,
                             .dtype = DType::f32,
                             .inputs = {{whole}, {{0, 1}}},
                             .instructions = {{function("add"), {0, 1}, {}},
                                              {function("tanh"), {2}, {}},
                                              {function("splat"), {}, {scale}},
                                              {function("mul"), {3, 4}, {}},
                                              {function("step"), {3}, {}},
                                              {function("exp"), {3}, {}},
                                              {function("select"), {6, 5, 7}, {}}},
                             .outputs = {6, 1, 6}};
  const std::vector<float> sum = run_one("add", shape, {whole, {0, 1}}, {x, bias});
  const std::vector<float> h = run_one("tanh", shape, {whole}, {sum});
  const std::vector<float> scales(n, 0.3F);
  const std::vector<float> z =
      run_one("select", shape, {whole, whole, whole},
              {run_one("step", shape, {whole}, {h}), run_one("mul", shape, {whole, whole}, {h, scales}),
               run_one("exp", shape, {whole}, {h})});
  for (const Isa isa : supported_isas()) {
    const PinnedIsa pinned(isa);
    for (ElementwiseInstruction& instruction : program.instructions) {
      instruction.function = function(instruction.function->name);
    }
    for (const Order order : all_orders) {
      std::vector<float> out_z(n);
      std::vector<float> out_h(n);
      std::vector<float> again(n);
      const std::unique_ptr<Kernel> kernel = make_elementwise(program);
      CHECK(kernel->pieces(0) > 1);
      run_kernel(*kernel, {x.data(), bias.data()}, {out_z.data(), out_h.data(), again.data()}, operands, order);
      CHECK(same_bits(out_z, z));
      CHECK(same_bits(out_h, h));
      CHECK(same_bits(again, z));
    }
  }
}

TEST_CASE("an output may overwrite an input that is read in place and not read again") {
  const ElementwiseProgram chain{.shape = {2000},
                                 .dtype = DType::f32,
                                 .inputs = {{{1}}, {{0}}, {{1}}},
                                 .instructions = {{function("add"), {0, 1}, {}}, {function("mul"), {3, 2}, {}}},
                                 .outputs = {0, 1}};
  const std::unique_ptr<Kernel> kernel = make_elementwise(chain);
  CHECK(kernel->may_overwrite(0));
  CHECK_FALSE(kernel->may_overwrite(1));  // a constant
  CHECK_FALSE(kernel->may_overwrite(2));  // read after output 0 is written
  std::vector<float> x = numbers<float>(2000, 1);
  const std::vector<float> before = x;
  const std::vector<float> one = {1.0F};
  const std::vector<float> y = numbers<float>(2000, 2);
  std::vector<float> product(2000);
  run_kernel(*kernel, {x.data(), one.data(), y.data()}, {x.data(), product.data()});
  for (size_t i = 0; i < x.size(); ++i) {
    REQUIRE(x[i] == before[i] + 1.0F);
    REQUIRE(product[i] == x[i] * y[i]);
  }
}

TEST_CASE("what normalizations run: rows of numbers that repeat beside one that does not") {
  const Shape shape{700, 12};
  const std::vector<int64_t> full{12, 1};
  const std::vector<int64_t> row{0, 1};
  std::vector<std::vector<float>> data;
  for (uint32_t i = 0; i < 6; ++i) {
    data.push_back(numbers<float>(i < 2 ? 8400 : 12, i + 1));
  }
  const auto& [g, x, mean, a, b, c] = std::tie(data[0], data[1], data[2], data[3], data[4], data[5]);
  const std::vector<float> combined = run_one("combine_centered", shape, {full, full, row, row, row, row}, data);
  const std::vector<float> normalized =
      run_one("normalize", shape, {full, row, row, row, row}, {data[1], data[2], data[3], data[4], data[5]});
  for (size_t i = 0; i < combined.size(); ++i) {
    const size_t k = i % 12;
    REQUIRE(combined[i] == a[k] * g[i] + b[k] * (x[i] - mean[k]) + c[k]);
    REQUIRE(normalized[i] == (x[i] - mean[k]) * (a[k] * b[k]) + c[k]);
  }
}

TEST_CASE("an elementwise program in float64") {
  const ElementwiseProgram chain{.shape = {3, 400},
                                 .dtype = DType::f64,
                                 .inputs = {{{400, 1}}, {{1, 0}}},
                                 .instructions = {{function("mul"), {0, 1}, {}}, {function("square"), {2}, {}}},
                                 .outputs = {1}};
  const std::vector<double> x = numbers<double>(1200, 1);
  const std::vector<double> y = numbers<double>(3, 2);
  const std::vector<double> out = result_of<double>(*make_elementwise(chain), 1200, {}, Order::forward, x, y);
  for (size_t i = 0; i < out.size(); ++i) {
    const double product = x[i] * y[i / 400];
    REQUIRE(out[i] == product * product);
  }
}

TEST_CASE("a program that is not well formed is refused") {
  ElementwiseProgram program{.shape = {4},
                             .dtype = DType::f32,
                             .inputs = {{{1}}},
                             .instructions = {{function("add"), {0, 1}, {}}},  // reads its own result
                             .outputs = {0}};
  CHECK_THROWS_AS(make_elementwise(program), Error);
  program.instructions = {{function("add"), {0}, {}}};
  CHECK_THROWS_AS(make_elementwise(program), Error);
  program.instructions = {{function("neg"), {0}, {}}};
  program.outputs = {1};
  CHECK_THROWS_AS(make_elementwise(program), Error);
}
