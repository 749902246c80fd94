# Installs what the tests need where it is missing or older than the lock file, then runs them.
set(stamp ${FOLDER}/node_modules/.package-lock.json)  # npm writes it last
if(${FOLDER}/package-lock.json IS_NEWER_THAN ${stamp})
  execute_process(COMMAND ${NPM} ci --ignore-scripts WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "npm ci failed in ${FOLDER}")
  endif()
endif()
separate_arguments(SPECS)
execute_process(COMMAND ${NODE} --test --test-concurrency=1 ${SPECS}
  WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "the browser tests failed")
endif()
