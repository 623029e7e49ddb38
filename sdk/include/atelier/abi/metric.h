/* Metrics: what is measured of a trained model beyond its own evaluation. */
#ifndef ATELIER_ABI_METRIC_H
#define ATELIER_ABI_METRIC_H

#include <atelier/abi/data.h>

typedef struct atl_array { /* a named array of numbers, float64, in row-major order; rank 0 is one number */
  uint64_t size;
  atl_string name;
  const int64_t* dims;
  uint32_t rank;
  uint32_t reserved; /* 0 */
} atl_array;
ATL_LAYOUT(atl_array, size, 0);
ATL_LAYOUT(atl_array, name, 8);
ATL_LAYOUT(atl_array, dims, 24);
ATL_LAYOUT(atl_array, rank, 32);
ATL_LAYOUT(atl_array, reserved, 36);
ATL_SIZE(atl_array, 40);

enum {
  ATL_ADD = 0,   /* batches are added up, element by element, in their order */
  ATL_APPEND = 1 /* batches stand one behind the other along the first axis, whose length is -1 */
};

typedef struct atl_collected { /* what a pass keeps of its batches */
  uint64_t size;
  atl_string name;
  const int64_t* dims; /* a length of -1 is what the first batch gives it */
  uint32_t rank;
  int32_t how; /* ATL_ADD or ATL_APPEND */
} atl_collected;
ATL_LAYOUT(atl_collected, size, 0);
ATL_LAYOUT(atl_collected, name, 8);
ATL_LAYOUT(atl_collected, dims, 24);
ATL_LAYOUT(atl_collected, rank, 32);
ATL_LAYOUT(atl_collected, how, 36);
ATL_SIZE(atl_collected, 40);

enum {
  ATL_NO_DATA = 0,
  ATL_EVALUATED_SPLIT = 1,
  ATL_TRAINING_SPLIT = 2 /* without what validation holds back */
};

typedef struct atl_pass { /* one way through samples */
  uint64_t size;
  int32_t data;      /* whose samples are the batches' fields */
  int32_t generates; /* 1: the model makes as many samples as there are in each batch, see atl_core.generated */
  int64_t samples;   /* at most so many; 0: all of the split. Without data: how many are generated, at least 1 */
  const atl_collected* collected;
  uint64_t collected_count;
} atl_pass;
ATL_LAYOUT(atl_pass, size, 0);
ATL_LAYOUT(atl_pass, data, 8);
ATL_LAYOUT(atl_pass, generates, 12);
ATL_LAYOUT(atl_pass, samples, 16);
ATL_LAYOUT(atl_pass, collected, 24);
ATL_LAYOUT(atl_pass, collected_count, 32);
ATL_SIZE(atl_pass, 40);

#define ATL_METRIC_V1 "atelier.metric/1"
typedef struct atl_metric_v1 {
  uint64_t size;
  /* Build: may find other runs' models. `spec` is that of the data as the model sees it. */
  atl_status (*create)(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* One after the other, in this order. Borrowed as long as self. Any thread. */
  atl_status (*passes)(const void* self, const atl_pass** passes, uint64_t* count);
  /* A result of rank 0 is a number of the log's metrics, called after its metric and, where its name is not empty,
   * after itself; others are arrays of the log. Borrowed as long as self. Any thread. */
  atl_status (*results)(const void* self, const atl_array** arrays, uint64_t* count);
  /* Evaluate: records one batch, and gives a tensor for each thing that the pass collects. */
  atl_status (*batch)(const void* self, atl_context* context, uint64_t pass, atl_tensor* outputs);
  /* After the last batch of a pass; values[i] has lengths[i] elements. It may keep what later passes need: an
   * evaluation makes all passes, so nothing is left from the one before. */
  atl_status (*end_pass)(void* self, atl_context* context, uint64_t pass, const double* const* values,
                         const uint64_t* lengths);
  /* After the last pass. results[i] has the elements of its array, and begins as NaN. */
  atl_status (*finish)(const void* self, atl_context* context, double* const* results);
} atl_metric_v1;
ATL_LAYOUT(atl_metric_v1, size, 0);
ATL_LAYOUT(atl_metric_v1, create, 8);
ATL_LAYOUT(atl_metric_v1, destroy, 16);
ATL_LAYOUT(atl_metric_v1, passes, 24);
ATL_LAYOUT(atl_metric_v1, results, 32);
ATL_LAYOUT(atl_metric_v1, batch, 40);
ATL_LAYOUT(atl_metric_v1, end_pass, 48);
ATL_LAYOUT(atl_metric_v1, finish, 56);
ATL_SIZE(atl_metric_v1, 64);

#endif
