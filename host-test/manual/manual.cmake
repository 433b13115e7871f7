# SPDX-License-Identifier: GPL-3.0-or-later
# fiq_manual(PROGRAM): its manual page and completions, made from --help and installed.
find_program(FIQ_AWK awk REQUIRED)
set(FIQ_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where completions for zsh go")
set(FIQ_MANUAL ${CMAKE_CURRENT_LIST_DIR})

function(fiq_manual program)
  set(out ${CMAKE_BINARY_DIR}/manual)
  set(read_help ${FIQ_AWK} -v PROGRAM=${program} -v VERSION=${PROJECT_VERSION} -f ${FIQ_MANUAL}/help.awk)
  set(complete ${read_help} -f ${FIQ_MANUAL}/completion.awk)
  file(MAKE_DIRECTORY ${out})
  set(commands)
  set(console)
  if(ARGN)
    set(commands COMMAND ${program} ${ARGN} > ${out}/${program}.commands)
    set(console -v COMMANDS=${out}/${program}.commands)
  endif()
  add_custom_command(
    OUTPUT ${out}/${program}.1 ${out}/${program}.bash ${out}/_${program}
    COMMAND ${program} --help > ${out}/${program}.help
    ${commands}
    COMMAND ${read_help} ${console} -f ${FIQ_MANUAL}/man.awk ${out}/${program}.help > ${out}/${program}.1
    COMMAND ${complete} -v TEMPLATE=${FIQ_MANUAL}/completion.bash.in ${out}/${program}.help > ${out}/${program}.bash
    COMMAND ${complete} -v TEMPLATE=${FIQ_MANUAL}/completion.zsh.in ${out}/${program}.help > ${out}/_${program}
    DEPENDS ${program} ${FIQ_MANUAL}/help.awk ${FIQ_MANUAL}/man.awk ${FIQ_MANUAL}/completion.awk
            ${FIQ_MANUAL}/completion.bash.in ${FIQ_MANUAL}/completion.zsh.in
    COMMENT "Writing the manual of ${program}"
    VERBATIM)
  add_custom_target(${program}-manual ALL DEPENDS ${out}/${program}.1 ${out}/${program}.bash ${out}/_${program})
  if(FIQ_PACKAGING)
    # -n leaves name and time out, which would tell two builds apart.
    add_custom_command(OUTPUT ${out}/${program}.1.gz COMMAND gzip -9nc ${out}/${program}.1 > ${out}/${program}.1.gz
                       DEPENDS ${out}/${program}.1 VERBATIM)
    add_custom_target(${program}-page ALL DEPENDS ${out}/${program}.1.gz)
    install(FILES ${out}/${program}.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  else()
    install(FILES ${out}/${program}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  endif()
  install(FILES ${out}/${program}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME ${program})
  install(FILES ${out}/_${program} DESTINATION ${FIQ_ZSH_COMPLETIONS})
endfunction()
