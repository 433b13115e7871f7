# SPDX-License-Identifier: GPL-3.0-or-later
# Reads what a program says to --help, and calls for each part of it, in order:
#   summary(TEXT)             the first paragraph
#   synopsis(TEXT)            a way to call it
#   heading(TEXT)             of the options that follow
#   option(NAMES, ARGUMENT, TEXT)   "--help, --version", "FILE", what it does
#   paragraph(TEXT)           anything else that is said
#   status(TEXT)              the exit status
#   example(TEXT)             a command
# The file that is read with this one defines these, and finish() for the end.
#   awk -f help.awk -f man.awk HELP
# Options are lines that begin with two blanks and "--"; two blanks part them from what they do, which may go on in
# lines that are further in.

function trim(text) {
  gsub(/^ +| +$/, "", text)
  return text
}

# What was gathered is complete: hand it on.
function flush(    kind) {
  kind = held
  held = ""
  if (kind == "option") option(names, argument, text)
  else if (kind == "text" && !n_parts++) summary(text)
  else if (kind == "text" && text ~ /^Exit status: /) status(substr(text, 14))
  else if (kind == "text") paragraph(text)
}

# An option's line: its names and argument, then what it does.
function begin_option(line,    parts, said) {
  flush()
  line = trim(line)
  said = match(line, /  +/) ? substr(line, RSTART) : ""
  if (said != "") line = substr(line, 1, RSTART - 1)
  names = line
  argument = ""
  if (match(line, / [A-Z][A-Za-z=.|\/:-]*( .*)?$/) && line !~ /, --[a-z-]+$/) {
    names = substr(line, 1, RSTART - 1)
    argument = substr(line, RSTART + 1)
  }
  text = trim(said)
  held = "option"
}

/^$/ { flush(); examples = 0; next }
/^Examples?$/ { flush(); examples = 1; next }
examples && /^  / { example(substr($0, 3)); next }
/^  --/ { begin_option($0); next }
/^   +/ && held == "option" { text = text == "" ? trim($0) : text "\n" trim($0); next }
/^  [a-z]/ { flush(); synopsis(trim($0)); next }
/^   +/ { text = text "\n" trim($0); next }
/^Exit status: / { flush(); held = "text"; text = $0; n_parts++; next }
{
  # A line of its own before options is their heading; which one that is shows when the next line comes.
  if (held == "text") { text = text "\n" $0; next }
  flush()
  if ((getline following) > 0) {
    if (following ~ /^  /) { heading($0); begin_option(following); next }
    held = "text"
    text = $0
    if (following == "") flush()
    else text = text "\n" following
    next
  }
  held = "text"
  text = $0
}
END { flush(); finish() }
