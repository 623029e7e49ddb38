// Reading a run's log, also one that is still being written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runlog/annotations.hpp"
#include "runlog/chain.hpp"
#include "runlog/description.hpp"
#include "runlog/rows.hpp"
#include "runlog/slim.hpp"
#include "runlog/weights.hpp"

namespace atelier::runlog {

// A log opened for reading. Takes no lock and never disturbs the writer; of a log that is being written it shows what
// the last flush left, and a call that meets a flush half done tries again for up to a second. To see later rows, open
// another Reader. One thread at a time. In the process that writes, end it before the Writer's last call.
//
// The log may be anybody's, and damaged in any way: it is read by a process of its own (reading_process.hpp).
//
// The constructor throws Error(file) for a file that is missing, not HDF5, no log of ours, of a newer format version,
// or truncated. The others throw Error(file) for what cannot be read, and for names and rows that the log does not have
// (the message lists those it has).
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path);
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  [[nodiscard]] const std::filesystem::path& path() const;
  // All that Writer::create was given: names, texts, provenance, metrics, samples, tensors, foreign runs, the shapes of
  // all weights.
  [[nodiscard]] const RunDescription& description() const;
  // As the log says it; "running" with no live writer (locks.hpp: holder_of) is a run that was killed.
  [[nodiscard]] Status status() const;
  [[nodiscard]] const std::string& exit_reason() const;
  [[nodiscard]] const std::vector<Note>& notes() const;  // in the order in which they were added
  // What was dropped of it, and when.
  [[nodiscard]] const std::vector<Slimming>& slimmed() const;
  // Throws Error(file), "LOG: cannot be `done`: ...", where one of these was.
  void expect_undropped(std::initializer_list<Part> parts, std::string_view done) const;

  [[nodiscard]] MetricSeries metric(std::string_view cadence, std::string_view metric) const;
  [[nodiscard]] TimingSeries timing(std::string_view cadence) const;

  [[nodiscard]] std::vector<int64_t> sample_steps(std::string_view name) const;
  [[nodiscard]] Images samples(std::string_view name, int64_t row) const;  // of images; rows from 0
  // Of what is no image: (n, ...), int64 of tokens, else float32. The texts are those of tokens.
  [[nodiscard]] tensor::Tensor sample_values(std::string_view name, int64_t row) const;
  [[nodiscard]] std::vector<std::string> sample_texts(std::string_view name, int64_t row) const;

  [[nodiscard]] std::vector<int64_t> tensor_steps(std::string_view name) const;
  [[nodiscard]] tensor::Tensor tensor(std::string_view name, int64_t row) const;

  // The weights of description().foreign[index], in the order of its entries; Error(file) where the log has no such
  // foreign run, where its weights were not written yet, or where they are damaged.
  [[nodiscard]] std::vector<NamedTensor> foreign_weights(size_t index) const;

  // The newest checkpoint whose hash is right; nullopt where none was completed yet; Error(file) where those that were
  // completed are all damaged.
  [[nodiscard]] std::optional<Checkpoint> newest_checkpoint() const;
  // nullopt where none was written; Error(file) where it is damaged.
  [[nodiscard]] std::optional<BestWeights> best() const;
  [[nodiscard]] std::optional<FinalResult> final_result() const;

  // Of the checkpoints that stay, in rising order; and one of them. Error(file) where it is damaged.
  [[nodiscard]] std::vector<int64_t> kept_steps() const;
  [[nodiscard]] Checkpoint kept_checkpoint(int64_t step) const;
  // The log held against its own hashes.
  [[nodiscard]] Chain chain() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atelier::runlog
