export * from './accounts.ts';
export * from './auth.ts';
export * from './conversations.ts';
export * from './keys.ts';
export * from './settings.ts';
export * from './usage.ts';
