# Options of the build: warnings for our own code, sanitizers, what is built.
option(NIAS_DEVELOPER "Tests, benchmarks, warnings as errors" ${PROJECT_IS_TOP_LEVEL})
option(NIAS_DAEMONS "The five programs" ${PROJECT_IS_TOP_LEVEL})
option(BUILD_SHARED_LIBS "nias::nias as a shared library" ON)
option(NIAS_FUZZ "The fuzz targets of tests/fuzz, with libFuzzer: clang only" OFF)
set(NIAS_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
find_program(NIAS_CCACHE ccache)
if(NIAS_CCACHE AND NIAS_DEVELOPER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${NIAS_CCACHE})
endif()

add_library(nias_flags INTERFACE)
target_compile_options(nias_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  -Wnon-virtual-dtor -Wold-style-cast
  # At -O3 g++ 12 warns of copies that cannot happen (its bug 105651): there, warnings stay warnings.
  $<$<AND:$<BOOL:${NIAS_DEVELOPER}>,$<NOT:$<CONFIG:Release>>>:-Werror>)
if(NIAS_DEVELOPER)
  target_compile_definitions(nias_flags INTERFACE $<$<NOT:$<CONFIG:Release>>:_GLIBCXX_ASSERTIONS>)  # Release is what is measured
endif()
if(NIAS_SANITIZE)
  add_compile_options(-fsanitize=${NIAS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NIAS_SANITIZE})
endif()
