import type { Command } from 'commander';
import {
  createSettings,
  isSettingName,
  parseSetting,
  type SettingName,
  settingNames,
  type Settings,
} from '../settings/settings.ts';
import { type Context, openContext } from './context.ts';
import { CliError, exitCodes } from './failure.ts';
import { addCommand, type Shell } from './shell.ts';
import { renderTable } from './table.ts';

export function addSettingCommands(program: Command, shell: Shell): void {
  const names = settingNames.join(', ');
  const group = program
    .command('settings')
    .description('live settings: a stored one wins over its variable, without a restart');

  addCommand(group, 'list', 'show every setting, its value and where that comes from', ['settings list']).action(() => {
    using context = openContext(shell.variables);
    const listed = settingsOf(context).list();
    const rows = listed.map(({ name, value, origin, variable, about }) => [
      name,
      String(value),
      origin,
      variable,
      about,
    ]);
    shell.finish({ json: listed, text: renderTable(['NAME', 'VALUE', 'ORIGIN', 'VARIABLE', 'MEANING'], rows, '') });
  });

  addCommand(group, 'get <name>', `show one setting (${names})`, ['settings get strategy']).action((text: string) => {
    const name = parseName(text);
    using context = openContext(shell.variables);
    finishWith(shell, settingsOf(context), name);
  });

  addCommand(group, 'set <name> <value>', `store a setting (${names}); running servers follow within a second`, [
    'settings set strategy quota-aware',
    'settings set affinity false',
  ]).action((text: string, valueText: string) => {
    const name = parseName(text);
    const value = parseSetting(name, valueText);
    using context = openContext(shell.variables);
    const settings = settingsOf(context);
    settings.set(name, value);
    finishWith(shell, settings, name);
  });

  addCommand(group, 'unset <name>', `go back to the variable's value (${names})`, ['settings unset strategy']).action(
    (text: string) => {
      const name = parseName(text);
      using context = openContext(shell.variables);
      const settings = settingsOf(context);
      settings.unset(name);
      finishWith(shell, settings, name);
    },
  );
}

function settingsOf(context: Context): Settings {
  return createSettings({ db: context.db, env: context.env, clock: context.clock });
}

function parseName(text: string): SettingName {
  if (isSettingName(text)) return text;
  const message = `There is no setting ${JSON.stringify(text)}; the settings are ${settingNames.join(', ')}.`;
  throw new CliError('not_found', message, exitCodes.notFound);
}

function finishWith(shell: Shell, settings: Settings, name: SettingName): void {
  const setting = settings.list().find((listed) => listed.name === name);
  shell.finish({ json: setting, text: `${name} = ${setting?.value} (${setting?.origin})` });
}
