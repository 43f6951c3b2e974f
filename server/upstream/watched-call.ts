import type { Ticker, TickListener } from '../core/ticker.ts';
import { type CallPhase, type UpstreamRequest, UpstreamNetworkError } from './client.ts';
import { canConnect } from './connect-probe.ts';

/**
 * Watches the four deadlines of one call on the shared ticker and ends the call through its abort controller. The
 * client that runs the call reports its progress: `onHeaders`, `onWait`, `onBytes`, `finish`.
 */
export class WatchedCall implements TickListener {
  readonly controller = new AbortController();
  readonly #request: UpstreamRequest;
  readonly #ticker: Ticker;
  readonly #startedAt: number;
  readonly #onCallerAbort = () => {
    this.controller.abort(this.#request.signal.reason);
    // Nobody may be reading who would notice.
    this.finish();
  };
  #phase: CallPhase = 'headers';
  #isProbed = false;
  /** Ticker time since when somebody waits for bytes; -1 when nobody does. */
  #waitingSince = -1;
  #isFinished = false;

  constructor(request: UpstreamRequest, ticker: Ticker) {
    this.#request = request;
    this.#ticker = ticker;
    ticker.add(this);
    this.#startedAt = ticker.now;
    if (request.signal.aborted) this.#onCallerAbort();
    else request.signal.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  get phase(): CallPhase {
    return this.#phase;
  }

  onHeaders(): void {
    this.#phase = 'stream';
  }

  onWait(): void {
    this.#waitingSince = this.#ticker.now;
  }

  onBytes(): void {
    this.#waitingSince = -1;
  }

  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#ticker.delete(this);
    this.#request.signal.removeEventListener('abort', this.#onCallerAbort);
  }

  tick(now: number): void {
    const { connectMs, headersMs, idleMs, totalMs } = this.#request.deadlines;
    const elapsed = now - this.#startedAt;
    if (elapsed > totalMs) return this.#expire(this.#phase, `The upstream took longer than ${totalMs} ms in all.`);
    if (this.#phase === 'stream') {
      if (this.#waitingSince >= 0 && now - this.#waitingSince > idleMs)
        this.#expire('stream', `The upstream sent nothing for ${idleMs} ms.`);
      return;
    }
    if (elapsed > headersMs) return this.#expire('headers', `The upstream sent no status within ${headersMs} ms.`);
    if (elapsed > connectMs && !this.#isProbed) {
      this.#isProbed = true;
      void this.#probe(connectMs);
    }
  }

  /**
   * Bun's fetch does not tell when its connection stands. So once the connect deadline has passed without a status
   * line, a second connection to the same host decides: if that cannot be made either, the host is unreachable.
   */
  async #probe(connectMs: number): Promise<void> {
    const isReachable = await canConnect(this.#request.proxyUrl ?? this.#request.url, connectMs);
    if (!isReachable && this.#phase === 'headers') this.#expire('connect', `No connection within ${connectMs} ms.`);
  }

  #expire(phase: CallPhase, message: string): void {
    if (this.#isFinished) return;
    this.controller.abort(new UpstreamNetworkError(phase, 'timeout', message));
  }
}
