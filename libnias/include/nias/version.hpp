/// The version of these headers: the home from which the build, the packages and `--version` take theirs.
/// Macros only, for every C and C++ and for the preprocessor.
#pragma once

/// Rises when programs must be changed to go on.
#define NIAS_VERSION_MAJOR 0
/// Rises with additions; before 1.0, also when programs must be compiled again.
#define NIAS_VERSION_MINOR 1
/// Rises with corrections.
#define NIAS_VERSION_PATCH 0

/// The three numbers with points between them, as a string literal: "0.1.0".
#define NIAS_VERSION NIAS_VERSION_OF_(NIAS_VERSION_MAJOR, NIAS_VERSION_MINOR, NIAS_VERSION_PATCH)

/// Puts the values of the three macros, not their names, into the literal. For NIAS_VERSION alone.
#define NIAS_VERSION_OF_(major, minor, patch) NIAS_VERSION_TEXT_(major, minor, patch)
/// The literal itself. For NIAS_VERSION_OF_ alone.
#define NIAS_VERSION_TEXT_(major, minor, patch) #major "." #minor "." #patch
