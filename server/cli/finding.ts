/** What one check of `doctor` found. */
export interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do about it; null when all is well. */
  mend: string | null;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail, mend: null });
export const warn = (check: string, detail: string, mend: string): Finding => ({ check, status: 'warn', detail, mend });
export const fail = (check: string, detail: string, mend: string): Finding => ({ check, status: 'fail', detail, mend });
