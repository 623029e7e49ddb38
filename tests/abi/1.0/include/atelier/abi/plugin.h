/* Loading: the one function that a plugin exports, and what it hands over. */
#ifndef ATELIER_ABI_PLUGIN_H
#define ATELIER_ABI_PLUGIN_H

#include <atelier/abi/core.h>
#include <atelier/abi/description.h>

typedef struct atl_component {
  uint64_t size;
  atl_string interface_name; /* ATL_MODEL_V1, ...; one that the host does not know is named in lists, and left alone */
  const atl_description* description;
  const void* table; /* atl_model_v1, ... */
} atl_component;
ATL_LAYOUT(atl_component, size, 0);
ATL_LAYOUT(atl_component, interface_name, 8);
ATL_LAYOUT(atl_component, description, 24);
ATL_LAYOUT(atl_component, table, 32);
ATL_SIZE(atl_component, 40);

typedef struct atl_plugin { /* filled in by the plugin; kept by the host until it unloads the plugin */
  uint64_t size;
  atl_string name;
  atl_string version;
  const atl_component* const* components;
  uint64_t component_count;
} atl_plugin;
ATL_LAYOUT(atl_plugin, size, 0);
ATL_LAYOUT(atl_plugin, name, 8);
ATL_LAYOUT(atl_plugin, version, 24);
ATL_LAYOUT(atl_plugin, components, 40);
ATL_LAYOUT(atl_plugin, component_count, 48);
ATL_SIZE(atl_plugin, 56);

typedef struct atl_host {
  uint64_t size;
  void* host_data;
  uint32_t major, minor; /* the contract that the host speaks */
  atl_string version;    /* of the program, for messages */
  /* The core table, if the host's contract has this major and its minor is at least `oldest_minor`; otherwise
   * ATL_ERROR_VERSION, and the host reports both sides' versions. `newest_minor` is what the plugin was built with. */
  atl_status (*connect)(const struct atl_host* host, uint32_t major, uint32_t oldest_minor, uint32_t newest_minor,
                        const atl_core** core);
} atl_host;
ATL_LAYOUT(atl_host, size, 0);
ATL_LAYOUT(atl_host, host_data, 8);
ATL_LAYOUT(atl_host, major, 16);
ATL_LAYOUT(atl_host, minor, 20);
ATL_LAYOUT(atl_host, version, 24);
ATL_LAYOUT(atl_host, connect, 40);
ATL_SIZE(atl_host, 48);

#ifdef __cplusplus
extern "C" {
#endif

/* The one function that a plugin exports. Called on one thread, right after loading; a host that loads the plugin again
 * calls it again, and gets the same components. */
ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin);

#ifdef __cplusplus
}
#endif

#endif
