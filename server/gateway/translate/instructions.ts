/** Sent when a client gives no instructions: the upstream refuses a standard request without any. */
export const defaultInstructions = 'You are a helpful assistant.';
