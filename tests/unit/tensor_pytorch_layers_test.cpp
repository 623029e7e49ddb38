#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "tensor/pytorch_layers.hpp"

using namespace atelier::tensor;

namespace {

using Kind = PyTorchTensor::Kind;

// "name (shape)" of PyTorch's, and which of ours it is made of.
std::map<std::string, std::string> names(const std::vector<NamedShape>& ours) {
  std::map<std::string, std::string> out;
  std::vector<bool> kept(ours.size());
  for (const PyTorchTensor& tensor : pytorch_tensors_of(ours)) {
    std::string from;
    for (const size_t place : tensor.ours) {
      kept[place] = kept[place] || tensor.is_needed();
      from += (from.empty() ? "" : ", ") + ours[place].name;
    }
    CHECK(out.emplace(fmt::format("{} {}", tensor.theirs.name, to_string(tensor.theirs.shape)), from).second);
  }
  CHECK(std::ranges::count(kept, false) == 0);
  return out;
}

// Ours, with values that all differ, to PyTorch's and back into zeros.
struct Both {
  explicit Both(const std::vector<NamedShape>& ours) : theirs(pytorch_tensors_of(ours)) {
    float value = -2;
    for (const NamedShape& one : ours) {
      Tensor& tensor = here.emplace_back(one.shape, one.dtype);
      for (int64_t i = 0; i < one.shape.elements(); ++i) {
        tensor.storage.as<float>()[i] = value;
        value = value * 1.01F + 0.37F;
      }
      back.emplace_back(one.shape, one.dtype);
    }
    for (const PyTorchTensor& tensor : theirs) {
      std::vector<const Tensor*> from;
      std::vector<Tensor*> into;
      for (const size_t place : tensor.ours) {
        from.push_back(&here[place]);
        into.push_back(&back[place]);
      }
      there[tensor.theirs.name] = to_pytorch(tensor, from, 12);
      CHECK(there[tensor.theirs.name].shape == tensor.theirs.shape);
      from_pytorch(tensor, there[tensor.theirs.name], into);
    }
  }

  [[nodiscard]] bool is_same(size_t place) const {
    return std::ranges::equal(std::span(here[place].storage.data(), here[place].bytes()),
                              std::span(back[place].storage.data(), back[place].bytes()));
  }
  [[nodiscard]] std::vector<float> values(const std::string& name) const {
    const Tensor& tensor = there.at(name);
    return {tensor.storage.as<const float>(), tensor.storage.as<const float>() + tensor.shape.elements()};
  }

  std::vector<PyTorchTensor> theirs;
  std::vector<Tensor> here, back;
  std::map<std::string, Tensor> there;
};

}  // namespace

TEST_CASE("weights and biases keep their names, and so does what no layer has") {
  const std::vector<NamedShape> ours{
      {"g.0.weight", {4, 3}}, {"g.0.bias", {4}}, {"book.vectors", {8, 2}}, {"seen", {}, DType::i64}};
  CHECK(names(ours) == std::map<std::string, std::string>{{"g.0.weight (4, 3)", "g.0.weight"},
                                                          {"g.0.bias (4)", "g.0.bias"},
                                                          {"book.vectors (8, 2)", "book.vectors"},
                                                          {"seen ()", "seen"}});
}

TEST_CASE("normalizations: with running statistics, and without") {
  const std::vector<NamedShape> ours{{"g.0.norm.scale", {3}},    {"g.0.norm.shift", {3}}, {"g.0.norm.mean", {3}},
                                     {"g.0.norm.variance", {3}}, {"g.1.scale", {2, 5}},   {"g.1.shift", {2, 5}}};
  CHECK(names(ours) == std::map<std::string, std::string>{{"g.0.norm.weight (3)", "g.0.norm.scale"},
                                                          {"g.0.norm.bias (3)", "g.0.norm.shift"},
                                                          {"g.0.norm.running_mean (3)", "g.0.norm.mean"},
                                                          {"g.0.norm.running_var (3)", "g.0.norm.variance"},
                                                          {"g.0.norm.num_batches_tracked ()", "g.0.norm.scale"},
                                                          {"g.1.weight (2, 5)", "g.1.scale"},
                                                          {"g.1.bias (2, 5)", "g.1.shift"}});
  const Both both(ours);
  for (size_t i = 0; i < ours.size(); ++i) {
    CHECK(both.is_same(i));
  }
  CHECK(*both.there.at("g.0.norm.num_batches_tracked").storage.as<const int64_t>() == 12);
}

TEST_CASE("a stack of recurrent layers is one module; a GRU has both biases, of the others the second is zero") {
  const std::vector<NamedShape> lstm{{"g.r.0.weight", {8, 5}}, {"g.r.0.recurrent_weight", {8, 2}}, {"g.r.0.bias", {8}},
                                     {"g.r.1.weight", {8, 2}}, {"g.r.1.recurrent_weight", {8, 2}}, {"g.r.1.bias", {8}}};
  CHECK(names(lstm) == std::map<std::string, std::string>{{"g.r.weight_ih_l0 (8, 5)", "g.r.0.weight"},
                                                          {"g.r.weight_hh_l0 (8, 2)", "g.r.0.recurrent_weight"},
                                                          {"g.r.bias_ih_l0 (8)", "g.r.0.bias"},
                                                          {"g.r.bias_hh_l0 (8)", "g.r.0.bias"},
                                                          {"g.r.weight_ih_l1 (8, 2)", "g.r.1.weight"},
                                                          {"g.r.weight_hh_l1 (8, 2)", "g.r.1.recurrent_weight"},
                                                          {"g.r.bias_ih_l1 (8)", "g.r.1.bias"},
                                                          {"g.r.bias_hh_l1 (8)", "g.r.1.bias"}});
  Both both(lstm);
  for (size_t i = 0; i < lstm.size(); ++i) {
    CHECK(both.is_same(i));
  }
  CHECK(both.values("g.r.bias_hh_l0") == std::vector<float>(8, 0.0F));

  const std::vector<NamedShape> gru{
      {"g.0.weight", {6, 5}}, {"g.0.recurrent_weight", {6, 2}}, {"g.0.bias", {6}}, {"g.0.recurrent_bias", {6}}};
  CHECK(names(gru).at("g.bias_hh_l0 (6)") == "g.0.recurrent_bias");
  CHECK(Both(gru).is_same(3));
}

TEST_CASE("what PyTorch adds to a bias is added to ours") {
  const std::vector<NamedShape> ours{{"c.weight", {2, 3}}, {"c.recurrent_weight", {2, 2}}, {"c.bias", {2}}};
  const std::vector<PyTorchTensor> theirs = pytorch_tensors_of(ours);
  const auto second = std::ranges::find(theirs, Kind::second_bias, &PyTorchTensor::kind);
  REQUIRE(second != theirs.end());
  CHECK(second->theirs.name == "c.bias_hh_l0");  // alone, it is a module of its own
  CHECK_FALSE(second->is_needed());
  Tensor bias({2}, DType::f32), more({2}, DType::f32);
  bias.storage.as<float>()[0] = 1;
  bias.storage.as<float>()[1] = -0.0F;
  more.storage.as<float>()[0] = 0.5F;
  from_pytorch(*second, more, {&bias});
  CHECK(bias.storage.as<float>()[0] == 1.5F);
  CHECK(std::signbit(bias.storage.as<float>()[1]));
}

TEST_CASE("layers that do not read each other are modules of their own") {
  const std::vector<NamedShape> wider{{"r.0.weight", {8, 5}}, {"r.0.recurrent_weight", {8, 2}}, {"r.0.bias", {8}},
                                      {"r.1.weight", {8, 4}}, {"r.1.recurrent_weight", {8, 2}}, {"r.1.bias", {8}}};
  CHECK(names(wider).contains("r.0.weight_ih_l0 (8, 5)"));
  CHECK(names(wider).contains("r.1.weight_ih_l0 (8, 4)"));
  const std::vector<NamedShape> no_cell{{"r.weight", {7, 5}}, {"r.recurrent_weight", {7, 2}}, {"r.bias", {7}}};
  CHECK(names(no_cell).contains("r.recurrent_weight (7, 2)"));
}

TEST_CASE("attention: query, key and value are one below the other") {
  std::vector<NamedShape> ours;
  for (const char* part : {"query", "key", "value", "output"}) {
    ours.push_back({fmt::format("a.{}.weight", part), {2, 2}});
    ours.push_back({fmt::format("a.{}.bias", part), {2}});
  }
  const Both both(ours);
  for (size_t i = 0; i < ours.size(); ++i) {
    CHECK(both.is_same(i));
  }
  CHECK(both.there.size() == 4);
  const std::vector<float> biases = both.values("a.in_proj_bias");
  CHECK(biases.size() == 6);
  CHECK(biases[2] == both.here[3].storage.as<const float>()[0]);
  CHECK(both.values("a.out_proj.weight")[0] == both.here[6].storage.as<const float>()[0]);
  ours[0].shape = {2, 3};
  CHECK(names(ours).contains("a.query.weight (2, 3)"));
}

TEST_CASE("an embedding, and names that would meet") {
  CHECK(names({{"e.table", {9, 4}}}) == std::map<std::string, std::string>{{"e.weight (9, 4)", "e.table"}});
  CHECK(names({{"e.table", {9, 4}}, {"e.weight", {2}}}) ==
        std::map<std::string, std::string>{{"e.table (9, 4)", "e.table"}, {"e.weight (2)", "e.weight"}});
  const std::vector<NamedShape> meet{
      {"r.0.weight", {2, 3}}, {"r.0.recurrent_weight", {2, 2}}, {"r.0.bias", {2}}, {"r.bias_hh_l0", {2}}};
  CHECK(names(meet).contains("r.0.recurrent_weight (2, 2)"));
  CHECK(names(meet).size() == 4);
}

TEST_CASE("spectral normalization: what PyTorch divides by is what we divide by") {
  const std::vector<NamedShape> ours{{"c.weight", {2, 3, 1, 2}}, {"c.bias", {2}}, {"c.left_singular", {2, 1}}};
  CHECK(names(ours) ==
        std::map<std::string, std::string>{{"c.bias (2)", "c.bias"},
                                           {"c.parametrizations.weight.original (2, 3, 1, 2)", "c.weight"},
                                           {"c.parametrizations.weight.0._u (2)", "c.left_singular, c.weight"},
                                           {"c.parametrizations.weight.0._v (6)", "c.left_singular, c.weight"}});
  const Both both(ours);
  const std::vector<float> u = both.values("c.parametrizations.weight.0._u");
  const std::vector<float> v = both.values("c.parametrizations.weight.0._v");
  const auto* weight = both.here[0].storage.as<const float>();
  const auto* left = both.here[2].storage.as<const float>();
  double sigma = 0, image[2] = {}, right[6] = {}, length = 0, ours_sigma = 0;
  for (size_t i = 0; i < 2; ++i) {
    for (size_t j = 0; j < 6; ++j) {
      sigma += static_cast<double>(u[i] * weight[i * 6 + j] * v[j]);  // PyTorch's
      right[j] += static_cast<double>(left[i] * weight[i * 6 + j]);
    }
  }
  for (const double x : right) {
    length += x * x;
  }
  for (size_t i = 0; i < 2; ++i) {
    for (size_t j = 0; j < 6; ++j) {
      image[i] += static_cast<double>(weight[i * 6 + j]) * right[j] / std::sqrt(length);
    }
    ours_sigma += image[i] * image[i];
  }
  CHECK(sigma == doctest::Approx(std::sqrt(ours_sigma)).epsilon(1e-6));
}

TEST_CASE("of a square weight the vector tells which axis has the outputs") {
  // (2, 2, 1): as rows of the first axis the largest direction is (1, 0); as rows of the second it is (0, 1).
  const std::vector<NamedShape> ours{{"c.weight", {2, 2, 1}}, {"c.left_singular", {2, 1}}};
  const std::vector<PyTorchTensor> theirs = pytorch_tensors_of(ours);
  const auto right = std::ranges::find(theirs, Kind::right_singular, &PyTorchTensor::kind);
  REQUIRE(right != theirs.end());
  Tensor weight({2, 2, 1}, DType::f32), left({2, 1}, DType::f32);
  weight.storage.as<float>()[1] = 5;  // from input 1 to output 0, or from 0 to 1
  left.storage.as<float>()[0] = 1;
  CHECK(to_pytorch(*right, {&left, &weight}, 0).storage.as<const float>()[1] == 1);
  left.storage.as<float>()[0] = 0;
  left.storage.as<float>()[1] = 1;
  CHECK(to_pytorch(*right, {&left, &weight}, 0).storage.as<const float>()[0] == 1);
}
