// Whatever an author hands to an operation, it works or says what was wrong; it never says that the host is.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

using record::AttributeSpec;
using record::AttributeType;

// One call of one operation with what an author might give it, likely or not, and the gradients of what it gives.
class Attempt {
 public:
  explicit Attempt(unsigned seed) : random_(seed) {}

  // The words and the kind of the error, or none.
  std::optional<Error> make(const record::Operation& operation) {
    Bench bench;
    bench.begin();
    std::vector<uint32_t> inputs = inputs_of(bench, operation);
    std::vector<Given> given;
    for (const AttributeSpec& spec : operation.attributes) {
      given.push_back(attribute_of(spec));
    }
    try {
      const std::string name = operation.name.substr(0, operation.name.find('/'));
      const uint32_t output = bench.apply(name, inputs, given);
      const record::TensorType type = bench.session().type(output);
      constexpr int64_t many = 100'000;
      if (type.shape.elements() > many) {
        return {};
      }
      std::vector<uint32_t> wanted{output};
      std::erase_if(inputs, [&](uint32_t input) { return bench.session().type(input).dtype == DType::i64; });
      if (type.dtype != DType::i64 && !inputs.empty()) {
        const std::vector<uint32_t> gradients = bench.gradient(output, inputs);
        wanted.insert(wanted.end(), gradients.begin(), gradients.end());
      }
      bench.run(wanted);
    } catch (const Error& error) {
      return error;
    }
    return {};
  }

  [[nodiscard]] const std::string& call() const { return call_; }

 private:
  int64_t one_of(std::initializer_list<int64_t> values) { return values.begin()[random_() % values.size()]; }

  std::vector<uint32_t> inputs_of(Bench& bench, const record::Operation& operation) {
    constexpr size_t most = 6;
    const size_t least = operation.min_inputs;
    const size_t count =
        least + random_() % (std::min(std::max(operation.max_inputs, least), least + most) - least + 1);
    std::vector<uint32_t> out;
    Shape shape = any_shape();
    for (size_t i = 0; i < count; ++i) {
      shape = random_() % 2 == 0 ? any_shape() : shape;
      const Numbers values = ramp(static_cast<size_t>(shape.elements()), -1, 0.5);
      const bool indices = random_() % 6 == 0;
      out.push_back(indices ? bench.indices(shape, values) : bench.input(shape, values));
      call_ += (indices ? " int64 " : " ") + tensor::to_string(shape);
    }
    return out;
  }

  Shape any_shape() {
    Shape out;
    const auto rank = one_of({0, 1, 2, 2, 3, 3, 4, 4, 4});
    for (int64_t axis = 0; axis < rank; ++axis) {
      out.append(one_of({0, 1, 1, 2, 2, 3, 4, 4, 6}));
    }
    return out;
  }

  Given attribute_of(const AttributeSpec& spec) {
    call_ += " " + spec.name;
    if (spec.type == AttributeType::number) {
      const double numbers[] = {0, 0.5, 1, -1, 3, infinity, -infinity, std::nan("")};
      const double number = numbers[random_() % std::size(numbers)];
      call_ += fmt::format(" {}", number);
      return {number};
    }
    if (spec.type == AttributeType::integer) {
      const int64_t integer = any_integer();
      call_ += fmt::format(" {}", integer);
      Given out(0);
      out.attribute = record::Attribute::of(integer);
      return out;
    }
    std::vector<int64_t> list(random_() % 3 == 0      ? random_() % 9
                              : spec.default_integers ? spec.default_integers->size()
                                                      : 2 * (random_() % 3));
    for (int64_t& integer : list) {
      integer = any_integer();
    }
    call_ += fmt::format(" [{}]", fmt::join(list, ", "));
    return {list};
  }

  int64_t any_integer() {
    return one_of({0, 1, 1, 1, 2, 2, 2, 3, 4, -1, -2, 7, int64_t{1} << 20U, int64_t{1} << 33U, int64_t{1} << 40U,
                   int64_t{1} << 62U, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()});
  }

  std::mt19937 random_;
  std::string call_;
};

}  // namespace

TEST_CASE("mistakes: every operation, with shapes and attributes of all kinds") {
  register_operations();
  const record::OperationRegistry& registry = record::OperationRegistry::instance();
  unsigned seed = 0;
  int works = 0;
  for (const std::string& name : registry.public_names()) {
    constexpr int attempts = 60;
    for (int i = 0; i < attempts; ++i) {
      Attempt attempt(++seed);
      INFO(name << attempt.call());
      const std::optional<Error> error = attempt.make(registry.get(name));
      works += error ? 0 : 1;
      const bool authors_mistake = !error || error->kind() == ErrorKind::shape || error->kind() == ErrorKind::memory ||
                                   error->kind() == ErrorKind::unsupported;
      CHECK_MESSAGE(authors_mistake, std::string(error ? error->what() : ""));
    }
  }
  CHECK(works > 500);
}

}  // namespace atelier::ops::test
