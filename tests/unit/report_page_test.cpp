#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include "base/sha256.hpp"
#include "report/json.hpp"
#include "report/page.hpp"
#include "report/picture_choice.hpp"
#include "report_numbers.hpp"

using namespace atelier;
using report::Json;

namespace {

using report::test::infinity, report::test::missing;

// What base64 stands for, by its definition (RFC 4648, section 4).
std::string decoded(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, have = 0;
  for (const char one : text.substr(0, text.find('='))) {
    bits = bits << 6U | static_cast<unsigned>(digits.find(one));
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(bits >> have & 0xFFU);
    }
  }
  return out;
}

template <typename T>
std::vector<T> numbers(const std::string& base64) {
  const std::string bytes = decoded(base64);
  std::vector<T> out(bytes.size() / sizeof(T));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  return out;
}

// The content of the element that begins so, as HTML's parser ends it: at the first </script, whatever stands around
// it.
std::string element_text(const std::string& html, const std::string& begin) {
  const size_t at = html.find(begin) + begin.size();
  return html.substr(at, html.find("</script", at) - at);
}

std::string source_hash(const std::string& text) {
  Sha256 hash;
  hash.update(text.data(), text.size());
  const Sha256::Digest digest = hash.bytes();
  return "'sha256-" + report::base64(digest.data(), digest.size()) + "'";
}

}  // namespace

TEST_CASE("base64 is RFC 4648's") {
  const std::string all = "foobar";
  const std::vector<std::string> expected{"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t bytes = 0; bytes <= all.size(); ++bytes) {
    CHECK(report::base64(all.data(), bytes) == expected[bytes]);
  }
  CHECK(report::base64("\xff\xfe\xfd", 3) == "//79");
}

TEST_CASE("numbers are packed into float32 only where that holds each of them exactly") {
  const Json exact = report::packed({0.5, -3, missing, infinity});
  REQUIRE(exact.contains("f32"));
  const std::vector<float> floats = numbers<float>(exact["f32"]);
  CHECK(floats[0] == 0.5F);
  CHECK(floats[1] == -3.0F);
  CHECK(std::isnan(floats[2]));
  CHECK(std::isinf(floats[3]));
  const std::vector<double> fine{0.1, 1e300, 5e-324};
  const Json packed = report::packed(fine);
  REQUIRE(packed.contains("f64"));
  CHECK(numbers<double>(packed["f64"]) == fine);
  CHECK(numbers<float>(report::packed_rounded({0.1, 1e300})["f32"]) ==
        std::vector<float>{0.1F, std::numeric_limits<float>::max()});
  CHECK(numbers<uint32_t>(report::packed_steps({0, 7, 4'000'000'000})["u32"]) ==
        std::vector<uint32_t>{0, 7, 4'000'000'000});
  CHECK(numbers<double>(report::packed_steps({1, 5'000'000'000})["f64"]) == std::vector<double>{1, 5e9});
}

TEST_CASE("no text in the data is markup, and the data come back as they were") {
  const std::vector<std::string> texts{"</script><script>alert(1)</script>",
                                       "<!--<script>",
                                       "]]>",
                                       "&lt;",
                                       "\u2028 \" \\ ' ü",
                                       std::string("\x00\x1f", 2)};
  Json data;
  for (const std::string& text : texts) {
    data[text] = text;
  }
  const std::string html = report::page_with(data);
  const std::string embedded = element_text(html, R"(<script type="application/json" id="data">)");
  CHECK(embedded.find('<') == std::string::npos);
  CHECK(embedded.find('>') == std::string::npos);
  CHECK(embedded.find('&') == std::string::npos);
  CHECK(Json::parse(embedded) == data);
  CHECK(html.find("alert(1)</script>") == std::string::npos);
}

TEST_CASE("bytes that are no UTF-8 and numbers that are none stop nothing") {
  const Json data{{"bytes", "a\xff\xfe"}, {"value", missing}, {"most", infinity}};
  const Json back = Json::parse(report::embedded(data));
  CHECK(back["bytes"] == "a\uFFFD\uFFFD");
  CHECK(back["value"].is_null());
  CHECK(back["most"].is_null());
}

TEST_CASE("the page runs the scripts that its policy names, and loads nothing") {
  const std::string html = report::page_with({{"live", false}});
  std::smatch policy;
  REQUIRE(std::regex_search(html, policy, std::regex("http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"")));
  const std::string allowed = policy[1];
  CHECK(allowed.find("default-src 'none'") != std::string::npos);
  CHECK(allowed.find("unsafe") == std::string::npos);
  CHECK(allowed.find("connect-src 'none'") != std::string::npos);
  size_t scripts = 0;
  for (size_t at = html.find("<script>"); at != std::string::npos; at = html.find("<script>", at + 1)) {
    const std::string text = html.substr(at + 8, html.find("</script>", at) - at - 8);
    CHECK(allowed.find(source_hash(text)) != std::string::npos);
    ++scripts;
  }
  CHECK(scripts == 2);
  const size_t style = html.find("<style>") + 7;
  CHECK(allowed.find(source_hash(html.substr(style, html.find("</style>") - style))) != std::string::npos);
  CHECK(html.find(" src=") == std::string::npos);
  CHECK(html.find("<link", html.find("<link") + 1) == std::string::npos);
  CHECK(html.find("<link rel=\"icon\" href=\"data:") != std::string::npos);
  CHECK(html.find("{{") == std::string::npos);
  CHECK(html.find("Leon Sorokin") != std::string::npos);  // licences come along
  CHECK(html.find("Kevin Decker") != std::string::npos);
}

TEST_CASE("of any number of steps the first ones that are chosen are spread over all") {
  CHECK(report::spread_order(0).empty());
  CHECK(report::spread_order(1) == std::vector<int64_t>{0});
  CHECK(report::spread_order(2) == std::vector<int64_t>{1, 0});
  CHECK(report::spread_order(9) == std::vector<int64_t>{8, 0, 4, 2, 6, 1, 3, 5, 7});
  for (const int64_t rows : {3, 10, 100}) {
    std::vector<int64_t> order = report::spread_order(rows);
    std::ranges::sort(order);
    for (int64_t row = 0; row < rows; ++row) {
      CHECK(order[static_cast<size_t>(row)] == row);
    }
  }
}
