/** The error a call ends with. Throws when it succeeds. (`expect().rejects` does not see into lazy promises.) */
export async function errorOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('The call was expected to fail.');
}
