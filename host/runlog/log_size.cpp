#include "runlog/log_size.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "runlog/checkpoints.hpp"
#include "runlog/layout.hpp"
#include "runlog/sample_stack.hpp"

namespace atelier::runlog {

namespace {

constexpr int64_t number_bytes = 8;

// A row may be too many to count, where an experiment asks for that.
int64_t times(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() / 16 : product;
}

int64_t bytes_of(const std::vector<Entry>& entries) {
  int64_t bytes = 0;
  for (const Entry& entry : entries) {
    bytes += entry.shape.elements() * static_cast<int64_t>(tensor::size_of(entry.dtype));
  }
  return bytes;
}

// Of the tree that leads to the chunks of a dataset: nodes of up to 64 of them, of which a full one is split so that a
// tenth goes into a new one.
int64_t index_bytes(int64_t chunks, int64_t axes) {
  constexpr int64_t head = 24, most = 64, usual = 57;
  const int64_t node = head + most * number_bytes + (most + 1) * (number_bytes + number_bytes * (axes + 1));
  int64_t nodes = 0;
  for (int64_t level = chunks; level > 0; level = level <= most ? 0 : (level + usual - 1) / usual) {
    nodes += level <= most ? 1 : (level + usual - 1) / usual;
  }
  return times(nodes, node);
}

// Columns of the same number of rows, in chunks of 512.
int64_t columns_bytes(int64_t columns, int64_t rows) {
  constexpr int64_t chunk_rows = 512;
  const int64_t chunks = (rows + chunk_rows - 1) / chunk_rows;
  return times(columns, times(chunks, chunk_rows * number_bytes) + index_bytes(chunks, 1));
}

// A step for each row, and the row in a chunk of its own.
int64_t stack_bytes(int64_t rows, int64_t row_bytes, size_t axes) {
  return columns_bytes(1, rows) + times(rows, row_bytes) + index_bytes(rows, static_cast<int64_t>(axes));
}

// Of tokens: the length of a word of the data, as text.
int64_t mean_word_bytes(const RunDescription& description, const SampleSeries& series) {
  const catalog::FieldSpec* const like = description.data.find(series.field);
  int64_t bytes = 0;
  if (like == nullptr || like->class_names.empty()) {
    return 1;
  }
  for (const std::string& name : like->class_names) {
    bytes += std::ssize(name);
  }
  return bytes / std::ssize(like->class_names) + 1;
}

int64_t samples_bytes(const RunDescription& description, const SampleSeries& series, int64_t rows) {
  const hdf5::Type type = dataset_of(series.kind).type;
  const int64_t width = type == hdf5::Type::u8 ? 1 : type == hdf5::Type::f32 ? 4 : number_bytes;
  const int64_t elements = times(series.count, series.dims.elements());
  int64_t bytes = stack_bytes(rows, times(elements, width), series.dims.rank() + 2);
  if (series.kind == catalog::FieldKind::tokens) {
    constexpr int64_t place = 16, head = 16;  // of a text, in its row and where it lies
    bytes += times(rows, times(series.count, place + head) + times(elements, mean_word_bytes(description, series))) +
             index_bytes(rows, 2);
  }
  return bytes;
}

// What HDF5 needs to find everything, with the groups of so many checkpoints that stay.
int64_t layout_bytes(const RunDescription& description, bool averages, int64_t kept) {
  const std::unique_ptr<Storage> storage = Storage::in_memory();
  hdf5::Handle file = hdf5::create_file(*storage);
  make_layout(file, description, {.best = false, .final = !averages});
  for (int64_t step = 0; step < kept; ++step) {
    make_checkpoint(file, kept_path(step), description);
  }
  hdf5::check(H5Fclose(file.release()));
  return static_cast<int64_t>(storage->end());
}

int64_t count_of(const std::map<std::string, int64_t>& rows, const std::string& name) {
  const auto found = rows.find(name);
  return found == rows.end() ? 0 : found->second;
}

}  // namespace

LogSize size_of_log(const RunDescription& description, const RowCounts& rows) {
  check_names(description);
  const int64_t model = bytes_of(description.parameters) + bytes_of(description.state);
  const auto digest_bytes = static_cast<int64_t>(std::tuple_size_v<Sha256::Digest>);
  const int64_t history = std::ssize(names_of_series(description)) * (number_bytes + digest_bytes);
  const int64_t checkpoint = model + bytes_of(description.optimizer) + history +
                             number_bytes * (std::ssize(description.counters) + std::ssize(description.numbers));
  const bool averages =
      std::ranges::any_of(description.optimizer, [](const Entry& entry) { return entry.name.ends_with(".average"); });
  LogSize size;
  size.checkpoints = checkpoint;
  size.weights = history + (averages ? model : 0) + (description.best_metric.empty() ? 0 : model);
  for (const ForeignRun& run : description.foreign) {
    size.weights += bytes_of(run.weights);
  }
  for (const Cadence& cadence : description.cadences) {
    constexpr int64_t others = 5;  // the step of both groups, the epoch, the time and the speed
    size.metrics += columns_bytes(std::ssize(cadence.metrics) + others, count_of(rows.cadences, cadence.name));
  }
  for (const SampleSeries& series : description.samples) {
    size.samples += preview_bytes(series) + samples_bytes(description, series, count_of(rows.samples, series.name));
  }
  for (const TensorSeries& series : description.tensors) {
    constexpr int64_t float_bytes = 4;
    size.tensors += stack_bytes(count_of(rows.tensors, series.name), times(series.shape.elements(), float_bytes),
                                series.shape.rank() + 1);
  }
  try {
    hdf5::prepare();
    size.structure = layout_bytes(description, averages, 0);
    constexpr int64_t some = 16;  // as the first may find room that is left
    size.kept = times(rows.kept_checkpoints, checkpoint);
    if (rows.kept_checkpoints > 0) {
      size.kept += times(rows.kept_checkpoints, (layout_bytes(description, averages, some) - size.structure) / some);
    }
  } catch (const hdf5::Failure& failure) {
    throw Error(ErrorKind::file, "the log cannot be made: {}", failure.what());
  }
  return size;
}

}  // namespace atelier::runlog
