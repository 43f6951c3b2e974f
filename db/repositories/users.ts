import { eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { users } from '../schema/index.ts';

export type UserRow = typeof users.$inferSelect;

export interface UserRepository {
  /** Oldest first. */
  list(): UserRow[];
  findByUsername(username: string): UserRow | undefined;
  /** Adds `row` unless there is a user already, in one statement. Says whether it was added. */
  insertFirst(row: UserRow): boolean;
}

export function createUserRepository(db: Db): UserRepository {
  const { orm, sqlite } = db;
  const insertFirst = sqlite.query<unknown, [string, string, string, number, number, number]>(
    `insert into users (id, username, password_hash, must_change_password, created_at, updated_at)
       select ?, ?, ?, ?, ?, ? where not exists (select 1 from users)`,
  );
  return {
    list: () => orm.select().from(users).orderBy(users.createdAt, users.id).all(),
    findByUsername: (username) => orm.select().from(users).where(eq(users.username, username)).get(),
    insertFirst: (row) =>
      insertFirst.run(
        row.id,
        row.username,
        row.passwordHash,
        row.mustChangePassword ? 1 : 0,
        row.createdAt,
        row.updatedAt,
      ).changes > 0,
  };
}
