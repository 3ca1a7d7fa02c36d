/** Help for commands with many options: `--help` shows the common ones, `--help-all` all of them. */
import { type Command, Help, Option } from 'commander';

/**
 * Makes `--help` show only the options called `common`.
 * @param common long names of existing options, without the leading hyphens
 */
export function withShortHelp(command: Command, common: readonly string[]): Command {
  const shown = new Set([...common, 'help', 'help-all']);
  let all = false;
  command
    .addOption(new Option('--help-all', 'display help for all options').helpGroup('Options:'))
    .on('option:help-all', () => {
      all = true;
      command.help();
    })
    .configureHelp({
      visibleOptions: (cmd) => new Help().visibleOptions(cmd).filter((option) => all || shown.has(option.name())),
    })
    .addHelpText('afterAll', () => (all ? '' : `\nMore options: pyroved ${command.name()} --help-all`));
  return command;
}
