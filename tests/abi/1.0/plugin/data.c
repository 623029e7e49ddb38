/* A dataset with a field of every kind, its images from a file, and one that brightens the images of another. */
#include <stdio.h>

#include "released.h"

enum { SIDE = 4, PIXELS = SIDE * SIDE, FIELDS = 8 };

typedef struct data {
  int64_t image[3], sequence[4], text[1], signal[2], row[1], numbers[1];
  atl_field fields[FIELDS];
  atl_data_spec spec;
  unsigned char pixels[PIXELS];
  char path[4096];
  atl_string file;
} data;

static const atl_string classes[] = {TEXT("dark"), TEXT("bright")};
static const atl_string letters[] = {TEXT("a"), TEXT("b"), TEXT("c"), TEXT(" "), TEXT(".")};
static const atl_string channels[] = {TEXT("left"), TEXT("right")};
static const atl_string columns[] = {TEXT("width"), TEXT("height"), TEXT("depth")};

static int read_file(data* self, const atl_environment* environment, atl_string name) {
  const atl_string folder = environment->base_directory;
  if (folder.size + name.size + 2 > sizeof self->path) return 0;
  memcpy(self->path, folder.data, folder.size);
  const uint64_t start = folder.size == 0 ? 0 : folder.size + 1; /* empty: the folder that the program was started in */
  if (start > 0) self->path[folder.size] = '/';
  memcpy(self->path + start, name.data, name.size);
  self->file = text(self->path);
  FILE* const in = fopen(self->path, "rb");
  const int whole = in != NULL && fread(self->pixels, 1, PIXELS, in) == PIXELS;
  if (in != NULL) fclose(in);
  return whole;
}

static atl_status create(atl_context* context, const atl_settings* settings, const atl_environment* environment,
                         void** out) {
  data* const self = calloc(1, sizeof *self);
  if (self == NULL) return ATL_ERROR_MEMORY;
  if (environment->size < sizeof *environment || environment->source_count != 0 ||
      (environment->data_directory_count > 0 && environment->data_directories[0].size == 0) ||
      !read_file(self, environment, setting(settings, "file")->text)) {
    free(self);
    core->fail(context, ATL_ERROR_DATA, text("the file of the pixels can't be read"), HERE);
    return ATL_ERROR_DATA;
  }
  memcpy(self->image, (int64_t[]){1, SIDE, SIDE}, sizeof self->image);
  memcpy(self->sequence, (int64_t[]){2, 1, 2, 2}, sizeof self->sequence);
  self->text[0] = 3, self->signal[0] = 2, self->signal[1] = 4, self->row[0] = 3, self->numbers[0] = 2;
  const atl_field fields[FIELDS] = {
      {.name = TEXT("image"), .kind = ATL_IMAGE, .dtype = ATL_FLOAT32, .dims = self->image, .rank = 3, .high = 1},
      {.name = TEXT("label"),
       .dtype = ATL_INT64,
       .dims = self->image,
       .classes = 2,
       .class_names = classes,
       .class_name_count = 2},
      {.name = TEXT("film"),
       .kind = ATL_IMAGE_SEQUENCE,
       .dtype = ATL_FLOAT32,
       .dims = self->sequence,
       .rank = 4,
       .high = 1,
       .rate = 25},
      {.name = TEXT("text"),
       .kind = ATL_TOKENS,
       .dtype = ATL_INT64,
       .dims = self->text,
       .rank = 1,
       .classes = 5,
       .class_names = letters,
       .class_name_count = 5},
      {.name = TEXT("signal"),
       .kind = ATL_SIGNAL,
       .dtype = ATL_FLOAT32,
       .dims = self->signal,
       .rank = 2,
       .low = -1,
       .high = 1,
       .channel_names = channels,
       .channel_name_count = 2,
       .rate = 10,
       .length_field = TEXT("length")},
      {.name = TEXT("length"), .dtype = ATL_INT64, .dims = self->image, .classes = 5},
      {.name = TEXT("row"),
       .kind = ATL_TABLE_ROW,
       .dtype = ATL_FLOAT32,
       .dims = self->row,
       .rank = 1,
       .high = 4,
       .channel_names = columns,
       .channel_name_count = 3},
      {.name = TEXT("numbers"),
       .kind = ATL_NUMBERS_OF_NO_KIND,
       .dtype = ATL_UINT8,
       .dims = self->numbers,
       .rank = 1,
       .high = 1}};
  memcpy(self->fields, fields, sizeof fields);
  for (int i = 0; i < FIELDS; ++i) self->fields[i].size = sizeof(atl_field), self->fields[i].reserved = 0;
  self->spec = (atl_data_spec){.size = sizeof self->spec,
                               .fields = self->fields,
                               .field_count = FIELDS,
                               .train_count = 32,
                               .test_count = 12,
                               .files = &self->file,
                               .file_count = 1};
  *out = self;
  return ATL_OK;
}

static atl_status spec(const void* self, const atl_data_spec** out) {
  *out = &((const data*)self)->spec;
  return ATL_OK;
}

static atl_status read_sample(const void* me, atl_context* context, int32_t split, int64_t index, void* const* fields) {
  const data* const self = me;
  const int64_t n = split == ATL_TRAIN ? index : split == ATL_TEST ? index + 5 : -1;
  atl_phase_info phase = {.size = sizeof phase};
  core->phase(context, &phase);
  if (n < 0 || phase.phase != ATL_PHASE_DATA) {
    core->fail(context, ATL_ERROR_ARGUMENT, text("this can't be read now"), HERE);
    return ATL_ERROR_ARGUMENT;
  }
  for (int i = 0; i < PIXELS; ++i) ((float*)fields[0])[i] = (float)((self->pixels[i] + 16 * n) % 256) / 255.0F;
  *(int64_t*)fields[1] = n % 2;
  for (int i = 0; i < 8; ++i) ((float*)fields[2])[i] = (float)((n + i) % 8) / 8.0F;
  for (int i = 0; i < 3; ++i) ((int64_t*)fields[3])[i] = (n + i) % 5;
  const int64_t length = 1 + n % 4;
  for (int i = 0; i < 8; ++i) ((float*)fields[4])[i] = i % 4 < length ? (float)(n % 3) - 1.0F : 0.0F;
  *(int64_t*)fields[5] = length;
  for (int i = 0; i < 3; ++i) ((float*)fields[6])[i] = (float)((n + i) % 5);
  for (int i = 0; i < 2; ++i) ((unsigned char*)fields[7])[i] = (unsigned char)(51 * ((n + i) % 6));
  return ATL_OK;
}

static atl_status group(const void* self, int64_t index, int64_t* out) {
  (void)self;
  *out = index / 2; /* two and two */
  return ATL_OK;
}

const atl_dataset_v1 data_table = {sizeof data_table, create, free, spec, read_sample, group};

/* ---- Another one's images, brighter */

typedef struct brighter {
  const atl_source* source;
  float by;
} brighter;

static atl_status create_brighter(atl_context* context, const atl_settings* settings,
                                  const atl_environment* environment, void** out) {
  brighter* const self = malloc(sizeof *self);
  if (self == NULL) return ATL_ERROR_MEMORY;
  self->source = environment->source_count == 1 ? environment->sources[0] : NULL;
  self->by = (float)setting(settings, "by")->number;
  if (self->source == NULL || self->source->size < sizeof *self->source || !is(self->source->name, "source") ||
      self->source->spec->field_count != FIELDS) {
    free(self);
    core->fail(context, ATL_ERROR_DATA, text("expected one source, 'released-data'"), HERE);
    return ATL_ERROR_DATA;
  }
  *out = self;
  return ATL_OK;
}

static atl_status spec_of_source(const void* self, const atl_data_spec** out) {
  *out = ((const brighter*)self)->source->spec;
  return ATL_OK;
}

static atl_status read_brighter(const void* me, atl_context* context, int32_t split, int64_t index,
                                void* const* fields) {
  const brighter* const self = me;
  (void)context;
  const atl_status status = self->source->read(self->source, split, index, fields);
  for (int i = 0; status == ATL_OK && i < PIXELS; ++i) {
    float* const pixel = (float*)fields[0] + i;
    *pixel = *pixel + self->by > 1 ? 1 : *pixel + self->by;
  }
  return status;
}

const atl_dataset_v1 brighter_table = {sizeof brighter_table, create_brighter, free,
                                       spec_of_source,        read_brighter,   group};
