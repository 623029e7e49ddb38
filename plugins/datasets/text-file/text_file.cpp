// Windows of one text file: characters of its own vocabulary, or bytes. The end of the file is the test split.
#include <algorithm>
#include <atelier/dataset.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "characters.hpp"

namespace {

using namespace atelier;
namespace fs = std::filesystem;

// Training samples that overlap have text in common, and a validation split may not cut between them: where they do,
// the text is cut into sections of so many samples' length, which no sample leaves.
constexpr int64_t lengths_of_section = 8;

class TextFile final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "A text file, cut into windows of characters or bytes.";
    d.text("file", "", "the text; a relative path is looked for beside the experiment, then in the data directories")
        .required();
    d.text("tokens", "characters",
           "what a token is: a character (UTF-8) of those that the file has, or one of 256 bytes")
        .choices({"characters", "bytes"});
    d.integer("length", 64, "tokens of a sample").range(2, 65536);
    d.integer("stride", 0, "tokens from one training sample's beginning to the next's; 0: as many as a sample has")
        .range(0, 65536);
    d.number("test", 0.1, "share of the text, at its end, that is the test split").range(0, 0.9);
  }

  TextFile(const Settings& settings, const Environment& environment)
      : length_(settings.integer("length")), stride_(settings.integer("stride")) {
    stride_ = stride_ == 0 ? length_ : stride_;
    const fs::path file = find(settings.text("file"), environment);
    const std::string text = read_file(file, environment);
    std::vector<std::string> vocabulary;
    try {
      take_tokens(text, settings.text("tokens") == "bytes", vocabulary);
    } catch (const text_file::NoText& problem) {
      environment.fail(file.string() + ": " + problem.what() + "; hint: dataset.tokens = \"bytes\" takes any file");
    }
    const auto all = static_cast<int64_t>(tokens_.size());
    train_tokens_ = all - static_cast<int64_t>(static_cast<double>(all) * settings.number("test"));
    section_ = stride_ < length_ ? lengths_of_section * length_ : stride_;
    in_section_ = windows(section_, stride_);
    train_count = train_tokens_ / section_ * in_section_ + windows(train_tokens_ % section_, stride_);
    test_count = windows(all - train_tokens_, length_);
    if (train_count == 0) {
      environment.fail(file.string() + ": has " + std::to_string(train_tokens_) +
                       " tokens to train on, expected at least the " + std::to_string(length_) +
                       " of a sample; hint: dataset.length");
    }
    fields = {Field::text("text", length_, std::move(vocabulary))};
    files = {file.string()};
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const int64_t first = split == Split::train ? index / in_section_ * section_ + index % in_section_ * stride_
                                                : train_tokens_ + index * length_;
    std::copy_n(tokens_.begin() + first, length_, sample.integers(0));
  }
  int64_t group(int64_t index) const override { return index / in_section_; }

 private:
  static fs::path find(const std::string& name, const Environment& environment) {
    std::vector<fs::path> places{fs::path(environment.base_directory()) / name};
    for (const std::string& directory : environment.data_directories()) {
      places.push_back(fs::path(directory) / name);
    }
    std::string looked;
    for (const fs::path& place : places) {
      std::error_code ignored;
      if (fs::is_regular_file(place, ignored)) {
        return place.lexically_normal();
      }
      looked += (looked.empty() ? "" : ", ") + place.lexically_normal().string();
    }
    environment.fail("dataset.file: there is no file '" + name + "'; looked at " + looked);
    return {};
  }

  static std::string read_file(const fs::path& file, const Environment& environment) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad()) {
      environment.fail(file.string() + ": cannot be read, expected a text that you may read");
    }
    return text;
  }

  void take_tokens(std::string_view text, bool bytes, std::vector<std::string>& vocabulary) {
    if (bytes) {
      std::ranges::transform(text, std::back_inserter(tokens_), [](char c) { return static_cast<uint8_t>(c); });
      return;
    }
    const std::vector<std::string_view> characters = text_file::characters_of(text);
    std::map<std::string_view, uint32_t> numbers;  // in the order of their code points, as UTF-8 sorts
    for (const std::string_view character : characters) {
      numbers[character] = 0;
    }
    for (auto& [character, number] : numbers) {
      number = static_cast<uint32_t>(vocabulary.size());
      vocabulary.emplace_back(character);
    }
    std::ranges::transform(characters, std::back_inserter(tokens_),
                           [&](std::string_view character) { return numbers.at(character); });
  }

  [[nodiscard]] int64_t windows(int64_t tokens, int64_t stride) const {
    return tokens < length_ ? 0 : (tokens - length_) / stride + 1;
  }

  int64_t length_, stride_;
  int64_t section_ = 0, in_section_ = 0;  // tokens from one section to the next; the samples in it
  int64_t train_tokens_ = 0;
  std::vector<uint32_t> tokens_;  // of the whole file
};

}  // namespace

ATELIER_DATASET("text-file", TextFile)
