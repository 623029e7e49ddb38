#include "tensor/pytorch_layers.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace atelier::tensor {
namespace {

using Kind = PyTorchTensor::Kind;

// The name of a layer, or of a group, and what follows it: "critic.0" and "weight".
std::pair<std::string, std::string> split(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::pair("", name) : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

std::string joined(const std::string& scope, const std::string& leaf) {
  return scope.empty() ? leaf : scope + "." + leaf;
}

struct Cell {
  int64_t inputs, units, gates;
  friend bool operator==(const Cell&, const Cell&) = default;
};

class Translation {
 public:
  // `untouched`: layers whose tensors keep their names.
  Translation(const std::vector<NamedShape>& ours, const std::set<std::string>& untouched)
      : ours_(ours), untouched_(untouched) {
    for (size_t i = 0; i < ours.size(); ++i) {
      const auto [scope, leaf] = split(ours[i].name);
      scopes_[scope][leaf] = i;
    }
    for (const auto& [scope, leaves] : scopes_) {
      if (!untouched.contains(scope)) {
        translate(scope);
      }
    }
    for (size_t i = 0; i < ours.size(); ++i) {
      if (!taken_.contains(i)) {
        add(Kind::same, ours[i].name, ours[i].shape, {i}, split(ours[i].name).first);
      }
    }
  }

  std::vector<PyTorchTensor> tensors;
  std::vector<std::string> layers;  // of ours, that each belongs to

 private:
  using Places = std::vector<size_t>;

  void translate(const std::string& scope) {
    if (const auto [module, part] = split(scope); part == "query" && !untouched_.contains(module)) {
      attention(module);
    }
    recurrent(scope);
    normalization(scope);
    embedding(scope);
    spectral_norm(scope);
  }

  [[nodiscard]] std::optional<size_t> find(const std::string& scope, const std::string& leaf) const {
    const auto found = scopes_.find(scope);
    if (found == scopes_.end()) {
      return std::nullopt;
    }
    const auto at = found->second.find(leaf);
    return at == found->second.end() || taken_.contains(at->second) ? std::nullopt : std::optional(at->second);
  }

  // All of them, or none.
  [[nodiscard]] std::optional<Places> find_all(const std::string& scope, const std::vector<std::string>& leaves) const {
    Places out;
    for (const std::string& leaf : leaves) {
      const auto found = find(scope, leaf);
      if (!found || ours_[*found].dtype != DType::f32) {
        return std::nullopt;
      }
      out.push_back(*found);
    }
    return out;
  }

  [[nodiscard]] const Shape& shape(size_t place) const { return ours_[place].shape; }

  void add(Kind kind, const std::string& name, const Shape& shape, Places places, const std::string& layer) {
    const DType dtype = kind == Kind::update_count ? DType::i64 : ours_[places.front()].dtype;
    taken_.insert(places.begin(), places.end());
    tensors.push_back({kind, {name, shape, dtype}, std::move(places)});
    layers.push_back(layer);
  }

  void rename(const std::string& scope, size_t place, const std::string& leaf) {
    add(Kind::same, joined(scope, leaf), shape(place), {place}, scope);
  }

  // Four linear layers of one width: MultiHeadAttention.
  void attention(const std::string& scope) {
    Places weights, biases;
    for (const char* part : {"query", "key", "value", "output"}) {
      const std::string layer = joined(scope, part);
      const auto found = find_all(layer, {"weight", "bias"});
      const bool alone = found && scopes_.at(layer).size() == 2;
      if (!alone || untouched_.contains(layer)) {
        return;
      }
      weights.push_back(found->at(0));
      biases.push_back(found->at(1));
    }
    const Shape first = shape(weights[0]);
    const bool square = first.rank() == 2 && first[0] == first[1];
    if (!square || !std::ranges::all_of(weights, [&](size_t i) { return shape(i) == first; }) ||
        !std::ranges::all_of(biases, [&](size_t i) { return shape(i) == Shape{first[0]}; })) {
      return;
    }
    const int64_t width = first[0];
    add(Kind::rows, joined(scope, "in_proj_weight"), {3 * width, width}, {weights[0], weights[1], weights[2]}, scope);
    add(Kind::rows, joined(scope, "in_proj_bias"), {3 * width}, {biases[0], biases[1], biases[2]}, scope);
    add(Kind::same, joined(scope, "out_proj.weight"), first, {weights[3]}, scope);
    add(Kind::same, joined(scope, "out_proj.bias"), shape(biases[3]), {biases[3]}, scope);
  }

  [[nodiscard]] std::optional<Cell> cell(const std::string& scope) const {
    const auto found = find_all(scope, {"weight", "recurrent_weight", "bias"});
    if (!found || untouched_.contains(scope)) {
      return std::nullopt;
    }
    const Shape &weight = shape(found->at(0)), &recurrent = shape(found->at(1)), &bias = shape(found->at(2));
    if (weight.rank() != 2 || recurrent.rank() != 2 || recurrent[1] == 0) {
      return std::nullopt;
    }
    const int64_t rows = recurrent[0], units = recurrent[1];
    const auto second = find(scope, "recurrent_bias");
    const bool is_gru = second && shape(*second) == bias;
    const bool is_other = !second && (rows == units || rows == 4 * units);
    if (weight[0] != rows || bias != Shape{rows} || !(is_gru ? rows == 3 * units : is_other)) {
      return std::nullopt;
    }
    return Cell{weight[1], units, rows / units};
  }

  // Layers that read each other's sequences, "recurrent.0", "recurrent.1", ..., are one module, as any other is.
  void recurrent(const std::string& scope) {
    if (!cell(scope)) {
      return;
    }
    const auto [stack, number] = split(scope);
    int64_t layer = -1;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), layer);
    const bool numbered = error == std::errc() && end == number.data() + number.size() && !scope.empty();
    if (!numbered || !is_stack(stack)) {
      return recurrent_layer(scope, scope, 0);
    }
    for (int64_t i = 0; cell(joined(stack, fmt::format("{}", i))); ++i) {
      recurrent_layer(joined(stack, fmt::format("{}", i)), stack, i);
    }
  }

  [[nodiscard]] bool is_stack(const std::string& stack) const {
    size_t count = 0;
    std::optional<Cell> before;
    while (const auto here = cell(joined(stack, fmt::format("{}", count)))) {
      if (before && *here != Cell{before->units, before->units, before->gates}) {
        return false;
      }
      before = here;
      ++count;
    }
    const auto below = [&](const auto& entry) { return split(entry.first).first == stack && cell(entry.first); };
    return count > 0 && static_cast<size_t>(std::ranges::count_if(scopes_, below)) == count;
  }

  void recurrent_layer(const std::string& scope, const std::string& module, int64_t layer) {
    const Places found = *find_all(scope, {"weight", "recurrent_weight", "bias"});
    const auto second = find(scope, "recurrent_bias");
    const auto name = [&](const char* what) { return joined(module, fmt::format("{}_l{}", what, layer)); };
    add(Kind::same, name("weight_ih"), shape(found[0]), {found[0]}, scope);
    add(Kind::same, name("weight_hh"), shape(found[1]), {found[1]}, scope);
    add(Kind::same, name("bias_ih"), shape(found[2]), {found[2]}, scope);
    add(second ? Kind::same : Kind::second_bias, name("bias_hh"), shape(found[2]), {second ? *second : found[2]},
        scope);
  }

  void normalization(const std::string& scope) {
    const auto own = find_all(scope, {"scale", "shift"});
    if (!own || shape(own->at(0)) != shape(own->at(1)) || shape(own->at(0)).rank() == 0) {
      return;
    }
    const auto running = find_all(scope, {"mean", "variance"});
    const auto fits = [&](size_t place) { return shape(place) == shape(own->at(0)) && shape(place).rank() == 1; };
    rename(scope, own->at(0), "weight");
    rename(scope, own->at(1), "bias");
    if (running && std::ranges::all_of(*running, fits)) {
      rename(scope, running->at(0), "running_mean");
      rename(scope, running->at(1), "running_var");
      add(Kind::update_count, joined(scope, "num_batches_tracked"), {}, {own->at(0)}, scope);
    }
  }

  void embedding(const std::string& scope) {
    if (const auto table = find_all(scope, {"table"}); table && shape(table->front()).rank() == 2) {
      rename(scope, table->front(), "weight");
    }
  }

  void spectral_norm(const std::string& scope) {
    const auto found = find_all(scope, {"weight", "left_singular"});
    if (!found) {
      return;
    }
    const Shape weight = shape(found->at(0)), left = shape(found->at(1));
    if (weight.rank() < 2 || left.rank() != 2 || left[1] != 1 || left[0] == 0 ||
        (weight[0] != left[0] && (weight.rank() < 3 || weight[1] != left[0]))) {
      return;
    }
    const Places both{found->at(1), found->at(0)};
    add(Kind::same, joined(scope, "parametrizations.weight.original"), weight, {found->at(0)}, scope);
    add(Kind::left_singular, joined(scope, "parametrizations.weight.0._u"), {left[0]}, both, scope);
    add(Kind::right_singular, joined(scope, "parametrizations.weight.0._v"), {weight.elements() / left[0]}, both,
        scope);
  }

  const std::vector<NamedShape>& ours_;
  const std::set<std::string>& untouched_;
  std::map<std::string, std::map<std::string, size_t>> scopes_;
  std::set<size_t> taken_;
};

// ---- spectral normalization: the vectors by which PyTorch divides in evaluation as we do

using Vector = std::vector<double>;

Vector unit(Vector x) {
  const double length = std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0)) + 1e-12;
  for (double& value : x) {
    value /= length;
  }
  return x;
}

// A weight (A, B, K...) as the matrix of its axis of outputs: row a, columns (b, k); or row b, columns (a, k).
class WeightMatrix {
 public:
  WeightMatrix(const Tensor& weight, size_t axis)
      : values_(weight.storage.as<const float>()),
        swapped_(axis == 1),
        first_(weight.shape[0]),
        second_(weight.shape[1]),
        inner_(weight.shape.elements() / std::max<int64_t>(first_ * second_, 1)) {}

  [[nodiscard]] Vector times(const Vector& right) const {
    Vector out(static_cast<size_t>(swapped_ ? second_ : first_));
    each([&](size_t row, size_t column, double value) { out[row] += value * right[column]; });
    return out;
  }
  [[nodiscard]] Vector transposed_times(const Vector& left) const {
    Vector out(static_cast<size_t>((swapped_ ? first_ : second_) * inner_));
    each([&](size_t row, size_t column, double value) { out[column] += value * left[row]; });
    return out;
  }

 private:
  template <typename Visit>
  void each(const Visit& visit) const {
    const float* value = values_;
    for (int64_t a = 0; a < first_; ++a) {
      for (int64_t b = 0; b < second_; ++b) {
        for (int64_t k = 0; k < inner_; ++k) {
          visit(static_cast<size_t>(swapped_ ? b : a), static_cast<size_t>((swapped_ ? a : b) * inner_ + k),
                static_cast<double>(*value++));
        }
      }
    }
  }

  const float* values_;
  bool swapped_;
  int64_t first_, second_, inner_;
};

double length_of(const Vector& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

// Transposed convolutions have their outputs in the second axis. Of a weight with as many inputs as outputs the vector
// itself tells: it has followed the matrix that it is of, and is nothing to the other.
WeightMatrix matrix_of(const Tensor& weight, const Vector& left) {
  const auto outputs = static_cast<int64_t>(left.size());
  const bool may_be_second = weight.shape.rank() > 2 && weight.shape[1] == outputs;
  const WeightMatrix first(weight, 0), second(weight, 1);
  if (weight.shape[0] != outputs) {
    return second;
  }
  const bool is_second =
      may_be_second && length_of(second.transposed_times(left)) > length_of(first.transposed_times(left));
  return is_second ? second : first;
}

// PyTorch takes the vectors as they are where we make half a power iteration more.
Tensor singular_vector(const PyTorchTensor& theirs, const Tensor& left, const Tensor& weight) {
  const std::span kept(left.storage.as<const float>(), static_cast<size_t>(left.shape.elements()));
  const WeightMatrix matrix = matrix_of(weight, Vector(kept.begin(), kept.end()));
  const Vector right = unit(matrix.transposed_times(Vector(kept.begin(), kept.end())));
  const Vector values = theirs.kind == Kind::right_singular ? right : unit(matrix.times(right));
  Tensor out(theirs.theirs.shape, DType::f32);
  std::ranges::transform(values, out.storage.as<float>(), [](double value) { return static_cast<float>(value); });
  return out;
}

}  // namespace

std::vector<PyTorchTensor> pytorch_tensors_of(const std::vector<NamedShape>& ours) {
  std::set<std::string> untouched;
  while (true) {
    Translation found(ours, untouched);
    std::map<std::string, std::string> layers;  // by the names given so far
    const size_t before = untouched.size();
    for (size_t i = 0; i < found.tensors.size(); ++i) {
      const auto [other, is_new] = layers.emplace(found.tensors[i].theirs.name, found.layers[i]);
      if (!is_new) {
        untouched.insert({found.layers[i], other->second});
      }
    }
    if (untouched.size() == before) {  // also where ours have equal names
      return std::move(found.tensors);
    }
  }
}

Tensor to_pytorch(const PyTorchTensor& theirs, const std::vector<const Tensor*>& ours, int64_t updates) {
  if (theirs.kind == Kind::left_singular || theirs.kind == Kind::right_singular) {
    return singular_vector(theirs, *ours[0], *ours[1]);
  }
  Tensor out(theirs.theirs.shape, theirs.theirs.dtype);  // zeros: a second bias
  if (theirs.kind == Kind::update_count) {
    *out.storage.as<int64_t>() = updates;
  } else if (theirs.kind != Kind::second_bias) {
    size_t at = 0;
    for (const Tensor* part : ours) {
      ATELIER_CHECK(at + part->bytes() <= out.bytes());
      std::memcpy(out.storage.data() + at, part->storage.data(), part->bytes());
      at += part->bytes();
    }
  }
  return out;
}

void from_pytorch(const PyTorchTensor& theirs, const Tensor& value, const std::vector<Tensor*>& ours) {
  ATELIER_CHECK(value.shape == theirs.theirs.shape && value.dtype == theirs.theirs.dtype);
  switch (theirs.kind) {
    case Kind::same:
    case Kind::left_singular:
      std::memcpy(ours[0]->storage.data(), value.storage.data(), value.bytes());
      return;
    case Kind::rows: {
      size_t at = 0;
      for (Tensor* part : ours) {
        std::memcpy(part->storage.data(), value.storage.data() + at, part->bytes());
        at += part->bytes();
      }
      return;
    }
    case Kind::second_bias: {
      auto* const bias = ours[0]->storage.as<float>();
      const auto* const more = value.storage.as<const float>();
      for (int64_t i = 0; i < value.shape.elements(); ++i) {
        bias[i] = more[i] == 0 ? bias[i] : bias[i] + more[i];  // as it was, also where it was -0
      }
      return;
    }
    case Kind::right_singular:
    case Kind::update_count:
      return;
  }
}

}  // namespace atelier::tensor
