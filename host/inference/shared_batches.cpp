#include "inference/shared_batches.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace atelier::inference {
namespace {

// What a rank says of its batch: what it found, or what it failed with.
enum class Word : char { nothing, results, failure };

template <typename T>
void put(std::string& text, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T take(std::string_view& text) {
  static_assert(std::is_trivially_copyable_v<T>);
  ATELIER_CHECK(text.size() >= sizeof(T));
  T value{};
  std::memcpy(&value, text.data(), sizeof value);
  text.remove_prefix(sizeof value);
  return value;
}

void put_tensor(std::string& text, const tensor::Tensor& tensor) {
  put(text, tensor.dtype);
  put(text, static_cast<int64_t>(tensor.shape.rank()));
  for (const int64_t length : tensor.shape.dims()) {
    put(text, length);
  }
  text.append(reinterpret_cast<const char*>(tensor.storage.data()), tensor.bytes());
}

tensor::Tensor take_tensor(std::string_view& text) {
  const auto dtype = take<tensor::DType>(text);
  std::vector<int64_t> dims(static_cast<size_t>(take<int64_t>(text)));
  for (int64_t& length : dims) {
    length = take<int64_t>(text);
  }
  tensor::Tensor tensor(tensor::Shape(dims), dtype);
  ATELIER_CHECK(text.size() >= tensor.bytes());
  if (tensor.bytes() > 0) {
    std::memcpy(tensor.storage.data(), text.data(), tensor.bytes());
  }
  text.remove_prefix(tensor.bytes());
  return tensor;
}

std::string message_of(const execute::StepResults& results) {
  std::string text;
  put(text, Word::results);
  put(text, results.entries.size());
  for (const execute::StepResult& entry : results.entries) {
    put(text, entry.kind);
    put(text, entry.index);
    put(text, entry.value);
    put(text, entry.count);
    put(text, entry.tensor != nullptr);
    if (entry.tensor != nullptr) {
      put_tensor(text, *entry.tensor);
    }
  }
  return text;
}

std::string message_of(ErrorKind kind, const char* what) {
  std::string text;
  put(text, Word::failure);
  put(text, kind);
  return text + what;
}

execute::StepResults results_of(std::string_view text) {
  execute::StepResults results;
  const auto count = take<size_t>(text);
  for (size_t i = 0; i < count; ++i) {
    execute::StepResult entry;
    entry.kind = take<execute::OutputKind>(text);
    entry.index = take<int64_t>(text);
    entry.value = take<double>(text);
    entry.count = take<double>(text);
    if (take<bool>(text)) {
      results.tensors.push_back(std::make_unique<tensor::Tensor>(take_tensor(text)));
      entry.tensor = results.tensors.back().get();
    }
    results.entries.push_back(entry);
  }
  return results;
}

// What this rank has to say of a round.
struct Own {
  const execute::StepResults* results = nullptr;
  std::exception_ptr failure;
  std::string message = std::string(1, static_cast<char>(Word::nothing));
};

Own computed(int64_t batch, const SharedWork& work) {
  Own own;
  try {
    own.results = &work.compute(batch);
    own.message = message_of(*own.results);
  } catch (const Error& error) {
    own.failure = std::current_exception();
    own.message = message_of(error.kind(), error.what());
  } catch (const std::exception& error) {
    own.failure = std::current_exception();
    own.message = message_of(ErrorKind::internal, error.what());
  }
  return own;
}

// The first failure of any rank; this one's as it was thrown.
void throw_failure(const std::vector<std::string>& messages, int rank, const Own& own) {
  for (size_t i = 0; i < messages.size(); ++i) {
    std::string_view text = messages[i];
    if (take<Word>(text) != Word::failure) {
      continue;
    }
    if (std::cmp_equal(i, rank)) {
      std::rethrow_exception(own.failure);
    }
    const auto kind = take<ErrorKind>(text);
    throw Error(kind, std::string(text));
  }
}

// A batch for each rank, the last ones perhaps without.
void share_round(Ranks& ranks, int64_t first, int64_t batches, const SharedWork& work) {
  const int64_t batch = first + ranks.rank();
  const Own own = batch < batches ? computed(batch, work) : Own();
  const std::vector<std::string> messages = ranks.exchanged(own.message);
  throw_failure(messages, ranks.rank(), own);
  for (size_t rank = 0; rank < messages.size(); ++rank) {
    std::string_view text = messages[rank];
    if (take<Word>(text) == Word::nothing) {
      continue;
    }
    if (std::cmp_equal(rank, ranks.rank())) {
      work.take(*own.results);
    } else {
      work.take(results_of(text));
    }
  }
}

}  // namespace

void share_batches(Ranks* ranks, int64_t batches, const SharedWork& work) {
  const int64_t together = ranks == nullptr ? 1 : ranks->count();
  for (int64_t first = 0; first < batches; first += together) {
    if (ranks == nullptr) {
      work.take(work.compute(first));
    } else {
      share_round(*ranks, first, batches, work);
    }
    if (work.part_done) {
      work.part_done(std::min(batches, first + together));
    }
  }
}

}  // namespace atelier::inference
