#include "cli/check_plugin.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "check/component_check.hpp"
#include "cli/process_apart.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "plugin/core_table.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using check::Finding;
using check::Verdict;

constexpr const char* verdicts[] = {"ok", "wrong", "not run"};
constexpr terminal::Emphasis emphases[] = {terminal::Emphasis::good, terminal::Emphasis::bad,
                                           terminal::Emphasis::faint};

Json to_json(const Finding& finding) {
  return {{"component", finding.subject},
          {"check", finding.check},
          {"result", verdicts[static_cast<size_t>(finding.verdict)]},
          {"text", finding.text},
          {"hint", finding.hint}};
}

// What was found, as it is found; and what was being checked, where a process ends in the middle of it.
class Findings {
 public:
  explicit Findings(bool prints) : prints_(prints) {}

  void begins(const std::string& subject, const std::string& check) { running_ = {subject, check}; }
  void add(const Finding& finding) {
    all_.push_back(finding);
    if (prints_) {
      print(text_of(finding));
      flush_output();
    }
  }
  // The process that checked has ended before it was done.
  void broken_off(const std::string& subject, const std::string& reason) {
    const bool within = running_.subject == subject;
    add({subject, within ? running_.check : "begins", Verdict::wrong, reason, ""});
  }
  [[nodiscard]] size_t count(Verdict verdict) const {
    return static_cast<size_t>(std::ranges::count(all_, verdict, &Finding::verdict));
  }
  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }

 private:
  std::string text_of(const Finding& finding) {
    constexpr size_t name_column = 2, verdict_column = 32, text_column = 41;
    const terminal::Layout layout = output_layout();
    std::string out;
    if (finding.subject != shown_) {
      out += (shown_.empty() ? "" : "\n") +
             terminal::emphasized(finding.subject, terminal::Emphasis::strong, layout.colour) + "\n";
      shown_ = finding.subject;
    }
    const auto verdict = static_cast<size_t>(finding.verdict);
    out += std::string(name_column, ' ') + terminal::pad_right(finding.check + "  ", verdict_column - name_column);
    out += terminal::emphasized(terminal::pad_right(verdicts[verdict], text_column - verdict_column), emphases[verdict],
                                layout.colour);
    const auto add_lines = [&](const std::string& text) {
      std::istringstream lines(text);
      bool first = true;
      for (std::string line; std::getline(lines, line); first = false) {
        out += (first ? "" : std::string(text_column, ' ')) +
               terminal::wrapped(printable(line), layout.width, text_column) + "\n";
      }
    };
    add_lines(finding.text.empty() ? " " : finding.text);
    if (!finding.hint.empty()) {
      out += std::string(text_column, ' ');
      add_lines("hint: " + finding.hint);
    }
    return out;
  }

  bool prints_;
  std::string shown_;
  struct {
    std::string subject, check;
  } running_;
  std::vector<Finding> all_;
};

// On the side of the process that checks.
class Teller final : public check::Listener {
 public:
  explicit Teller(const Tell& tell) : tell_(tell) {}
  void begins(const std::string& subject, const std::string& check) override {
    send({{"begins", subject}, {"check", check}});
  }
  void found(const Finding& finding) override {
    send({{"found", static_cast<int>(finding.verdict)},
          {"subject", finding.subject},
          {"check", finding.check},
          {"text", finding.text},
          {"hint", finding.hint}});
  }
  void component(const catalog::Description& component) {
    send({{"kind", static_cast<int>(component.kind)},
          {"name", component.name},
          {"interface", component.interface_name}});
  }

 private:
  void send(const Json& json) { tell_(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }
  const Tell& tell_;
};

void take(const Json& message, Findings& findings, std::vector<catalog::Description>& components) {
  if (message.contains("begins")) {
    findings.begins(message["begins"], message["check"]);
  } else if (message.contains("found")) {
    findings.add({message["subject"], message["check"], static_cast<Verdict>(message["found"].get<int>()),
                  message["text"], message["hint"]});
  } else {
    catalog::Description& component = components.emplace_back();
    component.kind = static_cast<catalog::Kind>(message["kind"].get<int>());
    component.name = message["name"];
    component.interface_name = message["interface"];
  }
}

// The library first, then what belongs around a component, then what may stand beside it.
std::vector<fs::path> registry_paths(const Arguments& arguments) {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path prefix = program.parent_path().parent_path();
  std::vector<fs::path> given{arguments.text("check", "")};
  for (const char* beside : {ATELIER_CHECK_SUBDIR, "lib/atelier/check"}) {
    if (fs::is_directory(prefix / beside) && given.size() == 1) {
      given.push_back(prefix / beside);
    }
  }
  if (given.size() == 1) {
    throw Error(ErrorKind::file,
                "{}: no such folder, in which a check has its own data and models; hint: install atelier as a whole",
                (prefix / ATELIER_CHECK_SUBDIR).string());
  }
  for (const std::string& path : arguments.all("plugin-path")) {
    given.emplace_back(path);
  }
  return plugin::plugin_paths(program, given);
}

check::Workplace workplace_in(const plugin::Registry& registry, const Arguments& arguments) {
  return {registry, arguments.all("set"), environment_of(arguments).data_directories};
}

// Throws Error(usage) for a setting that nothing has. A library that does not load says so when it is checked.
void require_settings(const Arguments& arguments, unsigned seconds) {
  std::string mistake;
  const auto look = [&](const Tell& tell) {
    const plugin::Registry registry(registry_paths(arguments));
    const fs::path library = arguments.text("check", "");
    if (std::ranges::find(registry.refusals(), library, &plugin::Refusal::file) != registry.refusals().end()) {
      return;
    }
    try {
      check::require_settings(workplace_in(registry, arguments));
    } catch (const Error& error) {
      tell(error.what());
    }
  };
  if (arguments.has("set")) {
    run_apart(
        look, [&](const std::string& message) { mistake = message; }, seconds);
  }
  if (!mistake.empty()) {
    throw Error(ErrorKind::usage, mistake);
  }
}

void check_one(const catalog::Description& component, const Arguments& arguments, Teller& teller) {
  const plugin::Registry registry(registry_paths(arguments));
  const check::Workplace workplace = workplace_in(registry, arguments);
  const auto all = registry.descriptions_of_logs();
  const auto found = std::ranges::find_if(all, [&](const catalog::Description& candidate) {
    return candidate.kind == component.kind && candidate.name == component.name;
  });
  check::check_component(found == all.end() ? component : *found, workplace, teller);
}

void check_all(const Arguments& arguments, Findings& findings) {
  constexpr int64_t usual_seconds = 60, most_seconds = 24 * 3600;
  const auto seconds = static_cast<unsigned>(arguments.integer("timeout", usual_seconds, 1, most_seconds));
  require_settings(arguments, seconds);
  std::vector<catalog::Description> components;
  const Tell told = [&](const std::string& message) { take(Json::parse(message), findings, components); };
  const std::string library_end = run_apart(
      [&](const Tell& tell) {
        Teller teller(tell);
        for (const catalog::Description& component : check::check_library(arguments.text("check", ""), teller)) {
          teller.component(component);
        }
      },
      told, seconds);
  if (!library_end.empty()) {
    findings.broken_off("the library", library_end);
  }
  const std::vector<catalog::Description> brought = components;
  for (const catalog::Description& component : brought) {
    const std::string end = run_apart(
        [&](const Tell& tell) {
          Teller teller(tell);
          check_one(component, arguments, teller);
        },
        told, seconds);
    if (!end.empty()) {
      findings.broken_off(check::subject_of(component), end);
    }
  }
}

std::string summary_of(const Findings& findings) {
  const size_t wrong = findings.count(Verdict::wrong), not_run = findings.count(Verdict::not_run);
  return fmt::format("\n{} checks: {} ok, {} wrong, {} not run\n", findings.all().size(), findings.count(Verdict::ok),
                     wrong, not_run);
}

}  // namespace

std::vector<Option> check_options() {
  return {{"check", "FILE", "check a plugin, a library, instead of listing what is loaded"},
          {"set", "NAME.SETTING=VALUE", "for --check: a component's setting", 0, true},
          {"timeout", "SECONDS", "for --check: how long the check of one component may take; the default is 60"}};
}

int check_plugin(const Arguments& arguments) {
  if (!arguments.words.empty()) {
    throw Error(ErrorKind::usage, "atelier plugins: got '{}' beside --check FILE, expected one of them",
                arguments.words.front());
  }
  plugin::set_inform([](std::string_view line) { print_message(std::string(line)); });
  const bool json = arguments.has("json");
  Findings findings(!json);
  check_all(arguments, findings);
  const bool well = findings.count(Verdict::wrong) == 0;
  if (json) {
    Json checks = Json::array();
    for (const Finding& finding : findings.all()) {
      checks.push_back(to_json(finding));
    }
    const Json all{{"file", arguments.text("check", "")}, {"ok", well}, {"checks", checks}};
    print_json(all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    print(summary_of(findings));
  }
  return well ? exit_done : exit_failed;
}

}  // namespace atelier::cli
