// How boxes stand in data and in what a detector makes of it, for the models and the metrics that know them:
//   field "boxes" (N, 5): class, x0, y0, x1, y1 of each; columns x0 to x1 and rows y0 to y1 in pixels, without the last
//   output "detections" (B, M, 6): class, score, x0, y0, x1, y1 of each
// Rows of -1 stand where there are fewer.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/data_spec.hpp>
#include <string>

namespace atelier {

struct BoxData {
  int64_t classes = 0, most = 0;  // most: boxes of one image; 0 where the data has no boxes

  static void describe(Description& d) {
    d.integer("classes", 0, "classes that boxes have; 0: those of the field 'mask', without the ground").range(0, 1e6);
  }
  // Data without boxes is reported, and leaves `most` 0.
  static BoxData of(const Settings& settings, const DataSpec& data, const Builder& build) {
    BoxData out{.classes = settings.integer("classes")};
    const Field *boxes = data.find("boxes"), *mask = data.find("mask");
    if (out.classes == 0 && mask != nullptr) {
      out.classes = mask->classes - 1;
    }
    if (boxes == nullptr || boxes->dtype != ATL_FLOAT32 || boxes->dims.size() != 2 || boxes->dims[1] != 5) {
      build.fail(
          "needs a field 'boxes' (N, 5) of class, x0, y0, x1, y1, the data has none; hint: [dataset] use = "
          "\"digit-scenes\"");
    } else if (out.classes < 1) {
      build.fail("the data does not say how many classes its boxes have; hint: the setting 'classes'");
    } else {
      out.most = boxes->dims[0];
    }
    return out;
  }
};

}  // namespace atelier
