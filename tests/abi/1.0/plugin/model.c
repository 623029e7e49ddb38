/* An autoencoder whose images a critic looks at. Group "net" has the autoencoder, group "critic" the critic. */
#include "model.h"

/* ---- Building */

static const int64_t of_encoder[] = {CODE, PIXELS}, of_decoder[] = {PIXELS, CODE}, of_code[] = {CODE},
                     of_image[] = {PIXELS}, of_critic[] = {1, PIXELS}, of_one[] = {1};

static atl_parameter_info parameter(const char* name, const char* group, const int64_t* dims, uint32_t rank) {
  return (atl_parameter_info){.size = sizeof(atl_parameter_info),
                              .name = text(name),
                              .group = text(group),
                              .dims = dims,
                              .rank = rank,
                              .dtype = ATL_REAL,
                              .initializer = ATL_INIT_CONSTANT,
                              .reserved = 0,
                              .a = 0,
                              .b = 0,
                              .fan_in = 1,
                              .fan_out = 1,
                              .file = text(""),
                              .file_tensor = text("")};
}

static void declare_layers(model* self, atl_context* context, atl_string file) {
  static const float quarter[] = {0.25F};
  atl_parameter_info info = parameter("encode.weight", "net", of_encoder, 2);
  info.initializer = ATL_INIT_GLOROT_UNIFORM, info.a = 1, info.fan_in = PIXELS, info.fan_out = CODE;
  core->parameter(context, &info, &self->encode_weight);
  info = parameter("encode.bias", "net", of_code, 1);
  info.a = 0.1;
  core->parameter(context, &info, &self->encode_bias);
  info = parameter("decode.weight", "net", of_decoder, 2);
  info.initializer = ATL_INIT_HE_NORMAL, info.a = 1, info.fan_in = CODE;
  core->parameter(context, &info, &self->decode_weight);
  info = parameter("decode.bias", "net", of_image, 1);
  info.initializer = ATL_INIT_FILE, info.file = file, info.file_tensor = text("bias");
  core->parameter(context, &info, &self->decode_bias);
  info = parameter("critic.weight", "critic", of_critic, 2);
  info.initializer = ATL_INIT_ORTHOGONAL, info.a = 1;
  core->parameter(context, &info, &self->critic_weight);
  info = parameter("critic.bias", "critic", of_one, 1);
  info.initializer = ATL_INIT_VALUES, info.values = quarter;
  core->parameter(context, &info, &self->critic_bias);
}

static void declare_extras(model* self, atl_context* context) {
  static const char* const names[EXTRAS] = {"extra.0", "extra.1", "extra.2", "extra.3"};
  static const atl_initializer initializers[EXTRAS] = {ATL_INIT_NORMAL, ATL_INIT_UNIFORM, ATL_INIT_GLOROT_NORMAL,
                                                       ATL_INIT_HE_UNIFORM};
  for (int i = 0; i < EXTRAS; ++i) {
    atl_parameter_info info = parameter(names[i], "net", of_code, 1);
    info.initializer = initializers[i];
    info.a = initializers[i] == ATL_INIT_NORMAL ? 0 : 0.05;
    info.b = initializers[i] == ATL_INIT_NORMAL ? 0.05 : 0.1;
    info.fan_in = info.fan_out = CODE;
    core->parameter(context, &info, &self->extras[i]);
  }
  static const int64_t none[] = {0};
  atl_parameter_info info = parameter("average", "", of_code, 1);
  core->parameter(context, &info, &self->average);
  info = parameter("steps", "", of_one, 1);
  info.dtype = ATL_INT64, info.initializer = ATL_INIT_VALUES, info.values = none;
  core->parameter(context, &info, &self->steps);
}

/* As the experiment gives them: one setting of each type. */
static int settings_are_right(const atl_settings* settings) {
  const atl_value *const flag = setting(settings, "flag"), *const count = setting(settings, "count");
  const atl_value *const counts = setting(settings, "counts"), *const weights = setting(settings, "weights");
  const atl_value *const words = setting(settings, "words"), *const word = setting(settings, "file");
  return flag->type == ATL_BOOLEAN && flag->boolean == 1 && count->type == ATL_INTEGER && count->integer == 3 &&
         counts->type == ATL_INTEGERS && counts->count == 2 && ((const int64_t*)counts->list)[1] == 2 &&
         weights->type == ATL_NUMBERS && weights->count == 1 && ((const double*)weights->list)[0] == 0.5 &&
         words->type == ATL_TEXTS && words->count == 2 && is(((const atl_string*)words->list)[1], "blue") &&
         word->type == ATL_TEXT;
}

static atl_status create(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** out) {
  atl_phase_info phase = {.size = sizeof phase};
  core->phase(context, &phase);
  if (phase.phase != ATL_PHASE_BUILD) return ATL_ERROR_PHASE;
  const atl_field* const image = spec->fields;
  if (!is(image->name, "image") || image->rank != 3 || image->dims[1] * image->dims[2] != PIXELS) {
    core->fail(context, ATL_ERROR_DATA, text("expected images of 4 x 4"), HERE);
    return ATL_ERROR_DATA;
  }
  if (!settings_are_right(settings)) {
    core->fail(context, ATL_ERROR_ARGUMENT, text("the settings are not those of the experiment"), HERE);
    return ATL_ERROR_ARGUMENT;
  }
  model* const self = calloc(1, sizeof *self);
  if (self == NULL) return ATL_ERROR_MEMORY;
  declare_layers(self, context, setting(settings, "file")->text);
  declare_extras(self, context);
  core->loss(context, text("reconstruction"), &self->reconstruction);
  core->loss(context, text("adversarial"), &self->adversarial);
  const atl_string other = setting(settings, "other")->text;
  self->compared = other.size > 0;
  if (self->compared) core->features(context, other, &self->other);
  core->inform(text(self->compared ? "released: another run's features are there" : "released: the model is made"));
  *out = self;
  return ATL_OK;
}

/* ---- Networks */

atl_tensor used(atl_context* context, atl_parameter parameter) {
  atl_tensor tensor = 0;
  core->use(context, parameter, &tensor);
  return tensor;
}

atl_tensor field(atl_context* context, const char* name) {
  atl_tensor tensor = 0;
  core->field(context, text(name), HERE, &tensor);
  return tensor;
}

static atl_tensor linear(atl_context* context, atl_tensor x, atl_parameter weight, atl_parameter bias) {
  const atl_tensor inputs[] = {x, used(context, weight), used(context, bias)};
  return record(context, "linear/1", inputs, 3, NULL, 0, __LINE__);
}

atl_tensor encode(const model* self, atl_context* context, atl_tensor images) {
  atl_tensor code =
      linear(context, ALONG(context, "reshape/1", images, -1, PIXELS), self->encode_weight, self->encode_bias);
  for (int i = 0; i < EXTRAS; ++i) code = binary(context, "add/1", code, used(context, self->extras[i]));
  return unary(context, "tanh/1", code);
}

atl_tensor decode(const model* self, atl_context* context, atl_tensor codes) {
  const atl_tensor pixels = linear(context, codes, self->decode_weight, self->decode_bias);
  return ALONG(context, "reshape/1", pixels, -1, 1, 4, 4);
}

static atl_status call_critic(const atl_network* network, atl_context* context, const atl_tensor* inputs,
                              uint64_t input_count, atl_tensor* output) {
  const model* const self = network->maker_data;
  if (input_count != 1) return ATL_ERROR_ARGUMENT;
  const atl_tensor flat = ALONG(context, "reshape/1", inputs[0], -1, PIXELS);
  *output = linear(context, flat, self->critic_weight, self->critic_bias); /* (B, 1) */
  return ATL_OK;
}

/* ---- Training */

/* What the fields that are no images add to the loss: means, so that all of them are read. */
static atl_tensor of_other_fields(atl_context* context) {
  static const char* const real[] = {"film", "signal", "row", "numbers"};
  static const char* const whole[] = {"text", "length", "label"};
  atl_tensor sum = unary(context, "mean/1", field(context, real[0]));
  for (size_t i = 1; i < COUNT(real); ++i)
    sum = binary(context, "add/1", sum, unary(context, "mean/1", field(context, real[i])));
  for (size_t i = 0; i < COUNT(whole); ++i) {
    sum = binary(context, "add/1", sum, unary(context, "mean/1", unary(context, "cast/1", field(context, whole[i]))));
  }
  return sum;
}

/* |d code / d image|^2 in the mean, and what the plugin's own operation leaves of the code. */
static atl_tensor penalties(atl_context* context, atl_tensor image, atl_tensor code) {
  atl_tensor slope = 0, level = 0, left[2] = {0};
  core->gradient(context, unary(context, "sum/1", unary(context, "square/1", code)), &image, 1, HERE, &slope);
  const float levels[] = {0.5F};
  core->constant(context, ATL_FLOAT32, of_one, 1, levels, HERE, &level);
  static atl_operation threshold;
  if (threshold == 0) core->operation(text("released_threshold/1"), &threshold);
  const int64_t steps[] = {0, 1};
  const atl_attribute attributes[] = {number(0.2), integer(0), integers(steps, 2)};
  const atl_tensor inputs[] = {code, level};
  const atl_call call = {.size = sizeof call,
                         .operation = threshold,
                         .line = __LINE__,
                         .file = __FILE__,
                         .inputs = inputs,
                         .attributes = attributes,
                         .outputs = left,
                         .input_count = 2,
                         .attribute_count = 3,
                         .output_count = 2};
  core->apply(context, &call);
  const atl_tensor beyond = unary(context, "mean/1", unary(context, "cast/1", left[1]));
  core->log(context, text("beyond"), beyond, 0, HERE);
  const atl_tensor both = binary(context, "add/1", unary(context, "mean/1", unary(context, "square/1", slope)),
                                 unary(context, "mean/1", unary(context, "square/1", left[0])));
  return scaled(context, both, 0.01);
}

static void keep_state(const model* self, atl_context* context, atl_tensor code) {
  const atl_tensor mean = ALONG(context, "mean/1", unary(context, "detach/1", code), 0);
  const atl_tensor old = scaled(context, used(context, self->average), 0.9);
  core->assign(context, self->average, binary(context, "add/1", old, scaled(context, mean, 0.1)), HERE);
  const atl_attribute one = integer(1);
  const atl_tensor next = record(context, "scalar_integer/1", NULL, 0, &one, 1, __LINE__);
  core->assign(context, self->steps, binary(context, "add/1", used(context, self->steps), next), HERE);
}

static atl_status train_step(const void* me, atl_context* context) {
  const model* const self = me;
  atl_phase_info phase = {.size = sizeof phase};
  core->phase(context, &phase);
  if (phase.phase != ATL_PHASE_TRAIN || phase.training != 1 || phase.step < 1 || phase.step > phase.total_steps ||
      phase.epoch < 0 || phase.batch_size < 1) {
    return ATL_ERROR_PHASE;
  }
  const atl_network critic = {
      .size = sizeof critic, .maker_data = (void*)self, .group = text("critic"), .call = call_critic};
  const atl_network none = {0};
  const atl_tensor first = field(context, "image");
  const atl_tensor made = unary(context, "detach/1", decode(self, context, encode(self, context, first)));
  atl_tensor adversary = 0, loss = 0, reconstruction = 0, share = 0;
  core->call_loss(context, self->adversarial, ATL_ADVERSARIAL_DISCRIMINATOR, (atl_tensor[]){first, made}, 2, &critic,
                  HERE, &adversary);
  core->minimize(context, text("critic"), adversary, HERE);

  core->next_batch(context, HERE);
  const atl_tensor image = field(context, "image"), code = encode(self, context, image);
  const atl_tensor output = decode(self, context, code);
  core->annotate(context, text("code"), code);
  core->call_loss(context, self->reconstruction, ATL_LOSS_MEAN, (atl_tensor[]){output, image}, 2, &none, HERE,
                  &reconstruction);
  core->call_loss(context, self->adversarial, ATL_ADVERSARIAL_GENERATOR, &output, 1, &critic, HERE, &share);
  loss = binary(context, "add/1", reconstruction, scaled(context, share, 0.1));
  loss = binary(context, "add/1", loss, penalties(context, image, code));
  if (self->compared) {
    const atl_string names[] = {TEXT("code"), TEXT("pixels")};
    atl_tensor theirs[2] = {0};
    core->apply_features(context, self->other, output, names, 2, HERE, theirs);
    loss = binary(context, "add/1", loss, unary(context, "mean/1", unary(context, "square/1", theirs[0])));
    core->log(context, text("pixels"), unary(context, "mean/1", theirs[1]), 0, HERE);
  }
  core->minimize(context, text("net"), loss, HERE);
  keep_state(self, context, code);
  core->log(context, text("loss"), loss, 0, HERE);
  core->log(context, text("adversary"), adversary, 0, HERE);
  core->log(context, text("others"), of_other_fields(context), 0, HERE);
  return ATL_OK;
}

/* ---- Looking */

static atl_status evaluate(const void* me, atl_context* context) {
  const model* const self = me;
  const atl_network none = {0};
  const atl_tensor image = field(context, "image");
  const atl_tensor output = decode(self, context, encode(self, context, image));
  atl_tensor each = 0, count = 0;
  core->call_loss(context, self->reconstruction, ATL_LOSS_PER_SAMPLE, (atl_tensor[]){output, image}, 2, &none, HERE,
                  &each);
  atl_tensor_info info = {.size = sizeof info};
  core->describe(context, each, &info);
  const float samples[] = {(float)info.dims[0]};
  core->constant(context, ATL_FLOAT32, NULL, 0, samples, HERE, &count);
  if (info.rank != 1 || (info.dtype != ATL_FLOAT32 && info.dtype != ATL_FLOAT64)) return ATL_ERROR_SHAPE;
  core->log(context, text("loss"), unary(context, "sum/1", each), count, HERE);
  double steps = -1;
  core->read(context, unary(context, "cast/1", used(context, self->steps)), &steps, 1, HERE);
  const float read_back[] = {(float)steps};
  atl_tensor known = 0, one = 0;
  const float ones[] = {1};
  core->constant(context, ATL_FLOAT32, NULL, 0, read_back, HERE, &known);
  core->constant(context, ATL_FLOAT32, NULL, 0, ones, HERE, &one);
  core->log(context, text("trained"), known, one, HERE);
  return ATL_OK;
}

static atl_status sampled_field(const void* self, atl_string* name) {
  (void)self;
  *name = text("image");
  return ATL_OK;
}

atl_status sample(const void* me, atl_context* context, int64_t n, atl_tensor* samples) {
  const model* const self = me;
  atl_phase_info phase = {.size = sizeof phase};
  core->phase(context, &phase);
  if (phase.phase != ATL_PHASE_SAMPLE && phase.phase != ATL_PHASE_EVALUATE) return ATL_ERROR_PHASE;
  const int64_t shape[] = {n, CODE};
  atl_tensor code = along(context, "random_normal/1", 0, shape, 2);
  core->materialize(context, &code, 1, HERE);
  const atl_network none = {0};
  const atl_tensor output = decode(self, context, unary(context, "tanh/1", code));
  return core->call_loss(context, self->reconstruction, ATL_LOSS_IMAGE, &output, 1, &none, HERE, samples);
}

static atl_status extension(const void* self, atl_string name, const void** table) {
  (void)self;
  *table = is(name, ATL_FEATURES_V1)  ? (const void*)&features_table
           : is(name, ATL_OUTPUTS_V1) ? (const void*)&outputs_table
           : is(name, ATL_VIEWS_V1)   ? (const void*)&views_table
           : is(name, ATL_METRIC_V1)  ? (const void*)&codes_table
                                      : NULL;
  return *table == NULL ? ATL_ERROR_UNSUPPORTED : ATL_OK;
}

const atl_model_v1 model_table = {.size = sizeof model_table,
                                  .create = create,
                                  .destroy = free,
                                  .train_step = train_step,
                                  .evaluate = evaluate,
                                  .sampled_field = sampled_field,
                                  .sample = sample,
                                  .extension = extension};
