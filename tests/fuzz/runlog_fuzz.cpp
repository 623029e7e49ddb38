// Logs of runs: all that can be read of a log that was edited. An input is the edits, five bytes each: a kind, a place
// (three bytes) and a value. The edits of attributes and datasets give a sound file whose contents are not those of a
// log: LogFile reads it here, under the sanitizers. With edits of bytes, libhdf5 itself may crash: a Reader is to live.
#include <hdf5.h>
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

#include <algorithm>

#include "../plugins/folder.hpp"
#include "../unit/runlog_example.hpp"
#include "base/error.hpp"
#include "require.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/log_file.hpp"
#include "runlog/reader.hpp"
#include "runlog/sample_stack.hpp"

namespace {

using namespace atelier;
using namespace atelier::runlog;
using fuzz::require;
using Bytes = std::span<const uint8_t>;

// A run of a hundred steps with something of all that a log may have.
std::string sound_log() {
  const testing::Folder folder;
  auto run = example::description();
  run.source = run.resolved;
  Writer log = Writer::create(folder.file("log.h5"), run);
  example::write_foreign(log);
  example::write_steps(log, 0, 100);
  example::finish(log, 100);
  return testing::read_bytes(folder.file("log.h5"));
}

struct Edit {
  enum Kind { byte, attribute, dataset };
  Kind kind;
  size_t place;
  uint8_t value;
};

// One input edits either bytes or objects.
std::vector<Edit> edits_of(Bytes input) {
  constexpr size_t edit_bytes = 5;
  constexpr uint8_t one_in = 8;
  const bool bytes = !input.empty() && input[0] % one_in == 0;
  std::vector<Edit> edits;
  for (; input.size() >= edit_bytes; input = input.subspan(edit_bytes)) {
    const Edit::Kind object = input[0] % 2 == 0 ? Edit::attribute : Edit::dataset;
    edits.push_back(
        {bytes ? Edit::byte : object, size_t{input[1]} | size_t{input[2]} << 8 | size_t{input[3]} << 16, input[4]});
  }
  return edits;
}

std::vector<std::string> objects_in(hid_t file) {
  std::vector<std::string> names;
  const auto note = [](hid_t, const char* name, const H5O_info_t*, void* all) -> herr_t {
    static_cast<std::vector<std::string>*>(all)->emplace_back(name);
    return 0;
  };
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, note, &names, H5O_INFO_BASIC);
  return names;
}

struct Content {
  hid_t type, space;
  std::vector<char> bytes;

  ~Content() { H5Sclose(space); }
};

// One of several types and shapes, full of the letter A.
Content content_of(uint8_t value) {
  static const hid_t letters = [] {
    const hid_t made = H5Tcopy(H5T_C_S1);
    H5Tset_size(made, 9);
    return made;
  }();
  const std::array types = {H5T_NATIVE_INT64, H5T_NATIVE_DOUBLE, H5T_NATIVE_FLOAT, H5T_NATIVE_UINT8, letters};
  const std::array<std::vector<hsize_t>, 7> shapes = {{{}, {0}, {1}, {4000}, {3, 3}, {2, 2, 2}, {2, 1, 2, 2, 2}}};
  const hid_t type = types[value % types.size()];
  const std::vector<hsize_t>& shape = shapes[value / types.size() % shapes.size()];
  const hid_t space =
      shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const auto elements = static_cast<size_t>(H5Sget_simple_extent_npoints(space));
  return {type, space, std::vector<char>(elements * H5Tget_size(type) + 1, 'A')};
}

void edit_attribute(hid_t object, const Edit& edit) {
  H5O_info_t info;
  H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS);
  if (info.num_attrs == 0) {
    return;
  }
  const hid_t old =
      H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, edit.place % info.num_attrs, H5P_DEFAULT, H5P_DEFAULT);
  std::array<char, 100> name{};
  H5Aget_name(old, name.size(), name.data());
  H5Aclose(old);
  H5Adelete(object, name.data());
  const Content content = content_of(edit.value);
  const hid_t made = H5Acreate2(object, name.data(), content.type, content.space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(made, content.type, content.bytes.data());
  H5Aclose(made);
}

void edit_dataset(hid_t file, const std::string& name, const Edit& edit) {
  const Content content = content_of(edit.value);
  H5Ldelete(file, name.c_str(), H5P_DEFAULT);
  const hid_t made = H5Dcreate2(file, name.c_str(), content.type, content.space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(made, content.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.bytes.data());
  H5Dclose(made);
}

// What cannot be edited stays; HDF5 says so by an id below 0, which its other functions refuse.
void edit_objects(const std::string& path, const std::vector<Edit>& edits) {
  static const std::vector<std::string> names = [&] {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const std::vector<std::string> found = objects_in(file);
    H5Fclose(file);
    return found;
  }();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  for (const Edit& edit : edits) {
    const std::string& name = names[edit.place % names.size()];
    if (edit.kind == Edit::attribute) {
      const hid_t object = H5Oopen(file, name.c_str(), H5P_DEFAULT);
      edit_attribute(object, {edit.kind, edit.place / names.size(), edit.value});
      H5Oclose(object);
    } else if (edit.kind == Edit::dataset) {
      edit_dataset(file, name, edit);
    }
  }
  H5Fclose(file);
}

void edit_bytes(const std::string& path, const std::vector<Edit>& edits) {
  std::string bytes = testing::read_bytes(path);
  for (const Edit& edit : edits) {
    if (edit.kind == Edit::byte) {
      bytes[edit.place % bytes.size()] = static_cast<char>(edit.value);
    }
  }
  testing::write(path, bytes);
}

template <typename Action>
void unless_refused(Action&& action) {
  try {
    action();
  } catch (const hdf5::Failure& failure) {
    require(!std::string_view(failure.what()).empty(), "what refuses a log says why");
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::file, "a log that is refused is a file's error");
  }
}

// Reader and LogFile differ in how a cadence is read, and a row of images or of a tensor is read.
void read_row(const Reader& log, const SampleSeries& series, int64_t row) {
  if (dataset_of(series.kind).type == hdf5::Type::u8) {
    (void)log.samples(series.name, row);
  } else {
    (void)log.sample_values(series.name, row);
  }
  if (series.kind == catalog::FieldKind::tokens) {
    (void)log.sample_texts(series.name, row);
  }
}
void read_row(const LogFile& log, const SampleSeries& series, int64_t row) {
  if (dataset_of(series.kind).type == hdf5::Type::u8) {
    (void)log.sample_row(series.name, row);
  } else {
    (void)log.sample_values(series.name, row);
  }
  if (series.kind == catalog::FieldKind::tokens) {
    (void)log.sample_texts(series.name, row);
  }
}
void read_row(const Reader& log, const TensorSeries& series, int64_t row) {
  (void)log.tensor(series.name, row);
}
void read_row(const LogFile& log, const TensorSeries& series, int64_t row) {
  (void)log.tensor_row(series.name, row);
}

void read_cadence(const Reader& log, const Cadence& cadence) {
  for (const auto& metric : cadence.metrics) {
    unless_refused([&] { (void)log.metric(cadence.name, metric.name); });
  }
  unless_refused([&] { (void)log.timing(cadence.name); });
}
void read_cadence(const LogFile& log, const Cadence& cadence) {
  unless_refused([&] { (void)log.cadence(cadence.name); });
}

template <typename Log, typename Series>
void read_rows(const Log& log, const Series& series, const std::vector<int64_t>& steps) {
  constexpr size_t most = 4;  // rows that are like the others take no way of their own
  for (size_t row = 0; row < std::min(steps.size(), most); ++row) {
    read_row(log, series, static_cast<int64_t>(row));
  }
}

template <typename Log>
void read_series(const Log& log) {
  const auto& run = log.description();
  for (const auto& cadence : run.cadences) {
    read_cadence(log, cadence);
  }
  for (const auto& series : run.samples) {
    unless_refused([&] { read_rows(log, series, log.sample_steps(series.name)); });
  }
  for (const auto& series : run.tensors) {
    unless_refused([&] { read_rows(log, series, log.tensor_steps(series.name)); });
  }
}

template <typename Log>
void read_all(const std::string& path) {
  const Log log(path);
  read_series(log);
  for (size_t i = 0; i < log.description().foreign.size(); ++i) {
    unless_refused([&] { (void)log.foreign_weights(i); });
  }
  unless_refused([&] { (void)log.newest_checkpoint(); });
  unless_refused([&] { (void)log.best(); });
  unless_refused([&] { (void)log.final_result(); });
}

// Who goes on with such a log writes into it.
void go_on(const std::string& path) {
  Writer log = Writer::reopen(path, 100);
  log.close();
}

void check_nothing_is_open() {
  constexpr unsigned kinds = H5F_OBJ_FILE | H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR;
  require(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), kinds) == 0, "nothing of a log stays open");
}

}  // namespace

// libhdf5 1.10 leaks where it refuses a file. What we do not close is found by check_nothing_is_open.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5_serial\n";
}

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  // That a process ends that reads a log is no finding.
  return pthread_atfork(nullptr, nullptr, [] { __sanitizer_set_death_callback(nullptr); });
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string sound = sound_log();
  static const testing::Folder folder;
  const std::vector<Edit> edits = edits_of({data, size});
  const std::string path = folder.file("log.h5");
  testing::write(path, sound);
  edit_objects(path, edits);
  edit_bytes(path, edits);
  if (!edits.empty() && edits.front().kind == Edit::byte) {
    unless_refused([&] { read_all<Reader>(path); });
    return 0;
  }
  unless_refused([&] { read_all<LogFile>(path); });
  unless_refused([&] { go_on(path); });
  check_nothing_is_open();
  return 0;
}
