// The table that plugins call, and the negotiation that hands it out.
#pragma once

#include <atelier/abi.h>

#include <functional>
#include <string>

namespace atelier::plugin {

// One plugin's negotiation: offers the core table, and remembers why it was refused.
class VersionExchange {
 public:
  VersionExchange();
  VersionExchange(const VersionExchange&) = delete;
  VersionExchange& operator=(const VersionExchange&) = delete;
  [[nodiscard]] const atl_host* host() const { return &host_.table; }
  [[nodiscard]] const std::string& refusal() const { return host_.refusal; }

 private:
  struct Host {
    atl_host table;  // first, so that the plugin's pointer leads back here
    std::string refusal;
  };
  static atl_status connect(const atl_host* host, uint32_t major, uint32_t oldest_minor, uint32_t newest_minor,
                            const atl_core** core);
  Host host_;
};

const atl_core& core_table();

// Where lines that plugins have for the user go. Set once at start; the default drops them.
void set_inform(std::function<void(std::string_view)> sink);

}  // namespace atelier::plugin
