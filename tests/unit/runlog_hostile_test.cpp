// Logs that are damaged, or were made by somebody else: every one is refused with one line, or read; none crashes us.
#include <doctest/doctest.h>
#include <hdf5.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <limits>
#include <map>

#include "runlog_example.hpp"

using namespace atelier;
using namespace atelier::runlog;

namespace {

using Dims = std::vector<hsize_t>;

// A log of a hundred steps with something of all that a log may have.
const std::string& sound_log() {
  static const std::string bytes = [] {
    const example::Folder folder;
    RunDescription run = example::description();
    run.source = run.resolved;
    Writer log = Writer::create(folder / "log.h5", run);
    example::write_foreign(log);
    example::write_steps(log, 0, 100);
    example::write_final(log, 100);
    log.set_status(Status::interrupted, "");  // of which both checkpoints are there
    log.close();
    return example::bytes_of(folder / "log.h5");
  }();
  return bytes;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void edit(const std::filesystem::path& path, const std::function<void(hid_t)>& change) {
  write(path, sound_log());
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  REQUIRE(H5Fclose(file) >= 0);
}

hid_t space_of(const Dims& dims) {
  return dims.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
}

// Values of no interest, more of them than any place that they could be read into.
void replace_attribute(hid_t file, const std::string& object, const char* name, hid_t type, const Dims& dims) {
  REQUIRE(H5Adelete_by_name(file, object.c_str(), name, H5P_DEFAULT) >= 0);
  const hid_t space = space_of(dims);
  const hid_t made = H5Acreate_by_name(file, object.c_str(), name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<char> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)) * H5Tget_size(type), 'A');
  REQUIRE(H5Awrite(made, type, values.data()) >= 0);
  H5Aclose(made);
  H5Sclose(space);
}

// Of a dataset that is not written, dims may be absurd.
void replace_dataset(hid_t file, const std::string& name, hid_t type, const Dims& dims, bool written = true) {
  REQUIRE(H5Ldelete(file, name.c_str(), H5P_DEFAULT) >= 0);
  const hid_t space = space_of(dims);
  const hid_t made = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  REQUIRE(made >= 0);
  if (written) {
    const std::vector<char> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)) * H5Tget_size(type) + 1,
                                   'A');
    REQUIRE(H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  }
  H5Dclose(made);
  H5Sclose(space);
}

hid_t short_text() {
  static const hid_t type = [] {
    const hid_t made = H5Tcopy(H5T_C_S1);
    H5Tset_size(made, 9);
    return made;
  }();
  return type;
}

// All that can be read of a log, by what it is; "read" or the refusal without the path that all of them begin with.
std::map<std::string, std::string> read_all(const std::filesystem::path& path) {
  std::map<std::string, std::string> said;
  const auto note = [&](const std::string& what, const std::function<void()>& read) {
    try {
      read();
      said[what] = "read";
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::file);
      const std::string start = path.string() + ": ";
      const std::string message = error.what();
      REQUIRE(message.starts_with(start));
      said[what] = message.substr(start.size());
    }
  };
  std::optional<Reader> log;
  note("open", [&] { log.emplace(path); });
  if (!log) {
    return said;
  }
  for (const Cadence& cadence : log->description().cadences) {
    for (const MetricColumn& metric : cadence.metrics) {
      note(cadence.name + "/" + metric.name, [&] { (void)log->metric(cadence.name, metric.name); });
    }
    note("timing " + cadence.name, [&] { (void)log->timing(cadence.name); });
  }
  for (const SampleSeries& series : log->description().samples) {
    note("samples " + series.name, [&] {
      if (series.kind == catalog::FieldKind::image || series.kind == catalog::FieldKind::image_sequence) {
        (void)log->samples(series.name, 0);
      } else {
        (void)log->sample_values(series.name, 0);
      }
      if (series.kind == catalog::FieldKind::tokens) {
        (void)log->sample_texts(series.name, 0);
      }
    });
  }
  for (const TensorSeries& series : log->description().tensors) {
    note("tensor " + series.name, [&] { (void)log->tensor(series.name, 0); });
  }
  for (size_t i = 0; i < log->description().foreign.size(); ++i) {
    note("foreign", [&] { (void)log->foreign_weights(i); });
  }
  note("checkpoint", [&] { (void)log->newest_checkpoint(); });
  note("best", [&] { (void)log->best(); });
  note("final", [&] { (void)log->final_result(); });
  return said;
}

// Whoever goes on with such a log gets one line too, or a run that goes on.
void reopen(const std::filesystem::path& path) {
  try {
    Writer log = Writer::reopen(path, 100);
    log.close();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::file);
    CHECK(std::string(error.what()).starts_with(path.string() + ": cannot be "));
  }
}

}  // namespace

TEST_CASE("a log whose attributes and datasets are not those of a log is refused where it is read") {
  struct Case {
    std::string what, reason;
    std::function<void(hid_t)> change;
  };
  const std::vector<Case> cases = {
      {"open", "the attribute seed of /: got int64 of shape (4000), expected a single value",
       [](hid_t file) { replace_attribute(file, "/", "seed", H5T_STD_I64LE, {4000}); }},
      {"open", "the attribute seed of /: got float64 of shape (), expected int64",
       [](hid_t file) { replace_attribute(file, "/", "seed", H5T_IEEE_F64LE, {}); }},
      {"open", "the attribute seed of /: got other integers of shape (), expected int64",
       [](hid_t file) { replace_attribute(file, "/", "seed", H5T_STD_I32LE, {}); }},
      {"open", "the attribute format of /: got text of a fixed length of shape (), expected text",
       [](hid_t file) { replace_attribute(file, "/", "format", short_text(), {}); }},
      {"open", "the attribute tags of /: got text of a fixed length of shape (3), expected text",
       [](hid_t file) { replace_attribute(file, "/", "tags", short_text(), {3}); }},
      {"open", "the attribute exit_reason of /: got uint8 of shape (30), expected text",
       [](hid_t file) { replace_attribute(file, "/", "exit_reason", H5T_STD_U8LE, {30}); }},
      {"open", "/experiment/resolved: got text of a fixed length of shape (), expected text",
       [](hid_t file) { replace_dataset(file, "/experiment/resolved", short_text(), {}); }},
      {"open", "/samples/grey/images: got uint8 of shape (1, 5, 4), expected 4 to 5 axes",
       [](hid_t file) {
         replace_dataset(file, "/samples/grey/images", H5T_STD_U8LE, {1, 5, 4});
       }},
      {"open", "samples of grey: got 0 of them, expected at least one",
       [](hid_t file) {
         replace_dataset(file, "/samples/grey/images", H5T_STD_U8LE, {1, 0, 4, 3});
       }},
      {"open", "/samples/chords/values: got float32 of shape (1, 2, 10), expected 4 axes",
       [](hid_t file) {
         replace_dataset(file, "/samples/chords/values", H5T_IEEE_F32LE, {1, 2, 10});
       }},
      {"open", "/samples/verses/tokens: got float32 of shape (1, 3, 4), expected int64",
       [](hid_t file) {
         replace_dataset(file, "/samples/verses/tokens", H5T_IEEE_F32LE, {1, 3, 4});
       }},
      {"samples verses", "/samples/verses/text: got int64 of shape (1, 3), expected text",
       [](hid_t file) {
         replace_dataset(file, "/samples/verses/text", H5T_STD_I64LE, {1, 3});
       }},
      {"open", "the attribute rate of /data/sound: got int64 of shape (), expected float64",
       [](hid_t file) { replace_attribute(file, "/data/sound", "rate", H5T_STD_I64LE, {}); }},
      {"open", "the attribute shape of /data/sound: got int64 of shape (2, 3), expected 1 axes",
       [](hid_t file) {
         replace_attribute(file, "/data/sound", "shape", H5T_STD_I64LE, {2, 3});
       }},
      {"open", "the field 'sound' of /data: (4702111234474983745) has more elements than any machine has memory for",
       [](hid_t file) { replace_attribute(file, "/data/sound", "shape", H5T_STD_I64LE, {1}); }},
      {"open", "/tensors/scale/values: got float32 of shape (), expected 1 to 8 axes",
       [](hid_t file) { replace_dataset(file, "/tensors/scale/values", H5T_IEEE_F32LE, {}); }},
      {"open",
       "/checkpoints/a/parameters/scale: got float32 of shape (1, 1, 1, 1, 1, 1, 1, 1, 1), expected 0 to 8 axes",
       [](hid_t file) {
         replace_dataset(file, "/checkpoints/a/parameters/scale", H5T_IEEE_F32LE, {1, 1, 1, 1, 1, 1, 1, 1, 1});
       }},
      {"open",
       "/checkpoints/a/parameters/scale: got the shape (1000000000000000), which is more than the file can hold",
       [](hid_t file) {
         replace_dataset(file, "/checkpoints/a/parameters/scale", H5T_IEEE_F32LE, {1'000'000'000'000'000}, false);
       }},
      {"open",
       "/checkpoints/a/parameters/scale: got the shape (4294967296, 0, 4294967296), which is more than the file can "
       "hold",
       [](hid_t file) {
         replace_dataset(file, "/checkpoints/a/parameters/scale", H5T_IEEE_F32LE, {1ULL << 32, 0, 1ULL << 32}, false);
       }},
      {"open", "/provenance/plugins/version: got float32 of shape (2), expected text",
       [](hid_t file) { replace_dataset(file, "/provenance/plugins/version", H5T_IEEE_F32LE, {2}); }},
      {"train/wait", "/metrics/train/wait: got float64 of shape (100, 3), expected 1 axes",
       [](hid_t file) {
         replace_dataset(file, "/metrics/train/wait", H5T_IEEE_F64LE, {100, 3});
       }},
      {"train/wait", "/metrics/train/wait: got float64 of shape (), expected 1 axes",
       [](hid_t file) { replace_dataset(file, "/metrics/train/wait", H5T_IEEE_F64LE, {}); }},
      {"train/wait", "/metrics/train/wait: got float32 of shape (100), expected float64",
       [](hid_t file) { replace_dataset(file, "/metrics/train/wait", H5T_IEEE_F32LE, {100}); }},
      {"eval/loss", "/metrics/eval/step: got the shape (1000000000000000), which is more than the file can hold",
       [](hid_t file) { replace_dataset(file, "/metrics/eval/step", H5T_STD_I64LE, {1'000'000'000'000'000}, false); }},
      {"timing eval", "/timing/eval/wall_seconds: got int64 of shape (3), expected float64",
       [](hid_t file) { replace_dataset(file, "/timing/eval/wall_seconds", H5T_STD_I64LE, {3}); }},
      {"final", "weights/parameters: 'scale' has the shape (1048576), expected ()",
       [](hid_t file) { replace_dataset(file, "/final/weights/parameters/scale", H5T_IEEE_F32LE, {1 << 20}); }},
      {"best", "weights/parameters: 'generator.0.weight' has the shape (4, 3), expected (3, 4)",
       [](hid_t file) {
         replace_dataset(file, "/best/weights/parameters/generator.0.weight", H5T_IEEE_F32LE, {4, 3});
       }},
      {"best", "/best/summary/value: got float64 of shape (4000), expected 1 values",
       [](hid_t file) { replace_dataset(file, "/best/summary/value", H5T_IEEE_F64LE, {4000}); }},
      {"final", "the attribute sha256 of /final: got uint8 of shape (33), expected the shape (32)",
       [](hid_t file) { replace_attribute(file, "/final", "sha256", H5T_STD_U8LE, {33}); }},
      {"checkpoint", "the attribute sequence of /checkpoints/a: got int64 of shape (4000), expected a single value",
       [](hid_t file) { replace_attribute(file, "/checkpoints/a", "sequence", H5T_STD_I64LE, {4000}); }},
      {"checkpoint", "a sequence number is 4702111234474983745, expected one in [0, 281474976710656]",
       [](hid_t file) { replace_attribute(file, "/checkpoints/b", "sequence", H5T_STD_I64LE, {}); }},
      {"foreign", "the weights of its foreign run cnn-mnist are damaged: their hash differs from what was written",
       [](hid_t file) { replace_dataset(file, "/foreign/0/weights/0.weight", H5T_IEEE_F32LE, {6}); }},
  };
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  for (const Case& one : cases) {
    CAPTURE(one.reason);
    edit(path, one.change);
    std::map<std::string, std::string> said = read_all(path);
    CHECK(said[one.what] == "cannot be read: " + one.reason);
    reopen(path);
  }
}

TEST_CASE("a damaged slot is passed over, also one that counts what cannot be counted") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  for (const char* name : {"epoch", "updates.generator"}) {
    edit(path, [&](hid_t file) {  // the newest is in b
      replace_dataset(file, std::string("/checkpoints/b/counters/") + name, H5T_STD_I64LE, {1 << 18});
    });
    CHECK(Reader(path).newest_checkpoint()->step == 50);
    reopen(path);
  }
}

TEST_CASE("a log leads into no other file") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  write(folder / "raw", std::string(100'000, 'A'));
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  REQUIRE(H5Pset_external(properties, (folder / "raw").c_str(), 0, 800) >= 0);
  edit(path, [&](hid_t file) {
    H5Ldelete(file, "/metrics/train/wait", H5P_DEFAULT);
    const hid_t space = space_of({100});
    H5Dclose(H5Dcreate2(file, "/metrics/train/wait", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Sclose(space);
  });
  H5Pclose(properties);
  CHECK(read_all(path)["train/wait"] ==
        "cannot be read: /metrics/train/wait: its values lie in another file, expected them in the log");
  reopen(path);
  CHECK(example::bytes_of(folder / "raw") == std::string(100'000, 'A'));
}

TEST_CASE("what is written into a log that goes on fits the place that it has there") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  edit(path, [](hid_t file) { replace_dataset(file, "/samples/grey/preview", H5T_STD_U8LE, {1 << 20}); });
  CHECK(example::message_of([&] {
          Writer::reopen(path, 100);
        }).find("/samples/grey/preview: got uint8 of shape (1048576), expected 238 values") != std::string::npos);
  edit(path, [](hid_t file) { replace_attribute(file, "/final", "step", H5T_STD_I64LE, {4000}); });
  CHECK(example::message_of([&] {
          Writer::reopen(path, 100);
        }).find("the attribute step of /final: got int64 of shape (4000), expected a single value") !=
        std::string::npos);
}

TEST_CASE("whatever byte of a log is flipped, its reader lives") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  int refused = 0;
  // Primes: every part of the file has its turn, in all places of its words.
  constexpr size_t stride = example::processes_are_slow ? 2999 : 997;
  for (size_t at = 0; at < sound_log().size(); at += stride) {
    std::string bytes = sound_log();
    bytes[at] = static_cast<char>(~bytes[at]);
    write(path, bytes);
    const auto said = read_all(path);
    refused += std::ranges::any_of(said, [](const auto& part) { return part.second != "read"; }) ? 1 : 0;
  }
  CHECK(refused > 10);
}

TEST_CASE("where what reads a log crashes, it is an error; and the next read begins anew") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  write(path, sound_log());
  const Reader log(path);
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  pid_t process = 0;
  if (!(children >> process)) {
    MESSAGE("skipped: the system does not tell a process its children");
    return;
  }
  REQUIRE(kill(process, SIGSEGV) == 0);
  CHECK(example::message_of([&] { (void)log.best(); }) ==
        path.string() + ": cannot be read: the file is damaged: libhdf5 crashes on it (SIGSEGV)");
  CHECK(log.best());
}

TEST_CASE("a pipe is no log, and nobody waits for it") {
  const example::Folder folder;
  REQUIRE(mkfifo((folder / "pipe.h5").c_str(), 0644) == 0);
  CHECK(read_all(folder / "pipe.h5")["open"] == "cannot be read: it is no regular file");
}
