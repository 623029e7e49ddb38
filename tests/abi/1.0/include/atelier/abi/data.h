/* Data: what samples consist of, and the interface of datasets. */
#ifndef ATELIER_ABI_DATA_H
#define ATELIER_ABI_DATA_H

#include <atelier/abi/base.h>

typedef struct atl_field { /* one named array of every sample: "image", "label", "text", ... */
  uint64_t size;
  atl_string name;
  atl_kind kind;
  atl_dtype dtype;     /* ATL_FLOAT32, ATL_INT64 or ATL_UINT8: as `read` writes it */
  const int64_t* dims; /* of one sample, without the batch axis; by kind, see atl_kind */
  uint32_t rank;
  uint32_t reserved; /* 0 */
  int64_t classes;   /* of an ATL_INT64 field: values are in [0, classes); 0 where unbounded */
  double low, high;  /* of other fields: the range of its values as the model will see them */
  /* Of an ATL_INT64 field: the name of each class, or the text of each token, in the classes' order; none, or as many
   * as `classes`. The host keeps them in the log, and refuses labels of other classes. */
  const atl_string* class_names;
  uint64_t class_name_count;
  /* Of a table's row: the columns' names; of a signal or an image: the channels'. None, or as many as there are. */
  const atl_string* channel_names;
  uint64_t channel_name_count;
  double rate; /* of a signal, or a sequence of images: values a second; 0 where unknown */
  /* Where samples are of unequal length along the axis of time: the ATL_INT64 field () that has each sample's length;
   * what is behind it is padding, zeros. Empty where all have the full length. */
  atl_string length_field;
} atl_field;
ATL_LAYOUT(atl_field, size, 0);
ATL_LAYOUT(atl_field, name, 8);
ATL_LAYOUT(atl_field, kind, 24);
ATL_LAYOUT(atl_field, dtype, 28);
ATL_LAYOUT(atl_field, dims, 32);
ATL_LAYOUT(atl_field, rank, 40);
ATL_LAYOUT(atl_field, reserved, 44);
ATL_LAYOUT(atl_field, classes, 48);
ATL_LAYOUT(atl_field, low, 56);
ATL_LAYOUT(atl_field, high, 64);
ATL_LAYOUT(atl_field, class_names, 72);
ATL_LAYOUT(atl_field, class_name_count, 80);
ATL_LAYOUT(atl_field, channel_names, 88);
ATL_LAYOUT(atl_field, channel_name_count, 96);
ATL_LAYOUT(atl_field, rate, 104);
ATL_LAYOUT(atl_field, length_field, 112);
ATL_SIZE(atl_field, 128);

typedef struct atl_data_spec {
  uint64_t size;
  const atl_field* fields;
  uint64_t field_count;
  int64_t train_count, test_count; /* samples in each split */
  const atl_string* files;         /* the files that the data came from; none where it is made. Of samples that come
                                      from files, the hash goes into the log */
  uint64_t file_count;
} atl_data_spec;
ATL_LAYOUT(atl_data_spec, size, 0);
ATL_LAYOUT(atl_data_spec, fields, 8);
ATL_LAYOUT(atl_data_spec, field_count, 16);
ATL_LAYOUT(atl_data_spec, train_count, 24);
ATL_LAYOUT(atl_data_spec, test_count, 32);
ATL_LAYOUT(atl_data_spec, files, 40);
ATL_LAYOUT(atl_data_spec, file_count, 48);
ATL_SIZE(atl_data_spec, 56);

enum { ATL_TRAIN = 0, ATL_TEST = 1 };

/* A dataset that another one reads from, given by the host. */
typedef struct atl_source {
  uint64_t size;
  void* host_data;
  atl_string name; /* "source", or as [dataset.sources.NAME] calls it */
  const atl_data_spec* spec;
  /* Any thread, concurrently. As atl_dataset_v1.read. */
  atl_status (*read)(const struct atl_source* source, int32_t split, int64_t index, void* const* fields);
} atl_source;
ATL_LAYOUT(atl_source, size, 0);
ATL_LAYOUT(atl_source, host_data, 8);
ATL_LAYOUT(atl_source, name, 16);
ATL_LAYOUT(atl_source, spec, 32);
ATL_LAYOUT(atl_source, read, 40);
ATL_SIZE(atl_source, 48);

typedef struct atl_environment { /* where a dataset finds things; borrowed for the call */
  uint64_t size;
  atl_string base_directory;          /* relative paths in settings are relative to this */
  const atl_string* data_directories; /* searched in order */
  uint64_t data_directory_count;
  const atl_source* const* sources; /* the datasets that the experiment gives it; valid as long as self */
  uint64_t source_count;
} atl_environment;
ATL_LAYOUT(atl_environment, size, 0);
ATL_LAYOUT(atl_environment, base_directory, 8);
ATL_LAYOUT(atl_environment, data_directories, 24);
ATL_LAYOUT(atl_environment, data_directory_count, 32);
ATL_LAYOUT(atl_environment, sources, 40);
ATL_LAYOUT(atl_environment, source_count, 48);
ATL_SIZE(atl_environment, 56);

#define ATL_DATASET_V1 "atelier.dataset/1"
typedef struct atl_dataset_v1 {
  uint64_t size;
  /* `settings` and `environment` are borrowed for the call. One thread. */
  atl_status (*create)(atl_context* context, const atl_settings* settings, const atl_environment* environment,
                       void** self);
  void (*destroy)(void* self);
  /* Borrowed as long as self. Any thread. Float fields carry their own low and high; the host scales from these. */
  atl_status (*spec)(const void* self, const atl_data_spec** spec);
  /* Writes one sample: fields[i] has room for the elements of spec field i. The same bits whenever called. Any thread,
   * concurrently. */
  atl_status (*read)(const void* self, atl_context* context, int32_t split, int64_t index, void* const* fields);
  /* The group of a training sample: near-duplicates share one, and a validation split takes whole groups; `index`
   * where there are none. Any thread, concurrently. */
  atl_status (*group)(const void* self, int64_t index, int64_t* group);
} atl_dataset_v1;
ATL_LAYOUT(atl_dataset_v1, size, 0);
ATL_LAYOUT(atl_dataset_v1, create, 8);
ATL_LAYOUT(atl_dataset_v1, destroy, 16);
ATL_LAYOUT(atl_dataset_v1, spec, 24);
ATL_LAYOUT(atl_dataset_v1, read, 32);
ATL_LAYOUT(atl_dataset_v1, group, 40);
ATL_SIZE(atl_dataset_v1, 48);

#endif
