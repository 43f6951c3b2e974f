import type { Workshop } from './workshop.ts';

/** What every case works with. */
export interface Bench {
  workshop: Workshop;
  upstream: { port: number; pid: number };
  /** The program; null when it is not installed. */
  nginx: string | null;
  /** Short runs: to see that it works, not to quote. */
  isQuick: boolean;
  profileTo: string | undefined;
}

/** One line of the table. */
export interface Row {
  what: string;
  /** The measured thing itself, with its unit. */
  measured: string;
  /** What it is compared with; empty when the target is absolute. */
  reference: string;
  /** The number the target is about. */
  value: number;
  unit: string;
  /** The most it may be; null when it is only for information. */
  target: number | null;
}

export function isMet({ value, target }: Row): boolean | null {
  return target === null ? null : value <= target;
}

export const kib = 1_024;
export const mib = 1_024 * 1_024;
