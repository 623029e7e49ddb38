#include "plugin/library_symbols.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include "base/error.hpp"

namespace atelier::plugin {
namespace {

// The bytes of the file; what lies outside of them is an error and not a crash.
class Image {
 public:
  explicit Image(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
  }
  template <typename T>
  [[nodiscard]] T at(uint64_t offset) const {
    T out{};
    if (offset > bytes_.size() || sizeof out > bytes_.size() - offset) {
      throw_damaged();
    }
    std::memcpy(&out, bytes_.data() + offset, sizeof out);
    return out;
  }
  [[nodiscard]] std::string text(uint64_t offset) const {
    const size_t end = offset < bytes_.size() ? bytes_.find('\0', offset) : std::string::npos;
    if (end == std::string::npos) {
      throw_damaged();
    }
    return bytes_.substr(offset, end - offset);
  }
  [[noreturn]] static void throw_damaged() { throw Error(ErrorKind::plugin, "the table of its symbols is damaged"); }

 private:
  std::string bytes_;
};

std::string readable(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                         std::free);
  return name == nullptr ? symbol : name.get();
}

bool is_linkers_own(std::string_view name) {
  constexpr std::string_view names[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
  return std::ranges::find(names, name) != std::end(names);
}

void take(const Image& image, const ElfW(Sym) & symbol, uint64_t names, LibrarySymbols& out) {
  const unsigned char binding = ELF64_ST_BIND(symbol.st_info);  // the same in both classes
  const std::string name = image.text(names + symbol.st_name);
  if (binding == STB_LOCAL || name.empty() || is_linkers_own(name)) {
    return;
  }
  if (symbol.st_shndx == SHN_UNDEF) {
    out.imported.push_back(readable(name));
    return;
  }
  out.exported.push_back(readable(name));
  if (binding == STB_GNU_UNIQUE) {
    out.unique.push_back(readable(name));
  }
}

}  // namespace

LibrarySymbols symbols_of(const std::filesystem::path& library) {
  const Image image(library);
  const auto header = image.at<ElfW(Ehdr)>(0);
  LibrarySymbols out;
  bool found = false;
  for (uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = image.at<ElfW(Shdr)>(header.e_shoff + i * header.e_shentsize);
    if (section.sh_type != SHT_DYNSYM) {
      continue;
    }
    found = true;
    const auto names = image.at<ElfW(Shdr)>(header.e_shoff + uint64_t{section.sh_link} * header.e_shentsize);
    for (uint64_t at = 0; at + sizeof(ElfW(Sym)) <= section.sh_size; at += sizeof(ElfW(Sym))) {
      take(image, image.at<ElfW(Sym)>(section.sh_offset + at), names.sh_offset, out);
    }
  }
  if (!found) {
    throw Error(ErrorKind::plugin, "it has no table of symbols; hint: it was stripped of its sections, link it anew");
  }
  for (std::vector<std::string>* list : {&out.exported, &out.imported, &out.unique}) {
    std::ranges::sort(*list);
  }
  return out;
}

}  // namespace atelier::plugin
