import { expect, test } from 'bun:test';
import { createInstallation } from './run-cli.ts';

test('a stored setting wins over its variable until it is unset', async () => {
  await using cli = await createInstallation();
  const options = { variables: { LOAD_BALANCE_STRATEGY: 'random' } };
  const get = async () => (await cli.json(['settings', 'get', 'strategy'], options)).value;
  expect(await get()).toMatchObject({ name: 'strategy', value: 'random', origin: 'environment' });
  expect((await cli.json(['settings', 'set', 'strategy', 'quota-aware'], options)).value).toMatchObject({
    value: 'quota-aware',
    origin: 'stored',
  });
  expect(await get()).toMatchObject({ value: 'quota-aware', origin: 'stored' });
  expect((await cli.run(['settings', 'unset', 'strategy'], options)).stdout).toBe('strategy = random (environment)\n');
  expect(await get()).toMatchObject({ value: 'random', origin: 'environment' });
});
