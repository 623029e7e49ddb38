#include "plugin/library_file.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

namespace atelier::plugin {
namespace {

#if defined(__x86_64__)
constexpr auto this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr auto this_machine = EM_AARCH64;
#else
#error "which machine is this, in the words of elf.h?"
#endif

[[noreturn]] void no_plugin(std::string_view why) {
  throw Error(ErrorKind::plugin, "is not a plugin: {}; expected a shared library made by atelier_add_plugin()", why);
}

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& file)
      : descriptor_(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
    struct stat status {};
    if (descriptor_ < 0 || fstat(descriptor_, &status) != 0) {
      const int error = errno;
      close();
      no_plugin(std::strerror(error));  // NOLINT(concurrency-mt-unsafe): plugins are loaded before there are threads
    }
    if (!S_ISREG(status.st_mode)) {
      close();
      no_plugin(S_ISDIR(status.st_mode) ? "it is a folder" : "it is no regular file");
    }
    size_ = static_cast<uint64_t>(status.st_size);
  }
  ~OpenFile() { close(); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool has(uint64_t offset, uint64_t bytes) const { return offset <= size_ && bytes <= size_ - offset; }

  template <typename T>
  [[nodiscard]] T at(uint64_t offset) const {
    T out{};
    if (!has(offset, sizeof out) ||
        pread(descriptor_, &out, sizeof out, static_cast<off_t>(offset)) != static_cast<ssize_t>(sizeof out)) {
      cut_short();
    }
    return out;
  }

  [[noreturn]] void cut_short() const {
    no_plugin(fmt::format("it is cut short at {} bytes, as by a copy or a build that is still going on", size_));
  }

 private:
  void close() const {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  int descriptor_;
  uint64_t size_ = 0;
};

// The loader's own words: the file before them is said already, and the system's code after them says nothing.
std::string loader_words(const std::filesystem::path& file) {
  const char* const said = dlerror();  // NOLINT(concurrency-mt-unsafe): per thread in glibc
  std::string words = said == nullptr ? "the system's loader refuses it" : said;
  const std::string path = file.string() + ": ";
  if (words.starts_with(path)) {
    return words.substr(path.size());
  }
  // "libfoo.so.1: cannot open shared object file: No such file or directory"
  const size_t colon = words.find(": cannot open shared object file");
  return colon == std::string::npos
             ? words
             : fmt::format(
                   "it needs the library {}, which is not found; hint: install it, or name its folder in "
                   "LD_LIBRARY_PATH",
                   words.substr(0, colon));
}

}  // namespace

void check_library(const std::filesystem::path& path) {
  const OpenFile file(path);
  struct Magic {
    char bytes[SELFMAG];
  };
  if (file.size() < SELFMAG || std::memcmp(file.at<Magic>(0).bytes, ELFMAG, SELFMAG) != 0) {
    no_plugin("invalid ELF header");
  }
  const auto header = file.at<ElfW(Ehdr)>(0);
  constexpr unsigned char this_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (header.e_ident[EI_CLASS] != this_class || header.e_machine != this_machine) {
    no_plugin("it is made for another machine");
  }
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(ElfW(Phdr))) {
    no_plugin("it is an ELF file, but no shared library");
  }
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = file.at<ElfW(Phdr)>(header.e_phoff + i * sizeof(ElfW(Phdr)));
    if (!file.has(segment.p_offset, segment.p_filesz)) {
      file.cut_short();
    }
  }
  if (!file.has(header.e_shoff, uint64_t{header.e_shnum} * header.e_shentsize)) {  // they stand at the end
    file.cut_short();
  }
}

void load_library(const std::filesystem::path& path) {
  const std::filesystem::path file = std::filesystem::absolute(path);
  // dlopen is declared to throw nothing, and the compiler ends the program where something is thrown through such a
  // call, if it sees whom it calls.
  void* (*volatile open)(const char*, int) = dlopen;
  std::optional<std::string> thrown;
  try {
    if (open(file.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) {
      return;
    }
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {
    thrown = "an exception that is not a std::exception";
  }
  if (!thrown) {
    no_plugin(loader_words(file));
  }
  throw InitializerFailed(ErrorKind::plugin,
                          "{}: a variable at namespace scope threw while the library was loaded: {}; hint: make it in "
                          "the constructor of what needs it",
                          path.string(), *thrown);
}

}  // namespace atelier::plugin
