// What the processes of a run exchange within a step. They are threads here.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "kernels/failure.hpp"
#include "kernels/rank_exchange.hpp"
#include "tensor/storage.hpp"
#include "thread_ranks.hpp"

namespace atelier::kernels {
namespace {

using atelier::test::as_ranks;

// Numbers whose sums depend on the order.
float number(size_t shard, size_t tensor, int64_t element) {
  return std::sin(static_cast<float>(1 + shard * 7919 + tensor * 104729) * 0.37F + static_cast<float>(element) * 1.7F) *
         std::exp2(static_cast<float>((shard * 5 + static_cast<size_t>(element)) % 11));
}

// The definition: neighbours first, then neighbouring pairs; what is left joins from the end.
float tree_sum(const std::vector<float>& leaves) {
  std::vector<std::pair<size_t, float>> parts;
  const auto join = [&] {
    const auto right = parts.back();
    parts.pop_back();
    parts.back().first += right.first;
    parts.back().second += right.second;
  };
  for (const float leaf : leaves) {
    parts.emplace_back(1, leaf);
    while (parts.size() > 1 && parts.end()[-1].first == parts.end()[-2].first) {
      join();
    }
  }
  while (parts.size() > 1) {
    join();
  }
  return parts.front().second;
}

void run(const ExchangeKernel& kernel, const std::vector<const void*>& inputs, const std::vector<void*>& outputs) {
  tensor::Storage workspace(kernel.workspace_bytes());
  const Arguments arguments{inputs.data(), outputs.data(), nullptr, workspace.data(), nullptr};
  for (int64_t phase = 0; phase < kernel.phases(); ++phase) {
    for (int64_t piece = kernel.pieces(phase); piece-- > 0;) {  // in any order
      kernel.run(phase, piece, arguments);
    }
    while (kernel.waits(phase) && !kernel.is_done(phase)) {
      std::this_thread::yield();
    }
  }
}

// Of one rank: the sums of its blocks, and what comes of them.
void check_sum(Ranks& ranks, size_t shards, const std::vector<int64_t>& lengths) {
  RankSum sum{{}, shards, 3};
  for (const int64_t length : lengths) {
    sum.sums.push_back({{length}, tensor::DType::f32});
  }
  const size_t own = shards / static_cast<size_t>(ranks.count());
  const size_t first = own * static_cast<size_t>(ranks.rank());
  const std::vector<size_t> blocks = blocks_of(first, own);
  std::vector<std::vector<float>> given, expected, found;
  std::vector<float> leaves;
  for (size_t t = 0; t < lengths.size(); ++t) {
    size_t shard = first;
    for (const size_t block : blocks) {
      given.emplace_back();
      for (int64_t e = 0; e < lengths[t]; ++e) {
        leaves.clear();
        for (size_t s = shard; s < shard + block; ++s) {
          leaves.push_back(number(s, t, e));
        }
        given.back().push_back(tree_sum(leaves));
      }
      shard += block;
    }
    expected.emplace_back();
    for (int64_t e = 0; e < lengths[t]; ++e) {
      leaves.clear();
      for (size_t s = 0; s < shards; ++s) {
        leaves.push_back(number(s, t, e));
      }
      expected.back().push_back(tree_sum(leaves));
    }
    found.emplace_back(static_cast<size_t>(lengths[t]), std::nanf(""));
  }
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const std::vector<float>& one : given) {
    inputs.push_back(one.data());
  }
  for (std::vector<float>& one : found) {
    outputs.push_back(one.data());
  }
  const auto kernel = make_rank_sum(ranks, sum);
  for (int turn = 0; turn < 2; ++turn) {
    run(*kernel, inputs, outputs);
    if (found != expected) {
      throw Error(ErrorKind::internal, "rank {} of {}, {} shards: other bits", ranks.rank(), ranks.count(), shards);
    }
  }
}

}  // namespace

TEST_CASE("ranks: a range of shards is cut where the tree of all of them is") {
  CHECK(blocks_of(0, 8) == std::vector<size_t>{8});
  CHECK(blocks_of(4, 4) == std::vector<size_t>{4});
  CHECK(blocks_of(0, 6) == std::vector<size_t>{4, 2});
  CHECK(blocks_of(3, 3) == std::vector<size_t>{1, 2});
  CHECK(blocks_of(5, 5) == std::vector<size_t>{1, 2, 2});
  CHECK(blocks_of(6, 1) == std::vector<size_t>{1});
}

TEST_CASE("ranks: a sum over shards has the bits of their tree, however many ranks they are spread over") {
  // Of more than 8,192 elements a rank adds up a part.
  const std::vector<std::vector<int64_t>> tensors{{1}, {5, 1, 300}, {9000}, {8200, 3, 8500}, {0}, {7, 0}};
  for (const int count : {2, 3, 8}) {
    for (const size_t each : {1, 3, 5}) {
      for (const std::vector<int64_t>& lengths : tensors) {
        CAPTURE(count);
        CAPTURE(each);
        CHECK_NOTHROW(
            as_ranks(count, [&](Ranks& ranks) { check_sum(ranks, each * static_cast<size_t>(count), lengths); }));
      }
    }
  }
}

TEST_CASE("ranks: rows of all follow one another") {
  as_ranks(3, [](Ranks& ranks) {
    const auto kernel = make_rank_concatenation(ranks, {{2, 2}, tensor::DType::i64}, 1);
    const int64_t base = 10 * ranks.rank();
    const std::vector<int64_t> own{base, base + 1, base + 2, base + 3};
    std::vector<int64_t> all(12, -1);
    run(*kernel, {own.data()}, {all.data()});
    if (all != std::vector<int64_t>{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}) {
      throw Error(ErrorKind::internal, "other rows");
    }
  });
}

TEST_CASE("ranks: what is shared, gathered and agreed on") {
  as_ranks(4, [](Ranks& ranks) {
    const std::string own = std::string(static_cast<size_t>(ranks.rank()), 'x') + "é";
    ranks.wait_for_first();
    if (ranks.shared_value(ranks.rank() + 5) != 5) {
      throw Error(ErrorKind::internal, "not the first one's");
    }
    if (ranks.shared(own) != "é") {
      throw Error(ErrorKind::internal, "not the first one's text");
    }
    const std::vector<std::string> all = ranks.gathered(own);
    if (ranks.is_first() ? all != std::vector<std::string>{"é", "xé", "xxé", "xxxé"} : !all.empty()) {
      throw Error(ErrorKind::internal, "not each one's");
    }
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{3000}}) {
      std::vector<std::string> expected;
      for (size_t rank = 0; rank < 4; ++rank) {
        expected.emplace_back(rank * bytes, static_cast<char>('a' + rank));
      }
      if (ranks.exchanged(expected[static_cast<size_t>(ranks.rank())]) != expected) {
        throw Error(ErrorKind::internal, "not known to all");
      }
    }
    Agreement agreement(ranks, agreement_tag);
    for (int step = 0; step < 6; ++step) {
      agreement.start(step == 3 && ranks.rank() == 2);
      if (agreement.take() != (step == 3)) {
        throw Error(ErrorKind::internal, "not agreed");
      }
    }
  });
}

TEST_CASE("ranks: whoever waits for one that is lost is told, and goes on") {
  atelier::test::Mail mail;
  atelier::test::ThreadRanks ranks(mail, 2, 0);
  const auto kernel = make_rank_sum(ranks, {{{{3}, tensor::DType::f32}}, 2, 0});
  const std::vector<float> own(3, 1.0F);
  std::vector<float> out(3);
  mail.lose("rank 1 on 'elsewhere' is gone");
  run(*kernel, {own.data()}, {out.data()});
  CHECK_THROWS_WITH_AS(throw_failed_run(), "rank 1 on 'elsewhere' is gone", Error);
  CHECK_THROWS_WITH_AS((void)ranks.shared_value(1), "rank 1 on 'elsewhere' is gone", Error);
}

TEST_CASE("ranks: one that is lost after all of it has arrived spoils nothing") {
  atelier::test::Mail mail;
  atelier::test::ThreadRanks ranks(mail, 2, 0), other(mail, 2, 1);
  const RankSum sum{{{{3}, tensor::DType::f32}}, 2, 0};
  const auto kernel = make_rank_sum(ranks, sum), far = make_rank_sum(other, sum);
  const std::vector<float> own(3, 1.0F);
  std::vector<float> out(3), far_out(3);
  tensor::Storage workspace(kernel->workspace_bytes()), far_workspace(far->workspace_bytes());
  const void* const inputs[] = {own.data()};
  void* const outputs[] = {out.data()};
  void* const far_outputs[] = {far_out.data()};
  const Arguments arguments{inputs, outputs, nullptr, workspace.data(), nullptr};
  far->run(0, 0, {inputs, far_outputs, nullptr, far_workspace.data(), nullptr});
  kernel->run(0, 0, arguments);
  REQUIRE(kernel->waits(0));
  REQUIRE(kernel->is_done(0));
  mail.lose("rank 1 on 'elsewhere' is gone");
  CHECK_FALSE(kernel->is_lost());
  kernel->run(1, 0, arguments);
  CHECK(out == std::vector<float>(3, 2.0F));
  CHECK_NOTHROW(throw_failed_run());
}

}  // namespace atelier::kernels
