// Networks whose layers follow each other.
#pragma once

#include <atelier/activations.hpp>
#include <atelier/builder.hpp>
#include <type_traits>
#include <utility>

namespace atelier {

namespace detail {

// Anything that makes a tensor of one: std::function<Tensor(At)>, but that <functional> takes long to compile.
class AnyLayer {
 public:
  AnyLayer() = default;  // none
  template <typename Layer>
  explicit AnyLayer(Layer layer)
      : layer_(new Layer(std::move(layer))),
        call_([](const void* self, At x) -> Tensor { return (*static_cast<const Layer*>(self))(x); }),
        copy_([](const void* self) -> void* { return new Layer(*static_cast<const Layer*>(self)); }),
        destroy_([](void* self) { delete static_cast<Layer*>(self); }) {}
  AnyLayer(const AnyLayer& other)
      : layer_(other ? other.copy_(other.layer_) : nullptr),
        call_(other.call_),
        copy_(other.copy_),
        destroy_(other.destroy_) {}
  AnyLayer(AnyLayer&& other) noexcept
      : layer_(std::exchange(other.layer_, nullptr)),
        call_(other.call_),
        copy_(other.copy_),
        destroy_(other.destroy_) {}
  AnyLayer& operator=(AnyLayer other) noexcept {
    std::swap(layer_, other.layer_);
    std::swap(call_, other.call_);
    std::swap(copy_, other.copy_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }
  ~AnyLayer() {
    if (layer_ != nullptr) {
      destroy_(layer_);
    }
  }
  explicit operator bool() const { return layer_ != nullptr; }
  Tensor operator()(At x) const { return call_(layer_, x); }

 private:
  void* layer_ = nullptr;
  Tensor (*call_)(const void* self, At x) = nullptr;
  void* (*copy_)(const void* self) = nullptr;
  void (*destroy_)(void* self) = nullptr;
};

}  // namespace detail

// Layers, each called on what the one before it gives, as PyTorch's nn.Sequential:
//   network_ = Sequential(build.group("classifier"));
//   network_.add<Linear>(64, 32).activate("relu").add(Dropout(0.5)).add<Linear>(32, 10);
// Layers are named by their places, counted from 0, activations and all: here "classifier.0.weight" and
// "classifier.3.weight". add_named() gives another name.
class Sequential {
 public:
  Sequential() = default;  // gives what it is called with
  explicit Sequential(const Builder& build) : build_(build), group_(build.group_name()) {}

  // Layer(build, arguments...), with a name of its own.
  template <typename Layer, typename... Arguments>
  Sequential& add(Arguments&&... arguments) {
    return add_named<Layer>(std::to_string(size()), std::forward<Arguments>(arguments)...);
  }
  template <typename Layer, typename... Arguments>
  Sequential& add_named(std::string_view name, Arguments&&... arguments) {
    if constexpr (std::is_constructible_v<Layer, const Builder&, Arguments...>) {
      return add(Layer(build_.scope(name), std::forward<Arguments>(arguments)...));
    } else {
      static_assert(sizeof(Layer) == 0,
                    "add<Layer>(arguments...) makes the layer as `Layer(build, arguments...)`, which it cannot be of "
                    "these arguments; one that takes no builder is added as add(Layer(arguments...))");
      return *this;
    }
  }
  // Anything that makes a tensor of one: a layer that is there already, another Sequential, a lambda.
  template <typename Layer>
  Sequential& add(Layer layer) {
    if constexpr (std::is_invocable_r_v<Tensor, const Layer&, At>) {
      layers_.emplace_back(std::move(layer));
    } else if constexpr (std::is_invocable_r_v<Tensor, const Layer&, Tensor>) {
      layers_.emplace_back([own = std::move(layer)](At x) -> Tensor {
        const detail::AuthorsLines lines;  // in code that asks for no caller's line, errors name its own
        return own(x.tensor);
      });
    } else {
      static_assert(sizeof(Layer) == 0,
                    "each layer of a Sequential is called with a tensor and gives the next one's: it must be callable "
                    "as `Tensor y = layer(x)`, where it is const");
    }
    return *this;
  }
  // See activate().
  Sequential& activate(std::string_view name, Location at = {}) {
    detail::require_name(build_, "activation", name, detail::activation_names, at);
    return add([own = std::string(name)](At x) { return atelier::activate(own, x); });
  }

  Tensor operator()(At x) const { return after(x, size()); }
  // What the first `count` layers make of x.
  [[nodiscard]] Tensor after(At x, size_t count) const {
    const CalledFrom caller(x);
    Tensor h = x.tensor;
    for (size_t i = 0; i < count && i < size(); ++i) {
      h = layers_[i](h);
    }
    return h;
  }

  [[nodiscard]] size_t size() const { return layers_.size(); }
  [[nodiscard]] const std::string& group() const { return group_; }

 private:
  Builder build_{nullptr};
  std::string group_;
  std::vector<detail::AnyLayer> layers_;
};

// x + layers(x) (He et al. 2016).
class Residual {
 public:
  explicit Residual(Sequential layers) : layers_(std::move(layers)) {}
  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    return x + layers_(x);
  }

 private:
  Sequential layers_;
};

}  // namespace atelier
