/* What the plugin says of itself, and its entry. */
#include "released.h"

const atl_core* core;

#define SETTING(called, words, ...) \
  { .size = sizeof(atl_setting), .name = TEXT(called), .help = TEXT(words), .default_value = __VA_ARGS__ }
static const int64_t counts[] = {1};
static const double weights[] = {0.25};
static const atl_string colours[] = {TEXT("red"), TEXT("green"), TEXT("blue")};
static const atl_setting settings_of_model[] = {
    SETTING("flag", "must be true", {.type = ATL_BOOLEAN, .boolean = 0}),
    {.size = sizeof(atl_setting),
     .name = TEXT("count"),
     .help = TEXT("must be 3"),
     .default_value = {.type = ATL_INTEGER, .integer = 1},
     .required = 1,
     .has_minimum = ATL_CLOSED,
     .has_maximum = ATL_OPEN,
     .reserved = 0,
     .minimum = 1,
     .maximum = 10},
    SETTING("counts", "must be 1, 2", {.type = ATL_INTEGERS, .list = counts, .count = 1}),
    SETTING("weights", "must be 0.5", {.type = ATL_NUMBERS, .list = weights, .count = 1}),
    {.size = sizeof(atl_setting),
     .name = TEXT("words"),
     .help = TEXT("must be red, blue"),
     .default_value = {.type = ATL_TEXTS, .list = colours, .count = 1},
     .choices = colours,
     .choice_count = COUNT(colours)},
    SETTING("file", "where the decoder's bias starts", {.type = ATL_TEXT, .text = TEXT("start.safetensors")}),
    SETTING("other", "a run whose features are compared", {.type = ATL_TEXT, .text = TEXT("")})};
static const atl_setting settings_of_data[] = {
    SETTING("file", "16 bytes", {.type = ATL_TEXT, .text = TEXT("pixels.bin")})};
static const atl_setting settings_of_brighter[] = {SETTING("by", "how much", {.type = ATL_NUMBER, .number = 0.1})};
static const atl_setting settings_of_critic[] = {
    SETTING("limit", "of each weight", {.type = ATL_NUMBER, .number = 0.5})};
static const atl_setting settings_of_momentum[] = {
    SETTING("learning_rate", "step size", {.type = ATL_NUMBER, .number = 0.01}),
    SETTING("decay", "of weights", {.type = ATL_NUMBER, .number = 0.01})};
static const atl_setting settings_of_sharpness[] = {
    SETTING("learning_rate", "step size", {.type = ATL_NUMBER, .number = 0.01}),
    SETTING("reach", "how far the second look is", {.type = ATL_NUMBER, .number = 0.05})};

static const atl_loss_slot slots[] = {{.size = sizeof(atl_loss_slot),
                                       .name = TEXT("reconstruction"),
                                       .role = TEXT("reconstruction"),
                                       .default_loss = TEXT("released-squares"),
                                       .help = TEXT("of an image")},
                                      {.size = sizeof(atl_loss_slot),
                                       .name = TEXT("adversarial"),
                                       .role = TEXT("adversarial"),
                                       .default_loss = TEXT(""),
                                       .help = TEXT("of the critic")}};

#define MEASURE(called, way, of, words)                                                                   \
  {                                                                                                       \
    .size = sizeof(atl_measure), .name = TEXT(called), .direction = way, .reserved = 0, .unit = TEXT(of), \
    .help = TEXT(words)                                                                                   \
  }
static const atl_measure measures_of_model[] = {MEASURE("loss", ATL_SMALLER_IS_BETTER, "", "squared differences"),
                                                MEASURE("adversary", ATL_NEITHER_IS_BETTER, "nats", "of the critic"),
                                                MEASURE("trained", ATL_LARGER_IS_BETTER, "", "trained so far")};
static const atl_measure measures_of_distance[] = {MEASURE("", ATL_SMALLER_IS_BETTER, "", "from the mean image")};

static const atl_description model_says = {.size = sizeof model_says,
                                           .name = TEXT("released-model"),
                                           .summary = TEXT("An autoencoder whose images a critic looks at."),
                                           .reference = TEXT("none"),
                                           .role = TEXT(""),
                                           .settings = settings_of_model,
                                           .setting_count = COUNT(settings_of_model),
                                           .slots = slots,
                                           .slot_count = COUNT(slots),
                                           .measures = measures_of_model,
                                           .measure_count = COUNT(measures_of_model)};
#define SAYS(variable, called, words, part, list)                   \
  static const atl_description variable = {.size = sizeof variable, \
                                           .name = TEXT(called),    \
                                           .summary = TEXT(words),  \
                                           .role = TEXT(part),      \
                                           .settings = list,        \
                                           .setting_count = COUNT(list)}
static const atl_description squares_say = {.size = sizeof squares_say,
                                            .name = TEXT("released-squares"),
                                            .summary = TEXT("Squared differences."),
                                            .role = TEXT("reconstruction")};
SAYS(critic_says, "released-critic", "A critic's logistic loss.", "adversarial", settings_of_critic);
SAYS(momentum_says, "released-momentum", "Momentum.", "", settings_of_momentum);
SAYS(sharpness_says, "released-sharpness", "Two looks a step.", "", settings_of_sharpness);
SAYS(data_says, "released-data", "A field of each kind.", "", settings_of_data);
SAYS(brighter_says, "released-brighter", "Brighter images.", "", settings_of_brighter);
static const atl_description distance_says = {.size = sizeof distance_says,
                                              .name = TEXT("released-distance"),
                                              .summary = TEXT("Distances from the mean image."),
                                              .measures = measures_of_distance,
                                              .measure_count = COUNT(measures_of_distance)};
static const atl_description threshold_says = {
    .size = sizeof threshold_says, .name = TEXT("released_threshold/1"), .summary = TEXT("Soft thresholds.")};

#define COMPONENT(variable, interface, says, functions) \
  static const atl_component variable = {               \
      .size = sizeof variable, .interface_name = TEXT(interface), .description = &(says), .table = &(functions)}
COMPONENT(model, ATL_MODEL_V1, model_says, model_table);
COMPONENT(squares, ATL_LOSS_INTERFACE_V1, squares_say, squares_table);
COMPONENT(critic, ATL_LOSS_INTERFACE_V1, critic_says, critic_table);
COMPONENT(momentum, ATL_OPTIMIZER_V1, momentum_says, momentum_table);
COMPONENT(sharpness, ATL_RECORDED_OPTIMIZER_V1, sharpness_says, sharpness_table);
COMPONENT(data, ATL_DATASET_V1, data_says, data_table);
COMPONENT(brighter, ATL_DATASET_V1, brighter_says, brighter_table);
COMPONENT(distance, ATL_METRIC_V1, distance_says, distance_table);
COMPONENT(threshold, ATL_OPERATION_V1, threshold_says, threshold_table);
static const atl_component* const components[] = {&model, &squares,  &critic,   &momentum, &sharpness,
                                                  &data,  &brighter, &distance, &threshold};

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  if (host->size < sizeof *host || host->version.size == 0 || plugin->size < sizeof *plugin) {
    return ATL_ERROR_VERSION;
  }
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, ATL_ABI_TARGET, ATL_ABI_MINOR, &core);
  if (status != ATL_OK) return status;
  const uint32_t built_with = ATL_ABI_MINOR;
  if (host->major != ATL_ABI_MAJOR || host->minor < built_with) return ATL_ERROR_VERSION;
  plugin->name = text("released");
  plugin->version = text("1.0.0");
  plugin->components = components;
  plugin->component_count = COUNT(components);
  return ATL_OK;
}
