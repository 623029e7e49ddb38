#include "idx.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace mnist {
namespace {

constexpr uint32_t magic_of_bytes = 0x0800;  // plus the number of axes
constexpr uint32_t longest_side = 65536;     // of an image; so that N * H * W fits into 64 bits
constexpr size_t chunk = size_t{1} << 18;    // bytes read at a time
constexpr uint64_t most_from_one = 1032;     // bytes that deflate makes of one
constexpr const char* hint = "; hint: the file is damaged or not the right one; fetch it again";

// A file that is gzip or not: zlib tells by its first bytes.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : name_(file.string()), file_(gzopen(name_.c_str(), "rb")) {
    if (file_ == nullptr) {
      fail(std::string("cannot be opened (") + std::strerror(errno) + "), expected a readable IDX file");
    }
    std::error_code ignored;
    const uintmax_t size = std::filesystem::file_size(file, ignored);
    most_ = ignored ? 0 : size * most_from_one;
    gzbuffer(file_.get(), chunk);
  }

  // Up to `count` bytes; fewer only at the end of the file.
  size_t read(uint8_t* bytes, size_t count) {
    const int got = gzread(file_.get(), bytes, static_cast<unsigned>(count));
    int status = Z_OK;
    const char* const reason = gzerror(file_.get(), &status);
    if (status == Z_ERRNO) {
      fail(std::string("cannot be read (") + std::strerror(errno) + "), expected a readable IDX file");
    }
    if (status == Z_BUF_ERROR) {
      fail("truncated: its gzip stream ends early, expected a whole one");
    }
    if (got < 0) {
      fail(std::string("corrupt gzip data (") + reason + "), expected a sound gzip stream");
    }
    return static_cast<size_t>(got);
  }

  // The elements: exactly `claimed` bytes up to the end of the file, in steps, so that a false claim costs no memory:
  // what is reserved is none before it is written.
  std::vector<uint8_t> read_rest(uint64_t claimed, const std::string& shape) {
    std::vector<uint8_t> bytes;
    bytes.reserve(static_cast<size_t>(std::min<uint64_t>(claimed, most_)));
    while (bytes.size() < claimed) {
      const size_t before = bytes.size();
      const auto wanted = static_cast<size_t>(std::min<uint64_t>(chunk, claimed - before));
      bytes.resize(before + wanted);
      const size_t got = read(bytes.data() + before, wanted);
      if (got < wanted) {
        fail("truncated: " + std::to_string(before + got) + " bytes after the header, expected " +
             std::to_string(claimed) + " as the header claims (" + shape + ")");
      }
    }
    uint8_t extra = 0;  // also lets zlib check the sum at the end of a gzip stream
    if (read(&extra, 1) != 0) {
      fail("trailing bytes: the file goes on after the elements, expected to end after the " + std::to_string(claimed) +
           " bytes that the header claims (" + shape + ")");
    }
    bytes.shrink_to_fit();
    return bytes;
  }

  [[noreturn]] void fail(const std::string& found_and_expected) const {
    throw DataError(name_ + ": " + found_and_expected + hint);
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose_r(file); }
  };
  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
  uint64_t most_ = 0;  // bytes that the file can hold
};

std::string hexadecimal(uint32_t value) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", value);
  return text.data();
}

// The lengths of the axes, each at least 1.
template <size_t axes>
std::array<uint32_t, axes> read_header(Reader& reader) {
  std::array<uint8_t, 4 * (axes + 1)> bytes{};
  if (const size_t got = reader.read(bytes.data(), bytes.size()); got < bytes.size()) {
    reader.fail("truncated: " + std::to_string(got) + " bytes, expected a header of " + std::to_string(bytes.size()));
  }
  const auto word = [&](size_t i) {
    return uint32_t{bytes[4 * i]} << 24 | uint32_t{bytes[4 * i + 1]} << 16 | uint32_t{bytes[4 * i + 2]} << 8 |
           uint32_t{bytes[4 * i + 3]};
  };
  if (word(0) != magic_of_bytes + axes) {
    reader.fail("magic number " + hexadecimal(word(0)) + ", expected " + hexadecimal(magic_of_bytes + axes) +
                " (unsigned bytes, " + std::to_string(axes) + (axes == 1 ? " axis)" : " axes)"));
  }
  std::array<uint32_t, axes> lengths{};
  for (size_t i = 0; i < axes; ++i) {
    lengths[i] = word(i + 1);
    if (lengths[i] == 0) {
      reader.fail("axis " + std::to_string(i) + " has length 0, expected at least 1");
    }
  }
  return lengths;
}

}  // namespace

Images read_images(const std::filesystem::path& file) {
  Reader reader(file);
  const auto [count, height, width] = read_header<3>(reader);
  if (height > longest_side || width > longest_side) {
    reader.fail("images of " + std::to_string(height) + " x " + std::to_string(width) + ", expected sides of at most " +
                std::to_string(longest_side));
  }
  const std::string shape = std::to_string(count) + " x " + std::to_string(height) + " x " + std::to_string(width);
  return {count, height, width, reader.read_rest(uint64_t{count} * height * width, shape)};
}

std::vector<uint8_t> read_labels(const std::filesystem::path& file, int classes) {
  Reader reader(file);
  const auto [count] = read_header<1>(reader);
  std::vector<uint8_t> labels = reader.read_rest(count, std::to_string(count));
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](uint8_t label) { return label >= classes; });
  if (bad != labels.end()) {
    reader.fail("label " + std::to_string(*bad) + " at index " + std::to_string(bad - labels.begin()) +
                ", expected 0 to " + std::to_string(classes - 1));
  }
  return labels;
}

}  // namespace mnist
