/* A plugin in plain C that needs a contract which this host does not speak: FUTURE_MAJOR.FUTURE_MINOR. */
#include <atelier/abi.h>

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_core* core = 0;
  (void)plugin;
  return host->connect(host, FUTURE_MAJOR, FUTURE_MINOR, FUTURE_MINOR, &core);
}
