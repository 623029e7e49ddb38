// The plugin's side of loading. Included by the headers of the component kinds; authors need only their macros.
#pragma once

#include <atelier/core.hpp>
#include <atelier/description.hpp>
#include <exception>

#ifndef ATELIER_PLUGIN_NAME
#define ATELIER_PLUGIN_NAME "unnamed"
#endif
#ifndef ATELIER_PLUGIN_VERSION
#define ATELIER_PLUGIN_VERSION "0.0.0"
#endif

namespace atelier::detail {

// The components of this plugin. Registered when the library is loaded, described when the host has connected.
struct ATELIER_OWN Registration {
  const char* interface_name;
  const char* name;
  const char* role;
  const void* table;
  void (*describe)(Description&);
  Registration* next = nullptr;
  Description description{};
  atl_component component{};

  static inline Registration* first = nullptr;

  Registration(const char* kind, const char* component_name, const char* loss_role, const void* functions,
               void (*describe_function)(Description&))
      : interface_name(kind),
        name(component_name),
        role(loss_role),
        table(functions),
        describe(describe_function),
        next(first) {
    first = this;
  }
};

ATELIER_OWN inline atl_status connect(const atl_host* host, atl_plugin* plugin) {
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, oldest_minor(), ATL_ABI_MINOR, &core);
  if (status != ATL_OK) {
    return status;
  }
  if (called_too_early) {
    core->fail(nullptr, ATL_ERROR_PHASE, string(too_early), nowhere);
    return ATL_ERROR_PHASE;
  }
  static std::vector<const atl_component*> components;
  const bool connected_before = !components.empty();
  for (Registration* entry = connected_before ? nullptr : Registration::first; entry != nullptr; entry = entry->next) {
    entry->describe(entry->description);
    entry->component = {sizeof(atl_component), string(entry->interface_name),
                        entry->description.finish(entry->name, entry->role), entry->table};
    components.insert(components.begin(), &entry->component);
  }
  plugin->name = string(ATELIER_PLUGIN_NAME);
  plugin->version = string(ATELIER_PLUGIN_VERSION);
  plugin->components = components.data();
  plugin->component_count = components.size();
  return ATL_OK;
}

// The table functions that all kinds share.
template <typename T>
void destroy(void* self) {
  delete static_cast<T*>(self);
}

}  // namespace atelier::detail

extern "C" {
// Emitted in every translation unit that includes this, and merged into one by the linker.
__attribute__((used, weak, visibility("default"))) atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  atl_status status = ATL_OK;
  const atl_status ran = atelier::detail::guard(nullptr, [&] { status = atelier::detail::connect(host, plugin); });
  return ran != ATL_OK ? ran : status;
}
}

#define ATELIER_REGISTER_(kind, name, role, type, table)                                                  \
  namespace {                                                                                             \
  atelier::detail::Registration atelier_registration_##type(kind, name, role, &(table), &type::describe); \
  }
