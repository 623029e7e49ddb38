// How much memory each child may have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace atelier::supervision {

// A control group (version 2) for each child where this process may make some; else the child's own limit on what it
// may write to (RLIMIT_DATA), beyond which the system refuses it memory. Not RLIMIT_AS: allocators and thread stacks
// reserve many times the addresses that they ever use, and more of them with each thread.
class MemoryLimit {
 public:
  explicit MemoryLimit(uint64_t bytes);  // throws nothing: where no group can be made, there is none
  ~MemoryLimit();                        // removes the groups
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

  // One child's.
  class Share {
   public:
    Share(uint64_t bytes, std::filesystem::path group) : bytes_(bytes), group_(std::move(group)) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    void enter() const;                   // in the child
    [[nodiscard]] bool exceeded() const;  // the system ended it for this
    [[nodiscard]] uint64_t bytes() const { return bytes_; }

   private:
    uint64_t bytes_;
    std::filesystem::path group_;  // empty where there is none
  };
  [[nodiscard]] std::unique_ptr<Share> share();

 private:
  void find_place();

  uint64_t bytes_;
  std::filesystem::path place_;  // where groups can be made; empty where they cannot
  std::filesystem::path own_;    // that this process was moved to, so that they can be
  int made_ = 0;
};

}  // namespace atelier::supervision
