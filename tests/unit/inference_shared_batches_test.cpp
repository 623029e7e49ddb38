// Batches that ranks share out: each is computed once, and all know what all found. Here the ranks are threads.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "base/error.hpp"
#include "inference/shared_batches.hpp"
#include "tensor/memory.hpp"
#include "thread_ranks.hpp"

using namespace atelier;
using atelier::inference::share_batches;
using atelier::inference::SharedWork;
using atelier::test::as_ranks;
using atelier::test::ThreadRanks;

namespace {

// What a batch gives: a number, which may be none, a tensor of as many rows as its number, and an empty one.
struct Batch {
  execute::StepResults results;

  explicit Batch(int64_t number) {
    const double value = number == 1 ? std::nan("") : number == 2 ? -0.0 : 1.0 / static_cast<double>(number + 3);
    results.entries.push_back({execute::OutputKind::logged, number % 2, value, static_cast<double>(number), nullptr});
    for (const int64_t rows : {number, int64_t{0}}) {
      auto tensor = std::make_unique<tensor::Tensor>(tensor::Shape{rows, 2}, tensor::DType::i64);
      for (int64_t i = 0; i < 2 * rows; ++i) {
        tensor->storage.as<int64_t>()[i] = 100 * number + i;
      }
      results.entries.push_back({execute::OutputKind::requested, 0, 0, 0, tensor.get()});
      results.tensors.push_back(std::move(tensor));
    }
  }
};

std::string bytes_of(double value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string text_of(const execute::StepResults& results) {
  std::string text;
  for (const execute::StepResult& entry : results.entries) {
    text += fmt::format("{} {} {} ", static_cast<int>(entry.kind), entry.index, entry.count) + bytes_of(entry.value);
    if (entry.tensor != nullptr) {
      text += tensor::described(entry.tensor->shape, entry.tensor->dtype) +
              std::string(reinterpret_cast<const char*>(entry.tensor->storage.data()), entry.tensor->bytes());
    }
  }
  return text;
}

struct Found {
  std::vector<int64_t> computed, parts;
  std::vector<std::string> taken;
};

Found found_of(Ranks* ranks, int64_t batches) {
  Found found;
  std::unique_ptr<Batch> newest;
  share_batches(ranks, batches,
                {[&](int64_t batch) -> const execute::StepResults& {
                   found.computed.push_back(batch);
                   newest = std::make_unique<Batch>(batch);
                   return newest->results;
                 },
                 [&](const execute::StepResults& results) { found.taken.push_back(text_of(results)); },
                 [&](int64_t done) { found.parts.push_back(done); }});
  return found;
}

}  // namespace

TEST_CASE("batches are computed once, and all ranks take all of them in order") {
  for (const int64_t batches : {0, 1, 2, 3, 7}) {
    CAPTURE(batches);
    const Found alone = found_of(nullptr, batches);
    CHECK(std::ssize(alone.computed) == batches);
    CHECK(std::ssize(alone.parts) == batches);
    std::array<Found, 3> found;
    as_ranks(3, [&](ThreadRanks& ranks) { found[static_cast<size_t>(ranks.rank())] = found_of(&ranks, batches); });
    std::vector<int64_t> computed(static_cast<size_t>(batches), 0);
    for (const Found& one : found) {
      CHECK(one.taken == alone.taken);
      CHECK(one.parts == found[0].parts);
      for (const int64_t batch : one.computed) {
        ++computed[static_cast<size_t>(batch)];
      }
    }
    CHECK(computed == std::vector<int64_t>(computed.size(), 1));
    CHECK((batches == 0 || found[0].parts.back() == batches));
  }
}

TEST_CASE("what one rank fails with, all fail with, in its words and of its kind") {
  for (const bool is_ours : {true, false}) {
    std::array<std::string, 3> words;
    std::array<int, 3> taken{};
    as_ranks(3, [&](ThreadRanks& ranks) {
      const auto own = static_cast<size_t>(ranks.rank());
      const Batch batch(4);
      const SharedWork work{[&](int64_t number) -> const execute::StepResults& {
                              if (number != 4) {
                                return batch.results;
                              }
                              if (is_ours) {
                                throw Error(ErrorKind::numeric, "the évaluation: not finite");
                              }
                              throw std::runtime_error("no more");
                            },
                            [&](const execute::StepResults&) { ++taken[own]; },
                            {}};
      try {
        share_batches(&ranks, 9, work);
      } catch (const Error& error) {
        words[own] = fmt::format("{} {}", static_cast<int>(error.kind()), error.what());
      } catch (const std::runtime_error& error) {
        words[own] = error.what();
      }
    });
    const std::string error = is_ours
                                  ? fmt::format("{} the évaluation: not finite", static_cast<int>(ErrorKind::numeric))
                                  : fmt::format("{} no more", static_cast<int>(ErrorKind::internal));
    CHECK(words == std::array<std::string, 3>{error, is_ours ? error : "no more", error});
    CHECK(taken == std::array<int, 3>{3, 3, 3});  // of the round before
  }
}

TEST_CASE("who shares batches with a rank that is lost is told") {
  test::Mail mail;
  test::ThreadRanks ranks(mail, 2, 0);
  mail.lose("rank 1 on 'elsewhere' is gone");
  CHECK_THROWS_WITH_AS((void)found_of(&ranks, 4), "rank 1 on 'elsewhere' is gone", Error);
}
