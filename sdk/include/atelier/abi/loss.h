/* Losses, by role. `function` and the inputs of atl_loss_v1.call, by role; every result but `image` and `per_sample` is
 * a scalar:
 * - adversarial: 0 discriminator(network; real, fake), 1 generator(network; fake); the network gives logits (B, 1)
 * - reconstruction: 0 loss(output, target): the sum over each sample's elements, the mean over the batch;
 *   1 image(output): the decoder's raw output turned into what it stands for; 2 per_sample(output, target): (B)
 * - divergence: 0 loss(mean, log_variance): the mean over the batch; 2 per_sample(mean, log_variance): (B)
 * - classification: 0 loss(logits, labels): the mean over the batch; 2 per_sample(logits, labels): (B) */
#ifndef ATELIER_ABI_LOSS_H
#define ATELIER_ABI_LOSS_H

#include <atelier/abi/core.h>
#include <atelier/abi/data.h>

enum {
  ATL_ADVERSARIAL_DISCRIMINATOR = 0,
  ATL_ADVERSARIAL_GENERATOR = 1,
  ATL_LOSS_MEAN = 0,
  ATL_LOSS_IMAGE = 1,
  ATL_LOSS_PER_SAMPLE = 2
};

#define ATL_LOSS_INTERFACE_V1 "atelier.loss/1"
typedef struct atl_loss_v1 {
  uint64_t size;
  /* Build, as atl_model_v1.create. */
  atl_status (*create)(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* Records; pure, as a model's functions are. Never without a network: its size is 0 where none was given. */
  atl_status (*call)(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                     uint64_t input_count, const atl_network* network, atl_tensor* output);
} atl_loss_v1;
ATL_LAYOUT(atl_loss_v1, size, 0);
ATL_LAYOUT(atl_loss_v1, create, 8);
ATL_LAYOUT(atl_loss_v1, destroy, 16);
ATL_LAYOUT(atl_loss_v1, call, 24);
ATL_SIZE(atl_loss_v1, 32);

#endif
