import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** One command as completion sees it. `path` is its words: `computer list`; the program itself has none. */
interface Place {
  path: string;
  description: string;
  commands: { name: string; description: string }[];
  options: readonly Option[];
}

/** The completion script of a shell, made of the commands that there are. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '');
  return shell === 'fish' ? fishScript(places) : shell === 'bash' ? bashScript(places) : zshScript(places);
}

function placesOf(command: Command, path: string): Place[] {
  const help = { name: 'help', description: 'display help for a command' };
  const own: Place = {
    path,
    description: command.description(),
    commands: command.commands.map((it) => ({ name: it.name(), description: it.description() })),
    options: [
      ...command.options,
      ...command
        .createHelp()
        .visibleOptions(command)
        .filter((it) => it.long === '--help'),
    ],
  };
  if (path === '') own.commands.push(help);
  return [own, ...command.commands.flatMap((it) => placesOf(it, path === '' ? it.name() : `${path} ${it.name()}`))];
}

/**
 * What bash and zsh read alike: the step from one word to the next (`at` is the command so far), then the words to offer after the last
 * one: values of an option, else commands, or options where a dash has been typed. `free` is set where anything may follow.
 */
function commonPart(places: readonly Place[]): { step: string; offer: string } {
  const steps = places.flatMap(({ path, commands }) => commands.map(({ name }) => `'${path} ${name}'`));
  const choices = places.flatMap(({ path, options }) =>
    options
      .filter(takesValue)
      .map((it) => `    '${path} ${it.long}') ${it.argChoices === undefined ? 'free=1' : `words='${it.argChoices.join(' ')}'`} ;;`),
  );
  const next = places.map(
    ({ path, commands, options }) =>
      `    '${path}') words='${commands.map(({ name }) => name).join(' ')}'; flags='${options.map(({ long }) => long).join(' ')}' ;;`,
  );
  return {
    step: `    case "$at $word" in ${steps.join('|')}) at="\${at:+$at }$word" ;; esac`,
    offer: `  case "$at $previous" in
${choices.join('\n')}
  esac
  if [[ -z $words && -z $free ]]; then
  case "$at" in
${next.join('\n')}
  esac
    [[ $current == -* ]] && words=$flags
  fi`,
  };
}

function bashScript(places: readonly Place[]): string {
  const { step, offer } = commonPart(places);
  return `# bash completion of peierls; load it with: source <(peierls completion bash)
_peierls() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at='' word words='' flags='' free=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${step}
  done
${offer}
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -z $words ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _peierls peierls
`;
}

function zshScript(places: readonly Place[]): string {
  const { step, offer } = commonPart(places);
  return `#compdef peierls
# zsh completion of peierls; load it with: source <(peierls completion zsh)
_peierls() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]} at='' word flags='' free=''
  local -a typed=("\${(@)words[2,CURRENT-1]}")
  local words=''
  for word in "\${typed[@]}"; do
${step}
  done
${offer}
  if [[ -z $words ]]; then _files; else compadd -- \${=words}; fi
}
compdef _peierls peierls
`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const here = `-n '__peierls_at ${path}'`;
    return [
      ...(commands.length > 0 ? [`complete -c peierls ${here} -f`] : []),
      ...commands.map(({ name, description }) => `complete -c peierls ${here} -a ${name} -d ${fishQuoted(description)}`),
      ...options.map((it) => {
        const value = it.argChoices === undefined ? (takesValue(it) ? ' -r' : '') : ` -x -a '${it.argChoices.join(' ')}'`;
        return `complete -c peierls ${here} -l ${it.long?.slice(2) ?? ''}${value} -d ${fishQuoted(it.description)}`;
      }),
    ];
  });
  const steps = places.flatMap(({ path, commands }) => commands.map(({ name }) => `'${path === '' ? '' : `${path} `}${name}'`));
  return `# fish completion of peierls; load it with: peierls completion fish | source
function __peierls_at
  set -l at
  for word in (commandline -opc)[2..]
    switch (string join ' ' $at $word)
      case ${steps.join(' ')}
        set -a at $word
    end
  end
  test "$at" = "$argv"
end
${lines.join('\n')}
`;
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
