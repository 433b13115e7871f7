# SPDX-License-Identifier: GPL-3.0-or-later
# A manual page out of --help; see help.awk. Set PROGRAM and VERSION; COMMANDS is a file with what its console knows.

# Text for groff: no accidental requests, hyphens that can be copied.
function safe(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/\n\./, "\n\\\\\\&.", text)
  gsub(/\n'/, "\n\\\\\\&'", text)
  if (text ~ /^[.']/) text = "\\&" text
  return text
}

function add(section, text) { page[section] = page[section] text "\n" }

function summary(text,    line) {
  line = text
  gsub(/\n/, " ", line)
  sub(/\.$/, "", line)
  add("NAME", safe(PROGRAM) " \\- " safe(tolower(substr(line, 1, 1)) substr(line, 2)))
}

function synopsis(text,    said) {
  said = match(text, /   +/) ? substr(text, RSTART) : ""
  if (said != "") text = substr(text, 1, RSTART - 1)
  add("SYNOPSIS", ".PP\n.B " safe(text))
  if (said != "") add("SYNOPSIS", ".RS\n" safe(trim(said)) "\n.RE")
}

function heading(text) { add("OPTIONS", ".SS " safe(text)) }

function option(names, argument, text) {
  if (text == "" && names ~ /--help/) text = "Tell what is possible, or the version, and end."
  else if (text == "") text = "List them and end."
  add("OPTIONS", ".TP\n\\fB" safe(names) "\\fR" (argument == "" ? "" : " \\fI" safe(argument) "\\fR") "\n" safe(text))
}

function paragraph(text) { add("DESCRIPTION", ".PP\n" safe(text)) }
function status(text) { add("EXIT STATUS", safe(text)) }
function example(text) { add("EXAMPLES", ".PP\n.EX\n" safe(text) "\n.EE") }

function commands(    line, words, said) {
  while ((getline line < COMMANDS) > 0) {
    words = line
    said = match(line, /  +/) ? substr(line, RSTART) : ""
    if (said != "") words = substr(line, 1, RSTART - 1)
    if (trim(words) == "") sub(/\n$/, " " safe(trim(said)) "\n", page["COMMANDS"])
    else add("COMMANDS", ".TP\n\\fB" safe(trim(words)) "\\fR\n" safe(trim(said)))
  }
}

function finish(    n, i, order) {
  if (COMMANDS != "") commands()
  printf ".TH %s 1 \"\" \"FieldIQ %s\" \"User Commands\"\n", toupper(PROGRAM), VERSION
  n = split("NAME SYNOPSIS DESCRIPTION OPTIONS COMMANDS EXIT_STATUS EXAMPLES", order, " ")
  for (i = 1; i <= n; i++) {
    gsub(/_/, " ", order[i])
    if (page[order[i]] != "") printf ".SH %s\n%s", order[i], page[order[i]]
  }
  printf ".SH SEE ALSO\n"
  n = split("fieldiq-jack fieldiq-plot fieldiq-render", order, " ")
  for (i = 1; i <= n; i++) if (order[i] != PROGRAM) printf ".BR %s (1),\n", safe(order[i])
  print ".BR jalv (1)"
}
