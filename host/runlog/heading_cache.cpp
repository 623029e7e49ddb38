#include "runlog/heading_cache.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <exception>
#include <string_view>
#include <tuple>

#include "runlog/locks.hpp"
#include "runlog/reading_process.hpp"

namespace atelier::runlog {

inline auto fields(HeadingCache::Entry& of) {
  auto& [stamp, heading] = of;
  auto& [device, inode, size, modified, changed] = stamp;
  return std::tie(device, inode, size, modified, changed, heading);
}

namespace {

namespace fs = std::filesystem;

constexpr size_t most_text = size_t{1} << 20;  // of an experiment that is worth keeping

// By what a heading has.
std::string version() {
  constexpr size_t heading = std::tuple_size_v<decltype(fields(std::declval<Heading&>()))>;
  constexpr size_t metric = std::tuple_size_v<decltype(fields(std::declval<FinalValue&>()))>;
  return fmt::format("2.{}.{}", heading, metric);
}

}  // namespace

HeadingCache::HeadingCache(const fs::path& folder) {
  std::error_code error;
  const fs::path itself = fs::canonical(folder.empty() ? "." : folder, error);
  if (error) {
    return;
  }
  file_.emplace("headings", itself.string(), version());
  if (!file_->has_a_place()) {
    return;
  }
  folder_ = itself;
  try {
    load();
  } catch (const std::exception&) {
    entries_.clear();
  }
}

void HeadingCache::load() {
  if (std::optional<std::string> bytes = file_->load()) {
    Channel channel(*std::move(bytes));
    take(channel, entries_);
  }
}

std::optional<FileStamp> HeadingCache::stamp_of(const fs::path& log) const {
  if (folder_.empty()) {
    return std::nullopt;
  }
  struct stat found {};
  struct stat journal {};
  const std::string path = (folder_ / log.filename()).string();
  if (lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) ||
      lstat((path + ".journal").c_str(), &journal) == 0) {
    return std::nullopt;
  }
  return to_stamp(found);
}

const Heading* HeadingCache::find(const fs::path& log, const FileStamp& stamp) const {
  const auto found = entries_.find(log.filename().string());
  return found == entries_.end() || found->second.stamp != stamp ? nullptr : &found->second.heading;
}

void HeadingCache::keep(const fs::path& log, const FileStamp& stamp, const Heading& heading) {
  if (!heading.problem.empty() || heading.resolved.size() > most_text || !is_settled(stamp) || stamp_of(log) != stamp ||
      holder_of(log)) {
    return;
  }
  entries_[log.filename().string()] = {stamp, heading};
  changed_ = true;
}

void HeadingCache::save() {
  if (!changed_) {
    return;
  }
  std::erase_if(entries_, [&](const auto& entry) {
    std::error_code ignored;
    return !fs::exists(folder_ / entry.first, ignored);
  });
  Channel channel{std::string()};
  put(channel, entries_);
  changed_ = !file_->save(channel.bytes());
}

}  // namespace atelier::runlog
