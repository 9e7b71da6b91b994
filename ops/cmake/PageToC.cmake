# pages_to_c(TARGET NAME HEADER header WORDS zh en [FILES PATH=file...] PAGES file...):
# templates, words and files as generated/<folder>/<NAME>_pages.{h,c}
# (bus/web/gen/page2c.c); a page that uses another as a part stands behind it.
function(pages_to_c target name)
  cmake_parse_arguments(A "" "HEADER" "WORDS;FILES;PAGES" ${ARGN})
  file(RELATIVE_PATH here ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(out "${PROJECT_BINARY_DIR}/generated/${here}")
  file(MAKE_DIRECTORY ${out})
  set(args "")
  set(deps "")
  foreach(f ${A_WORDS} ${A_PAGES})
    list(APPEND args "${here}/${f}")
    list(APPEND deps "${CMAKE_CURRENT_SOURCE_DIR}/${f}")
  endforeach()
  list(SUBLIST args 0 2 words)
  list(REMOVE_AT args 0 1)
  set(files "")
  foreach(f ${A_FILES})
    string(REGEX REPLACE "^([^=]+)=(.*)$" "\\1=${here}/\\2" with ${f})
    string(REGEX REPLACE "^[^=]+=" "" path ${f})
    list(APPEND files ${with})
    list(APPEND deps "${CMAKE_CURRENT_SOURCE_DIR}/${path}")
  endforeach()
  add_custom_command(OUTPUT ${out}/${name}_pages.c ${out}/${name}_pages.h
    COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0
      $<TARGET_FILE:page2c> ${out} ${name} ${A_HEADER} ${words} ${files} ${args}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DEPENDS page2c ${deps} COMMENT "C from the pages of ${name}")
  target_sources(${target} PRIVATE ${out}/${name}_pages.c ${out}/${name}_pages.h)
  target_include_directories(${target} PUBLIC ${out})
endfunction()
