// Sums of products by letters, and attention: values as PyTorch 2.13 gives them, and what an author reads when
// something does not fit.
#include <limits>
#include <string_view>

#include "ops_refusal.hpp"
#include "ops_result.hpp"
#include "plan/plan.hpp"

namespace atelier::ops::test {
namespace {

std::vector<Given> letters(std::string_view equation) {
  return {std::vector<int64_t>(equation.begin(), equation.end())};
}

Numbers einsum(std::string_view equation, const std::vector<Leaf>& leaves) {
  return result("einsum", leaves, letters(equation));
}

std::string refused(std::string_view equation, const std::vector<Shape>& shapes) {
  return message("einsum", shapes, letters(equation));
}

const Leaf a = leaf({2, 3});
const Leaf b = leaf({3, 4}, 5, 13);
const Leaf c = leaf({2, 2, 3});
const Leaf row{{3}, {a.values[0], a.values[1], a.values[2]}};

const Leaf q = leaf({1, 2, 5, 4}, 7, 11, 0.5);
const Leaf k = leaf({1, 2, 3, 4}, 5, 13, 0.5);
const Leaf v = leaf({1, 2, 3, 2}, 3, 7);

}  // namespace

TEST_CASE("products: einsum of one tensor") {
  CHECK(einsum("ii", {leaf({3, 3})}) == Numbers{-2.5});
  CHECK(einsum("ii->i", {leaf({3, 3})}) == Numbers{-2, 1, -1.5});
  CHECK(einsum("ij->", {a}) == Numbers{2});
  CHECK(einsum("bij->jbi", {c}) == Numbers{-2, 3, 2.5, 2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2});
  CHECK(einsum("ba", {a}) == Numbers{-2, 3, 1.5, 1, -0.5, -1});  // the letters in the alphabet's order
  CHECK(einsum("", {{{}, {3}}}) == Numbers{3});
}

TEST_CASE("products: einsum of several") {
  check_close(einsum("ij,jk->ik", {a, b}), {7, 4.5, -7.75, 6, -3, 4.5, 5.5, 0});
  check_close(einsum("ij,jk", {a, b}), {7, 4.5, -7.75, 6, -3, 4.5, 5.5, 0});
  check_close(einsum("bij,bjk->bik", {c, leaf({2, 3, 2}, 5, 13)}), {7.75, -4.5, -4.5, -3.5, -6, 7.5, -7, 6});
  check_close(einsum("i,j->ij", {row, {{4}, {b.values[0], b.values[1], b.values[2], b.values[3]}}}),
              {4, -1, -6, 2, -3, 0.75, 4.5, -1.5, 1, -0.25, -1.5, 0.5});
  check_close(einsum("ij, jk, kl -> il", {a, b, leaf({4, 2})}), {-9, 34.75, 9.25, 3.5});
  check_close(einsum("bij,ij,kb->kj", {c, a, leaf({2, 2}, 5, 13)}), {-25.5, -6.125, -1.125, 38, 9, 1});
}

TEST_CASE("products: an ellipsis is any axes, and a length of 1 broadcasts") {
  const Leaf one{{1, 3, 2}, {leaf({3, 2}, 5, 13).values}};
  check_close(einsum("...ij,...jk->...ik", {c, one}), {7.75, -4.5, -4.5, -3.5, -5.75, -5.25, -7, -7});
  check_close(einsum("bij,bjk->bik", {c, one}), {7.75, -4.5, -4.5, -3.5, -5.75, -5.25, -7, -7});
  check_close(einsum("...i,i", {c, row}), {6.5, -4, -3.5, -3});
}

TEST_CASE("products: attention") {
  check_close(result("attention", {q, k, v}),
              {0.3780265345,    -1.011609852974, -0.337662135214, -1.038281651604, -0.422323370562,
               -0.981581215022, -0.17096058813,  -1.058308975272, -0.228993802265, -1.005548048161,
               -0.522231608069, -0.60559666202,  -0.506892238373, 0.707830373497,  -0.551718477462,
               -0.532289321056, -0.489585028396, -0.192893936482, -0.580837119902, -0.460222607749},
              1e-11);
  check_close(result("attention", {q, k, v}, {0, 0.3}),
              {0.164349028041,  -1.009195398653, -0.285602549084, -1.02150274523,  -0.32552777323,
               -0.989560903872, -0.174824812038, -1.033621519939, -0.20495596355,  -1.003249223619,
               -0.512432725768, -0.516509764049, -0.508052053017, 0.418469891771,  -0.528981640124,
               -0.475451642988, -0.493750366183, -0.182359104576, -0.545463490024, -0.434810524775},
              1e-11);
  check_close(result("attention", {q, k, v}, {1}),
              {-2,
               -0.5,
               -1.016995097538,
               -0.66383415041,
               -0.422323370562,
               -0.981581215022,
               -0.17096058813,
               -1.058308975272,
               -0.228993802265,
               -1.005548048161,
               0,
               -2,
               -0.454953503019,
               0.729721018114,
               -0.551718477462,
               -0.532289321056,
               -0.489585028396,
               -0.192893936482,
               -0.580837119902,
               -0.460222607749},
              1e-11);
  check_close(result("attention", {q, k, v, leaf({1, 1, 5, 3}, 5, 7)}),
              {0.889103282886,  -1.040825616067, 0.537967126859,  -1.178476447173, 0.043852126791,
               -1.292197418354, 0.182046826595,  -1.345761706582, -1.125007459627, -0.702215027348,
               -0.769046980795, 0.250778100577,  -0.516397261773, 0.95652939504,   -0.845658816073,
               0.12575917647,   -0.788334806935, 0.082928502773,  -0.173104802098, -1.501104345385},
              1e-11);
}

TEST_CASE("products: a key that is masked does not count, and a query without keys sees nothing") {
  constexpr double never = -std::numeric_limits<double>::infinity();
  check_close(result("attention", {q, k, v, {{1, 1, 1, 3}, {0, never, 0}}}),
              {-0.671976566566, -1.031209373374, -0.633154620038, -1.046738151985, -0.808550872341,
               -0.976579651064, -0.556261587035, -1.077495365186, -0.730470339302, -1.007811864279,
               -0.523420348936, -0.691449127659, -0.538983220688, -0.652541948281, -0.55447046496,
               -0.613823837599, -0.484380084277, -0.789049789308, -0.585101154203, -0.537247114492},
              1e-11);
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  const auto input = [&](const Leaf& one) { return bench.input(one.shape, one.values); };
  const std::vector<uint32_t> inputs{input(q), input(k), input(v),
                                     input({{1, 2, 1, 3}, {0, 0, 0, never, never, never}})};
  const uint32_t y = bench.apply("attention", inputs);
  const std::vector<uint32_t> gradients = bench.gradient(bench.apply("sum", {y}), inputs);
  const std::vector<Numbers> values = bench.run({y, gradients[0], gradients[3]});
  CHECK(Numbers(values[0].begin() + 10, values[0].end()) == Numbers(10, 0.0));
  CHECK(Numbers(values[1].begin() + 20, values[1].end()) == Numbers(20, 0.0));
  CHECK(Numbers(values[2].begin() + 3, values[2].end()) == Numbers(3, 0.0));
}

TEST_CASE("products: neither attention nor its gradient keeps the scores") {
  Bench bench;
  bench.begin();
  constexpr int64_t length = 512;
  const Shape shape{1, 2, length, 8};
  std::vector<uint32_t> inputs;
  for (int i = 0; i < 3; ++i) {
    inputs.push_back(bench.input(shape, leaf(shape, 7 + i).values));
  }
  const uint32_t y = bench.apply("attention", inputs, {1});
  bench.session().end(bench.gradient(bench.apply("sum", {bench.apply("square", {y})}), inputs));
  const plan::Plan& plan = *bench.session().newest_plan();
  CHECK(plan.arena_bytes > 0);
  CHECK(plan.arena_bytes + plan.scratch_bytes < length * length * sizeof(float));  // half of the scores
}

// The gradient tile by tile, against the one that is made of products, which a mask's gradient asks for.
TEST_CASE("products: both ways to the gradient of attention agree") {
  for (const int causal : {0, 1}) {
    std::vector<Numbers> found;
    for (const bool of_mask : {false, true}) {
      Bench bench(Mode::evaluate, DType::f64);
      bench.begin();
      std::vector<uint32_t> inputs;
      for (const Leaf& one : {leaf({2, 2, 33, 5}, 7, 11, 0.5), leaf({2, 2, 21, 5}, 5, 13, 0.5),
                              leaf({2, 2, 21, 3}, 3, 7), leaf({2, 1, 33, 21}, 5, 7)}) {
        inputs.push_back(bench.input(one.shape, one.values));
      }
      const uint32_t y = bench.apply("attention", inputs, {causal});
      const uint32_t loss = bench.apply("sum", {bench.apply("square", {y})});
      inputs.resize(of_mask ? 4 : 3);
      const std::vector<uint32_t> gradients = bench.gradient(loss, inputs);
      for (const Numbers& values : bench.run({gradients[0], gradients[1], gradients[2]})) {
        found.push_back(values);
      }
    }
    for (size_t i = 0; i < 3; ++i) {
      check_close(found[i], found[3 + i], 1e-11);
    }
  }
}

TEST_CASE("products: errors") {
  CHECK(refused("ij,jk->ik", {{2, 3}, {4, 2}}) ==
        "model.cpp:12: einsum: got the lengths 3 and 4 for 'j', expected them equal, or a 1");
  CHECK(refused("ij,jk->ik", {{2, 3}}) ==
        "model.cpp:12: einsum: got 'ij,jk->ik' for 1 tensors, expected a term for each");
  CHECK(refused("ijk->ik", {{2, 3}}) ==
        "model.cpp:12: einsum: got the term 'ijk' for a tensor of (2, 3), expected a letter for each axis");
  CHECK(refused("ij->ik", {{2, 3}}) ==
        "model.cpp:12: einsum: got the result 'ik' of 'ij->ik', expected letters of the terms, each at most once");
  CHECK(refused("ii->i", {{2, 3}}) ==
        "model.cpp:12: einsum: got 'i' twice in a term for a tensor of (2, 3), expected equal lengths");
  CHECK(refused("i>", {{2, 3}}) ==
        "model.cpp:12: einsum: got the term 'i>' in 'i>', expected letters and at most one '...'");
  CHECK(refused("i1", {{2, 3}}) ==
        "model.cpp:12: einsum: got an equation with the character 49, expected letters, ',', '...' and '->'");
  CHECK(refused("abcde,fghij->abcdefghij", {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}}) ==
        "model.cpp:12: einsum: got a product of the first 2 tensors with 10 axes, expected at most 8; hint: give the "
        "tensors in another order");
  CHECK(message("attention", {{1, 2, 5, 4}, {1, 2, 3, 3}, {1, 2, 3, 2}}) ==
        "model.cpp:12: attention: got q of (1, 2, 5, 4), k of (1, 2, 3, 3) and v of (1, 2, 3, 2), expected q "
        "(B, heads, T, D), k (B, heads, S, D) and v (B, heads, S, E)");
  CHECK(
      message("attention", {{1, 2, 5, 4}, {1, 2, 3, 4}, {1, 2, 3, 2}, {1, 2, 5, 1}}) ==
      "model.cpp:12: attention: got a mask of (1, 2, 5, 1) for scores of (1, 2, 5, 3), expected equal lengths, or a 1 "
      "but along the last axis");
  CHECK(message("attention", {{1, 2, 5, 4}, {1, 2, 0, 4}, {1, 2, 0, 2}}) ==
        "model.cpp:12: attention: got k of (1, 2, 0, 4) and v of (1, 2, 0, 2), expected at least one key, none empty");
}

}  // namespace atelier::ops::test
