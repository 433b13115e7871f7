# SPDX-License-Identifier: GPL-3.0-or-later
# What a shell offers, out of --help; see help.awk. Set PROGRAM, and TEMPLATE, the shell's script, in which these are
# replaced: @PROGRAM@, @FUNCTION@ (its name as a function's), @OPTIONS@ (all of them), @CASES@ (for bash, what follows
# each) and @SPECS@ (for zsh).

# The words of a choice, "wav, flac or ogg", with blanks between; "" where the text is no such list.
function choice(text,    n, i, words) {
  gsub(/\n/, " ", text)
  sub(/[;(].*/, "", text)
  gsub(/ or /, ", ", text)
  n = split(trim(text), words, /, */)
  text = ""
  for (i = 1; i <= n; i++) {
    if (words[i] !~ /^[a-z][a-z0-9]*$/) return ""
    text = text (i > 1 ? " " : "") words[i]
  }
  return n > 1 ? text : ""
}

# What the argument is: nothing, plugin, preset, setting, folder, file, other, or "one of WORDS".
function kind(name, argument, text) {
  if (argument == "") return "nothing"
  if (name == "--plugin") return "plugin"
  if (name == "--preset") return "preset"
  if (name == "--set") return "setting"
  if (argument ~ /^FOLDER/) return "folder"
  if (argument ~ /^(FILE|PATH)/) return "file"
  return choice(text) != "" ? "one of " choice(text) : "other"
}

function quoted(text) {
  gsub(/'/, "'\\''", text)
  return text
}

# The rest of an argument of _arguments: what it is called and how it is completed.
function spec(what, argument,    action) {
  if (what == "nothing") return ""
  if (what == "plugin") action = "(realms swarm)"
  else if (what == "preset") action = "_fieldiq_presets"
  else if (what == "setting") action = "_fieldiq_settings"
  else if (what == "folder") action = "_files -/"
  else if (what == "file") action = "_files"
  else if (what ~ /^one of /) action = "(" substr(what, 8) ")"
  gsub(/:/, " ", argument)
  return ":" argument ":" action
}

function offer(name, what, argument, text) {
  options = options " " name
  if (what != "nothing") cases = cases "    " name ") kind='" what "' ;;\n"
  sub(/[;(\n].*/, "", text)
  gsub(/[][\\]/, "", text)
  specs = specs " \\\n    '" (repeatable ? "*" : "") name (what == "nothing" ? "" : "=") "[" quoted(trim(text)) "]"
  specs = specs quoted(spec(what, argument)) "'"
}

function heading(text) { }
function summary(text) { }
function synopsis(text) { }
function paragraph(text) { }
function status(text) { }
function example(text) { }

function option(names, argument, text,    n, i, list) {
  repeatable = text ~ /repeatable/
  n = split(names, list, /, */)
  for (i = 1; i <= n; i++) offer(list[i], kind(list[i], argument, text), argument, text)
}

# TEXT with all of one mark replaced; "&" and "\" stand for themselves.
function filled(text, mark, value,    i, done) {
  while ((i = index(text, mark)) > 0) {
    done = done substr(text, 1, i - 1) value
    text = substr(text, i + length(mark))
  }
  return done text
}

function finish(    line, name) {
  name = PROGRAM
  gsub(/-/, "_", name)
  sub(/\n$/, "", cases)
  while ((getline line < TEMPLATE) > 0) {
    line = filled(filled(line, "@PROGRAM@", PROGRAM), "@FUNCTION@", name)
    print filled(filled(filled(line, "@OPTIONS@", trim(options)), "@CASES@", cases), "@SPECS@", specs)
  }
}
