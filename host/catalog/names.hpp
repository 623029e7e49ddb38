// What may be a name, and what may be a text, of what a plugin brings: names become keys of experiment files, words of
// command lines and paths in logs; texts are shown and logged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atelier::catalog {

// What is wrong with it: "" for a good one, else what it is and what was expected ("has a '/', expected letters, ...").
std::string problem_of_name(std::string_view name);
std::string problem_of_text(std::string_view text);
std::string problem_of_versioned_name(std::string_view name);  // of a component: "vae", "vae@2"
std::string problem_of_operation_name(std::string_view name);  // "soft_threshold/1"
// Of a number that a model or a metric has logged: what a log has beside them, and in its summary, has names too.
std::string problem_of_logged_name(std::string_view name);

// A name for messages, whatever its bytes are: in quotes, shortened, without control characters.
std::string quoted(std::string_view name);

// The names that stand there more than once, each of them once.
std::vector<std::string> repeated(const std::vector<std::string>& names);

}  // namespace atelier::catalog
