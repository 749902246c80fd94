/// Deliberate faults, by name: sim_mutants is built from changed copies of the core's sources that ask here,
/// and the simulation has to catch each (mutants.py). In sim_test nobody can choose one; in the product there
/// is none.
#pragma once

#include <string>
#include <string_view>

namespace nias::sim {

/// The fault of this run; empty: none. Set by main before the first seed.
inline std::string& chosen_mutant() {
    static std::string name;
    return name;
}
inline bool mutant(std::string_view name) { return chosen_mutant() == name; }

}  // namespace nias::sim
