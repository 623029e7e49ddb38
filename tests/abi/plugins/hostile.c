/* A model in C that misuses the contract in the way that its setting `how` says. */
#include <atelier/abi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }
#define HERE ((atl_location){"hostile.c", __LINE__, 0})

static const atl_core* core;
static char how[256];             /* of the newest model */
static atl_context* kept_context; /* of a call that is over */
static atl_tensor kept_tensor;    /* of a step that is over */
static atl_parameter weight;
static const void* self_of_all = how;

static atl_string text(const char* letters) {
  return (atl_string){letters, strlen(letters)};
}
static int is(const char* mischief) {
  return strcmp(how, mischief) == 0;
}
static const atl_string nowhere = {NULL, 5};

static atl_status apply(atl_context* context, const char* name, const atl_tensor* inputs, uint32_t count,
                        const atl_attribute* attribute, atl_tensor* output) {
  atl_call call = {.size = sizeof call, .line = __LINE__, .file = "hostile.c"};
  call.inputs = inputs;
  call.input_count = count;
  call.attributes = attribute;
  call.attribute_count = attribute == NULL ? 0 : 1;
  call.outputs = output;
  call.output_count = 1;
  const atl_status status = core->operation(text(name), &call.operation);
  return status == ATL_OK ? core->apply(context, &call) : status;
}
static atl_status unary(atl_context* context, const char* name, atl_tensor input, atl_tensor* output) {
  return apply(context, name, &input, 1, NULL, output);
}
static atl_status reduced(atl_context* context, atl_tensor input, atl_tensor* output) {
  const atl_attribute all = {ATL_INTEGERS, 0, {0}};
  return apply(context, "sum/1", &input, 1, &all, output);
}

/* ---- Every function of the core table, in every phase: `how` is "FUNCTION in PHASE" */

static atl_status nothing_to_do(void* self, atl_context* context, atl_string group) {
  (void)self, (void)context, (void)group;
  return ATL_OK;
}

static void try_function(atl_context* context, const char* phase) {
  char wanted[64];
  const char* in = strstr(how, " in ");
  if (in == NULL || strcmp(in + 4, phase) != 0) {
    return;
  }
  snprintf(wanted, sizeof wanted, "%.*s", (int)(in - how), how);
  const int64_t dims[] = {3};
  const float values[] = {1, 2, 3};
  double numbers[3];
  atl_tensor tensor = 0, other = 0;
  atl_parameter parameter = 0;
  atl_loss loss = 0;
  atl_features features = 0;
  uint64_t count = 0;
  atl_tensor_info info = {.size = sizeof info};
  atl_phase_info phase_info = {.size = sizeof phase_info};
  atl_parameter_info described = {.size = sizeof described};
  const atl_parameter_info declared = {
      .size = sizeof declared, .name = TEXT("late"), .group = TEXT("all"), .dims = dims, .rank = 1, .dtype = ATL_REAL};
  const atl_network none = {0};
  const atl_string name = TEXT("logits");
  atl_status status = -1;
#define TRY(function, call)            \
  if (strcmp(wanted, function) == 0) { \
    status = (call);                   \
  }
  if (strcmp(phase, "create") != 0) { /* where a tensor can be made; of several failures the first one is returned */
    core->constant(context, ATL_FLOAT32, dims, 1, values, HERE, &tensor);
    TRY("describe", core->describe(context, tensor, &info))
    TRY("gradient", core->gradient(context, tensor, &tensor, 1, HERE, &other))
    TRY("materialize", core->materialize(context, &tensor, 1, HERE))
    TRY("read", core->read(context, tensor, numbers, 3, HERE))
    TRY("annotate", core->annotate(context, name, tensor))
  }
  TRY("phase", core->phase(context, &phase_info))
  TRY("apply", unary(context, "exp/1", tensor, &other))
  TRY("constant", core->constant(context, ATL_FLOAT32, dims, 1, values, HERE, &other))
  TRY("field", core->field(context, text("image"), HERE, &other))
  TRY("next_batch", core->next_batch(context, HERE))
  TRY("parameter", core->parameter(context, &declared, &parameter))
  TRY("use", core->use(context, weight, &other))
  TRY("assign", (core->use(context, weight, &other), core->assign(context, weight, other, HERE)))
  TRY("group", core->group(context, text("all"), &parameter, 1, &count))
  TRY("describe_parameter", core->describe_parameter(context, weight, &described))
  TRY("after_update", core->after_update(context, text("all"), NULL, nothing_to_do))
  TRY("loss", core->loss(context, text("loss"), &loss))
  TRY("call_loss", core->call_loss(context, 1, ATL_LOSS_MEAN, &tensor, 1, &none, HERE, &other))
  TRY("features", core->features(context, text("no such run"), &features))
  TRY("apply_features", core->apply_features(context, 1, tensor, &name, 1, HERE, &other))
  TRY("model_output", core->model_output(context, name, 1, HERE, &other))
  TRY("generated", core->generated(context, HERE, &other))
  TRY("gradients_at", core->gradients_at(context, &tensor, &other, 1, HERE))
  if (strcmp(wanted, "log") == 0 || strcmp(wanted, "minimize") == 0) {
    reduced(context, tensor, &other);
    TRY("log", core->log(context, text("late"), other, strcmp(phase, "evaluate") == 0 ? other : 0, HERE))
    TRY("minimize", core->minimize(context, text("all"), other, HERE))
  }
  char line[sizeof how + 16];
  snprintf(line, sizeof line, "%s: %d", how, (int)status);
  core->inform(text(line));
}

/* ---- Other mischief */

static void* call_from_another_thread(void* context) {
  atl_tensor out = 0;
  core->use(context, weight, &out);
  return NULL;
}

static atl_status train_step(const void* self, atl_context* context);

static atl_status misuse(atl_context* context, atl_tensor good) {
  static char forged_context[4096];
  const int64_t negative[] = {-1, 4}, vast[] = {INT64_C(1) << 62, 8}, some[] = {2, 2};
  const float values[] = {1, 2, 3, 4};
  atl_tensor out = 0;
  const atl_network none = {0};
  if (is("fails without words")) return ATL_ERROR_DATA;
  if (is("forged tensor")) return unary(context, "exp/1", UINT64_C(0xabcdef0123456789), &out);
  if (is("poison")) return unary(context, "exp/1", 0, &out);
  if (is("tensor of the last step") && kept_tensor != 0) return unary(context, "exp/1", kept_tensor, &out);
  if (is("forged operation")) {
    const atl_call call = {sizeof call, 4711, __LINE__, "hostile.c", &good, NULL, &out, 1, 0, 1, 0};
    return core->apply(context, &call);
  }
  if (is("too many attributes")) {
    atl_call call = {sizeof call, 0, __LINE__, "hostile.c", &good, NULL, &out, 1, 1000, 1, 0};
    core->operation(text("exp/1"), &call.operation);
    return core->apply(context, &call);
  }
  if (is("forged parameter")) return core->use(context, 4711, &out);
  if (is("assigned to a forged parameter")) return core->assign(context, 4711, good, HERE);
  if (is("forged loss")) return core->call_loss(context, 4711, ATL_LOSS_MEAN, &good, 1, &none, HERE, &out);
  if (is("forged features")) {
    const atl_string name = TEXT("code");
    return core->apply_features(context, 4711, good, &name, 1, HERE, &out);
  }
  if (is("forged context")) return core->use((atl_context*)(void*)forged_context, weight, &out);
  if (is("no context")) return core->use(NULL, weight, &out);
  if (is("another thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, call_from_another_thread, context);
    pthread_join(thread, NULL);
    return ATL_OK;
  }
  if (is("negative constant")) return core->constant(context, ATL_FLOAT32, negative, 2, values, HERE, &out);
  if (is("overflowing constant")) return core->constant(context, ATL_FLOAT32, vast, 2, values, HERE, &out);
  if (is("constant of many axes")) return core->constant(context, ATL_FLOAT32, some, 100000, values, HERE, &out);
  if (is("constant of an unknown type")) return core->constant(context, 77, some, 2, values, HERE, &out);
  if (is("constant without values")) return core->constant(context, ATL_FLOAT32, some, 2, NULL, HERE, &out);
  if (is("constant without lengths")) return core->constant(context, ATL_FLOAT32, NULL, 2, values, HERE, &out);
  if (is("group without letters")) return core->minimize(context, nowhere, good, HERE);
  if (is("field without letters")) return core->field(context, nowhere, HERE, &out);
  if (is("log without letters")) return core->log(context, nowhere, good, 0, HERE);
  if (is("annotation without letters")) return core->annotate(context, nowhere, good);
  if (is("operation without letters")) {
    atl_operation operation = 0;
    const atl_call call = {sizeof call,
                           core->operation(nowhere, &operation) == ATL_OK ? operation : 4711,
                           __LINE__,
                           "hostile.c",
                           &good,
                           NULL,
                           &out,
                           1,
                           0,
                           1,
                           0};
    return core->apply(context, &call);
  }
  if (is("group of a null name")) {
    uint64_t count = 0;
    return core->group(context, nowhere, NULL, 0, &count);
  }
  if (is("after an update of nothing")) return core->after_update(context, nowhere, NULL, nothing_to_do);
  if (is("an action that is null")) return core->after_update(context, text("all"), NULL, NULL);
  if (is("its own step again")) {
    static int depth;
    const atl_status status = depth++ == 0 ? train_step(NULL, context) : ATL_OK;
    --depth;
    return status;
  }
  if (is("fails twice")) {
    core->fail(context, ATL_ERROR_DATA, text("the first words"), HERE);
    core->fail(context, ATL_ERROR_SHAPE, text("the second words"), HERE);
    return ATL_OK;
  }
  if (is("fails with null words")) {
    core->fail(context, ATL_ERROR_DATA, nowhere, HERE);
    return ATL_ERROR_DATA;
  }
  return ATL_OK;
}

/* ---- The model */

static const char* setting(const atl_settings* settings, uint64_t* size) {
  for (uint64_t i = 0; i < settings->count; ++i) {
    if (settings->values[i].value.type == ATL_TEXT) {
      *size = settings->values[i].value.text.size;
      return settings->values[i].value.text.data;
    }
  }
  *size = 0;
  return "";
}

static atl_status create(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) {
  (void)spec;
  uint64_t size = 0;
  const char* letters = setting(settings, &size);
  snprintf(how, sizeof how, "%.*s", (int)size, letters);
  kept_context = context;
  kept_tensor = 0;
  *self = NULL;
  const int64_t dims[] = {64}, negative[] = {-4, 8}, vast[] = {INT64_C(1) << 62, 8};
  atl_parameter_info info = {
      .size = sizeof info, .name = TEXT("weight"), .group = TEXT("all"), .dims = dims, .rank = 1, .dtype = ATL_REAL};
  info.fan_in = info.fan_out = 1;
  if (is("create fails without words")) return ATL_ERROR_UNSUPPORTED;
  if (is("create fails and leaves an instance")) {
    *self = (void*)self_of_all;
    return ATL_ERROR_UNSUPPORTED;
  }
  if (is("parameter of negative length")) info.dims = negative, info.rank = 2;
  if (is("parameter of overflowing size")) info.dims = vast, info.rank = 2;
  if (is("parameter of many axes")) info.rank = 100000;
  if (is("parameter without lengths")) info.dims = NULL;
  if (is("parameter without a name")) info.name = nowhere;
  if (is("parameter of a null group")) info.group = nowhere;
  if (is("parameter of an unknown initializer")) info.initializer = 4711;
  if (is("parameter of an unknown type")) info.dtype = 4711;
  if (is("parameter of values that are not there")) info.initializer = ATL_INIT_VALUES;
  core->parameter(context, &info, &weight);
  if (is("loss without letters")) {
    atl_loss loss = 0;
    core->loss(context, nowhere, &loss);
  }
  try_function(context, "create");
  return ATL_OK;
}

static void destroy(void* self) {
  (void)self;
  if (is("a call in the destructor")) {
    atl_tensor out = 0;
    core->use(kept_context, weight, &out);
    core->fail(kept_context, ATL_ERROR_DATA, text("too late"), HERE);
  }
}

static atl_status train_step(const void* self, atl_context* context) {
  (void)self;
  atl_tensor squares = 0, loss = 0;
  core->use(context, weight, &squares);
  unary(context, "square/1", squares, &squares);
  reduced(context, squares, &loss);
  const atl_status status = misuse(context, loss);
  kept_tensor = loss;
  try_function(context, "train_step");
  core->minimize(context, text("all"), loss, HERE);
  return status;
}

static atl_status evaluate(const void* self, atl_context* context) {
  (void)self;
  if (is("evaluate fails without words")) return ATL_ERROR_DATA;
  atl_tensor squares = 0, loss = 0;
  core->use(context, weight, &squares);
  unary(context, "square/1", squares, &squares);
  reduced(context, squares, &loss);
  core->log(context, text("loss"), loss, loss, HERE);
  try_function(context, "evaluate");
  return ATL_OK;
}

static atl_status sampled_field(const void* self, atl_string* name) {
  (void)self;
  *name = text("image");
  if (is("sampled field without letters")) *name = nowhere;
  return is("sampled field fails") ? ATL_ERROR_DATA : ATL_OK;
}

static atl_status sample(const void* self, atl_context* context, int64_t n, atl_tensor* samples) {
  (void)self;
  if (is("sample without a result")) return ATL_OK;
  if (is("sample of a forged tensor")) {
    *samples = UINT64_C(0xabcdef0123456789);
    return ATL_OK;
  }
  const int64_t one[] = {1, 1, 8, 8}, all[] = {n, 1, 8, 8};
  atl_attribute dims = {ATL_INTEGERS, 4, {.integers = one}};
  atl_tensor flat = 0, image = 0;
  core->use(context, weight, &flat);
  apply(context, "reshape/1", &flat, 1, &dims, &image);
  dims.value.integers = all;
  apply(context, "broadcast_to/1", &image, 1, &dims, samples);
  try_function(context, "sample");
  return ATL_OK;
}

static atl_status no_names(const void* self, const atl_string** names, uint64_t* count) {
  (void)self;
  *names = NULL;
  *count = is("a list at a null pointer") ? 3 : UINT64_MAX;
  return ATL_OK;
}
static atl_status no_output(const void* self, atl_context* context, atl_string name, int64_t draws,
                            atl_tensor* output) {
  (void)self, (void)context, (void)name, (void)draws, (void)output;
  return ATL_OK;
}
static const atl_outputs_v1 outputs = {sizeof outputs, no_names, no_output};
static const atl_view small_view = {8, TEXT("small"), TEXT(""), TEXT("image"), 0, 0};
static atl_status list_views(const void* self, const atl_view** views, uint64_t* count) {
  (void)self;
  *views = is("a view of size 8") ? &small_view : NULL;
  *count = 1;
  return ATL_OK;
}
static atl_status draw(const void* self, atl_context* context, atl_string name, int64_t n, atl_tensor* strips) {
  (void)self, (void)context, (void)name, (void)n, (void)strips;
  return ATL_OK;
}
static const atl_views_v1 views = {sizeof views, list_views, draw};

static atl_status extension(const void* self, atl_string name, const void** table) {
  (void)self;
  const int of_outputs = name.size == strlen(ATL_OUTPUTS_V1) && memcmp(name.data, ATL_OUTPUTS_V1, name.size) == 0;
  const int of_views = name.size == strlen(ATL_VIEWS_V1) && memcmp(name.data, ATL_VIEWS_V1, name.size) == 0;
  *table = of_outputs ? (const void*)&outputs : of_views ? (const void*)&views : NULL;
  if (is("an extension that is null")) {
    *table = NULL;
    return ATL_OK;
  }
  const int offers = strstr(how, "a list") != NULL || strstr(how, "a view") != NULL;
  return *table != NULL && offers ? ATL_OK : ATL_ERROR_UNSUPPORTED;
}

static const atl_model_v1 table = {sizeof table, create,        destroy, train_step,
                                   evaluate,     sampled_field, sample,  extension};
static const atl_setting settings[] = {{.size = sizeof *settings,
                                        .name = TEXT("how"),
                                        .help = TEXT("the mischief"),
                                        .default_value = {.type = ATL_TEXT, .text = TEXT("none")}}};
static const atl_loss_slot slot = {sizeof slot, TEXT("loss"), TEXT("reconstruction"), TEXT("mse"),
                                   TEXT("never called")};
static const atl_description description = {.size = sizeof description,
                                            .name = TEXT("hostile"),
                                            .summary = TEXT("Misuses the contract."),
                                            .reference = TEXT(""),
                                            .role = TEXT(""),
                                            .settings = settings,
                                            .setting_count = 1,
                                            .slots = &slot,
                                            .slot_count = 1};
static const atl_component component = {sizeof component, TEXT(ATL_MODEL_V1), &description, &table};
static const atl_component* const components[] = {&component};

atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, 0, ATL_ABI_MINOR, &core);
  plugin->name = text("hostile");
  plugin->version = text("1.0");
  plugin->components = components;
  plugin->component_count = 1;
  return status;
}
