// What is done once in a process before the first product of matrices, done while there is something else to do.
#pragma once

#include <thread>

namespace atelier::kernels {

// oneDNN generates the code of all its products of matrices when the first one is asked for, which takes tens of
// milliseconds of one thread. Whoever asks meanwhile waits until it is there.
class WarmUp {
 public:
  // Where there is one thread only, nothing could be done meanwhile.
  explicit WarmUp(int threads);

 private:
  std::jthread thread_;
};

}  // namespace atelier::kernels
