// Recurrent layers against PyTorch's values, against the same formulas in plain operations, and what is said of
// mistakes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "kernels/isa.hpp"
#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

// scale sin(phase + 1.7 i)
Numbers wave(int64_t n, double phase, double scale = 0.5) {
  Numbers out(static_cast<size_t>(n));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = scale * std::sin(phase + 1.7 * static_cast<double>(i));
  }
  return out;
}

struct Sizes {
  int64_t batch, steps, features, units;
};

// A layer's inputs: x, W, U, the biases, then the states.
struct Inputs {
  Inputs(Bench& bench, const std::string& name, const Sizes& sizes) {
    const int64_t width = sizes.units * (name == "lstm" ? 4 : name == "gru" ? 3 : 1);
    const auto add = [&](const Shape& shape, double scale) {
      values.push_back(bench.input(shape, wave(shape.elements(), 0.1 * static_cast<double>(values.size() + 1), scale)));
    };
    const double scale = 1 / std::sqrt(static_cast<double>(2 * sizes.units));  // 0.5 of two units
    add({sizes.batch, sizes.steps, sizes.features}, 1);
    add({width, sizes.features}, scale);
    add({width, sizes.units}, scale);
    add({width}, scale);
    add({width}, scale);  // the GRU's recurrent bias
    add({sizes.batch, sizes.units}, scale);
    add({sizes.batch, sizes.units}, scale);  // the LSTM's c
    if (name != "gru") {
      values.erase(values.begin() + 4);
    }
    if (name != "lstm") {
      values.pop_back();
    }
  }
  std::vector<uint32_t> values;
};

// The first of the results, which are y, the last h and the LSTM's last c.
uint32_t layer(Bench& bench, const std::string& name, const std::vector<uint32_t>& i) {
  return i.size() == 4   ? bench.apply(name, {i[0], i[1], i[2], i[3]})
         : i.size() == 5 ? bench.apply(name, {i[0], i[1], i[2], i[3], i[4]})
                         : bench.apply(name, {i[0], i[1], i[2], i[3], i[4], i[5]});
}

uint32_t sum_of_squares(Bench& bench, uint32_t x) {
  return bench.apply("sum", {bench.apply("square", {x})});
}
uint32_t sum(Bench& bench, uint32_t a, uint32_t b) {
  return bench.apply("add", {a, b});
}

// y, the LSTM's last c, and the gradients for all inputs of sum y^2 + sum h + sum c.
std::vector<Numbers> results(const std::string& name, DType real, const Sizes& sizes) {
  Bench bench(Mode::train, real);
  bench.begin();
  const Inputs inputs(bench, name, sizes);
  const uint32_t y = layer(bench, name, inputs.values);
  uint32_t loss = sum(bench, sum_of_squares(bench, y), bench.apply("sum", {y + 1}));
  std::vector<uint32_t> wanted{y};
  if (name == "lstm") {
    loss = sum(bench, loss, bench.apply("sum", {y + 2}));
    wanted.push_back(y + 2);
  }
  for (const uint32_t gradient : bench.gradient(loss, inputs.values)) {
    wanted.push_back(gradient);
  }
  return bench.run(wanted);
}

// The largest difference, of numbers above 1 relative to them.
double distance(const std::vector<Numbers>& actual, const std::vector<Numbers>& expected) {
  REQUIRE(actual.size() == expected.size());
  double out = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    REQUIRE(actual[i].size() == expected[i].size());
    for (size_t k = 0; k < actual[i].size(); ++k) {
      const double difference = std::abs(actual[i][k] - expected[i][k]) / std::max(1.0, std::abs(expected[i][k]));
      out = std::isnan(difference) ? difference : std::max(out, difference);
    }
  }
  return out;
}

// The formulas at kernels::Cell, step by step in plain operations. Results as the layer's: y (B, T H), h, c.
struct Unrolled {
  Unrolled(Bench& bench, std::string kind, const std::vector<uint32_t>& inputs, const Sizes& sizes)
      : bench_(bench), kind_(std::move(kind)), in_(inputs), sizes_(sizes) {
    const size_t first_state = kind_ == "gru" ? 5 : 4;
    h = in_[first_state];
    c = kind_ == "lstm" ? in_[first_state + 1] : 0;
    for (int64_t t = 0; t < sizes.steps; ++t) {
      step(t);
      y = t == 0 ? h : bench_.apply("concatenate", {y, h}, {1});
    }
  }

  uint32_t y = 0;
  uint32_t h = 0;
  uint32_t c = 0;

 private:
  void step(int64_t t) {
    const auto start = static_cast<int>(t);
    const uint32_t x = bench_.apply("reshape", {bench_.apply("slice", {in_[0]}, {1, start, 1})},
                                    {std::vector<int64_t>{sizes_.batch, sizes_.features}});
    const uint32_t a = bench_.apply("linear", {x, in_[1], in_[3]});
    const uint32_t p =
        kind_ == "gru" ? bench_.apply("linear", {h, in_[2], in_[4]}) : bench_.apply("linear", {h, in_[2]});
    if (kind_ == "rnn_tanh") {
      h = bench_.apply("tanh", {add(a, p)});
    } else if (kind_ == "lstm") {
      const uint32_t all = add(a, p);
      const uint32_t kept = mul(bench_.apply("sigmoid", {gate(all, 1)}), c);
      c = add(kept, mul(bench_.apply("sigmoid", {gate(all, 0)}), bench_.apply("tanh", {gate(all, 2)})));
      h = mul(bench_.apply("sigmoid", {gate(all, 3)}), bench_.apply("tanh", {c}));
    } else {
      const uint32_t r = bench_.apply("sigmoid", {add(gate(a, 0), gate(p, 0))});
      const uint32_t z = bench_.apply("sigmoid", {add(gate(a, 1), gate(p, 1))});
      const uint32_t n = bench_.apply("tanh", {add(gate(a, 2), mul(r, gate(p, 2)))});
      h = add(n, mul(z, bench_.apply("sub", {h, n})));
    }
  }
  uint32_t add(uint32_t a, uint32_t b) { return bench_.apply("add", {a, b}); }
  uint32_t mul(uint32_t a, uint32_t b) { return bench_.apply("mul", {a, b}); }
  uint32_t gate(uint32_t x, int64_t index) {
    return bench_.apply("slice", {x}, {1, static_cast<int>(index * sizes_.units), static_cast<int>(sizes_.units)});
  }

  Bench& bench_;
  std::string kind_;
  std::vector<uint32_t> in_;
  Sizes sizes_;
};

enum class Loss { all, last_h, only_y };

// The loss and its gradients, by the layer or unrolled.
std::vector<Numbers> trained(const std::string& name, const Sizes& sizes, Loss which, bool unrolled, DType real,
                             int threads = 1) {
  Bench bench(Mode::train, real, threads);
  bench.begin();
  const Inputs inputs(bench, name, sizes);
  uint32_t y = 0;
  uint32_t h = 0;
  uint32_t c = 0;
  if (unrolled) {
    const Unrolled twin(bench, name, inputs.values, sizes);
    y = twin.y;
    h = twin.h;
    c = twin.c;
  } else {
    y = layer(bench, name, inputs.values);
    h = y + 1;
    c = y + 2;
  }
  uint32_t loss = sum_of_squares(bench, which == Loss::last_h ? h : y);
  if (which == Loss::all) {
    loss = sum(bench, loss, bench.apply("sum", {h}));
    loss = name == "lstm" ? sum(bench, loss, sum_of_squares(bench, c)) : loss;
  }
  std::vector<uint32_t> wanted = bench.gradient(loss, inputs.values);
  wanted.insert(wanted.begin(), loss);
  return bench.run(wanted);
}

// One phase for all steps; a phase for each step, with a last block of units that is not full.
constexpr Sizes small{19, 4, 5, 6};
constexpr Sizes large{3, 3, 7, 400};

std::string message_of_layer(const std::string& name, const std::vector<Shape>& shapes) {
  Bench bench;
  bench.begin();
  std::vector<uint32_t> i;
  for (const Shape& shape : shapes) {
    i.push_back(bench.input(shape, Numbers(static_cast<size_t>(shape.elements()), 0.0)));
  }
  try {
    layer(bench, name, i);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::shape);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("recurrent: PyTorch's values and gradients") {
  const std::pair<std::string, std::vector<Numbers>> golden[] = {
      {"rnn_tanh",
       {
           /* y */ {0.704729496, -0.211356587, -0.245016863, 0.64798835, 0.695252478, -0.185285132, -0.306361424,
                    0.774462015, 0.626091978, -0.112583214, 0.11434295, 0.498711525},
           /* dx */
           {0.263307941, 0.653032872, -0.252022675, -0.600100996, -0.0118090818, 0.331401785, -0.211852167,
            -0.516100458, 0.117854169, 0.401629658, -0.211576039, -0.0507139079},
           /* dW */ {0.615518001, 2.18381137, -2.36974437, -1.86816294},
           /* dU */ {0.264763146, 1.56228959, 0.972086305, -0.732284786},
           /* db */ {2.77598845, 2.62970782},
           /* dh0 */ {0.331150372, 0.614791992, -0.26549889, -0.485500018},
       }},
      {"lstm",
       {
           /* y */ {0.205475458, 0.0795503422, 0.123721533, 0.116779631, 0.241445137, 0.0220280356, -0.059028637,
                    0.181216012, 0.14387941, 0.0130682022, 0.0329517659, 0.211422323},
           /* c */ {0.621465444, 0.0493308865, 0.112185201, 0.396847567},
           /* dx */
           {0.0253518802, 0.0444153877, 0.0187990407, 0.0989573506, 0.0236891518, 0.17804003, -0.0793187078,
            -0.00839425291, -0.148133789, 0.0589437432, -0.107033159, 0.0564041633},
           /* dW */
           {0.201543576, 0.198451938, -0.324014153, -0.0961867044, -0.0792210607, 0.00388274971, 0.111793921,
            0.10552004, -0.39033872, 0.210585745, -0.176586965, 0.346071399, 0.0946887787, 0.18088077, -0.158615432,
            -0.0309048383},
           /* dU */
           {0.0524101026, 0.0690784421, 0.0188693133, -0.0155725326, 0.0718923817, 0.0373886322, 0.0322196207,
            0.0426746948, 0.25470293, 0.182537778, 0.218559118, 0.214360789, 0.043825802, 0.0460971381, 0.0150226344,
            -0.000940764523},
           /* db */
           {0.401684105, 0.275260136, 0.325185669, 0.191401549, 2.06396852, 2.62807853, 0.329148123, 0.218819428},
           /* dh0 */ {0.0300254782, 0.041065141, -0.0807963665, -0.000258218006},
           /* dc0 */ {0.245259784, 0.128390696, 0.0602495162, 0.275552215},
       }},
      {"gru",
       {
           /* y */ {0.52810791, 0.294794477, 0.494963346, 0.336928694, 0.666674859, 0.0471351352, -0.0121173049,
                    0.229372868, 0.442053554, 0.0137017265, 0.342772917, 0.385250556},
           /* dx */
           {-0.253914359, -0.00104694952, 0.271957749, 0.217052059, -0.374466036, -0.00792171962, 0.144528137,
            0.0685947224, -0.345360199, -0.0765263415, 0.313733215, 0.280105236},
           /* dW */
           {-0.187558706, -0.0968371402, 0.0309520664, 0.0242300233, -0.473875128, -0.462706331, 0.458852003,
            0.189375471, -1.19541022, -0.446699692, 0.270436743, 1.01150205},
           /* dU */
           {0.192955313, 0.0864858848, -0.00328136946, 0.010553427, -0.111702235, -0.209354802, -0.0246762334,
            0.0755840108, 0.718896284, 0.370098824, 0.701136008, 0.487628925},
           /* db */ {0.477284094, 0.0549943489, -0.717794164, -0.290543759, 3.47503437, 3.61705476},
           /* db2 */ {0.477284094, 0.0549943489, -0.717794164, -0.290543759, 2.11611695, 2.25755196},
           /* dh0 */ {0.730686187, 0.25370114, 0.174598948, 0.346431148},
       }},
  };
  for (const auto& [name, expected] : golden) {
    CAPTURE(name);
    CHECK(distance(results(name, DType::f64, {2, 3, 2, 2}), expected) < 1e-8);  // nine digits are written here
    CHECK(distance(results(name, DType::f32, {2, 3, 2, 2}), expected) < 1e-6);
  }
}

TEST_CASE("recurrent: agrees with its formulas in plain operations") {
  for (const std::string name : {"rnn_tanh", "lstm", "gru"}) {
    for (const Sizes& sizes : {small, large}) {
      for (const Loss which : {Loss::all, Loss::last_h, Loss::only_y}) {
        CAPTURE(name);
        CAPTURE(sizes.units);
        const std::vector<Numbers> expected = trained(name, sizes, which, true, DType::f64);
        CHECK(distance(trained(name, sizes, which, false, DType::f64), expected) < 1e-11);
        CHECK(distance(trained(name, sizes, which, false, DType::f32), expected) < 2e-5);
      }
    }
  }
}

TEST_CASE("recurrent: no number of threads changes a bit") {
  for (const std::string name : {"rnn_tanh", "lstm", "gru"}) {
    for (const Sizes& sizes : {Sizes{70, 5, 3, 24}, large}) {
      const std::vector<Numbers> expected = trained(name, sizes, Loss::all, false, DType::f32);
      for (const int threads : {2, 3, 8}) {
        CHECK(trained(name, sizes, Loss::all, false, DType::f32, threads) == expected);
      }
    }
  }
}

// Batches whose last piece is one row.
TEST_CASE("recurrent: equal samples have equal bits wherever they lie in a batch") {
  if (!kernels::is_supported(kernels::Isa::avx512)) {
    MESSAGE("left out: without AVX-512 oneDNN rounds the last rows of a product in another way");
    return;
  }
  for (const std::string name : {"rnn_tanh", "lstm", "gru"}) {
    for (const Sizes& sizes : {Sizes{17, 3, 5, 33}, Sizes{65, 3, 7, 400}}) {
      Bench bench(Mode::train);
      bench.begin();
      std::vector<uint32_t> inputs = Inputs(bench, name, sizes).values;
      const uint32_t one = bench.apply("slice", {inputs[0]}, {0, 0, 1});
      const std::vector<int64_t> all{sizes.batch, sizes.steps, sizes.features};
      inputs[0] = bench.apply("broadcast_to", {one}, {all});
      inputs.resize(name == "gru" ? 5 : 4);  // no initial state
      const uint32_t y = layer(bench, name, inputs);
      const uint32_t dx = bench.gradient(sum_of_squares(bench, y), {inputs[0]}).front();
      for (const Numbers& found : bench.run({y, dx})) {
        const size_t length = found.size() / static_cast<size_t>(sizes.batch);
        for (size_t row = 1; row < static_cast<size_t>(sizes.batch); ++row) {
          const auto begin = found.begin() + static_cast<std::ptrdiff_t>(row * length);
          CHECK_MESSAGE(std::equal(begin, begin + static_cast<std::ptrdiff_t>(length), found.begin()),
                        name << ", " << sizes.units << " units, row " << row);
        }
      }
    }
  }
}

TEST_CASE("recurrent: a sequence is its steps one after the other") {
  constexpr Sizes sizes{2, 3, 4, 5};
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  std::vector<uint32_t> inputs = Inputs(bench, "lstm", sizes).values;
  const uint32_t whole = layer(bench, "lstm", inputs);
  const uint32_t x = inputs[0];
  uint32_t last = 0;
  for (int t = 0; t < 3; ++t) {
    inputs[0] = bench.apply("slice", {x}, {1, t, 1});
    last = layer(bench, "lstm", inputs);
    inputs[4] = last + 1;
    inputs[5] = last + 2;
  }
  const std::vector<Numbers> found = bench.run({whole + 1, whole + 2, last + 1, last + 2});
  CHECK(distance({found[2], found[3]}, {found[0], found[1]}) < 1e-12);
}

TEST_CASE("recurrent: an initial state that is not given is zeros") {
  for (const std::string name : {"rnn_tanh", "lstm", "gru"}) {
    Bench bench(Mode::train, DType::f32);
    bench.begin();
    std::vector<uint32_t> i = Inputs(bench, name, {2, 3, 4, 5}).values;
    const uint32_t zeros = bench.input({2, 5}, Numbers(10, 0.0));
    i[name == "gru" ? 5 : 4] = zeros;
    if (name == "lstm") {
      i[5] = zeros;
    }
    const uint32_t given = layer(bench, name, i);
    const uint32_t left_out =
        name == "gru" ? bench.apply(name, {i[0], i[1], i[2], i[3], i[4]}) : bench.apply(name, {i[0], i[1], i[2], i[3]});
    std::vector<uint32_t> wanted{given};
    for (const uint32_t y : {given, left_out}) {
      const std::vector<uint32_t> found = bench.gradient(sum_of_squares(bench, y), {i[0], i[1], i[2], i[3]});
      wanted.insert(wanted.end(), found.begin(), found.end());
    }
    wanted.push_back(left_out);
    const std::vector<Numbers> out = bench.run(wanted);
    CHECK(out.front() == out.back());
    for (size_t k = 1; k <= 4; ++k) {
      CHECK(out[k] == out[k + 4]);
    }
  }
}

TEST_CASE("recurrent: errors") {
  CHECK(message_of_layer("lstm", {{2, 4}, {12, 4}, {12, 3}, {12}}) ==
        "model.cpp:12: lstm: got x of (2, 4), expected (B, T, F) with at least one step");
  CHECK(message_of_layer("gru", {{2, 5, 4}, {10, 4}, {10, 3}, {10}, {10}}) ==
        "model.cpp:12: gru: got an input weight of (10, 4), expected (3 H, 4) for x of (2, 5, 4)");
  CHECK(message_of_layer("rnn_tanh", {{2, 5, 4}, {3, 4}, {3, 4}, {3}}) ==
        "model.cpp:12: rnn_tanh: got a recurrent weight of (3, 4), expected (3, 3) for 3 units");
  CHECK(message_of_layer("lstm", {{2, 5, 4}, {12, 4}, {12, 3}, {3}}) ==
        "model.cpp:12: lstm: got a bias of (3), expected (12) for 3 units");
  CHECK(message_of_layer("lstm", {{2, 5, 4}, {12, 4}, {12, 3}, {12}, {2, 3}, {1, 3}}) ==
        "model.cpp:12: lstm: got an initial state of (1, 3), expected (2, 3) for 3 units");
  CHECK(message_of_layer("lstm", {{2, 5, 4}, {12, 4}, {12, 3}, {12}, {2, 3}}) ==
        "model.cpp:12: lstm: got 5 inputs, expected 4 without an initial state, or 6 with it");
}

TEST_CASE("recurrent: gated layers have no gradient of their gradient, and say so") {
  Bench bench(Mode::train);
  bench.begin();
  const Inputs inputs(bench, "lstm", {2, 3, 4, 5});
  const uint32_t y = layer(bench, "lstm", inputs.values);
  const uint32_t slope = bench.gradient(sum_of_squares(bench, y), {inputs.values[0]}).front();
  bench.gradient(sum_of_squares(bench, slope), {inputs.values[0]});
  CHECK_THROWS_WITH_AS(bench.run(),
                       "model.cpp:12: lstm has no gradient of its gradient; hint: rnn_tanh has one, and so has a cell "
                       "of plain operations",
                       Error);
}

}  // namespace atelier::ops::test
