// A small run with a bit of everything, for the tests of the log.
#pragma once

#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "runlog/reader.hpp"
#include "runlog/writer.hpp"

namespace atelier::runlog::example {

// A fork copies the tables of all that is mapped: under this sanitizer half a second each.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool processes_are_slow = true;
#else
inline constexpr bool processes_are_slow = false;
#endif

// A folder of its own that ends with the test.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
    std::string name = (in / "runlog-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Where a file system is in memory, so that thousands of logs wait for no disk.
inline std::filesystem::path memory_folder() {
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The message of the Error that `action` throws.
template <typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

using catalog::FieldKind;

// A field of each kind.
inline catalog::DataSpec data() {
  catalog::FieldSpec image{"image", tensor::DType::f32, {3, 6, 5}, 0, -1, 1, {}, FieldKind::image, true};
  catalog::FieldSpec label{"label", tensor::DType::i64, {}, 2, 0, 0, {"zero", "one, größer"}};
  catalog::FieldSpec text{"text", tensor::DType::i64, {9}, 3, 0, 0, {"a", "\n", "ß"}, FieldKind::tokens};
  text.length_field = "length";
  const catalog::FieldSpec length{"length", tensor::DType::i64, {}, 10, 0, 0};
  catalog::FieldSpec sound{"sound", tensor::DType::f32, {2, 5}, 0, -0.5, 0.5, {}, FieldKind::signal};
  sound.rate = 44100;
  sound.channel_names = {"left", "right"};
  catalog::FieldSpec person{"person", tensor::DType::f32, {2}, 0, 0, 200, {}, FieldKind::table_row};
  person.channel_names = {"height", "größe"};
  return {{image, label, text, length, sound, person}, 60000, 10000, {}};
}

inline RunDescription description() {
  RunDescription run;
  run.run_id = "3f2a";
  run.name = "gan-mnist";
  run.seed = std::numeric_limits<uint64_t>::max() - 6;
  run.tags = {"first", "größer"};
  run.created_utc = "2026-01-31T12:00:00Z";
  run.source = std::string(100'000, 'x') + "\nname = \"gan-mnist\"\n";
  run.resolved = "name = \"gan-mnist\"\n";
  run.directory = "/home/größer/experiments";
  run.provenance.host = "workstation";
  run.provenance.fingerprint = "cpu=a\nisa=b\n";
  run.provenance.threads = 2;
  run.provenance.plugins = {{"gan", "1.0", "plugins/gan.so", "ab12"}, {"adam", "1.1", "plugins/adam.so", "cd34"}};
  run.provenance.dataset = "mnist";
  run.provenance.dataset_sha256 = "ef56";
  run.provenance.start_run_id = "77aa";
  run.provenance.source_revision = "0123abc";
  run.cadences = {{"train", {{"loss.generator", ""}, {"loss-critic", ""}, {"learning_rate", ""}, {"wait", "s"}}},
                  {"eval", {{"loss", ""}}}};
  run.data = data();
  run.samples = {{"grey", 5, {1, 4, 3}},
                 {"colour", 4, {3, 6, 5}},
                 {"bands", 2, {4, 3, 2}},
                 {"films", 2, {3, 1, 2, 4}, FieldKind::image_sequence},
                 {"verses", 3, {4}, FieldKind::tokens, "text"},
                 {"chords", 2, {2, 5}, FieldKind::signal, "sound"},
                 {"rows", 3, {2}, FieldKind::table_row, "person"}};
  run.tensors = {{"critic.2", {2, 3}, {"unit", "input"}}, {"scale", {}, {}}, {"filters", {1, 2, 2}, {}}};
  run.foreign = {{"cnn-mnist", "9c1e", "name = \"cnn-mnist\"\n", {{"0.weight", {2, 3}}, {"1.mean", {}}}}};
  run.parameters = {{"generator.0.weight", {3, 4}}, {"generator.0.bias", {4}}, {"scale", {}}};
  run.state = {{"generator.1.running_mean", {4}}, {"nothing", {0, 3}}, {"seen", {2}, tensor::DType::i64}};
  run.optimizer = {{"generator.0.weight.m", {3, 4}},
                   {"generator.0.weight.v", {3, 4}},
                   {"generator.0.weight.order", {3}, tensor::DType::i64}};
  run.counters = {"epoch", "updates.generator"};
  run.numbers = {"best_value"};
  run.best_metric = "eval/loss";
  run.summary = {"steps", "loss"};
  return run;
}

// The values of a step, the same each time.
struct Values {
  // Integers that no float32 has.
  explicit Values(int64_t step)
      : seen{step + (int64_t{1} << 40), -step}, order{step, std::numeric_limits<int64_t>::max(), -1} {
    for (size_t i = 0; i < arrays.size(); ++i) {
      for (size_t k = 0; k < arrays[i].size(); ++k) {
        arrays[i][k] = static_cast<float>(step) + 0.5F * static_cast<float>(i) + 0.01F * static_cast<float>(k);
      }
    }
  }
  [[nodiscard]] WeightsView weights() const {
    return {{{"generator.0.weight", arrays[0]}, {"generator.0.bias", arrays[1]}, {"scale", arrays[2]}},
            {{"generator.1.running_mean", arrays[3]}, {"nothing", std::span<const float>()}, {"seen", seen}}};
  }
  [[nodiscard]] std::vector<ArrayView> optimizer() const {
    return {
        {"generator.0.weight.m", arrays[4]}, {"generator.0.weight.v", arrays[5]}, {"generator.0.weight.order", order}};
  }
  std::vector<std::vector<float>> arrays{std::vector<float>(12), std::vector<float>(4),  std::vector<float>(1),
                                         std::vector<float>(4),  std::vector<float>(12), std::vector<float>(12)};
  std::vector<int64_t> seen, order;
};

// The weights of the foreign run.
inline constexpr std::array<float, 6> foreign_weight{7.25F, -7.5F, 7.75F, -8, 8.25F, -8.5F};
inline constexpr std::array<float, 1> foreign_mean{-0.0F};

inline void write_foreign(Writer& log) {
  log.write_foreign(0, std::array{ArrayView{"0.weight", foreign_weight}, ArrayView{"1.mean", foreign_mean}});
}

inline std::vector<uint8_t> pixels(int64_t step, size_t count) {
  std::vector<uint8_t> all(count);
  for (size_t i = 0; i < count; ++i) {
    all[i] = static_cast<uint8_t>(static_cast<size_t>(step) + 3 * i);
  }
  return all;
}

inline std::vector<std::string> texts(int64_t step) {
  return {"verse " + std::to_string(step), "", "größer\nals " + std::string(static_cast<size_t>(step), 'x')};
}

inline void write_samples(Writer& log, int64_t step) {
  log.append_samples("grey", step, pixels(step, size_t{5} * 4 * 3));
  log.append_samples("colour", step, pixels(step, size_t{4} * 6 * 5 * 3));
  log.append_samples("bands", step, pixels(step, size_t{2} * 4 * 3 * 2));
  log.append_samples("films", step, pixels(step, size_t{2} * 3 * 2 * 4));
  log.append_samples("verses", step, std::vector<int64_t>(12, step), texts(step));
  log.append_samples("chords", step, std::vector<float>(20, static_cast<float>(step)));
  log.append_samples("rows", step, std::vector<float>(6, -static_cast<float>(step)));
}

// `write`: a member of Writer that takes a checkpoint.
inline void write_checkpoint(Writer& log, int64_t step,
                             void (Writer::*write)(const CheckpointView&) = &Writer::write_checkpoint) {
  const Values values(step);
  const double best = step < 50 ? std::numeric_limits<double>::quiet_NaN() : 1.0 / static_cast<double>(step);
  (log.*write)({step,
                values.weights(),
                values.optimizer(),
                {{{"epoch", step / 100}, {"updates.generator", step}}, {{"best_value", best}}}});
}

inline void write_looks(Writer& log, int64_t step) {
  write_samples(log, step);
  log.append_tensor("critic.2", step, std::vector<float>(6, static_cast<float>(step)));
  log.append_tensor("scale", step, std::vector<float>(1, static_cast<float>(step)));
  log.append_tensor("filters", step, std::vector<float>(4, static_cast<float>(step)));
}

// Steps first + 1 to last: a row each step, evaluation and a checkpoint every 50, samples and tensors every 100.
inline void write_steps(Writer& log, int64_t first, int64_t last, double clock = 0.001) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int64_t step = first + 1; step <= last; ++step) {
    const auto t = static_cast<double>(step);
    const std::vector<double> row{std::sin(t), step % 5 == 0 ? 1 / t : nan, 1e-3, 0.25};
    log.append("train", step, t / 100, row, clock * t, 64 / clock);
    if (step % 50 == 0) {
      log.append("eval", step, t / 100, std::vector<double>{1 / t}, clock * t, 0);
      log.write_best(step, 1 / t, Values(step).weights());
    }
    if (step % 100 == 0) {
      write_looks(log, step);
    }
    if (step % 50 == 0) {
      write_checkpoint(log, step);
    }
  }
}

inline void write_final(Writer& log, int64_t step) {
  log.write_final(step, Values(step).weights(), {{"steps", static_cast<double>(step)}, {"loss", 0.5}});
}

inline void finish(Writer& log, int64_t step) {
  write_final(log, step);
  log.set_status(Status::finished, "");
  log.close();
}

}  // namespace atelier::runlog::example
