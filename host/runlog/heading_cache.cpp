#include "runlog/heading_cache.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <exception>
#include <string_view>
#include <tuple>

#include "runlog/locks.hpp"
#include "runlog/reading_process.hpp"

namespace atelier::runlog {

using Cache = FolderCache<Heading>;

inline auto fields(Cache::Entry& of) {
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

HeadingCache::HeadingCache(const fs::path& folder)
    : cache_("headings", folder, version(), [](std::string bytes) {
        Channel channel(std::move(bytes));
        Cache::Entries entries;
        take(channel, entries);
        return entries;
      }) {}

std::optional<FileStamp> HeadingCache::stamp_of(const fs::path& log) const {
  if (cache_.folder().empty()) {
    return std::nullopt;
  }
  struct stat found {};
  struct stat journal {};
  const std::string path = (cache_.folder() / log.filename()).string();
  if (lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) ||
      lstat((path + ".journal").c_str(), &journal) == 0) {
    return std::nullopt;
  }
  return to_stamp(found);
}

const Heading* HeadingCache::find(const fs::path& log, const FileStamp& stamp) const {
  const Cache::Entry* const found = cache_.find(log);
  return found == nullptr || found->stamp != stamp ? nullptr : &found->content;
}

void HeadingCache::keep(const fs::path& log, const FileStamp& stamp, const Heading& heading) {
  if (!heading.problem.empty() || heading.resolved.size() > most_text || !is_settled(stamp) || stamp_of(log) != stamp ||
      holder_of(log)) {
    return;
  }
  cache_.keep(log, {stamp, heading});
}

void HeadingCache::save() {
  cache_.save([](Cache::Entries& entries) {
    Channel channel{std::string()};
    put(channel, entries);
    return channel.bytes();
  });
}

}  // namespace atelier::runlog
