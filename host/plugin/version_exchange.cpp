#include "plugin/version_exchange.hpp"

#include "base/error.hpp"
#include "plugin/component_data.hpp"
#include "plugin/core_table.hpp"

namespace atelier::plugin {

VersionExchange::VersionExchange()
    : host_{sizeof(atl_host), this, ATL_ABI_MAJOR, ATL_ABI_MINOR, borrow(ATELIER_VERSION), connect} {
  current_ = this;
}

VersionExchange::~VersionExchange() {
  current_ = nullptr;
}

thread_local VersionExchange* VersionExchange::current_ = nullptr;

void VersionExchange::fail(std::string_view message) {
  if (current_ != nullptr && current_->refusal_.empty()) {
    current_->refusal_ = message;
  }
}

atl_status VersionExchange::connect(const atl_host* host, uint32_t major, uint32_t oldest_minor, uint32_t newest_minor,
                                    const atl_core** out) {
  auto& self = *static_cast<VersionExchange*>(host->host_data);
  if (major != ATL_ABI_MAJOR || oldest_minor > ATL_ABI_MINOR) {
    self.refusal_ =
        fmt::format("the plugin needs the contract {}.{} (made for {}.{}), this atelier ({}) speaks {}.{}; hint: {}",
                    major, oldest_minor, major, newest_minor, ATELIER_VERSION, ATL_ABI_MAJOR, ATL_ABI_MINOR,
                    major < ATL_ABI_MAJOR ? "build the plugin against this atelier's SDK" : "use a newer atelier");
    return ATL_ERROR_VERSION;
  }
  *out = &core_table();
  return ATL_OK;
}

}  // namespace atelier::plugin
