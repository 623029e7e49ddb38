#include <doctest/doctest.h>

#include "kernel_runner.hpp"
#include "kernels/epilogue.hpp"
#include "kernels/gemm.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

constexpr int64_t rows = 200, columns = 48, depth = 300;  // cut by rows into several pieces

std::unique_ptr<Kernel> product() {
  return make_gemm({.m = rows, .n = columns, .k = depth}, DType::f32);
}

// relu(product + bias), and the sum where it is an output too. Input 0 is the bias, input 1 the product.
ElementwiseProgram program(bool with_sum) {
  ElementwiseProgram out;
  out.shape = {rows, columns};
  out.inputs = {{{0, 1}}, {{columns, 1}}};
  out.instructions = {{&elementwise_function("add"), {1, 0}, {}}, {&elementwise_function("relu"), {2}, {}}};
  out.outputs = with_sum ? std::vector{1, 0} : std::vector{1};
  return out;
}

const std::vector<float> a = numbers<float>(rows * depth, 1);
const std::vector<float> b = numbers<float>(depth * columns, 2);
const std::vector<float> bias = numbers<float>(columns, 3);

}  // namespace

TEST_CASE("a product with an epilogue has the bits of both kernels one after the other") {
  const auto made = result_of<float>(*product(), rows * columns, {}, Order::forward, a, b);
  std::vector<float> activated(rows * columns);
  std::vector<float> sum(rows * columns);
  run_kernel(*make_elementwise(program(true)), {bias.data(), made.data()}, {activated.data(), sum.data()});
  CHECK(product()->pieces(0) > 1);
  for (const Order order : all_orders) {
    for (const bool keeps : {false, true}) {
      std::unique_ptr<Kernel> producer = product();
      const auto joined = make_epilogue(producer, 2, {program(true), 1, keeps});
      REQUIRE(joined);
      std::vector<float> outputs[3] = {std::vector<float>(made.size()), std::vector<float>(made.size()),
                                       std::vector<float>(made.size())};
      std::vector<void*> places{outputs[1].data(), outputs[2].data()};
      if (keeps) {
        places.insert(places.begin(), outputs[0].data());
      }
      run_kernel(*joined, {a.data(), b.data(), bias.data()}, places, {}, order);
      CHECK((!keeps || same_bits(outputs[0], made)));
      CHECK(same_bits(outputs[1], activated));
      CHECK(same_bits(outputs[2], sum));
    }
  }
}

TEST_CASE("a kernel whose pieces are scattered takes no epilogue, and stays what it was") {
  std::unique_ptr<Kernel> wide = make_gemm({.m = columns, .n = rows, .k = depth}, DType::f32);  // cut by columns
  ElementwiseProgram relu;
  relu.shape = {columns, rows};
  relu.inputs = {{{rows, 1}}};
  relu.instructions = {{&elementwise_function("relu"), {0}, {}}};
  relu.outputs = {0};
  CHECK(wide->pieces(0) > 1);
  CHECK(make_epilogue(wide, 2, {relu, 0, false}) == nullptr);
  CHECK(wide != nullptr);
}

TEST_CASE("a program that reads the result once more after it was written over needs it kept") {
  ElementwiseProgram twice;  // outputs relu(x) and relu(x) * x, which reads x last
  twice.shape = {rows, columns};
  twice.inputs = {{{columns, 1}}};
  twice.instructions = {{&elementwise_function("relu"), {0}, {}}, {&elementwise_function("mul"), {1, 0}, {}}};
  twice.outputs = {0, 1};
  std::unique_ptr<Kernel> producer = product();
  CHECK(make_epilogue(producer, 2, {twice, 0, false}) == nullptr);
  CHECK(make_epilogue(producer, 2, {twice, 0, true}) != nullptr);
}
