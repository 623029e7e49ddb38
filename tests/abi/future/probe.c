/* The same in C, without components: with USES it needs the function of the minor 1, which is there for those who say
 * so (ATL_ABI_TARGET). */
#include <atelier/abi.h>

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  static const atl_component* const none[1] = {0};
  const atl_core* core = 0;
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, ATL_ABI_TARGET, ATL_ABI_MINOR, &core);
  if (status != ATL_OK) return status;
#ifdef USES
  int64_t value = 0;
  core->late(&value);
#endif
  plugin->name.data = "probe";
  plugin->name.size = 5;
  plugin->version.data = "1";
  plugin->version.size = 1;
  plugin->components = none;
  plugin->component_count = 0;
  return ATL_OK;
}
