// Inside this room only: what a Reader's own process does with libhdf5. Reads a log that is open; what cannot be read,
// or is not as a log of ours would have it, is a hdf5::Failure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runlog/annotations.hpp"
#include "runlog/chain.hpp"
#include "runlog/description.hpp"
#include "runlog/rows.hpp"
#include "runlog/slim.hpp"
#include "runlog/weights.hpp"

namespace atelier::runlog {

class LogFile {
 public:
  explicit LogFile(const std::filesystem::path& path);
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  // Whether the log has been written since it was opened: then an answer may be of two moments.
  [[nodiscard]] bool has_changed() const;

  [[nodiscard]] const RunDescription& description() const;
  [[nodiscard]] Status status() const;
  [[nodiscard]] const std::string& exit_reason() const;
  [[nodiscard]] const std::vector<Note>& notes() const;
  [[nodiscard]] const std::vector<Slimming>& slimmed() const;

  // Of names, and of rows, that the log has.
  [[nodiscard]] CadenceColumns cadence(const std::string& name) const;
  [[nodiscard]] std::vector<int64_t> sample_steps(const std::string& name) const;
  [[nodiscard]] std::vector<uint8_t> sample_row(const std::string& name, int64_t row) const;
  [[nodiscard]] tensor::Tensor sample_values(const std::string& name, int64_t row) const;
  [[nodiscard]] std::vector<std::string> sample_texts(const std::string& name, int64_t row) const;
  [[nodiscard]] std::vector<int64_t> tensor_steps(const std::string& name) const;
  [[nodiscard]] tensor::Tensor tensor_row(const std::string& name, int64_t row) const;
  [[nodiscard]] std::vector<NamedTensor> foreign_weights(size_t index) const;
  [[nodiscard]] std::optional<Checkpoint> newest_checkpoint() const;
  [[nodiscard]] std::optional<BestWeights> best() const;
  [[nodiscard]] std::optional<FinalResult> final_result() const;
  [[nodiscard]] std::optional<Checkpoint> kept_checkpoint(int64_t step) const;  // none where it is damaged
  [[nodiscard]] std::vector<int64_t> kept_steps() const;
  [[nodiscard]] Chain chain() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atelier::runlog
