/* A loss in plain C: of an image the sum of sqrt(d^2 + epsilon^2) - epsilon over its differences d (Charbonnier et al.
 * 1994). Operations are recorded here, and computed later. After a failure, which the host reports, their results are
 * 0, the poison handle, which every function takes; so nothing needs to be checked between them. */
#include <atelier/abi.h>
#include <stdlib.h>
#include <string.h>

static const atl_core* core; /* the host's functions, since it has connected */

static atl_string text(const char* letters) { /* a string of the contract: pointer and length */
  const atl_string out = {letters, strlen(letters)};
  return out;
}

static atl_tensor apply(atl_context* context, const char* operation, atl_tensor a, atl_tensor b,
                        const atl_attribute* attribute, uint32_t line) {
  const atl_tensor inputs[] = {a, b};
  atl_tensor output = 0;
  atl_call call = {.size = sizeof call, .inputs = inputs, .attributes = attribute, .outputs = &output};
  call.input_count = (a != 0) + (b != 0);
  call.attribute_count = attribute != NULL;
  call.output_count = 1;
  call.file = __FILE__;
  call.line = line;
  core->operation(text(operation), &call.operation);
  core->apply(context, &call);
  return output;
}

static atl_tensor number(atl_context* context, double value) {
  const atl_attribute attribute = {.type = ATL_NUMBER, .value = {.number = value}};
  return apply(context, "scalar/1", 0, 0, &attribute, __LINE__);
}

/* ---- The loss. What it keeps is its setting. */

static atl_status create(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) {
  (void)context, (void)spec;
  double* const epsilon = malloc(sizeof *epsilon);
  if (epsilon == NULL) return ATL_ERROR_INTERNAL;
  *epsilon = settings->values[0].value.number; /* the only one of the description below */
  *self = epsilon;
  return ATL_OK;
}

static atl_status call(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                       uint64_t input_count, const atl_network* network, atl_tensor* output) {
  (void)input_count, (void)network;
  if (function == ATL_LOSS_IMAGE) { /* what a decoder's output means as an image: itself */
    *output = inputs[0];
    return ATL_OK;
  }
  const double epsilon = *(const double*)self;
  const atl_tensor d = apply(context, "sub/1", inputs[0], inputs[1], NULL, __LINE__);
  const atl_tensor square = apply(context, "square/1", d, 0, NULL, __LINE__);
  const atl_tensor above_0 = apply(context, "add/1", square, number(context, epsilon * epsilon), NULL, __LINE__);
  const atl_tensor root = apply(context, "sqrt/1", above_0, 0, NULL, __LINE__);
  const atl_tensor each = apply(context, "sub/1", root, number(context, epsilon), NULL, __LINE__);
  atl_tensor_info info = {.size = sizeof info};
  core->describe(context, each, &info);
  const int64_t axes[] = {1, 2, 3, 4, 5, 6, 7}; /* all but the batch's: (B, ...) to (B) */
  const atl_attribute all = {ATL_INTEGERS, info.rank < 1 ? 0 : info.rank - 1, {.integers = axes}};
  *output = apply(context, "sum/1", each, 0, &all, __LINE__);
  if (function == ATL_LOSS_MEAN) *output = apply(context, "mean/1", *output, 0, NULL, __LINE__);
  return ATL_OK;
}

static const atl_loss_v1 table = {sizeof table, create, free, call};

/* ---- What it says of itself */

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  static atl_setting setting = {.size = sizeof setting, .has_minimum = ATL_OPEN};
  static atl_measure measure = {.size = sizeof measure, .direction = ATL_SMALLER_IS_BETTER};
  static atl_description description = {
      .size = sizeof description, .settings = &setting, .setting_count = 1, .measures = &measure, .measure_count = 1};
  static atl_component component = {.size = sizeof component, .description = &description, .table = &table};
  static const atl_component* const components[] = {&component};
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, ATL_ABI_TARGET, ATL_ABI_MINOR, &core);
  if (status != ATL_OK) return status;

  setting.name = text("epsilon");
  setting.help = text("the difference around which it goes over from squared to linear");
  setting.default_value = (atl_value){.type = ATL_NUMBER, .number = 1e-3};
  measure.help = text("summed over the elements of an image");
  description.name = text("charbonnier");
  description.summary = text("Charbonnier's loss, summed over the elements of an image.");
  description.reference = text("Charbonnier et al. 1994");
  description.role = text("reconstruction");
  component.interface_name = text(ATL_LOSS_INTERFACE_V1);
  *plugin = (atl_plugin){sizeof *plugin, text("charbonnier"), text("1.0.0"), components, 1};
  return ATL_OK;
}
