// One plugin's negotiation: offers the core table, and remembers why it was refused, or what the plugin says is wrong.
#pragma once

#include <atelier/abi.h>

#include <string>
#include <string_view>

namespace atelier::plugin {

class VersionExchange {
 public:
  VersionExchange();
  ~VersionExchange();
  VersionExchange(const VersionExchange&) = delete;
  VersionExchange& operator=(const VersionExchange&) = delete;
  [[nodiscard]] const atl_host* host() const { return &host_; }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  // The plugin that is connecting on this thread, if any, fails: there is no context yet that could keep it.
  static void fail(std::string_view message);

 private:
  static atl_status connect(const atl_host* host, uint32_t major, uint32_t oldest_minor, uint32_t newest_minor,
                            const atl_core** core);
  atl_host host_;
  std::string refusal_;
  static thread_local VersionExchange* current_;
};

}  // namespace atelier::plugin
