// Which operations plugins may record: the public ones of the registry.
#include <algorithm>
#include <mutex>

#include "base/text.hpp"
#include "plugin/component_data.hpp"
#include "plugin/core_functions.hpp"

namespace atelier::plugin::core {
namespace {

constexpr atl_operation first_refused = atl_operation{1} << 31U;

// Names that were asked for in vain. They have handles too, so that who records such an operation hears its name.
class RefusedNames {
 public:
  static RefusedNames& instance() {
    static RefusedNames names;
    return names;
  }
  atl_operation handle(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(names_, name);
    const auto place = static_cast<atl_operation>(found - names_.begin());
    if (found == names_.end()) {
      names_.emplace_back(name);
    }
    return first_refused + place;
  }
  std::string name(atl_operation handle) {  // "" of a handle that nobody was given
    const std::scoped_lock lock(mutex_);
    return handle < first_refused || handle - first_refused >= names_.size() ? "" : names_[handle - first_refused];
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> names_;
};

}  // namespace

atl_status operation(atl_string name, atl_operation* out) {
  if (name.data == nullptr && name.size > 0) {
    *out = 0;
    return ATL_ERROR_ARGUMENT;
  }
  const record::OperationRegistry& registry = record::OperationRegistry::instance();
  const std::string_view wanted(name.data, name.size);
  const record::Operation* found = registry.find(wanted);
  if (found == nullptr || !found->is_public()) {
    *out = RefusedNames::instance().handle(wanted);
    return ATL_ERROR_UNSUPPORTED;
  }
  *out = registry.handle(*found);
  return ATL_OK;
}

const record::Operation* public_operation(atl_operation handle) {
  const record::Operation* found = record::OperationRegistry::instance().by_handle(handle);
  return found != nullptr && found->is_public() ? found : nullptr;
}

std::string why_refused(atl_operation handle) {
  const record::OperationRegistry& registry = record::OperationRegistry::instance();
  const std::string name = RefusedNames::instance().name(handle);
  if (name.empty()) {
    return "got no handle of an operation; hint: core->operation gives them";
  }
  const std::string hint = did_you_mean(name, registry.public_names());
  if (registry.find(name) != nullptr) {
    return fmt::format("'{}' is an operation of the host's own, which no plugin may record{}", name, hint);
  }
  return fmt::format("this host has no operation '{}'{}", printable(name),
                     hint.empty() ? "; hint: the plugin was made for a newer atelier" : hint);
}

}  // namespace atelier::plugin::core
