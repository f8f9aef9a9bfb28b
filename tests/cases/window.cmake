# Runs SCENARIO with --fail-on LIMIT and wants the exit code EXPECTED.
execute_process(COMMAND ${MESHSIM} run ${SCENARIO} --fail-on ${LIMIT} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT code EQUAL EXPECTED)
  message(FATAL_ERROR "exit code ${code}, wanted ${EXPECTED}\n${out}${err}")
endif()
