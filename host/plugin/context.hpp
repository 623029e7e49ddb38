// What stands behind the opaque atl_context: the phase, what may be recorded, and the first failure.
#pragma once

#include <atelier/abi.h>

#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "execute/session.hpp"

namespace atelier::plugin {

class GroupUpdates;
class Model;

// The current batch, and the way to another one.
struct BatchField {
  std::string name;
  record::TensorType type;
  const void* data = nullptr;
  std::string refusal;  // why nobody may have it; "" where everybody may
};

class BatchSource {
 public:
  BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  virtual ~BatchSource() = default;
  [[nodiscard]] virtual int64_t size() const = 0;
  [[nodiscard]] virtual const std::vector<BatchField>& fields() const = 0;
  virtual void advance() = 0;  // training only
};

struct PendingAction {  // after the next update of a group
  std::string group;
  void* self = nullptr;
  atl_status (*action)(void* self, atl_context* context, atl_string group) = nullptr;
};

}  // namespace atelier::plugin

struct atl_context {
  atl_phase_info phase{};
  atelier::plugin::Model* model = nullptr;
  atelier::execute::Session* session = nullptr;      // train, evaluate, sample
  atelier::plugin::BatchSource* batch = nullptr;     // train, evaluate
  atelier::plugin::GroupUpdates* updates = nullptr;  // train
  std::string stage;                                 // for messages: "model 'gan', training step 12"

  // Recorded so far in this batch: a field is one tensor however often it is asked for.
  struct FieldTensor {
    uint32_t value = 0;
    uint32_t generation = 0;  // of the session; no session's is 0
  };
  static constexpr size_t max_fields = 16;
  std::array<FieldTensor, max_fields> field_tensors{};  // by the place in the batch's fields
  // In a metric that looks at what the model generates: the only field, "image"; without a generation where there is
  // none.
  FieldTensor generated;
  std::vector<atelier::plugin::PendingAction> after_updates;

  // The first failure. Latched from any thread.
  std::mutex failure_mutex;
  atl_status failure = ATL_OK;
  std::string failure_message;
  bool failure_is_shape = false;

  void latch(atl_status status, std::string message);
  // Throws the latched failure as an Error(plugin), with the stage in front; `status` is what the plugin's function
  // returned.
  void check(atl_status status);
};
