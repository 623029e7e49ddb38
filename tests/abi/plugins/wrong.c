/* A loss whose description has the mistake that the environment variable MISTAKE names. Without one it is right. */
#include <atelier/abi.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

static atl_status create(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) {
  (void)context, (void)spec, (void)settings, (void)self;
  return ATL_OK;
}
static void destroy(void* self) {
  (void)self;
}
static atl_status call(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                       uint64_t input_count, const atl_network* network, atl_tensor* output) {
  (void)self, (void)context, (void)function, (void)inputs, (void)input_count, (void)network, (void)output;
  return ATL_OK;
}

static char large[1 << 16];
static const atl_string choices[] = {TEXT("soft"), TEXT("hard")}, twice[] = {TEXT("soft"), TEXT("soft")};
static int64_t lengths[] = {1, 2, 3};
static atl_setting settings[2];
static atl_loss_slot slot;
static atl_description description;
static atl_component component;
static atl_loss_v1 table;
static const atl_component* components[2];

static void be_right(atl_plugin* plugin) {
  settings[0] = (atl_setting){.size = sizeof *settings,
                              .name = TEXT("lengths"),
                              .help = TEXT("three of them"),
                              .default_value = {.type = ATL_INTEGERS, .list = lengths, .count = 3},
                              .has_minimum = 1,
                              .has_maximum = 1,
                              .minimum = 1,
                              .maximum = 3};
  settings[1] = (atl_setting){.size = sizeof *settings,
                              .name = TEXT("edges"),
                              .default_value = {.type = ATL_TEXT, .text = TEXT("hard")},
                              .choices = choices,
                              .choice_count = 2};
  slot = (atl_loss_slot){.size = sizeof slot, .name = TEXT("own"), .role = TEXT("divergence")};
  description = (atl_description){.size = sizeof description,
                                  .name = TEXT("wrong"),
                                  .summary = TEXT("Wrong on demand."),
                                  .role = TEXT("reconstruction"),
                                  .settings = settings,
                                  .setting_count = 2};
  component = (atl_component){sizeof component, TEXT(ATL_LOSS_INTERFACE_V1), &description, &table};
  table = (atl_loss_v1){sizeof table, create, destroy, call};
  components[0] = components[1] = &component;
  plugin->name = (atl_string)TEXT("wrong");
  plugin->version = (atl_string)TEXT("1");
  plugin->components = components;
  plugin->component_count = 1;
}

static void make_wrong(atl_plugin* plugin, const char* mistake) {
#define MISTAKE(which, change)       \
  if (strcmp(mistake, which) == 0) { \
    change;                          \
  }
  const atl_string nowhere = {NULL, 5};
  const atl_string endless = {large, UINT64_MAX / 2};
  const atl_string not_utf8 = TEXT("caf\xe9");
  memset(large, 'a', sizeof large);
  MISTAKE("setting twice", settings[1].name = settings[0].name)
  MISTAKE("reserved setting", settings[1].name = (atl_string)TEXT("use"))
  MISTAKE("setting without a name", settings[1].name.size = 0)
  MISTAKE("setting with a dot", settings[1].name = (atl_string)TEXT("a.b"))
  MISTAKE("setting of control characters", settings[1].name = (atl_string)TEXT("a\x1b[31m"))
  MISTAKE("setting not in UTF-8", settings[1].name = not_utf8)
  MISTAKE("setting of a long name", settings[1].name = ((atl_string){large, 1000}))
  MISTAKE("help at a null pointer", settings[1].help = nowhere)
  MISTAKE("help without end", settings[1].help = endless)
  MISTAKE("help of control characters", settings[1].help = (atl_string)TEXT("\x07"))
  MISTAKE("default too small", lengths[1] = 0)
  MISTAKE("default too large", lengths[1] = 4)
  MISTAKE("default no choice", settings[1].default_value.text = (atl_string)TEXT("softer"))
  MISTAKE("default of an unknown type", settings[1].default_value.type = 99)
  MISTAKE("default at a null pointer", settings[0].default_value.list = NULL)
  MISTAKE("default without end", settings[0].default_value.count = UINT64_MAX)
  MISTAKE("default nan",
          (settings[0] = settings[1], settings[0].name = (atl_string)TEXT("x"), settings[0].choice_count = 0,
           settings[0].default_value = (atl_value){.type = ATL_NUMBER, .number = NAN}))
  MISTAKE("minimum above maximum", settings[0].minimum = 10)
  MISTAKE("minimum nan", settings[0].minimum = NAN)
  MISTAKE("range of a text", settings[1].has_minimum = 1)
  MISTAKE("choices of integers", (settings[0].choices = choices, settings[0].choice_count = 2))
  MISTAKE("choice twice", settings[1].choices = twice)
  MISTAKE("choices at a null pointer", settings[1].choices = NULL)
  MISTAKE("setting of size 0", settings[0].size = settings[1].size = 0)
  MISTAKE("second setting of size 0", settings[1].size = 0)
  MISTAKE("setting of a huge size", settings[0].size = UINT64_MAX / 4)
  MISTAKE("setting of a small size", settings[0].size = 16)
  MISTAKE("settings at a null pointer", description.settings = NULL)
  MISTAKE("settings without end", description.setting_count = UINT64_MAX)
  MISTAKE("slots of a loss", (description.slots = &slot, description.slot_count = 1))
  MISTAKE("description of size 0", description.size = 0)
  MISTAKE("description at a null pointer", component.description = NULL)
  MISTAKE("name at a null pointer", description.name = nowhere)
  MISTAKE("no name", description.name.size = 0)
  MISTAKE("name with a slash", description.name = (atl_string)TEXT("a/b"))
  MISTAKE("no role", description.role.size = 0)
  MISTAKE("component of size 0", component.size = 0)
  MISTAKE("component at a null pointer", components[0] = NULL)
  MISTAKE("component twice", plugin->component_count = 2)
  MISTAKE("interface at a null pointer", component.interface_name = nowhere)
  MISTAKE("interface unknown", component.interface_name = (atl_string)TEXT("atelier.oven/1"))
  MISTAKE("components at a null pointer", plugin->components = NULL)
  MISTAKE("components without end", plugin->component_count = UINT64_MAX)
  MISTAKE("no components", plugin->component_count = 0)
  MISTAKE("table at a null pointer", component.table = NULL)
  MISTAKE("table of size 0", table.size = 0)
  MISTAKE("function at a null pointer", table.call = NULL)
  MISTAKE("plugin's name at a null pointer", plugin->name = nowhere)
#undef MISTAKE
}

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_core* core = NULL;
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, 0, ATL_ABI_MINOR, &core);
  if (status != ATL_OK) {
    return status;
  }
  const char* const mistake = getenv("MISTAKE");
  lengths[1] = 2;
  be_right(plugin);
  make_wrong(plugin, mistake == NULL ? "" : mistake);
  return ATL_OK;
}
