#include "cases.hpp"

namespace atelier::gradient_test {

std::vector<Case> sampling_cases() {
  std::vector<Case> cases;
  for (const int64_t nearest : {0, 1}) {
    for (const int64_t outside : {0, 1, 2}) {
      for (const int64_t align : {0, 1}) {
        cases.push_back({"grid_sample/1",
                         {{{2, 3, 3, 4}}, {{2, 2, 3, 2}, -1.6, 1.7}},
                         {whole(nearest), whole(outside), whole(align)}});
      }
    }
  }
  cases.push_back({"sample_nearest/1", {{{2, 3, 4, 3}}, {{2, 2, 3, 2}, -1.2, 3.7}}});
  cases.push_back({"sample_nearest_transpose/1", {{{2, 2, 3, 3}}, {{2, 2, 3, 2}, -1.2, 3.7}}, {list({3, 4})}});
  cases.push_back({"upsample_bicubic2d/1", {{{2, 3, 3, 2}}}, {list({5, 3})}});
  cases.push_back({"upsample_bicubic2d/1", {{{1, 1, 5, 4}}}, {list({2, 7})}});
  cases.push_back({"resize_bicubic/1", {{{2, 3, 2}}}, {whole(1), whole(5)}});
  cases.push_back({"resize_bicubic_transpose/1", {{{2, 5, 2}}}, {whole(1), whole(3)}});
  return cases;
}

}  // namespace atelier::gradient_test
