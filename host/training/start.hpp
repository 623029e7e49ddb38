// [start]: a run that begins with another run's weights, or with those of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runlog/description.hpp"
#include "training/setup.hpp"

namespace atelier::training {

// What a run began with; all empty where its experiment asks for nothing.
struct StartedWith {
  std::string run_id;                       // of another run
  std::string file_sha256;                  // of a file
  int64_t taken = 0;                        // of the model's tensors, from a file
  std::vector<std::string> only_model_has;  // tensors that the file has not: they begin as the model begins them
  std::vector<std::string> only_file_has;   // tensors that the model has not, or that were not asked for
  std::vector<std::string> said;            // about all this, in lines for people

  [[nodiscard]] std::string left_out_text() const;  // as a log keeps it: one a line, whatever the names hold
};

// What can be done with a run whose weights to begin with are gone: the end of an error's text.
inline constexpr std::string_view without_start =
    "without it the run cannot be made again from its first step, while all that the log keeps can be read, resumed "
    "and sampled from; verify --spot and replay of a run with [checkpoint] keep do not need it, as its log keeps the "
    "weights that it began with";

// What a log says of it.
StartedWith started_with(const runlog::Provenance& provenance);

// Takes the weights, whole groups of them with their state. From another run all must be there; from a file, what it
// has of them (start_file.hpp). Throws Error where what is named, or a weight of the right shape in it, cannot be
// found. `then`: the run that this one repeats, if it does.
StartedWith take_start(Setup& setup, const plugin::Registry& registry, const inference::Environment& environment,
                       const runlog::RunDescription* then = nullptr);

}  // namespace atelier::training
