#include "runlog/history.hpp"

#include <fmt/core.h>

#include <array>
#include <concepts>
#include <tuple>
#include <utility>

#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/transfer.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;

// Texts and lists with their lengths, so that no two values give the same bytes.
void put(Sha256& hash, const std::string& text) {
  const auto size = static_cast<int64_t>(text.size());
  hash.update(&size, sizeof(size));
  hash.update(text.data(), text.size());
}

template <Number T>
void put(Sha256& hash, T value) {
  hash.update(&value, sizeof(value));
}

void put(Sha256& hash, const tensor::Shape& shape) {
  put(hash, static_cast<int64_t>(shape.rank()));
  for (const int64_t length : shape.dims()) {
    put(hash, length);
  }
}

template <Struct T>
void put(Sha256& hash, T& value);

template <typename T>
void put(Sha256& hash, std::vector<T>& values) {
  put(hash, static_cast<int64_t>(values.size()));
  for (T& value : values) {
    put(hash, value);
  }
}

template <Struct T>
void put(Sha256& hash, T& value) {
  std::apply([&](auto&... members) { (put(hash, members), ...); }, fields(value));
}

}  // namespace

void RowsHash::begin(int64_t step) {
  if (std::exchange(open_, true)) {
    before_ = hash_.finish();
  }
  ++rows_;
  hash_.update(before_.data(), before_.size());
  hash_.update(&step, sizeof(step));
}

void RowsHash::add(const std::string& text) {
  put(hash_, text);
}

std::vector<std::string> names_of_series(const RunDescription& description) {
  std::vector<std::string> names;
  for (const Cadence& cadence : description.cadences) {
    names.push_back("metrics/" + cadence.name);
  }
  for (const SampleSeries& series : description.samples) {
    names.push_back("samples/" + series.name);
  }
  for (const TensorSeries& series : description.tensors) {
    names.push_back("tensors/" + series.name);
  }
  return names;
}

void make_history(hid_t group, size_t series) {
  const std::array<int64_t, 1> rows{static_cast<int64_t>(series)};
  const std::array<int64_t, 2> digests{rows.front(), std::tuple_size_v<Sha256::Digest>};
  const Handle history = hdf5::make_group(group, "history");
  hdf5::write_attribute(history, "previous", Sha256::Digest{});
  hdf5::write_attribute(history, "best", Sha256::Digest{});
  hdf5::make_array(history, "rows", hdf5::Type::i64, rows);
  hdf5::make_array(history, "sha256", hdf5::Type::u8, digests);
}

void write_history(hid_t group, const History& history) {
  if (!hdf5::has(group, "history")) {  // of a log of an earlier version
    make_history(group, history.rows.size());
  }
  const Handle to = hdf5::open_group(group, "history");
  hdf5::write_attribute(to, "previous", history.previous);
  hdf5::write_attribute(to, "best", history.best);
  hdf5::write_all(hdf5::open_dataset(to, "rows"), std::span(history.rows));
  hdf5::write_all(hdf5::open_dataset(to, "sha256"), bytes_of_digests(history.digests));
}

std::optional<History> read_history(hid_t group, const RunDescription& description) {
  if (!hdf5::has(group, "history")) {
    return std::nullopt;
  }
  const Handle from = hdf5::open_group(group, "history");
  const size_t series = names_of_series(description).size();
  History history{std::vector<int64_t>(series), std::vector<Sha256::Digest>(series),
                  hdf5::read_digest_attribute(from, "previous"), hdf5::read_digest_attribute(from, "best")};
  hdf5::read_all(hdf5::open_dataset(from, "rows"), std::span(history.rows));
  hdf5::read_all(hdf5::open_dataset(from, "sha256"), bytes_of_digests(history.digests));
  return history;
}

void add(Sha256& hash, const History& history, bool with_previous) {
  hash.update(history.rows.data(), history.rows.size() * sizeof(int64_t));
  for (const Sha256::Digest& digest : history.digests) {
    hash.update(digest.data(), digest.size());
  }
  if (with_previous) {
    hash.update(history.previous.data(), history.previous.size());
  }
  hash.update(history.best.data(), history.best.size());
}

Sha256::Digest digest_of(const RunDescription& description) {
  Sha256 hash;
  RunDescription all = description;
  all.provenance.changes.clear();
  for (std::string* text : {&all.run_id, &all.name, &all.created_utc, &all.source, &all.resolved, &all.overrides,
                            &all.directory, &all.best_metric}) {
    put(hash, *text);
  }
  put(hash, all.seed);
  put(hash, all.provenance);
  put(hash, all.data);
  put(hash, all.cadences);
  put(hash, all.samples);
  for (ForeignRun& run : all.foreign) {
    put(hash, run.name);
    put(hash, run.run_id);
    put(hash, run.resolved);
  }
  return hash.bytes();
}

}  // namespace atelier::runlog
