/* A dataset in plain C from a plugin of a later minor that can live with this host's: its structs have grown at their
 * ends, so every array's stride is larger than the host's sizeof. Images are grey, brighter with their index. */
#include <atelier/abi.h>
#include <stdlib.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

typedef struct later_setting {
  atl_setting now;
  double since_later[3];
} later_setting;

typedef struct later_field {
  atl_field now;
  double since_later;
} later_field;

typedef struct grey {
  int64_t dims[3];
  later_field fields[2];
  atl_data_spec spec;
} grey;

static atl_status create(atl_context* context, const atl_settings* settings, const atl_environment* environment,
                         void** self) {
  (void)context;
  (void)environment;
  grey* data = calloc(1, sizeof *data);
  if (data == NULL) {
    return ATL_ERROR_INTERNAL;
  }
  data->dims[0] = 1;
  data->dims[1] = settings->values[0].value.integer;
  data->dims[2] = settings->values[1].value.integer;
  data->fields[0].now = (atl_field){.size = sizeof(later_field),
                                    .name = TEXT("image"),
                                    .kind = ATL_IMAGE,
                                    .dtype = ATL_FLOAT32,
                                    .dims = data->dims,
                                    .rank = 3,
                                    .high = 10.0};
  data->fields[1].now = (atl_field){
      .size = sizeof(later_field), .name = TEXT("label"), .dtype = ATL_INT64, .dims = data->dims, .classes = 2};
  data->spec = (atl_data_spec){sizeof(atl_data_spec), &data->fields[0].now, 2, 10, 10, NULL, 0};
  *self = data;
  return ATL_OK;
}

static atl_status get_spec(const void* self, const atl_data_spec** spec) {
  *spec = &((const grey*)self)->spec;
  return ATL_OK;
}

static atl_status read_sample(const void* self, atl_context* context, int32_t split, int64_t index,
                              void* const* fields) {
  const grey* data = self;
  (void)context;
  (void)split;
  for (int64_t i = 0; i < data->dims[1] * data->dims[2]; ++i) {
    ((float*)fields[0])[i] = (float)(index + 1);
  }
  *(int64_t*)fields[1] = index % 2;
  return ATL_OK;
}

static const later_setting settings[2] = {{{sizeof(later_setting),
                                            TEXT("height"),
                                            TEXT("rows"),
                                            {ATL_INTEGER, 0, 8, 0, {NULL, 0}, NULL, 0},
                                            0,
                                            1,
                                            1,
                                            0,
                                            1,
                                            64,
                                            NULL,
                                            0},
                                           {0}},
                                          {{sizeof(later_setting),
                                            TEXT("width"),
                                            TEXT("columns"),
                                            {ATL_INTEGER, 0, 6, 0, {NULL, 0}, NULL, 0},
                                            0,
                                            1,
                                            1,
                                            0,
                                            1,
                                            64,
                                            NULL,
                                            0},
                                           {0}}};
static const atl_description description = {sizeof description,
                                            TEXT("grey"),
                                            TEXT("Grey images."),
                                            {NULL, 0},
                                            {NULL, 0},
                                            &settings[0].now,
                                            2,
                                            NULL,
                                            0,
                                            NULL,
                                            0};

static atl_status get_group(const void* self, int64_t index, int64_t* group) {
  (void)self;
  *group = index / 5;
  return ATL_OK;
}

static const atl_dataset_v1 table = {sizeof table, create, free, get_spec, read_sample, get_group};
static const atl_component component = {sizeof component, TEXT(ATL_DATASET_V1), &description, &table};
static const atl_component* const components[] = {&component};

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_core* core = NULL;
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, 0, ATL_ABI_MINOR + 7, &core);
  if (status != ATL_OK) {
    return status;
  }
  *plugin = (atl_plugin){sizeof *plugin, TEXT("later"), TEXT("7.0.0"), components, 1};
  return ATL_OK;
}
