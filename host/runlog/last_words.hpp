// What a process that is about to die still says in the log that it writes.
#pragma once

namespace atelier::runlog {

// The log that is open for writing. There is one at a time; a Writer holds it, on the thread that works on it.
class OpenLog {
 public:
  using Close = bool (*)(void* writer, const char* reason);  // whether it could be
  OpenLog(void* writer, Close close);
  ~OpenLog();
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;

  // While the file is worked on, nobody may close it.
  class Use {
   public:
    Use();
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
  };
};

// Closes the open log as failed with this reason, if there is one; true where that is done. For handlers of signals in
// a process that does nothing else any more, on any thread: the log is closed on its own, and left as its last flush
// left it where that thread is at work on the file, or takes too long.
bool close_as_failed(const char* reason);

}  // namespace atelier::runlog
