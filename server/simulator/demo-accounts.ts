import type { SimulatedAccount } from './account.ts';
import type { Simulator } from './simulator.ts';

const hourMs = 3_600_000;

/**
 * The three accounts of the demo, unlike each other on purpose: the plus plan half used in two windows, the pro plan
 * with a weekly window alone in the primary slot, the team plan with a monthly one.
 */
export function addDemoAccounts(simulator: Simulator, now: number): SimulatedAccount[] {
  return [
    simulator.addAccount({
      name: 'ada',
      plan: 'plus',
      windows: {
        primary: { usedPercent: 52, windowMinutes: 300, resetAt: now + 2 * hourMs },
        secondary: { usedPercent: 31, windowMinutes: 10_080, resetAt: now + 4 * 24 * hourMs },
      },
    }),
    simulator.addAccount({
      name: 'grace',
      plan: 'pro',
      windows: {
        primary: { usedPercent: 12, windowMinutes: 10_080, resetAt: now + 6 * 24 * hourMs },
        secondary: null,
      },
    }),
    simulator.addAccount({
      name: 'linus',
      plan: 'team',
      windows: {
        primary: { usedPercent: 3, windowMinutes: 43_800, resetAt: now + 25 * 24 * hourMs },
        secondary: null,
        credits: { hasCredits: true, balance: '12.00' },
      },
    }),
  ];
}
