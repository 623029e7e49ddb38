// int64 tensors, orders, sums along axes and draws, through the SDK: each logs how many of its elements are not what
// they should be.
#include <atelier/atelier.hpp>

namespace {

using namespace atelier;

class Numbers final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Exercises int64 tensors and what makes and orders them."; }

  Numbers(const Settings&, const DataSpec&, Builder& build) {
    weight_ = build.group("weight").parameter("weight", {2}, Initializer::constant(1));
  }

  void train_step(Step& step) const override {
    arithmetic(step);
    made(step);
    ordered(step);
    real(step);
    step.minimize("weight", sum(weight_.use(step.context()) * 2));
  }
  void evaluate(Evaluation& e) const override { e.add_per_sample("loss", to_real(e.labels() * 0)); }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, 1, 8, 8}, 0.5); }

 private:
  using List = std::vector<int64_t>;

  static Tensor whole(const Step& step, const List& values) {
    return step.constant({static_cast<int64_t>(values.size())}, values);
  }
  static void check(const Step& step, std::string_view name, Tensor found, const List& expected) {
    const Tensor flat = found.reshape({-1});
    step.log(name, sum(not_equal(flat, whole(step, expected))));
  }

  static void arithmetic(const Step& step) {
    const Tensor a = whole(step, {-7, 0, 5});
    check(step, "add", a + 1, {-6, 1, 6});
    check(step, "sub", 10 - a - step.constant({1}, List{1}), {16, 9, 4});
    check(step, "mul", a * a * 2, {98, 0, 50});
    check(step, "neg", -a, {7, 0, -5});
    check(step, "abs", abs(a), {7, 0, 5});
    check(step, "divided", floor_divide(a, 2), {-4, 0, 2});
    check(step, "remainder", remainder(a, whole(step, {3, 3, -3})), {2, 0, -1});
    check(step, "clamped", minimum(maximum(a, -1), 4), {-1, 0, 4});
    check(step, "chosen", select(less(a, 0), a, whole(step, {9})), {-7, 9, 9});
    check(step, "parity", to_integer(equal(remainder(step.labels(), 2), 0) + equal(remainder(step.labels(), 2), 1)),
          List(static_cast<size_t>(step.batch_size()), 1));
  }

  static void made(const Step& step) {
    check(step, "arange", arange(step, 3), {0, 1, 2});
    check(step, "arange.down", arange(step, 7, -2, -4), {7, 3, -1});
    check(step, "arange.empty", concatenate({arange(step, 5, 5), arange(step, 2, 0)}, 0), {});
    check(step, "integer", integer(step, -3), {-3});
    check(step, "drawn", random_integers(step, {2, 3}, 4, 5), List(6, 4));
    check(step, "permutation", sort(random_permutation(step, 3, {2})).values, {0, 1, 2, 0, 1, 2});
    check(step, "cut", to_integer(step.full({2}, -2.7)), {-2, -2});
  }

  static void ordered(const Step& step) {
    const Tensor x = step.constant({2, 3}, List{5, 1, 3, 2, 9, 2});
    check(step, "sorted", sort(x).values, {1, 3, 5, 2, 2, 9});
    check(step, "places", argsort(x, 1, true), {0, 2, 1, 1, 0, 2});
    check(step, "top", top_k(x, 1).places, {0, 1});
    check(step, "gathered", gather_along(x, step.constant({2, 1}, List{2, 0}), 1), {3, 2});
    check(step, "scattered", scatter_add_along(x, step.constant({1, 3}, List{1, 1, 0}), x, 0), {5, 1, 6, 7, 10, 2});
    check(step, "sums", cumulative_sum(x, 0), {5, 1, 3, 7, 10, 5});
    check(step, "products", cumulative_product(x, 1, true, true), {3, 3, 1, 18, 2, 1});
  }

  // Whole numbers of which the functions give whole numbers.
  static void real(const Step& step) {
    const Tensor x = step.constant({4}, std::vector<float>{1, 2, 3, 6});
    const auto check_real = [&](std::string_view name, Tensor found, const List& expected) {
      check(step, name, to_integer(round(found * 1024)), expected);
    };
    check_real("half", x / 2, {512, 1024, 1536, 3072});
    check_real("power", power(x, step.constant({4}, std::vector<float>{3, 2, 1, 0})), {1024, 4096, 3072, 1024});
    check_real("product", product(x), {36 * 1024});
    check_real("variance", variance(x, {}, false, 0), {3584});
    check_real("deviation", square(standard_deviation(x)), {4779});
    check_real("logsumexp", exp(logsumexp(x - x)), {4096});
    check_real("angle", tan(atan2(x, x)) + cosh(x - x) + lgamma(x - x + 1.0) + ceil(x / 8), List(4, 3072));
  }

  Parameter weight_;
};

}  // namespace

ATELIER_MODEL("numbers", Numbers)
