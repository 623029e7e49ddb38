// What the contract promises of the tensors that components give back, looked at where the host takes them. A scalar in
// the place of one number for each sample would broadcast, and train on nonsense.
#pragma once

#include <atelier/abi.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/data_spec.hpp"
#include "execute/session.hpp"

namespace atelier::plugin {

// What a loss was asked for: atl_loss_v1.call.
struct LossCall {
  atl_loss loss = 0;
  int32_t function = 0;
  std::span<const atl_tensor> inputs;
  const atl_network* network = nullptr;
  atl_location location{};
};
// "per_sample": what authors call a function of the role.
const char* function_name(std::string_view role, int32_t function);

// Each "" where the tensor is as promised; else what was given and what was expected.
std::string problem_of_loss(const execute::Session& session, std::string_view role, const LossCall& call,
                            atl_tensor output);
// `batch` and `draws` are how many samples and draws were asked for.
std::string problem_of_output(const execute::Session& session, std::string_view name, int64_t batch, int64_t draws,
                              const catalog::DataSpec& data, atl_tensor output);
// `real`: the run's type. Samples are like the field, n of them; the axis of time of a sequence may have any length.
std::string problem_of_samples(const execute::Session& session, const catalog::FieldSpec& field, int64_t n,
                               tensor::DType real, atl_tensor samples);
// What was expected instead of strips of this type; "" where they are right. `field` is the view's, null where the data
// has none of its name.
std::string problem_of_strips(const record::TensorType& type, const catalog::FieldSpec* field, int64_t n,
                              tensor::DType real);
std::string problem_of_feature(const execute::Session& session, std::string_view name, atl_tensor output);

// Whether a shape is a declared one, in which a length of -1 is any.
bool fits(const tensor::Shape& shape, const std::vector<int64_t>& declared);

}  // namespace atelier::plugin
