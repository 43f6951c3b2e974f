import { integer } from 'drizzle-orm/sqlite-core';

/** Epoch milliseconds, as everywhere inside the program. */
export const instant = (name: string) => integer(name);
export const flag = (name: string) => integer(name, { mode: 'boolean' });
