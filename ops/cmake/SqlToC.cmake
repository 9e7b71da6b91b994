# sql_to_c(TARGET file.sql...): for each file below the source folder
# generated/<folder>/<name>.h with the text as <folder>_<name>
# (bus/ledger/sql/account.sql -> bus_ledger_sql_account).
function(sql_to_c target)
  set(made "")
  foreach(f ${ARGN})
    get_filename_component(f ${f} ABSOLUTE)
    file(RELATIVE_PATH n ${PROJECT_SOURCE_DIR} ${f})
    string(REGEX REPLACE "\\.sql$" "" n ${n})
    string(MAKE_C_IDENTIFIER ${n} symbol)
    set(out "${PROJECT_BINARY_DIR}/generated/${n}.h")
    add_custom_command(OUTPUT ${out}
      COMMAND ${CMAKE_COMMAND} -DIN=${f} -DOUT=${out} -DSYMBOL=${symbol}
        -P ${PROJECT_SOURCE_DIR}/ops/cmake/TextToC.cmake
      DEPENDS ${f} ${PROJECT_SOURCE_DIR}/ops/cmake/TextToC.cmake)
    list(APPEND made ${out})
  endforeach()
  target_sources(${target} PRIVATE ${made})
endfunction()
