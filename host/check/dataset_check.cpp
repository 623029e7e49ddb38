#include "check/dataset_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <exception>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "data/experiment_data.hpp"
#include "plugin/dataset.hpp"
#include "tensor/storage.hpp"

namespace atelier::check {
namespace {

using plugin::Dataset;
using plugin::Split;

// One sample, field by field, with as much memory on both sides as the field has, which nobody may write to.
class Sample {
 public:
  Sample(const Dataset& dataset, Split split, int64_t index) : dataset_(dataset), split_(split), index_(index) {
    std::vector<void*> places;
    for (const catalog::FieldSpec& field : dataset.spec().fields) {
      const size_t bytes = static_cast<size_t>(field.dims.elements()) * tensor::size_of(field.dtype);
      const size_t guard = tensor::aligned(std::max<size_t>(bytes, 64));
      tensor::Storage& memory = memory_.emplace_back(guard + bytes + guard);
      std::memset(memory.data(), untouched, guard + bytes + guard);
      places.push_back(memory.data() + guard);
      bytes_.push_back(bytes);
      guards_.push_back(guard);
    }
    dataset.read(split, index, places.data());
  }
  void check_guards() const {
    for (size_t f = 0; f < memory_.size(); ++f) {
      const auto is_untouched = [](std::byte byte) { return byte == std::byte{untouched}; };
      const std::byte* first = memory_[f].data();
      const std::byte* behind = first + guards_[f] + bytes_[f];
      if (!std::all_of(first, first + guards_[f], is_untouched) ||
          !std::all_of(behind, behind + guards_[f], is_untouched)) {
        dataset_.throw_written_outside(split_, index_, f);
      }
    }
  }
  void check_values() const {
    for (size_t f = 0; f < memory_.size(); ++f) {
      const catalog::FieldSpec& field = dataset_.spec().fields[f];
      if (field.dtype != tensor::DType::f32) {
        continue;  // classes are looked at by whoever reads
      }
      const auto* values = reinterpret_cast<const float*>(memory_[f].data() + guards_[f]);
      const double slack = 1e-5 * (field.high - field.low);
      for (int64_t i = 0; i < field.dims.elements(); ++i) {
        const bool ranges = field.low < field.high;
        if (!std::isfinite(values[i]) ||
            (ranges && !(values[i] >= field.low - slack && values[i] <= field.high + slack))) {
          throw Error(ErrorKind::data,
                      "{}: the field '{}' is {} at element {}, expected {}; hint: low and high hold all values of a "
                      "field, and `read` writes every element",
                      name(), field.name, values[i], i,
                      ranges ? fmt::format("{} to {}", field.low, field.high) : "a number");
        }
      }
    }
  }
  // Which field differs; "" where none does.
  [[nodiscard]] std::string difference(const Sample& other) const {
    for (size_t f = 0; f < memory_.size(); ++f) {
      if (std::memcmp(memory_[f].data() + guards_[f], other.memory_[f].data() + guards_[f], bytes_[f]) != 0) {
        return fmt::format("the field '{}' of the {}", dataset_.spec().fields[f].name, name());
      }
    }
    return "";
  }

 private:
  [[nodiscard]] std::string name() const {
    return fmt::format("{} sample {}", split_ == Split::train ? "training" : "test", index_);
  }
  static constexpr unsigned char untouched = 0xa5;
  const Dataset& dataset_;
  Split split_;
  int64_t index_;
  std::vector<tensor::Storage> memory_;
  std::vector<size_t> bytes_, guards_;
};

// The first, the last, and some between.
std::vector<std::pair<Split, int64_t>> chosen(const catalog::DataSpec& spec) {
  std::vector<std::pair<Split, int64_t>> out;
  for (const Split split : {Split::train, Split::test}) {
    const int64_t count = split == Split::train ? spec.train_count : spec.test_count;
    std::vector<int64_t> indices;
    for (const int64_t index : {int64_t{0}, count / 7, count / 3, count / 2, count - 2, count - 1}) {
      if (index >= 0 && index < count && std::ranges::find(indices, index) == indices.end()) {
        indices.push_back(index);
        out.emplace_back(split, index);
      }
    }
  }
  return out;
}

std::vector<Sample> read(const Dataset& dataset, bool backwards = false) {
  std::vector<std::pair<Split, int64_t>> which = chosen(dataset.spec());
  if (backwards) {
    std::ranges::reverse(which);
  }
  std::vector<Sample> out;
  for (const auto& [split, index] : which) {
    out.emplace_back(dataset, split, index);
  }
  if (backwards) {
    std::vector<Sample> turned;
    std::move(out.rbegin(), out.rend(), std::back_inserter(turned));
    return turned;
  }
  return out;
}

void require_equal(const std::vector<Sample>& a, const std::vector<Sample>& b, const char* when, const char* hint) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (const std::string differs = a[i].difference(b[i]); !differs.empty()) {
      throw Error(ErrorKind::data, "{} is another one {}; hint: {}", differs, when, hint);
    }
  }
}

void read_from_two_threads(const Dataset& dataset, const std::vector<Sample>& expected) {
  constexpr int rounds = 20;
  std::array<std::exception_ptr, 2> failures;
  const auto work = [&](size_t turn) {
    try {
      for (int i = 0; i < rounds; ++i) {
        require_equal(expected, read(dataset, turn == 1), "where two threads read at once",
                      "`read` is called from many threads at once: nothing that it writes to may be shared, neither "
                      "members nor static variables");
      }
    } catch (...) {
      failures[turn] = std::current_exception();
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
}

// What a dataset may be made of beside its settings.
struct Source {
  const char* name;
  const char* lines;
};
constexpr Source sources[] = {
    {"grey images of 28 x 28", "[dataset.source]\nuse = \"check-data\"\nkind = \"images\"\nsize = 28\n"},
    {"grey images of 8 x 8", "[dataset.source]\nuse = \"check-data\"\nkind = \"images\"\n"},
    {"data of every kind", "[dataset.source]\nuse = \"check-data\"\n"}};

std::unique_ptr<Dataset> make(const Workplace& workplace, const std::string& lines) {
  Tables tables;
  tables.dataset = lines;
  tables.model = "use = \"check-outputs\"\n";
  const experiment::Experiment experiment = experiment_of(workplace, tables);
  return std::make_unique<Dataset>(workplace.registry, data::recipe_of(experiment.dataset), experiment.directory,
                                   workplace.data_directories);
}

std::string words_for(const catalog::DataSpec& spec) {
  std::vector<std::string> fields;
  for (const catalog::FieldSpec& field : spec.fields) {
    fields.push_back(fmt::format("{} {}", field.name, tensor::to_string(field.dims)));
  }
  return fmt::format("{} training and {} test samples of {}", spec.train_count, spec.test_count,
                     fmt::join(fields, ", "));
}

// What keeps a dataset from being made.
struct Failure {
  std::string text;
  bool lacks_data = false;  // so says its constructor: a file that is not there, a source that it cannot use
};

Failure failure_of(const catalog::Description& description, const Error& error) {
  const std::string text = error.what();
  return {text, error.kind() == ErrorKind::data && text.starts_with(fmt::format("dataset '{}': ", description.name))};
}

// What is wrong with it, where it is no lack of data, is found with a source that it gets as far with.
[[noreturn]] void throw_most_telling(const Failure& alone, const std::vector<Failure>& derived) {
  const auto broken = std::ranges::find(derived, false, &Failure::lacks_data);
  if (broken != derived.end()) {
    const char* const source = sources[broken - derived.begin()].name;
    throw Error(ErrorKind::plugin, "{}",
                broken->text == alone.text ? alone.text : fmt::format("made of {}: {}", source, broken->text));
  }
  if (!alone.lacks_data) {
    throw Error(ErrorKind::plugin, "{}", alone.text);
  }
  // One that looks at its source says something else of it.
  const auto looks = std::ranges::find_if(derived, [&](const Failure& one) { return one.text != alone.text; });
  const std::string& text = looks == derived.end() ? alone.text : looks->text;
  throw NotRun(fmt::format("its data is not here: {}{}", text,
                           text.find("; hint: ") == std::string::npos ? "; hint: --data DIR, or --set" : ""));
}

std::string create(const Workplace& workplace, const catalog::Description& description, std::string& lines,
                   std::unique_ptr<Dataset>& made) {
  const std::string own = lines_of(workplace, description);
  Failure alone;
  try {
    lines = own;
    made = make(workplace, lines);
    return words_for(made->spec());
  } catch (const Error& error) {
    alone = failure_of(description, error);
  }
  std::vector<Failure> derived;
  for (const Source& source : sources) {
    try {
      lines = own + source.lines;
      made = make(workplace, lines);
      return fmt::format("{}, from {}", words_for(made->spec()), source.name);
    } catch (const Error& error) {
      derived.push_back(failure_of(description, error));
    }
  }
  throw_most_telling(alone, derived);
}

}  // namespace

void check_dataset(Report& report, const Workplace& workplace, const catalog::Description& description) {
  std::string lines;
  std::unique_ptr<Dataset> dataset;
  if (!report.run("is made", [&] { return create(workplace, description, lines, dataset); })) {
    return;
  }
  std::vector<Sample> samples;
  const bool readable = report.run("samples", [&] {
    samples = read(*dataset);
    for (const Sample& sample : samples) {
      sample.check_guards();
      sample.check_values();
    }
    return fmt::format("{} of them, each in its place and range", samples.size());
  });
  if (!readable) {
    return;
  }
  report.run("read again", [&] {
    require_equal(samples, read(*dataset, true), "when it is read again",
                  "a sample is a function of the settings, the split and the index: draw random numbers from these");
    return std::string("the same bits");
  });
  report.run("two threads", [&] {
    read_from_two_threads(*dataset, samples);
    return std::string("the same bits");
  });
  report.run("made anew", [&] {
    const std::unique_ptr<Dataset> again = make(workplace, lines);
    require_equal(samples, read(*again), "from a dataset that is made anew",
                  "samples may not depend on the clock, on addresses, on the order of a folder's files, or on memory "
                  "that was not written");
    return std::string("the same bits");
  });
  report.run("groups", [&] {
    for (const auto& [split, index] : chosen(dataset->spec())) {
      if (split == Split::train && dataset->group(index) != dataset->group(index)) {
        throw Error(ErrorKind::data, "training sample {} belongs to another group when asked again", index);
      }
    }
    return std::string("known for every training sample that was read");
  });
}

}  // namespace atelier::check
