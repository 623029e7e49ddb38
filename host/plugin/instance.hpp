// What a plugin's `create` has made, until the plugin's `destroy` takes it back.
#pragma once

#include <utility>

namespace atelier::plugin {

class Instance {
 public:
  using Destroy = void (*)(void* self);

  Instance() = default;
  explicit Instance(Destroy destroy) : destroy_(destroy) {}
  ~Instance() {
    if (self_ != nullptr) {
      destroy_(self_);
    }
  }
  Instance(Instance&& other) noexcept : self_(std::exchange(other.self_, nullptr)), destroy_(other.destroy_) {}
  Instance& operator=(Instance&& other) noexcept {
    std::swap(self_, other.self_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }

  [[nodiscard]] void* self() const { return self_; }
  [[nodiscard]] void** created() { return &self_; }  // where `create` writes

 private:
  void* self_ = nullptr;
  Destroy destroy_ = nullptr;
};

}  // namespace atelier::plugin
