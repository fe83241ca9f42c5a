// SPDX-License-Identifier: Apache-2.0
import { Argument, Command } from "commander";
import type { CommandFactory } from "../command";

/** `completion`: what a shell needs to complete commands and flags. */
export const completionCommand: CommandFactory = ({ environment }) =>
  new Command("completion")
    .description("print what a shell needs to complete commands and flags")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh"]))
    .addHelpText("after", `\nExamples:\n  source <(${environment.name} completion bash)`)
    .action((shell: string, _flags: unknown, self: Command) => {
      if (/\s/.test(environment.name))
        throw new Error(`a shell completes commands of one word, and this one is called "${environment.name}"`);
      console.log(completionScript(environment.name, self.parent!, shell === "zsh"));
    });

/**
 * The script for a shell. It holds every command with its flags, so that completing starts no program.
 *
 * @param program - the word that people type.
 * @param zsh - whether zsh reads it, which needs bash's way of completing switched on.
 */
export function completionScript(program: string, root: Command, zsh = false): string {
  const name = `_${program.replaceAll(/\W/g, "_")}`;
  const cases = wordsByPath(root).map(([path, words]) => `    "${path}") words="${words.join(" ")}" ;;`);
  return `${zsh ? "autoload -U +X bashcompinit && bashcompinit\n" : ""}${name}() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path="$path $word"
  done
  while :; do
    case "$path" in
${cases.join("\n")}
    *) path="\${path% *}"; continue ;;
    esac
    break
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F ${name} ${program}`;
}

/** What may follow each command: its own commands and long flags. Arguments that are no command leave the path where it was. */
function wordsByPath(command: Command, path = ""): [string, string[]][] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((one) => one.name() !== "help");
  const flags = help.visibleOptions(command).flatMap(({ long }) => long ?? []);
  return [
    [path, [...commands.map((one) => one.name()), ...flags]],
    ...commands.flatMap((one) => wordsByPath(one, `${path} ${one.name()}`)),
  ];
}
