/* Plain C: two losses that keep nothing, so that `self` stays NULL, and a metric that reads the values of what the
 * model has made before it asks for them once more. */
#include <atelier/abi.h>
#include <stdlib.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

static const atl_core* core;

static atl_string text(const char* letters, uint64_t size) {
  const atl_string out = {letters, size};
  return out;
}

static atl_status apply(atl_context* context, atl_string name, const atl_tensor* input, const atl_attribute* attribute,
                        atl_tensor* output) {
  atl_call call = {0};
  call.size = sizeof call;
  call.inputs = input;
  call.input_count = input == NULL ? 0 : 1;
  call.attributes = attribute;
  call.attribute_count = attribute == NULL ? 0 : 1;
  call.outputs = output;
  call.output_count = 1;
  call.file = __FILE__;
  call.line = __LINE__;
  const atl_status status = core->operation(name, &call.operation);
  return status == ATL_OK ? core->apply(context, &call) : status;
}

/* ---- Losses */

static atl_status create(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) {
  (void)context, (void)spec, (void)settings, (void)self;
  return ATL_OK;
}

static void destroy(void* self) {
  (void)self;
}

static atl_status constant_loss(double value, atl_context* context, int32_t function, const atl_tensor* inputs,
                                atl_tensor* output) {
  atl_attribute number = {ATL_NUMBER, 0, {0}};
  number.value.number = value;
  atl_status status = apply(context, text("scalar/1", 8), NULL, &number, output);
  if (status == ATL_OK && function == ATL_LOSS_PER_SAMPLE) {
    atl_tensor_info info = {sizeof info, 0, 0, {0}};
    status = core->describe(context, inputs[0], &info);
    atl_attribute dims = {ATL_INTEGERS, 1, {0}};
    dims.value.integers = info.dims;
    const atl_tensor one = *output;
    status = status == ATL_OK ? apply(context, text("broadcast_to/1", 14), &one, &dims, output) : status;
  }
  return status;
}

static atl_status call_one(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                           uint64_t input_count, const atl_network* network, atl_tensor* output) {
  (void)self, (void)input_count, (void)network;
  return constant_loss(1, context, function, inputs, output);
}

static atl_status call_two(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                           uint64_t input_count, const atl_network* network, atl_tensor* output) {
  (void)self, (void)input_count, (void)network;
  return constant_loss(2, context, function, inputs, output);
}

static const atl_loss_v1 one = {sizeof one, create, destroy, call_one};
static const atl_loss_v1 two = {sizeof two, create, destroy, call_two};

/* ---- The metric */

static const atl_collected sum = {sizeof sum, TEXT("sum"), NULL, 0, ATL_ADD};
static const atl_pass pass = {sizeof pass, ATL_NO_DATA, 1, 40, &sum, 1};
static const atl_array result = {sizeof result, TEXT(""), NULL, 0, 0};

static double total; /* of the newest evaluation: there is one such metric at a time here */

static atl_status passes(const void* self, const atl_pass** out, uint64_t* count) {
  (void)self;
  *out = &pass;
  *count = 1;
  return ATL_OK;
}
static atl_status results(const void* self, const atl_array** arrays, uint64_t* count) {
  (void)self;
  *arrays = &result;
  *count = 1;
  return ATL_OK;
}

static atl_status batch(const void* self, atl_context* context, uint64_t number, atl_tensor* outputs) {
  (void)self, (void)number;
  const atl_location here = {__FILE__, __LINE__, 0};
  atl_tensor images = 0;
  atl_tensor_info info = {sizeof info, 0, 0, {0}};
  atl_status status = core->generated(context, here, &images);
  status = status == ATL_OK ? core->describe(context, images, &info) : status;
  if (status == ATL_OK) {
    const uint64_t elements = (uint64_t)(info.dims[0] * info.dims[1] * info.dims[2] * info.dims[3]);
    double* values = malloc(elements * sizeof *values);
    status = values == NULL ? ATL_ERROR_INTERNAL : core->read(context, images, values, elements, here);
    free(values);
  }
  status = status == ATL_OK ? core->generated(context, here, &images) : status;
  const atl_attribute all = {ATL_INTEGERS, 0, {0}};
  return status == ATL_OK ? apply(context, text("sum/1", 5), &images, &all, outputs) : status;
}

static atl_status end_pass(void* self, atl_context* context, uint64_t number, const double* const* found,
                           const uint64_t* lengths) {
  (void)self, (void)context, (void)number, (void)lengths;
  total = found[0][0];
  return ATL_OK;
}
static atl_status finish(const void* self, atl_context* context, double* const* out) {
  (void)self, (void)context;
  out[0][0] = total;
  return ATL_OK;
}

static const atl_metric_v1 metric = {sizeof metric, create, destroy, passes, results, batch, end_pass, finish};

/* ---- Loading */

static const atl_description descriptions[] = {
    {sizeof *descriptions, TEXT("bare-one"), TEXT("1."), {NULL, 0}, TEXT("reconstruction"), NULL, 0, NULL, 0, NULL, 0},
    {sizeof *descriptions, TEXT("bare-two"), TEXT("2."), {NULL, 0}, TEXT("reconstruction"), NULL, 0, NULL, 0, NULL, 0},
    {sizeof *descriptions,
     TEXT("bare-sum"),
     TEXT("The sum of 40 images."),
     {NULL, 0},
     {NULL, 0},
     NULL,
     0,
     NULL,
     0,
     NULL,
     0}};
static const atl_component component_one = {sizeof component_one, TEXT(ATL_LOSS_INTERFACE_V1), &descriptions[0], &one};
static const atl_component component_two = {sizeof component_two, TEXT(ATL_LOSS_INTERFACE_V1), &descriptions[1], &two};
static const atl_component component_sum = {sizeof component_sum, TEXT(ATL_METRIC_V1), &descriptions[2], &metric};
static const atl_component* const components[] = {&component_one, &component_two, &component_sum};

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, ATL_ABI_TARGET, ATL_ABI_MINOR, &core);
  if (status != ATL_OK) {
    return status;
  }
  *plugin = (atl_plugin){sizeof *plugin, TEXT("bare"), TEXT("1.0.0"), components, 3};
  return ATL_OK;
}
