// One function for each verb, defined in the file of its name.
#pragma once

#include <vector>

#include "cli/command_line.hpp"

namespace atelier::cli {

Verb run_verb();
Verb check_verb();
Verb resume_verb();
Verb repair_verb();
Verb verify_verb();
Verb replay_verb();
Verb diff_verb();
Verb ls_verb();
Verb show_verb();
Verb compare_verb();
Verb report_verb();
Verb serve_verb();
Verb sample_verb();
Verb export_verb();
Verb evaluate_verb();
Verb tag_verb();
Verb note_verb();
Verb slim_verb();
Verb rm_verb();
Verb plugins_verb();
Verb new_verb();
Verb slurm_verb();
Verb schema_verb();
Verb help_verb();

const std::vector<Verb>& verbs();                // in the order of the help
const Verb& find_verb(const std::string& name);  // throws Error(usage) with the nearest name

}  // namespace atelier::cli
