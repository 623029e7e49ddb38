/* Operations that a plugin brings: forward and gradient on raw buffers. A model looks them up by name, as the host's.
 */
#ifndef ATELIER_ABI_OPERATION_H
#define ATELIER_ABI_OPERATION_H

#include <atelier/abi/base.h>

/* Laid out as DLPack's DLTensor (version 1): may be handed to whoever reads that. Memory of the host, row-major,
 * aligned to 64 bytes where it is a whole tensor, valid for the call. */
typedef struct atl_buffer {
  void* data;
  int32_t device_type, device_id; /* 1, 0: the CPU */
  int32_t rank;
  uint8_t type_code; /* 0: int, 2: float */
  uint8_t bits;      /* 32 or 64 */
  uint16_t lanes;    /* 1 */
  int64_t* dims;
  int64_t* strides; /* in elements; NULL: without gaps, as the host's always are */
  uint64_t byte_offset;
} atl_buffer;
ATL_LAYOUT(atl_buffer, data, 0);
ATL_LAYOUT(atl_buffer, device_type, 8);
ATL_LAYOUT(atl_buffer, device_id, 12);
ATL_LAYOUT(atl_buffer, rank, 16);
ATL_LAYOUT(atl_buffer, type_code, 20);
ATL_LAYOUT(atl_buffer, bits, 21);
ATL_LAYOUT(atl_buffer, lanes, 22);
ATL_LAYOUT(atl_buffer, dims, 24);
ATL_LAYOUT(atl_buffer, strides, 32);
ATL_LAYOUT(atl_buffer, byte_offset, 40);
ATL_SIZE(atl_buffer, 48);

enum {
  ATL_PER_SAMPLE = 0, /* the first axis is that of the batch: a call may be given a part of it */
  ATL_SHARED = 1      /* an input that is given whole to every call; the gradient towards it is summed */
};

typedef struct atl_operand {
  uint64_t size;
  atl_string name;
  atl_dtype dtype; /* ATL_REAL or ATL_INT64; no gradient flows into an ATL_INT64 */
  int32_t how;     /* ATL_PER_SAMPLE or ATL_SHARED; an output is ATL_PER_SAMPLE */
} atl_operand;
ATL_LAYOUT(atl_operand, size, 0);
ATL_LAYOUT(atl_operand, name, 8);
ATL_LAYOUT(atl_operand, dtype, 24);
ATL_LAYOUT(atl_operand, how, 28);
ATL_SIZE(atl_operand, 32);

typedef struct atl_operation_attribute {
  uint64_t size;
  atl_string name;
  atl_value default_value; /* of type ATL_INTEGER, ATL_NUMBER or ATL_INTEGERS; a call may leave it out */
  int32_t may_change;      /* of a number: another value does not make another plan */
  int32_t reserved;        /* 0 */
} atl_operation_attribute;
ATL_LAYOUT(atl_operation_attribute, size, 0);
ATL_LAYOUT(atl_operation_attribute, name, 8);
ATL_LAYOUT(atl_operation_attribute, default_value, 24);
ATL_LAYOUT(atl_operation_attribute, may_change, 80);
ATL_LAYOUT(atl_operation_attribute, reserved, 84);
ATL_SIZE(atl_operation_attribute, 88);

/* A number, or a list of integers, for each attribute. */
typedef struct atl_operation_call {
  uint64_t size;
  const atl_attribute* attributes;
  uint64_t attribute_count;
  const atl_buffer* inputs;
  uint64_t input_count;
  const atl_buffer* outputs; /* forward: to be written. gradient: as forward wrote them */
  uint64_t output_count;
  const atl_buffer* output_gradients; /* gradient only, one for each output */
  const atl_buffer* input_gradients;  /* gradient only, one for each input, to be written; of no elements (rank 1,
                                         length 0) where nobody wants it. Of a shared input that of these samples
                                         alone: the host adds them up */
} atl_operation_call;
ATL_LAYOUT(atl_operation_call, size, 0);
ATL_LAYOUT(atl_operation_call, attributes, 8);
ATL_LAYOUT(atl_operation_call, attribute_count, 16);
ATL_LAYOUT(atl_operation_call, inputs, 24);
ATL_LAYOUT(atl_operation_call, input_count, 32);
ATL_LAYOUT(atl_operation_call, outputs, 40);
ATL_LAYOUT(atl_operation_call, output_count, 48);
ATL_LAYOUT(atl_operation_call, output_gradients, 56);
ATL_LAYOUT(atl_operation_call, input_gradients, 64);
ATL_SIZE(atl_operation_call, 72);

#define ATL_OPERATION_V1 "atelier.operation/1"
typedef struct atl_operation_v1 {
  uint64_t size;
  /* Borrowed as long as the library is loaded. */
  const atl_operand* inputs;
  uint64_t input_count;
  const atl_operand* outputs;
  uint64_t output_count;
  const atl_operation_attribute* attributes;
  uint64_t attribute_count;
  /* The outputs' ranks and lengths from the inputs' shapes; fails (core->fail) where these do not fit. Per-sample
   * outputs have the length of per-sample inputs in front. Any thread, concurrently; pure. */
  atl_status (*infer)(atl_context* context, const atl_attribute* attributes, uint64_t attribute_count,
                      const atl_tensor_info* inputs, uint64_t input_count, atl_tensor_info* outputs,
                      uint64_t output_count);
  /* Buffers of float32, and of float64 in gradient checks. Any thread, concurrently; pure: the same bits for a sample
   * whatever stands beside it in the call, and with however many others. */
  atl_status (*forward)(atl_context* context, const atl_operation_call* call);
  /* ATL_ERROR_UNSUPPORTED from an operation that has none: then the model's author is told so. */
  atl_status (*gradient)(atl_context* context, const atl_operation_call* call);
  int32_t has_gradient;
  int32_t reserved; /* 0 */
} atl_operation_v1;
ATL_LAYOUT(atl_operation_v1, size, 0);
ATL_LAYOUT(atl_operation_v1, inputs, 8);
ATL_LAYOUT(atl_operation_v1, input_count, 16);
ATL_LAYOUT(atl_operation_v1, outputs, 24);
ATL_LAYOUT(atl_operation_v1, output_count, 32);
ATL_LAYOUT(atl_operation_v1, attributes, 40);
ATL_LAYOUT(atl_operation_v1, attribute_count, 48);
ATL_LAYOUT(atl_operation_v1, infer, 56);
ATL_LAYOUT(atl_operation_v1, forward, 64);
ATL_LAYOUT(atl_operation_v1, gradient, 72);
ATL_LAYOUT(atl_operation_v1, has_gradient, 80);
ATL_LAYOUT(atl_operation_v1, reserved, 84);
ATL_SIZE(atl_operation_v1, 88);

#endif
