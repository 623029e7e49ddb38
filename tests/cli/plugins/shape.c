/* A dataset in C whose library is built wrong: WRONG says how. */
#include <atelier/abi.h>
#include <stdlib.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

#define RIGHT 0
#define ANOTHER_SYMBOL 1
#define NO_ENTRY 2
#define SIZE_OF_ZERO 3
#define HUGE_SIZE 4
#define OTHER_MAJOR 5
#define FAILS_SILENTLY 6
#define NEEDS_THE_PROGRAM 7
#define CRASHES 8

#if WRONG == ANOTHER_SYMBOL
ATL_EXPORT int a_helper(void);
int a_helper(void) {
  return 3;
}
#endif
#if WRONG == NEEDS_THE_PROGRAM
extern int atl_draw(void) __attribute__((weak));
#endif

static atl_status create(atl_context* context, const atl_settings* settings, const atl_environment* environment,
                         void** self) {
  (void)context, (void)settings, (void)environment, (void)self;
  return ATL_OK;
}
static void destroy(void* self) {
  (void)self;
}
static const int64_t dims[] = {1, 8, 8};
static const atl_field image = {
    sizeof image, TEXT("image"), ATL_IMAGE, ATL_FLOAT32, dims, 3, 0, 0, 0, 1, NULL, 0, NULL, 0, 0, TEXT("")};
static const atl_data_spec data = {sizeof data, &image, 1, 20, 10, NULL, 0};
static atl_status spec(const void* self, const atl_data_spec** out) {
  (void)self;
  *out = &data;
  return ATL_OK;
}
static atl_status read(const void* self, atl_context* context, int32_t split, int64_t index, void* const* fields) {
  (void)self, (void)context, (void)split;
  float* pixels = fields[0];
  for (int i = 0; i < 64; ++i) {
    pixels[i] = (float)((i + index) % 8) / 8;
  }
  return ATL_OK;
}
static atl_status group(const void* self, int64_t index, int64_t* out) {
  (void)self;
  *out = index;
  return ATL_OK;
}

static const atl_dataset_v1 table = {
    WRONG == SIZE_OF_ZERO ? 0 : WRONG == HUGE_SIZE ? UINT64_MAX / 2 : sizeof table, create, destroy, spec, read, group};
static const atl_description description = {.size = sizeof description,
                                            .name = TEXT("ramps-in-c"),
                                            .summary = TEXT("Grey ramps."),
                                            .reference = TEXT(""),
                                            .role = TEXT("")};
static const atl_component component = {sizeof component, TEXT(ATL_DATASET_V1), &description, &table};
static const atl_component* const components[] = {&component};

#if WRONG == NO_ENTRY
#define atelier_plugin another_plugin
atl_status another_plugin(const atl_host* host, atl_plugin* plugin);
#endif

atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_core* core = NULL;
  const atl_status status =
      host->connect(host, WRONG == OTHER_MAJOR ? ATL_ABI_MAJOR + 6 : ATL_ABI_MAJOR, 0, ATL_ABI_MINOR, &core);
#if WRONG == CRASHES
  abort();
#endif
#if WRONG == NEEDS_THE_PROGRAM
  if (atl_draw != NULL) {
    atl_draw();
  }
#endif
  plugin->name = (atl_string)TEXT("shape");
  plugin->version = (atl_string)TEXT("1.0");
  plugin->components = components;
  plugin->component_count = 1;
  return WRONG == FAILS_SILENTLY ? ATL_ERROR_INTERNAL : status;
}
