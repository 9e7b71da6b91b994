# sql_to_c(TARGET file.sql...): generated/ops/db/<name>.h with the text as
# ops_db_<name>.
function(sql_to_c target)
  set(made "")
  foreach(f ${ARGN})
    get_filename_component(n ${f} NAME_WE)
    string(REPLACE "-" "_" n "${n}")
    set(out "${PROJECT_BINARY_DIR}/generated/ops/db/${n}.h")
    add_custom_command(OUTPUT ${out}
      COMMAND ${CMAKE_COMMAND} -DIN=${f} -DOUT=${out} -DSYMBOL=ops_db_${n}
        -P ${PROJECT_SOURCE_DIR}/ops/cmake/TextToC.cmake
      DEPENDS ${f} ${PROJECT_SOURCE_DIR}/ops/cmake/TextToC.cmake)
    list(APPEND made ${out})
  endforeach()
  target_sources(${target} PRIVATE ${made})
endfunction()
