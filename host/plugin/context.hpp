// What stands behind the opaque atl_context: the phase, what may be recorded, and the first failure.
#pragma once

#include <atelier/abi.h>

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "execute/session.hpp"

namespace atelier::plugin {

struct Component;
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

// The group whose update an optimizer is recording.
struct RecordedUpdate {
  size_t group = 0;
  uint32_t loss = 0;
  double average_share = 0;  // of the new weights in their moving average
};

struct PendingAction {                   // after the next update of a group
  const Component* component = nullptr;  // whose
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
  // In a metric: what the model has generated for this batch; without a generation where there is nothing.
  FieldTensor generated;
  std::vector<atelier::plugin::PendingAction> after_updates;
  const atelier::plugin::RecordedUpdate* recorded_update = nullptr;  // while an optimizer records one

  // Whether something has failed: nothing is done after it. The message is there by then.
  [[nodiscard]] bool failed() const { return status() != ATL_OK; }
  [[nodiscard]] atl_status status() const { return failure_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string first_failure() const;

  // Keeps the first failure, from any thread; of a component that is called on behalf of another, a model's loss, with
  // its name in front.
  void latch(atl_status status, std::string message);
  // Adds to the words of the failure that is there.
  void explain(const std::string& more);
  // Throws the latched failure, with the stage in front, as an Error of the kind that its status says, Error(plugin)
  // for most; `status` is what the plugin's function returned.
  void check(atl_status status);

 private:
  mutable std::mutex failure_mutex_;
  std::atomic<atl_status> failure_{ATL_OK};
  std::string failure_message_;
};
