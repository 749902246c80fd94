# nias_module(<name> LINK <targets>…): every .cpp of the folder and its rooms becomes the static library nias_<name>;
# linking names exactly the rows of docs/style.md §2, so a wrong dependency also fails to link.
function(nias_module name)
  cmake_parse_arguments(arg "" "" "LINK;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(nias_${name} STATIC ${sources})
  target_link_libraries(nias_${name} PUBLIC ${arg_LINK} PRIVATE nias_flags ${arg_PRIVATE})
endfunction()

# nias_program(<target> LINK <targets>…): main.cpp of this folder; its other sources are nias_<folder>.
function(nias_program target)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_executable(${target} main.cpp)
  target_link_libraries(${target} PRIVATE nias_flags ${arg_LINK})
  install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
endfunction()

# nias_embed(<target> <file> <symbol>): the text of a file as `const std::string_view nias::embedded::<symbol>`.
function(nias_embed target file symbol)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DSYMBOL=${symbol} -P ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
