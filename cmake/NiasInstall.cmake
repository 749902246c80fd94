# nias::nias for other people's projects: the modules of the library as one shared (or static) library with its
# public headers, a CMake package with a version file, and a pkg-config file. All of it is the component `library`;
# the five programs are `programs`, and the pages are `web`.
include(CMakePackageConfigHelpers)

set(nias_modules base wire core net store service)
list(TRANSFORM nias_modules REPLACE "(.+)" "$<TARGET_OBJECTS:nias_\\1>" OUTPUT_VARIABLE nias_objects)
add_library(nias_library ${nias_objects})
add_library(nias::nias ALIAS nias_library)
set_target_properties(nias_library PROPERTIES OUTPUT_NAME nias EXPORT_NAME nias LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_compile_features(nias_library INTERFACE cxx_std_20)
target_include_directories(nias_library INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libnias/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(nias_library PRIVATE PkgConfig::libzmq SQLite::SQLite3 OpenSSL::Crypto Boost::filesystem
  spdlog::spdlog Threads::Threads)
if(BUILD_SHARED_LIBS)
  set(map ${CMAKE_CURRENT_LIST_DIR}/nias.map)
  target_link_options(nias_library PRIVATE LINKER:--version-script=${map})
  set_target_properties(nias_library PROPERTIES LINK_DEPENDS ${map})
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nias)
install(TARGETS nias_library EXPORT nias-targets COMPONENT library
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_COMPONENT library ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/libnias/include/nias DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT nias-targets NAMESPACE nias:: DESTINATION ${package_dir} COMPONENT library)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/nias-config.cmake.in ${PROJECT_BINARY_DIR}/nias-config.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nias-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/nias-config.cmake ${PROJECT_BINARY_DIR}/nias-config-version.cmake
  DESTINATION ${package_dir} COMPONENT library)

# The pkg-config file finds its prefix from where it lies, so that `cmake --install --prefix` may put it anywhere. The
# shared library carries what it links; for the static one, `pkg-config --static` adds it. Those are plain names and no
# `Requires.private`, which would ask for their pkg-config files and pass their private flags to every program.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH up /prefix/${pc_dir} /prefix)
  string(REGEX REPLACE "/$" "" up ${up})
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
foreach(place LIB INCLUDE)
  set(pc_${place} ${CMAKE_INSTALL_${place}DIR})
  if(NOT IS_ABSOLUTE ${pc_${place}})
    set(pc_${place} "\${prefix}/${pc_${place}}")
  endif()
endforeach()
if(NOT BUILD_SHARED_LIBS)
  set(pc_private "Libs.private: -lzmq -lsqlite3 -lcrypto -lboost_filesystem -lspdlog")
  if(TARGET fmt::fmt)  # spdlog on a libfmt of the system
    string(APPEND pc_private " -lfmt")
  endif()
  string(APPEND pc_private " -pthread -lstdc++ -lm\n")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/nias.pc.in ${PROJECT_BINARY_DIR}/nias.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nias.pc DESTINATION ${pc_dir} COMPONENT library)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT library)
