// Libraries that are loaded, asked what they bring, and unloaded a thousand times leave nothing behind. A registry
// keeps its libraries as long as the process lives, so this loads them as a registry does, by the functions that it has
// for that, and unloads them itself. (The address sanitizer counts what is left; without it, the heap's own count
// does.)
#include <atelier/abi.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <malloc.h>

#include <array>
#include <filesystem>
#include <string>

#include "plugin/component_description.hpp"
#include "plugin/library_file.hpp"
#include "plugin/version_exchange.hpp"

using namespace atelier;
namespace fs = std::filesystem;

namespace {

using Entry = atl_status (*)(const atl_host* host, atl_plugin* plugin);

// What a library brings, twice, as a host may ask again.
size_t components_of(Entry entry, const fs::path& file) {
  size_t found = 0;
  for (int turn = 0; turn < 2; ++turn) {
    plugin::VersionExchange exchange;
    atl_plugin plugin{};
    plugin.size = sizeof plugin;
    REQUIRE(entry(exchange.host(), &plugin) == ATL_OK);
    const size_t count = plugin::contents_of(plugin, file).components.size();
    REQUIRE((turn == 0 || count == found));
    found = count;
  }
  return found;
}

void load_and_unload(const fs::path& file) {
  plugin::check_library(file);
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  REQUIRE_MESSAGE(library != nullptr, file.string());
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "atelier_plugin"));
  REQUIRE((entry != nullptr));
  REQUIRE(components_of(entry, file) > 0);
  REQUIRE(dlclose(library) == 0);
  void* const still_there = dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
  REQUIRE_MESSAGE(still_there == nullptr, file.string(), ": it is not unloaded");
}

}  // namespace

TEST_CASE("a thousand cycles of loading and unloading leave nothing behind") {
  const std::array names{"vae", "shapes", "adam", "lamb", "reconstruction", "likelihood_metrics"};
  constexpr size_t cycles = 1000;
  std::array<size_t, 5> heap{};  // after each thousand
  size_t turn = 0;
  for (size_t& bytes : heap) {
    for (size_t i = 0; i < cycles; ++i) {
      load_and_unload(fs::path(HOUSE_PLUGINS) / (std::string(names[turn++ % names.size()]) + ".so"));
    }
    bytes = mallinfo2().uordblks;
  }
  // The heap settles, and a table in it may grow once; what is left behind is left behind in each thousand.
  const size_t settled = heap[1];
  CHECK_MESSAGE(((heap[2] < settled + cycles) || (heap[3] < heap[2] + cycles) || (heap[4] < heap[3] + cycles)),
                "the heap has grown from ", settled, " to ", heap[4], " bytes");
}
