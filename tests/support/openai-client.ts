import OpenAI, { type ClientOptions } from 'openai';
import type { TestGateway } from './start-gateway.ts';

/** The official client as its users set it up. It repeats nothing, unless the test says so. */
export function openaiClient(gateway: TestGateway, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key, maxRetries: 0, ...options });
}
