// What was found out about the files of one folder, kept for the next time: each by its name, as long as its stamp is
// the same. A CacheFile for each folder.
#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/cache_file.hpp"

namespace atelier {

template <typename Content>
struct CachedContent {
  FileStamp stamp;
  Content content;
};

template <typename Content>
class FolderCache {
 public:
  using Entry = CachedContent<Content>;
  using Entries = std::map<std::string, Entry>;  // by the file's name in the folder

  // `decode`: the entries of the bytes that were saved; what it throws means that there are none.
  template <typename Decode>
  FolderCache(std::string_view kind, const std::filesystem::path& folder, std::string version, const Decode& decode) {
    std::error_code error;
    const std::filesystem::path itself = std::filesystem::canonical(folder.empty() ? "." : folder, error);
    if (error) {
      return;
    }
    file_.emplace(kind, itself.string(), std::move(version));
    if (!file_->has_a_place()) {
      return;
    }
    folder_ = itself;
    try {
      if (std::optional<std::string> bytes = file_->load()) {
        entries_ = decode(*std::move(bytes));
      }
    } catch (const std::exception&) {
      entries_.clear();
    }
  }

  // By its real path; empty where there is no place for a cache.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const Entry* find(const std::filesystem::path& file) const {
    const auto found = entries_.find(file.filename().string());
    return found == entries_.end() ? nullptr : &found->second;
  }
  void keep(const std::filesystem::path& file, Entry entry) {
    entries_[file.filename().string()] = std::move(entry);
    changed_ = true;
  }
  // Where there is something new, without files that are gone. `encode`: the entries as bytes.
  template <typename Encode>
  void save(const Encode& encode) {
    if (!changed_) {
      return;
    }
    std::erase_if(entries_, [&](const auto& entry) {
      std::error_code ignored;
      return !std::filesystem::exists(folder_ / entry.first, ignored);
    });
    changed_ = !file_->save(encode(entries_));
  }

 private:
  std::filesystem::path folder_;
  std::optional<CacheFile> file_;
  Entries entries_;
  bool changed_ = false;
};

}  // namespace atelier
