#include "data/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/sha256.hpp"
#include "data/sample_bytes.hpp"
#include "tensor/storage.hpp"

namespace atelier::data {
namespace {

constexpr int64_t samples_hashed_together = 256;  // a part of the hash: other pieces, other hashes

struct Piece {
  plugin::Split split;
  int64_t first, count;
};

std::vector<Piece> pieces_of(const catalog::DataSpec& spec) {
  std::vector<Piece> out;
  const auto add = [&](plugin::Split split, int64_t count) {
    for (int64_t first = 0; first < count; first += samples_hashed_together) {
      out.push_back({split, first, std::min(samples_hashed_together, count - first)});
    }
  };
  add(plugin::Split::train, spec.train_count);
  add(plugin::Split::test, spec.test_count);
  return out;
}

std::string hash_of(const plugin::Dataset& dataset, const Piece& piece) {
  std::vector<std::vector<std::byte>> values;
  std::vector<void*> places;
  for (const catalog::FieldSpec& field : dataset.spec().fields) {
    values.emplace_back(bytes_of_sample(field));
    places.push_back(values.back().data());
  }
  Sha256 hash;
  for (int64_t i = piece.first; i < piece.first + piece.count; ++i) {
    dataset.read(piece.split, i, places.data());
    for (const std::vector<std::byte>& field : values) {
      hash.update(field.data(), field.size());
    }
    const int64_t group = piece.split == plugin::Split::train ? dataset.group(i) : 0;
    hash.update(&group, sizeof group);
  }
  return hash.digest();
}

// Each piece's hash by itself, so that no thread count and no order of theirs matters.
std::vector<std::string> hashes_of(const plugin::Dataset& dataset, const std::vector<Piece>& pieces, int threads) {
  std::vector<std::string> out(pieces.size());
  std::atomic<size_t> next = 0;
  std::mutex lock;
  std::exception_ptr failure;
  const auto work = [&] {
    for (size_t i = next++; i < pieces.size(); i = next++) {
      try {
        out[i] = hash_of(dataset, pieces[i]);
      } catch (...) {
        next = pieces.size();
        const std::lock_guard guard(lock);
        failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int w = 1; w < threads && static_cast<size_t>(w) < pieces.size(); ++w) {
      workers.emplace_back(work);
    }
    work();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  return out;
}

std::string fields_text(const catalog::DataSpec& spec) {
  std::string out = fmt::format("{} {}\n", spec.train_count, spec.test_count);
  for (const catalog::FieldSpec& field : spec.fields) {
    out += fmt::format("{} {} {} {} {} {}\n", field.name, static_cast<int>(field.dtype), tensor::to_string(field.dims),
                       field.classes, field.low, field.high);
  }
  return out;
}

// Of each that reads files: what a dataset adds to its sources is said by its settings.
void add_samples(const plugin::Dataset& dataset, int threads, Sha256& all, bool& any) {
  if (dataset.reads_files()) {
    any = true;
    const std::string fields = fields_text(dataset.spec());
    all.update(fields.data(), fields.size());
    for (const std::string& piece : hashes_of(dataset, pieces_of(dataset.spec()), threads)) {
      all.update(piece.data(), piece.size());
    }
  }
  for (const plugin::Dataset* source : dataset.sources()) {
    add_samples(*source, threads, all, any);
  }
}

}  // namespace

std::string hash_of_samples(const plugin::Dataset& dataset, int threads) {
  Sha256 all;
  bool any = false;
  add_samples(dataset, threads, all, any);
  return any ? all.digest() : "";
}

}  // namespace atelier::data
