// A part of a run that a verb makes again, in a folder of its own.
#pragma once

#include <filesystem>
#include <optional>

#include "cli/command_line.hpp"
#include "plugin/registry.hpp"
#include "training/run.hpp"

namespace atelier::cli {

// A folder that ends with this.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct ScratchRun {
  ScratchFolder folder;
  training::RunOutcome outcome;  // with its log, in the folder
};

// A log that nobody writes any more. Throws Error(file) for others.
std::filesystem::path find_ended_log(const std::string& word, const Arguments& arguments);

int64_t last_step_of(const runlog::Reader& log);  // that the run has done

// The newest checkpoint that a log has until a step; nullopt where that is before the first.
std::optional<runlog::Checkpoint> checkpoint_until(const runlog::Reader& log, int64_t step);

// Up to `last_step`; says nothing but progress and warnings. nullopt where somebody interrupted it. Throws Error where
// nothing was begun.
std::optional<ScratchRun> make_again(const runlog::Reader& log, const training::Stretch& stretch, int64_t last_step,
                                     const plugin::Registry& registry, const Arguments& arguments);

}  // namespace atelier::cli
