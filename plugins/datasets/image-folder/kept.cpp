#include "kept.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <sstream>
// It needs <cstdio> before it.
#include <jpeglib.h>

namespace image_folder {
namespace {

namespace fs = std::filesystem;

// Of a file: this page, the pixels, and from the next page on what tells of them.
struct Head {
  char magic[16] = "atelier-images1";
  uint64_t pixel_bytes = 0, key_bytes = 0, files = 0;  // files: one sum for each
  uint64_t tail_sum = 0;                               // over all that tells of the pixels
};
constexpr size_t page = 4096;

size_t up_to_page(size_t bytes) {
  return (bytes + page - 1) / page * page;
}

// As FNV-1a, over words of eight bytes, four of them side by side, and over the rest.
uint64_t sum_of(std::span<const uint8_t> bytes) {
  constexpr uint64_t prime = 1099511628211U;
  const auto add = [](uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * prime;
    return sum ^ (sum >> 29);
  };
  std::array<uint64_t, 4> sums{1, 2, 3, 4};
  const size_t whole = bytes.size() / sizeof sums * sizeof sums;
  for (size_t i = 0; i < whole; i += sizeof sums) {
    std::array<uint64_t, 4> words{};
    std::memcpy(words.data(), bytes.data() + i, sizeof words);
    for (size_t lane = 0; lane < sums.size(); ++lane) {
      sums[lane] = add(sums[lane], words[lane]);
    }
  }
  uint64_t sum = bytes.size();
  for (const uint64_t lane : sums) {
    sum = add(sum, lane);
  }
  for (const uint8_t byte : bytes.subspan(whole)) {
    sum = add(sum, byte);
  }
  return sum;
}
uint64_t sum_of(const std::string& bytes) {
  return sum_of({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const fs::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool read(void* to, size_t bytes, size_t offset) const {
    for (size_t done = 0; done < bytes;) {
      const ssize_t got =
          ::pread(descriptor_, static_cast<char*>(to) + done, bytes - done, static_cast<off_t>(offset + done));
      if (got <= 0) {
        return false;
      }
      done += static_cast<size_t>(got);
    }
    return true;
  }
  [[nodiscard]] bool write(const void* from, size_t bytes, size_t offset) const {
    for (size_t done = 0; done < bytes;) {
      const ssize_t written =
          ::pwrite(descriptor_, static_cast<const char*>(from) + done, bytes - done, static_cast<off_t>(offset + done));
      if (written <= 0) {
        return false;
      }
      done += static_cast<size_t>(written);
    }
    return true;
  }

 private:
  int descriptor_;
};

fs::path cache_folder() {
  const auto absolute = [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && fs::path(value).is_absolute() ? fs::path(value) : fs::path();
  };
  if (const fs::path given = absolute("XDG_CACHE_HOME"); !given.empty()) {
    return given / "atelier";
  }
  const fs::path home = absolute("HOME");
  return home.empty() ? home : home / ".cache" / "atelier";
}

// The file of the library that has this function, as it is now.
template <typename Function>
void add_library(Function* function, std::ostream& key) {
  Dl_info where{};
  struct stat found {};
  if (dladdr(reinterpret_cast<const void*>(function), &where) != 0 && stat(where.dli_fname, &found) == 0) {
    key << where.dli_fname << ' ' << to_stamp(found).text() << '\n';
  }
}

// Files that were changed so lately that another change might not show in their times are not kept.
bool are_settled(const std::vector<File>& files) {
  constexpr int64_t billion = 1'000'000'000, settled = 3 * billion;
  const int64_t now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return std::all_of(files.begin(), files.end(),
                     [&](const File& file) { return file.stamp.modified <= now - settled; });
}

size_t bytes_of_one(const Shape& shape) {
  return static_cast<size_t>(shape.channels * shape.size * shape.size);
}

std::vector<uint64_t> sums_of(const Loaded& loaded, const Shape& shape) {
  std::vector<uint64_t> sums(loaded.files.size());
  const size_t bytes = bytes_of_one(shape);
  in_parallel(sums.size(), [&](size_t i) { sums[i] = sum_of({loaded.pixels.data() + i * bytes, bytes}); });
  return sums;
}

}  // namespace

KeptPictures::KeptPictures(const std::vector<File>& files, const Shape& shape) : files_(files), shape_(shape) {
  std::ostringstream what;
  add_library(&bytes_of_one, what);
  add_library(&jpeg_std_error, what);
  add_library(&png_access_version_number, what);
  what << static_cast<int>(shape.fit) << ' ' << shape.size << ' ' << shape.channels;
  for (const uint8_t colour : shape.background) {
    what << ' ' << static_cast<int>(colour);
  }
  what << '\n';
  key_ = what.str();
  std::string names;
  for (const File& file : files) {
    names += file.path + '\n';
    key_ += file.path + '\0' + file.stamp.text() + '\n';
  }
  const fs::path folder = cache_folder();
  if (!folder.empty() && are_settled(files)) {
    // Another file for other names and another shape; what was changed takes the place of what was.
    char name[32] = {};
    std::snprintf(name, sizeof name, "%016llx.pictures", static_cast<unsigned long long>(sum_of(what.str() + names)));
    path_ = folder / name;
  }
}

std::optional<Loaded> KeptPictures::load() const {
  const OpenFile file(path_, O_RDONLY);
  struct stat found {};
  Head head;
  const size_t pixel_bytes = files_.size() * bytes_of_one(shape_);
  if (file.descriptor() < 0 || fstat(file.descriptor(), &found) != 0 || !S_ISREG(found.st_mode) ||
      found.st_nlink != 1 || !file.read(&head, sizeof head, 0) ||
      std::memcmp(head.magic, Head().magic, sizeof head.magic) != 0 || head.pixel_bytes != pixel_bytes ||
      head.key_bytes != key_.size() || head.files != files_.size()) {
    return std::nullopt;
  }
  const size_t begin = page + up_to_page(pixel_bytes);
  const size_t tail_bytes = head.key_bytes + files_.size() * sizeof(uint64_t);
  if (static_cast<size_t>(found.st_size) != begin + tail_bytes) {
    return std::nullopt;
  }
  std::string tail(tail_bytes, '\0');
  if (!file.read(tail.data(), tail.size(), begin) || sum_of(tail) != head.tail_sum || !tail.starts_with(key_)) {
    return std::nullopt;
  }
  std::vector<uint64_t> sums(files_.size());
  std::memcpy(sums.data(), tail.data() + key_.size(), files_.size() * sizeof(uint64_t));
  Loaded out;
  out.files = files_;
  out.pixels = Pixels(file.descriptor(), page, pixel_bytes, false);
  if (sums_of(out, shape_) != sums) {
    return std::nullopt;
  }
  futimens(file.descriptor(), nullptr);  // what is used stays
  return out;
}

Loaded KeptPictures::make() const {
  const size_t pixel_bytes = files_.size() * bytes_of_one(shape_);
  const size_t begin = page + up_to_page(pixel_bytes);
  if (path_.empty()) {
    return load_pictures(files_, shape_, Pixels(pixel_bytes));
  }
  std::error_code ignored;
  fs::create_directories(path_.parent_path(), ignored);
  std::string made = path_.string() + ".XXXXXX";
  const OpenFile file(mkostemp(made.data(), O_CLOEXEC));
  // Its space is taken before it is written through memory, where a full disk would end the process.
  if (file.descriptor() < 0 || posix_fallocate(file.descriptor(), 0, static_cast<off_t>(begin)) != 0) {
    fs::remove(made, ignored);
    return load_pictures(files_, shape_, Pixels(pixel_bytes));
  }
  Loaded out = load_pictures(files_, shape_, Pixels(file.descriptor(), page, pixel_bytes, true));
  const std::vector<uint64_t> sums = sums_of(out, shape_);
  std::string tail = key_;
  tail.append(reinterpret_cast<const char*>(sums.data()), sums.size() * sizeof(uint64_t));
  Head head;
  head.pixel_bytes = pixel_bytes;
  head.key_bytes = key_.size();
  head.files = files_.size();
  head.tail_sum = sum_of(tail);
  // What could not be read now may be read another time: files, or memory, that others had.
  if (!out.failures.empty() || !file.write(tail.data(), tail.size(), begin) || !file.write(&head, sizeof head, 0) ||
      (fs::rename(made, path_, ignored), ignored)) {
    fs::remove(made, ignored);
  }
  return out;
}

}  // namespace image_folder
