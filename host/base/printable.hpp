// Text from outside (of files, logs, plugins, the command line), made fit to be read: what a terminal would act on is
// seen instead. Control characters become their pictures ("␛", "␊"); those without one, what overrides the direction of
// text, and bytes that are no UTF-8 become "�". As many columns are taken as there were code points.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

std::string printable(std::string_view text);        // on one line
std::string printable_lines(std::string_view text);  // newlines and tabs stay as they are

// The same text with what is no UTF-8, and NUL, as "�": for files whose readers take nothing else.
std::string valid_utf8(std::string_view text);

// The same JSON with those characters escaped.
std::string printable_json(std::string_view json);

}  // namespace atelier
