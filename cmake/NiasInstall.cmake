# nias::nias for other people's projects: the modules of the library as one shared (or static) library with its
# public headers, a CMake package with a version file, and a pkg-config file.
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
install(TARGETS nias_library EXPORT nias-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/libnias/include/nias DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT nias-targets NAMESPACE nias:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/nias-config.cmake.in ${PROJECT_BINARY_DIR}/nias-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nias-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/nias-config.cmake ${PROJECT_BINARY_DIR}/nias-config-version.cmake DESTINATION ${package_dir})
configure_file(${CMAKE_CURRENT_LIST_DIR}/nias.pc.in ${PROJECT_BINARY_DIR}/nias.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nias.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
