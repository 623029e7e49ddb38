/* What the parts of the model share. Codes are (B, 6), images (B, 1, 4, 4). */
#ifndef MODEL_H
#define MODEL_H

#include "released.h"

enum { PIXELS = 16, CODE = 6, EXTRAS = 4 };

typedef struct model {
  atl_parameter encode_weight, encode_bias, decode_weight, decode_bias, critic_weight, critic_bias;
  atl_parameter extras[EXTRAS];
  atl_parameter average, steps; /* of codes, and how many */
  atl_loss reconstruction, adversarial;
  atl_features other; /* another run's, where `compared` */
  int32_t compared;
  double sum[CODE]; /* of the newest evaluation's codes */
} model;

atl_tensor used(atl_context* context, atl_parameter parameter);
atl_tensor encode(const model* self, atl_context* context, atl_tensor images);
atl_tensor decode(const model* self, atl_context* context, atl_tensor codes);
atl_status sample(const void* self, atl_context* context, int64_t n, atl_tensor* samples);
atl_tensor field(atl_context* context, const char* name);

#endif
