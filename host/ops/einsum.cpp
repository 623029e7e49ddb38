// Sums of products by Einstein's convention: "bij,bjk->bik". A letter names an axis, an ellipsis any number of them,
// aligned at their end; letters that the result has not are summed over. Done pair by pair from the left, each pair a
// product of matrices (or elementwise, where nothing is summed over).
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <string>

#include "ops/arrange.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using Labels = std::vector<int64_t>;  // letters, and of an ellipsis's axes: their place from the end, after all letters
constexpr int64_t ellipsis = 256;

bool has(const Labels& labels, int64_t label) {
  return std::ranges::find(labels, label) != labels.end();
}

struct Equation {
  std::vector<Labels> operands;
  Labels result;
  std::map<int64_t, int64_t> lengths;

  // The labels that operands after `operand`, or the result, have.
  [[nodiscard]] bool kept(int64_t label, size_t operand) const {
    return has(result, label) || std::any_of(operands.begin() + static_cast<std::ptrdiff_t>(operand) + 1,
                                             operands.end(), [&](const Labels& one) { return has(one, label); });
  }
};

// `require(condition, words...)` throws where the condition does not hold.
template <typename Require>
class Parser {
 public:
  Parser(const Axes& codes, std::span<const Shape> shapes, const Require& require)
      : require_(require), shapes_(shapes) {
    for (const int64_t code : codes) {
      const bool known = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code == ',' || code == '-' ||
                         code == '>' || code == '.' || code == ' ';
      require_(known,
               fmt::format("got an equation with the character {}, expected letters, ',', '...' and '->'", code));
      if (code != ' ') {
        text_ += static_cast<char>(code);
      }
    }
  }

  Equation parse() {
    const size_t arrow = text_.find("->");
    std::string terms = text_.substr(0, arrow);
    terms += ',';
    for (size_t start = 0, comma = 0; (comma = terms.find(',', start)) != std::string::npos; start = comma + 1) {
      add_operand(terms.substr(start, comma - start));
    }
    require_(out_.operands.size() == shapes_.size(),
             fmt::format("got '{}' for {} tensors, expected a term for each", text_, shapes_.size()));
    arrow == std::string::npos ? imply_result() : read_result(text_.substr(arrow + 2));
    return std::move(out_);
  }

 private:
  // The letters of a term, with the labels of `axes` axes in place of its ellipsis.
  Labels labels_of(const std::string& term, int64_t axes) {
    Labels labels;
    const size_t dots = term.find("...");
    for (size_t i = 0; i < term.size(); ++i) {
      if (i == dots) {
        for (int64_t axis = axes; axis-- > 0;) {
          labels.push_back(ellipsis + axis);
        }
        i += 2;
        continue;
      }
      require_(std::isalpha(static_cast<unsigned char>(term[i])) != 0,
               fmt::format("got the term '{}' in '{}', expected letters and at most one '...'", term, text_));
      labels.push_back(term[i]);
    }
    return labels;
  }

  void add_operand(const std::string& term) {
    const size_t operand = out_.operands.size();
    if (operand >= shapes_.size()) {
      out_.operands.emplace_back();  // one too many, which is said when all are counted
      return;
    }
    const Shape& shape = shapes_[operand];
    const bool open = term.find("...") != std::string::npos;
    const auto rank = static_cast<int64_t>(shape.rank());
    const auto letters = static_cast<int64_t>(term.size()) - (open ? 3 : 0);
    require_(
        open ? letters <= rank : letters == rank,
        fmt::format("got the term '{}' for a tensor of {}, expected a letter for each axis", term, to_string(shape)));
    ellipsis_axes_ = std::max(ellipsis_axes_, open ? rank - letters : 0);
    Labels labels = labels_of(term, rank - letters);
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      add_length(labels, axis, shape);
    }
    out_.operands.push_back(std::move(labels));
  }

  void add_length(const Labels& labels, size_t axis, const Shape& shape) {
    const int64_t length = shape[axis];
    const auto before = std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(axis), labels[axis]);
    const auto first = static_cast<size_t>(before - labels.begin());
    require_(shape[first] == length, fmt::format("got '{}' twice in a term for a tensor of {}, expected equal lengths",
                                                 static_cast<char>(labels[axis]), to_string(shape)));
    int64_t& known = out_.lengths.try_emplace(labels[axis], length).first->second;
    require_(known == length || known == 1 || length == 1,
             fmt::format("got the lengths {} and {} for '{}', expected them equal, or a 1", known, length,
                         labels[axis] >= ellipsis ? "..." : std::string(1, static_cast<char>(labels[axis]))));
    known = known == 1 ? length : known;
  }

  void read_result(const std::string& term) {
    out_.result = labels_of(term, ellipsis_axes_);
    for (const int64_t label : out_.result) {
      require_(
          std::ranges::count(out_.result, label) == 1 && out_.lengths.contains(label),
          fmt::format("got the result '{}' of '{}', expected letters of the terms, each at most once", term, text_));
    }
  }

  // The ellipsis, then all letters that occur once, in their order.
  void imply_result() {
    for (int64_t axis = ellipsis_axes_; axis-- > 0;) {
      out_.result.push_back(ellipsis + axis);
    }
    for (const auto& [label, length] : out_.lengths) {
      std::ptrdiff_t times = 0;
      for (const Labels& operand : out_.operands) {
        times += std::ranges::count(operand, label);
      }
      if (label < ellipsis && times == 1) {
        out_.result.push_back(label);
      }
    }
  }

  const Require& require_;
  std::span<const Shape> shapes_;
  std::string text_;
  Equation out_;
  int64_t ellipsis_axes_ = 0;  // the most that an operand has
};

// ---- What is computed

struct Term {
  Value value;
  Labels labels;

  [[nodiscard]] int64_t axis(int64_t label) const { return std::ranges::find(labels, label) - labels.begin(); }
  [[nodiscard]] int64_t length(const Labels& some) const {
    int64_t out = 1;
    for (const int64_t label : some) {
      out *= value.shape()[static_cast<size_t>(axis(label))];
    }
    return out;
  }
};

Term ordered(const Term& term, const Labels& labels) {
  Axes axes;
  for (const int64_t label : labels) {
    axes.push_back(term.axis(label));
  }
  return {std::ranges::is_sorted(axes) ? term.value : permute(term.value, axes), labels};
}

// Without the axes of labels that `leaves` picks: those are summed over.
template <typename Leaves>
Term summed(const Term& term, const Leaves& leaves) {
  Axes axes;
  Labels rest;
  for (size_t axis = 0; axis < term.labels.size(); ++axis) {
    leaves(term.labels[axis]) ? axes.push_back(static_cast<int64_t>(axis)) : rest.push_back(term.labels[axis]);
  }
  return axes.empty() ? term : Term{sum(term.value, axes), rest};
}

// A label that a term has twice: the diagonal of its two axes.
Term without_repeats(Term term) {
  for (size_t axis = 0; axis < term.labels.size();) {
    const int64_t label = term.labels[axis];
    if (std::ranges::count(term.labels, label) == 1) {
      ++axis;
      continue;
    }
    Labels rest = term.labels;
    const auto second = std::find(rest.begin() + static_cast<std::ptrdiff_t>(axis) + 1, rest.end(), label);
    Axes axes;
    for (int64_t other = 0; other < static_cast<int64_t>(rest.size()); ++other) {
      if (other != static_cast<int64_t>(axis) && other != second - rest.begin()) {
        axes.push_back(other);
      }
    }
    Shape outer;
    Labels labels;
    for (const int64_t other : axes) {
      outer.append(term.value.shape()[static_cast<size_t>(other)]);
      labels.push_back(rest[static_cast<size_t>(other)]);
    }
    const int64_t n = term.value.shape()[axis];
    axes.insert(axes.end(), {static_cast<int64_t>(axis), second - rest.begin()});
    outer.append(n * n);
    labels.push_back(label);
    const Value flat = reshape(permute(term.value, axes), outer);
    term = {arrange(flat, -1, {{.first = 0, .step = n + 1, .count = n}}), labels};
    axis = 0;
  }
  return term;
}

// Axes of length 1 that are longer elsewhere are left out: the others' broadcast over them.
Term without_ones(const Term& term, const Equation& equation) {
  Shape shape;
  Labels labels;
  for (size_t axis = 0; axis < term.labels.size(); ++axis) {
    if (term.value.shape()[axis] == equation.lengths.at(term.labels[axis])) {
      shape.append(term.value.shape()[axis]);
      labels.push_back(term.labels[axis]);
    }
  }
  return {reshape(term.value, shape), labels};
}

Labels joined(const Labels& a, const Labels& b, const Labels& c = {}) {
  Labels out = a;
  out.insert(out.end(), b.begin(), b.end());
  out.insert(out.end(), c.begin(), c.end());
  return out;
}

Term contract(const Term& first, const Term& second, const auto& kept) {
  const Term a = summed(first, [&](int64_t label) { return !has(second.labels, label) && !kept(label); });
  const Term b = summed(second, [&](int64_t label) { return !has(first.labels, label) && !kept(label); });
  Labels batch, inner, rows, columns;
  for (const int64_t label : a.labels) {
    (!has(b.labels, label) ? rows : kept(label) ? batch : inner).push_back(label);
  }
  std::ranges::copy_if(b.labels, std::back_inserter(columns), [&](int64_t label) { return !has(a.labels, label); });
  const int64_t g = a.length(batch);
  const int64_t m = a.length(rows);
  const int64_t n = b.length(columns);
  const int64_t k = a.length(inner);
  // Stored the other way round is as good, where it is so already.
  const bool turned_a = !inner.empty() && a.labels == joined(batch, inner, rows);
  const bool turned_b = inner.empty() || b.labels == joined(batch, columns, inner);
  const Value left = ordered(a, turned_a ? a.labels : joined(batch, rows, inner)).value;
  const Value right = ordered(b, turned_b ? joined(batch, columns, inner) : joined(batch, inner, columns)).value;
  const Value product = inner.empty()
                            ? reshape(left, {g, m, 1}) * reshape(right, {g, 1, n})
                            : gemm(reshape(left, turned_a ? Shape{g, k, m} : Shape{g, m, k}),
                                   reshape(right, turned_b ? Shape{g, n, k} : Shape{g, k, n}), turned_a, turned_b);
  const Labels labels = joined(batch, rows, columns);
  Shape shape;
  for (const int64_t label : labels) {
    const Term& owner = has(a.labels, label) ? a : b;
    shape.append(owner.value.shape()[static_cast<size_t>(owner.axis(label))]);
  }
  return {reshape(product, shape), labels};
}

// No product on the way to the result may have more axes than a tensor can.
void require_ranks(const Inference& in, const Equation& equation) {
  Labels labels = equation.operands[0];
  for (size_t i = 1; i < equation.operands.size(); ++i) {
    for (const int64_t label : equation.operands[i]) {
      if (!has(labels, label)) {
        labels.push_back(label);
      }
    }
    std::erase_if(labels, [&](int64_t label) { return !equation.kept(label, i); });
    in.require(labels.size() <= Shape::max_rank,
               "got a product of the first {} tensors with {} axes, expected at most {}; hint: give the tensors in "
               "another order",
               i + 1, labels.size(), Shape::max_rank);
  }
}

Types infer_einsum(const Inference& in) {
  std::vector<Shape> shapes;
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
    shapes.push_back(in.shape(i));
  }
  const auto require = [&](bool condition, const std::string& words) { in.require(condition, "{}", words); };
  const Equation equation = Parser(in.integers(0), shapes, require).parse();
  require_ranks(in, equation);
  Shape out;
  for (const int64_t label : equation.result) {
    out.append(equation.lengths.at(label));
  }
  return {{out, in.real()}};
}

Values compose_einsum(Graph&, std::span<const Value> inputs, const Attributes& attributes) {
  std::vector<Shape> shapes;
  for (const Value& input : inputs) {
    shapes.push_back(input.shape());
  }
  const auto checked = [](bool condition, const std::string&) { ATELIER_CHECK(condition); };
  const Equation equation = Parser(attributes[0].integers, shapes, checked).parse();
  const auto term = [&](size_t i) {
    return without_ones(without_repeats({inputs[i], equation.operands[i]}), equation);
  };
  Term out = term(0);
  for (size_t i = 1; i < inputs.size(); ++i) {
    out = contract(out, term(i), [&](int64_t label) { return equation.kept(label, i); });
  }
  out = summed(out, [&](int64_t label) { return !has(equation.result, label); });
  return {ordered(out, equation.result).value};
}

}  // namespace

void register_einsum(OperationRegistry& registry) {
  Operation operation{.name = "einsum/1", .max_inputs = 16, .attributes = {integers("equation")}};
  operation.summary =
      "tensors... (...) -> (...): sums of their products by Einstein's convention. The equation is the codes of its "
      "characters, ij,jk->ik: a term for each tensor, with a letter for each axis ('...' for any axes); letters that "
      "the result has not are summed over. Without '->' the result has the letters that occur once, in the alphabet's "
      "order. A length of 1 broadcasts";
  operation.infer = infer_einsum;
  operation.composed = compose_einsum;
  registry.add(std::move(operation));
}

}  // namespace atelier::ops
