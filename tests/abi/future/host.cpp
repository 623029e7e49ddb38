// A host of the minor that it is compiled for. All that it hands out ends where its memory does: who reads or writes
// what this minor does not have crashes. It makes the probe's dataset, reads a sample of it, and asks its operation for
// shapes.
//
// Usage: host PLUGIN.so
#include <atelier/abi.h>
#include <dlfcn.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace {

// Copies of structs, one behind the other, in front of a page that nobody may touch.
template <typename T>
T* at_the_end(std::initializer_list<T> values) {
  constexpr size_t page = 4096;
  void* const pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(static_cast<char*>(pages) + page, page, PROT_NONE);
  T* const first = reinterpret_cast<T*>(static_cast<char*>(pages) + page - values.size() * sizeof(T));
  std::memcpy(first, values.begin(), values.size() * sizeof(T));
  return first;
}

atl_string text(std::string_view letters) {
  return {letters.data(), letters.size()};
}
std::string_view view(atl_string letters) {
  return {letters.data, letters.size};
}

const atl_core* core() {
  atl_core table{};
  // Whatever the probe does not need is an address that nobody has.
  std::memset(static_cast<void*>(&table), 0xDE, sizeof table);
  table.size = sizeof table;
  table.fail = [](atl_context*, atl_status, atl_string message, atl_location) {
    std::printf("failed: %.*s\n", static_cast<int>(message.size), message.data);
  };
  table.inform = [](atl_string message) {
    std::printf("informed: %.*s\n", static_cast<int>(message.size), message.data);
  };
#if ATL_ABI_MINOR >= 1
  table.late = [](int64_t* value) -> atl_status {
    *value = 1;
    return ATL_OK;
  };
#endif
  return at_the_end({table});
}

atl_status connect(const atl_host*, uint32_t major, uint32_t oldest, uint32_t newest, const atl_core** table) {
  std::printf("needs %u.%u, was built with %u.%u\n", major, oldest, major, newest);
  if (major != ATL_ABI_MAJOR || oldest > ATL_ABI_MINOR) {
    return ATL_ERROR_VERSION;
  }
  *table = core();
  return ATL_OK;
}

const atl_environment* environment() {
  static const int64_t dims[] = {1, 2, 2};
  atl_field field{};
  field.size = sizeof field;
  field.name = text("image");
  field.dims = dims;
  field.rank = 3;
  field.high = 1;
  atl_data_spec spec{};
  spec.size = sizeof spec;
  spec.fields = at_the_end({field, field});
  spec.field_count = 2;
  spec.train_count = spec.test_count = 5;
  atl_source source{};
  source.size = sizeof source;
  source.name = text("source");
  source.spec = at_the_end({spec});
  static const atl_source* const sources[] = {at_the_end({source})};
  atl_environment out{};
  out.size = sizeof out;
  out.base_directory = text(".");
  out.sources = sources;
  out.source_count = 1;
  return at_the_end({out});
}

bool dataset(const atl_component& component) {
  const auto* const table = static_cast<const atl_dataset_v1*>(component.table);
  const atl_description& description = *component.description;
  const auto setting = [&](uint64_t i) {  // at the plugin's stride
    return reinterpret_cast<const atl_setting*>(reinterpret_cast<const char*>(description.settings) +
                                                i * description.settings->size);
  };
  const atl_named_value values[] = {{setting(0)->name, setting(0)->default_value},
                                    {setting(1)->name, setting(1)->default_value}};
  atl_settings settings{};
  settings.size = sizeof settings;
  settings.values = values;
  settings.count = description.setting_count;
  void* self = nullptr;
  if (table->create(nullptr, at_the_end({settings}), environment(), &self) != ATL_OK) {
    return false;
  }
  const atl_data_spec* spec = nullptr;
  table->spec(self, &spec);
  float pixels[4] = {};
  int64_t label = 0;
  void* const fields[] = {pixels, &label};
  table->read(self, nullptr, ATL_TRAIN, 0, fields);
  std::printf("read %g and %d of %d\n", static_cast<double>(pixels[3]), static_cast<int>(label),
              static_cast<int>(spec->train_count));
  table->read(self, nullptr, ATL_TRAIN, 1, fields);
  table->destroy(self);
  return true;
}

bool operation(const atl_component& component) {
  const auto* const table = static_cast<const atl_operation_v1*>(component.table);
  atl_tensor_info one{};
  one.size = sizeof one;
  one.rank = 2;
  one.dims[0] = 3;
  one.dims[1] = 4;
  atl_tensor_info other = one;
  other.dims[1] = 5;
  atl_tensor_info empty{};
  empty.size = sizeof empty;
  atl_tensor_info* const outputs = at_the_end({empty, empty});
  if (table->infer(nullptr, nullptr, 0, at_the_end({one, other}), 2, outputs, 2) != ATL_OK) {
    return false;
  }
  std::printf("shapes %d %d and %d %d\n", static_cast<int>(outputs[0].dims[0]), static_cast<int>(outputs[0].dims[1]),
              static_cast<int>(outputs[1].dims[0]), static_cast<int>(outputs[1].dims[1]));
  return true;
}

}  // namespace

int main(int, char** arguments) {
  void* const library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::puts(dlerror());
    return 1;
  }
  const auto entry = reinterpret_cast<decltype(&atelier_plugin)>(dlsym(library, "atelier_plugin"));
  atl_host host{};
  host.size = sizeof host;
  host.major = ATL_ABI_MAJOR;
  host.minor = ATL_ABI_MINOR;
  host.version = text("test");
  host.connect = connect;
  atl_plugin empty{};
  empty.size = sizeof empty;
  atl_plugin* const plugin = at_the_end({empty});
  if (entry(at_the_end({host}), plugin) != ATL_OK) {
    std::puts("refused");
    return 0;
  }
  bool right = true;
  for (uint64_t i = 0; i < plugin->component_count; ++i) {
    const atl_component& component = *plugin->components[i];
    right = (view(component.interface_name) == ATL_DATASET_V1 ? dataset(component) : operation(component)) && right;
  }
  return right ? 0 : 1;
}
