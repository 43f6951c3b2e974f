import { type EventJson, toUpstreamEvent, type UpstreamEvent } from '../../server/gateway/upstream-event.ts';
import { bytesOf } from '../../server/sse/event.ts';

/** The event whose payload is the text `data`. */
export function eventFromText(data: string): UpstreamEvent {
  const event = toUpstreamEvent({ data: bytesOf(data) });
  if (!event) throw new Error(`Not an event: ${data}`);
  return event;
}

export function eventOf(json: EventJson): UpstreamEvent {
  return eventFromText(JSON.stringify(json));
}

/** The events of `tests/fixtures/events/<name>.json`. */
export async function recordedEvents(name: string): Promise<UpstreamEvent[]> {
  const events: EventJson[] = await Bun.file(new URL(`../fixtures/events/${name}.json`, import.meta.url)).json();
  return events.map(eventOf);
}
