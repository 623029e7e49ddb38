// What a plugin's `create` has made, until the plugin's `destroy` takes it back.
#pragma once

#include <atelier/abi.h>

#include <string_view>
#include <utility>

#include "plugin/activity.hpp"

namespace atelier::plugin {

class Instance {
 public:
  using Destroy = void (*)(void* self);

  Instance() = default;
  Instance(const Component& component, Destroy destroy) : component_(&component), destroy_(destroy) {}
  ~Instance() {
    if (self_ != nullptr) {
      const Activity activity(*component_, "destructor");
      destroy_(self_);
    }
  }
  Instance(Instance&& other) noexcept
      : self_(std::exchange(other.self_, nullptr)), component_(other.component_), destroy_(other.destroy_) {}
  Instance& operator=(Instance&& other) noexcept {
    std::swap(self_, other.self_);
    std::swap(component_, other.component_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }

  [[nodiscard]] void* self() const { return self_; }
  [[nodiscard]] void** created() { return &self_; }  // where `create` writes

 private:
  void* self_ = nullptr;
  const Component* component_ = nullptr;
  Destroy destroy_ = nullptr;
};

// What a model offers beside its own table, null where it has no interface of this name.
template <typename Table>
const Table* extension(const atl_model_v1& model, const void* self, std::string_view name) {
  const void* found = nullptr;
  return model.extension(self, {name.data(), name.size()}, &found) == ATL_OK ? static_cast<const Table*>(found)
                                                                             : nullptr;
}

}  // namespace atelier::plugin
