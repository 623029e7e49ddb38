#include "tensor/safetensors_header.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "base/error.hpp"

namespace atelier::tensor {
namespace {

using Json = nlohmann::json;

// 0 of a type whose elements are not whole bytes, or that is not known here.
uint64_t bytes_of(std::string_view type) {
  static const std::map<std::string_view, uint64_t> known{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"U16", 2}, {"I16", 2}, {"F16", 2},
      {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},     {"U64", 8},     {"I64", 8}, {"F64", 8}};
  const auto found = known.find(type);
  return found == known.end() ? 0 : found->second;
}

// nullopt where there are more than a file could have.
std::optional<uint64_t> elements_of(const std::vector<uint64_t>& dims) {
  constexpr uint64_t most = uint64_t{1} << 60;
  uint64_t elements = 1;
  for (const uint64_t length : dims) {
    if (length > most || (elements != 0 && length > most / elements)) {
      return std::nullopt;
    }
    elements *= length;
  }
  return elements;
}

// What the header says of one tensor, until all of it is there.
struct Description {
  std::optional<std::string> type;
  std::optional<std::vector<uint64_t>> dims, offsets;

  [[nodiscard]] bool has(std::string_view key) const {
    return (key == "dtype" && type) || (key == "shape" && dims) || (key == "data_offsets" && offsets);
  }
};

SafetensorsEntry entry_of(const std::filesystem::path& file, const std::string& name, Description&& given) {
  if (!given.type || !given.dims || !given.offsets || given.offsets->size() != 2) {
    fail_in_file(file, fmt::format("has no whole description of '{}'", name));
  }
  const std::vector<uint64_t>& dims = *given.dims;
  SafetensorsEntry entry{name, std::move(*given.type), {}, given.offsets->front(), given.offsets->back()};
  const std::optional<uint64_t> elements = elements_of(dims);
  if (!elements) {
    fail_in_file(file, fmt::format("'{}' has the shape ({}), which no file can hold", name, fmt::join(dims, ", ")));
  }
  entry.dims.assign(dims.begin(), dims.end());
  const uint64_t width = bytes_of(entry.type);
  if (entry.begin > entry.end || (width != 0 && entry.end - entry.begin != *elements * width)) {
    fail_in_file(file, fmt::format("'{}' lies at bytes {} to {}, expected {} bytes of the type {} and the shape ({})",
                                   name, entry.begin, entry.end, *elements * width, entry.type, fmt::join(dims, ", ")));
  }
  return entry;
}

// Takes the header's JSON as it comes, so that nothing else of it is ever in memory: an object of objects, whose values
// are texts, and numbers in arrays. What a description has beside its own three values is passed over.
class HeaderParser : public nlohmann::json_sax<Json> {
 public:
  HeaderParser(const std::filesystem::path& file, SafetensorsHeader& into) : file_(file), into_(into) {}

  bool null() override { return other(); }
  bool boolean(bool /*value*/) override { return other(); }
  bool number_integer(int64_t /*value*/) override { return other(); }
  bool number_float(double /*value*/, const std::string& /*text*/) override { return other(); }
  bool binary(Json::binary_t& /*value*/) override { return other(); }

  bool number_unsigned(uint64_t value) override {
    constexpr size_t most_numbers = 64;  // as many axes as NumPy and PyTorch have
    if (numbers_ == nullptr) {
      return other();
    }
    if (numbers_->size() == most_numbers) {
      fail_in_file(file_, fmt::format("'{}' has more than {} numbers in its '{}'", name_, most_numbers, key_));
    }
    numbers_->push_back(value);
    return true;
  }

  bool string(std::string& value) override {
    if (depth_ == 2 && in_metadata_) {
      constexpr size_t most_texts = 100'000;
      if (into_.metadata.size() == most_texts) {
        fail_in_file(file_, fmt::format("'{}' has more than {} texts", name_, most_texts));
      }
      into_.metadata.emplace(key_, std::move(value));
      return true;
    }
    if (depth_ == 2 && key_ == "dtype") {
      description_.type = std::move(value);
      return true;
    }
    return other();
  }

  bool start_object(size_t /*elements*/) override {
    if (depth_ > 1) {
      return in_metadata_ ? other() : nested();
    }
    ++depth_;
    description_ = {};
    return true;
  }

  bool key(std::string& value) override {
    if (depth_ == 1) {
      name_ = std::move(value);
      in_metadata_ = name_ == safetensors_metadata;
      if (in_metadata_ && std::exchange(has_metadata_, true)) {
        twice(name_);
      }
      return true;
    }
    if (in_metadata_ ? into_.metadata.contains(value) : description_.has(value)) {
      fail_in_file(file_, fmt::format("'{}' has '{}' twice", name_, value));
    }
    key_ = std::move(value);
    return true;
  }

  bool end_object() override {
    --depth_;
    if (depth_ == 1 && !in_metadata_) {
      into_.tensors.push_back(entry_of(file_, name_, std::move(description_)));
    }
    return true;
  }

  bool start_array(size_t /*elements*/) override {
    if (depth_ != 2 || in_metadata_) {
      return depth_ > 2 ? nested() : other();
    }
    ++depth_;
    auto* const own = key_ == "shape" ? &description_.dims : key_ == "data_offsets" ? &description_.offsets : nullptr;
    numbers_ = own != nullptr ? &own->emplace() : nullptr;
    return true;
  }

  bool end_array() override {
    --depth_;
    numbers_ = nullptr;
    return true;
  }

  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    no_object();
  }

  [[noreturn]] void twice(const std::string& name) const { fail_in_file(file_, fmt::format("has '{}' twice", name)); }

 private:
  // A value that is not what belongs there, or is nothing that is known.
  bool other() {
    if (depth_ == 0) {
      no_object();
    }
    if (in_metadata_) {
      fail_in_file(file_, depth_ == 1 ? fmt::format("'{}' is no JSON object", name_)
                                      : fmt::format("'{}' has '{}', which is no text", name_, key_));
    }
    if (depth_ == 1 || numbers_ != nullptr || key_ == "dtype" || (depth_ == 2 && is_array_key())) {
      fail_in_file(file_, fmt::format("has no whole description of '{}'", name_));
    }
    return true;
  }

  [[nodiscard]] bool is_array_key() const { return key_ == "shape" || key_ == "data_offsets"; }

  [[noreturn]] bool nested() const {
    fail_in_file(file_, fmt::format("'{}' has '{}', which is nested deeper than anything in a tensor's description",
                                    name_, key_));
  }

  [[noreturn]] void no_object() const { fail_in_file(file_, "is no safetensors file: its header is no JSON object"); }

  const std::filesystem::path& file_;
  SafetensorsHeader& into_;
  int depth_ = 0;
  bool in_metadata_ = false, has_metadata_ = false;
  std::string name_, key_;
  Description description_;
  std::vector<uint64_t>* numbers_ = nullptr;  // of the array that is open, where it is one of those
};

void check_names(const HeaderParser& parser, const std::vector<SafetensorsEntry>& tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const SafetensorsEntry& entry : tensors) {
    names.push_back(entry.name);
  }
  std::ranges::sort(names);
  if (const auto found = std::ranges::adjacent_find(names); found != names.end()) {
    parser.twice(std::string(*found));
  }
}

// Without holes between them, and none behind the last: so a file that is cut short is known for it, whatever is read.
void check_places(const std::filesystem::path& file, std::vector<SafetensorsEntry>& tensors, uint64_t data_bytes) {
  std::ranges::sort(tensors, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t end = 0;
  for (const SafetensorsEntry& entry : tensors) {
    if (entry.begin != end) {
      fail_in_file(file,
                   fmt::format("'{}' lies at bytes {} to {}, expected it to begin at {}, where the one before it ends",
                               entry.name, entry.begin, entry.end, end));
    }
    end = entry.end;
  }
  if (end != data_bytes) {
    fail_in_file(file, fmt::format("is {}: its tensors have {} bytes, and {} are there",
                                   end > data_bytes ? "cut short" : "no safetensors file", end, data_bytes));
  }
}

}  // namespace

void fail_in_file(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorKind::file, "{}: {}", file.string(), why);
}

SafetensorsHeader read_safetensors_header(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(file, error);
  uint64_t length = 0;
  if (!in || error || !in.read(reinterpret_cast<char*>(&length), sizeof length)) {
    fail_in_file(file, "cannot be read as a safetensors file");
  }
  constexpr uint64_t longest = 100'000'000;
  if (length > longest || length > size - sizeof length) {
    fail_in_file(file, fmt::format("is no safetensors file, or cut short: a header of {} bytes in {}", length, size));
  }
  std::string text(length, ' ');
  if (!in.read(text.data(), static_cast<std::streamsize>(length))) {
    fail_in_file(file, "cannot be read as a safetensors file");
  }
  SafetensorsHeader out;
  out.data_begin = sizeof length + length;
  HeaderParser parser(file, out);
  Json::sax_parse(text, &parser);
  check_names(parser, out.tensors);
  check_places(file, out.tensors, size - out.data_begin);
  return out;
}

}  // namespace atelier::tensor
