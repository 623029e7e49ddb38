/* A metric in three passes: the mean of the training images, the evaluated images beside as many generated ones, and
 * generated ones alone. */
#include "released.h"

enum { PIXELS = 16, CODE = 6 };

typedef struct distance {
  double training[PIXELS]; /* of pass 0: the mean image */
  double real, made;       /* of pass 1: mean squared distances from it */
  double codes, draws;
  double alone; /* of pass 2: the mean pixel */
} distance;

static const int64_t of_image[] = {PIXELS}, of_images[] = {-1, PIXELS}, of_codes[] = {-1, CODE}, of_draws[] = {-1, 2},
                     of_any_length[] = {-1};
#define COLLECTED(called, lengths, axes, way) \
  { .size = sizeof(atl_collected), .name = TEXT(called), .dims = lengths, .rank = axes, .how = way }
static const atl_collected of_training[] = {COLLECTED("sum", of_image, 1, ATL_ADD),
                                            COLLECTED("samples", NULL, 0, ATL_ADD)};
static const atl_collected of_both[] = {
    COLLECTED("real", of_images, 2, ATL_APPEND), COLLECTED("made", of_images, 2, ATL_APPEND),
    COLLECTED("codes", of_codes, 2, ATL_APPEND), COLLECTED("draws", of_draws, 2, ATL_APPEND)};
static const atl_collected of_generated[] = {COLLECTED("sum", of_any_length, 1, ATL_ADD)};
#define PASS(of, makes, most, list)                                                               \
  {                                                                                               \
    .size = sizeof(atl_pass), .data = of, .generates = makes, .samples = most, .collected = list, \
    .collected_count = COUNT(list)                                                                \
  }
static const atl_pass passes[] = {PASS(ATL_TRAINING_SPLIT, 0, 0, of_training),
                                  PASS(ATL_EVALUATED_SPLIT, 1, 10, of_both), PASS(ATL_NO_DATA, 1, 20, of_generated)};
#define RESULT(called, axes) \
  { .size = sizeof(atl_array), .name = TEXT(called), .dims = of_image, .rank = axes }
static const atl_array results[] = {RESULT("", 0),      RESULT("made", 0),  RESULT("codes", 0),
                                    RESULT("draws", 0), RESULT("alone", 0), RESULT("mean", 1)};

static atl_status create(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** out) {
  (void)context, (void)spec, (void)settings;
  *out = calloc(1, sizeof(distance));
  return *out == NULL ? ATL_ERROR_MEMORY : ATL_OK;
}

static atl_status list_passes(const void* self, const atl_pass** out, uint64_t* count) {
  (void)self;
  *out = passes;
  *count = COUNT(passes);
  return ATL_OK;
}

static atl_status list_results(const void* self, const atl_array** out, uint64_t* count) {
  (void)self;
  *out = results;
  *count = COUNT(results);
  return ATL_OK;
}

static atl_tensor flat(atl_context* context, atl_tensor images) {
  return ALONG(context, "reshape/1", images, -1, PIXELS);
}

static atl_status batch(const void* self, atl_context* context, uint64_t pass, atl_tensor* outputs) {
  atl_tensor image = 0, made = 0, draws = 0;
  atl_phase_info phase = {.size = sizeof phase};
  (void)self;
  core->phase(context, &phase);
  if (phase.phase != ATL_PHASE_EVALUATE || phase.training != 0) return ATL_ERROR_PHASE;
  if (pass < 2) core->field(context, text("image"), HERE, &image);
  if (pass > 0) core->generated(context, HERE, &made);
  if (pass == 0) {
    const atl_attribute samples = number((double)phase.batch_size);
    outputs[0] = ALONG(context, "sum/1", flat(context, image), 0);
    outputs[1] = record(context, "scalar/1", NULL, 0, &samples, 1, __LINE__);
  } else if (pass == 1) {
    outputs[0] = flat(context, image);
    outputs[1] = flat(context, made);
    core->model_output(context, text("posterior_mean"), 1, HERE, &outputs[2]);
    core->model_output(context, text("log_importance_weights"), 2, HERE, &draws);
    outputs[3] = draws;
  } else {
    outputs[0] = ALONG(context, "sum/1", flat(context, made), 0);
  }
  return ATL_OK;
}

/* Of rows of so many numbers, the mean squared distance from `center`, or from 0. */
static double spread(const double* rows, uint64_t length, uint64_t width, const double* center) {
  double sum = 0;
  for (uint64_t i = 0; i < length; ++i) {
    const double difference = rows[i] - (center == NULL ? 0 : center[i % width]);
    sum += difference * difference;
  }
  return sum / (double)(length / width);
}

static atl_status end_pass(void* me, atl_context* context, uint64_t pass, const double* const* values,
                           const uint64_t* lengths) {
  distance* const self = me;
  (void)context;
  if (pass == 0) {
    for (int i = 0; i < PIXELS; ++i) self->training[i] = values[0][i] / values[1][0];
  } else if (pass == 1) {
    self->real = spread(values[0], lengths[0], PIXELS, self->training);
    self->made = spread(values[1], lengths[1], PIXELS, self->training);
    self->codes = spread(values[2], lengths[2], CODE, NULL);
    self->draws = spread(values[3], lengths[3], 2, NULL);
  } else {
    self->alone = 0;
    for (uint64_t i = 0; i < lengths[0]; ++i) self->alone += values[0][i] / (20.0 * PIXELS);
  }
  return ATL_OK;
}

static atl_status finish(const void* me, atl_context* context, double* const* out) {
  const distance* const self = me;
  (void)context;
  const double numbers[] = {self->real, self->made, self->codes, self->draws, self->alone};
  for (size_t i = 0; i < COUNT(numbers); ++i) out[i][0] = numbers[i];
  memcpy(out[5], self->training, sizeof self->training);
  return ATL_OK;
}

const atl_metric_v1 distance_table = {sizeof distance_table, create, free,     list_passes,
                                      list_results,          batch,  end_pass, finish};
