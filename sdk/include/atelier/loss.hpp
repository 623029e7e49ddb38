// How to write a loss. See the plugin adversarial for whole ones.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/data_spec.hpp>
#include <atelier/plugin.hpp>
#include <atelier/recording.hpp>

namespace atelier {

// A network that a loss is given: may be called as often as wanted, during the loss's call.
class Network {
 public:
  explicit Network(const atl_network* network) : network_(network) {}
  Tensor operator()(At x) const {
    const atl_tensor input = x.tensor.handle();
    atl_tensor output = 0;
    network_->call(network_, x.tensor.context(), &input, 1, &output);
    return {x.tensor.context(), output};
  }
  [[nodiscard]] std::string group() const { return std::string(detail::view(network_->group)); }

 private:
  const atl_network* network_;
};

// After the next update of `group` in this step, `action(context, parameter)` runs for each weight of the group: clip
// weights here. The action is borrowed until then, so it is a member of the loss. Does nothing outside training.
template <typename Action>
void after_update(Tensor beside, std::string_view group, const Action& action) {
  static_assert(
      std::is_invocable_v<const Action&, atl_context*, Parameter>,
      "after_update runs its action for each weight: it must be callable as `action(context, weight)`, where it "
      "is const");
  detail::core->after_update(beside.context(), detail::string(group), const_cast<Action*>(&action),
                             [](void* self, atl_context* context, atl_string name) -> atl_status {
                               return detail::guard(context, [&] {
                                 uint64_t count = 0;
                                 detail::core->group(context, name, nullptr, 0, &count);
                                 std::vector<atl_parameter> handles(count);
                                 detail::core->group(context, name, handles.data(), count, &count);
                                 for (const atl_parameter handle : handles) {
                                   (*static_cast<const Action*>(self))(context, Parameter(handle));
                                 }
                               });
                             });
}
template <typename Action>
void after_update(Tensor beside, std::string_view group, const Action&& action) = delete;  // it would be gone by then

// Each derived class has
//   static void describe(Description& d);
//   Derived(const Settings& settings, const DataSpec& data, Builder& build);
// and ends with ATELIER_LOSS("name", Derived).
class AdversarialLoss {
 public:
  using Role = AdversarialLoss;
  static constexpr const char* role = "adversarial";
  virtual ~AdversarialLoss() = default;
  virtual Tensor discriminator(const Network& network, Tensor real, Tensor fake) const = 0;  // scalar
  virtual Tensor generator(const Network& network, Tensor fake) const = 0;                   // scalar
};

class ReconstructionLoss {
 public:
  using Role = ReconstructionLoss;
  static constexpr const char* role = "reconstruction";
  virtual ~ReconstructionLoss() = default;
  virtual Tensor per_sample(Tensor output, Tensor target) const = 0;  // (B), the sum over a sample's elements
  virtual Tensor image(Tensor output) const = 0;                      // what the raw output means as an image
};

class DivergenceLoss {
 public:
  using Role = DivergenceLoss;
  static constexpr const char* role = "divergence";
  virtual ~DivergenceLoss() = default;
  virtual Tensor per_sample(Tensor mean, Tensor log_variance) const = 0;  // (B)
};

class ClassificationLoss {
 public:
  using Role = ClassificationLoss;
  static constexpr const char* role = "classification";
  virtual ~ClassificationLoss() = default;
  virtual Tensor per_sample(Tensor logits, Tensor labels) const = 0;  // (B)
};

namespace detail {

// One number for each sample, as the role promises, which a mean of it would hide.
inline Tensor mean_of(Tensor each, Tensor input) {
  if (each.handle() == 0) {
    return each;  // which the host calls by its name
  }
  if (each.rank() != 1 || each.dim(0) != input.dim(0)) {
    std::string found;
    for (const int64_t length : each.shape()) {
      found += (found.empty() ? "" : ", ") + std::to_string(length);
    }
    fail(
        each.context(), ATL_ERROR_SHAPE,
        "per_sample: gave (" + found + "), expected (" + std::to_string(input.dim(0)) + "), one number for each sample",
        nowhere);
    stop();
  }
  return mean({each, Location("", 0)});
}

inline Tensor dispatch(const AdversarialLoss& loss, int32_t function, const Tensor* inputs, const Network& network) {
  return function == ATL_ADVERSARIAL_DISCRIMINATOR ? loss.discriminator(network, inputs[0], inputs[1])
                                                   : loss.generator(network, inputs[0]);
}
inline Tensor dispatch(const ReconstructionLoss& loss, int32_t function, const Tensor* inputs, const Network&) {
  if (function == ATL_LOSS_IMAGE) {
    return loss.image(inputs[0]);
  }
  const Tensor each = loss.per_sample(inputs[0], inputs[1]);
  return function == ATL_LOSS_MEAN ? mean_of(each, inputs[0]) : each;
}
template <typename Loss>
Tensor dispatch(const Loss& loss, int32_t function, const Tensor* inputs, const Network&) {
  const Tensor each = loss.per_sample(inputs[0], inputs[1]);
  return function == ATL_LOSS_MEAN ? mean_of(each, inputs[0]) : each;
}

template <typename T>
ATELIER_OWN inline const atl_loss_v1 loss_table = {
    sizeof(atl_loss_v1),
    [](atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) -> atl_status {
      return guard(context, [&] {
        Builder builder(context);
        *self = new T(Settings(context, settings), DataSpec(*spec), builder);
      });
    },
    destroy<T>,
    [](const void* self, atl_context* context, int32_t function, const atl_tensor* inputs, uint64_t count,
       const atl_network* network, atl_tensor* output) -> atl_status {
      return guard(context, [&] {
        Tensor tensors[4];
        for (uint64_t i = 0; i < count && i < 4; ++i) {
          tensors[i] = Tensor(context, inputs[i]);
        }
        *output = dispatch(static_cast<const typename T::Role&>(*static_cast<const T*>(self)), function, tensors,
                           Network(network))
                      .handle();
      });
    }};

}  // namespace detail
}  // namespace atelier

#define ATELIER_LOSS(name, type) \
  ATELIER_REGISTER_(ATL_LOSS_INTERFACE_V1, name, type::role, type, atelier::detail::loss_table<type>)
