// Keeps the status page up to date: a stream of events, and polling where the stream does not work.

import { Idiomorph } from "idiomorph";
import { parseSnapshot, type Snapshot } from "./snapshot";

const POLL_PAUSE = 3000;
const STREAM_AGAIN = 15000;
const MOST_FAILURES = 3;

type Liveness = "on" | "off" | "poll";

class StatusPage {
  private revision = "";
  private source: EventSource | null = null;
  private failures = 0;
  private polling = 0;

  constructor(
    private readonly body: HTMLElement,
    private readonly liveness: HTMLElement | null,
    private readonly announcer: HTMLElement | null,
  ) {}

  open(): void {
    this.close();
    const source = new EventSource(this.body.dataset.stream ?? "");
    source.onmessage = (event: MessageEvent<string>) => {
      this.failures = 0;
      this.say("on");
      this.show(parseSnapshot(event.data));
    };
    source.onerror = () => this.trouble(source);
    this.source = source;
  }

  close(): void {
    this.source?.close();
    this.source = null;
    clearTimeout(this.polling);
  }

  private trouble(source: EventSource): void {
    this.failures += 1;
    this.say("off");
    const refused = source.readyState === EventSource.CLOSED;
    if (refused || this.failures >= MOST_FAILURES) {
      this.close();
      void this.poll(Date.now() + STREAM_AGAIN);
    }
  }

  private async poll(streamAgainAt: number): Promise<void> {
    try {
      const response = await fetch(this.body.dataset.snapshot ?? "");
      if (!response.ok) throw new Error(response.statusText);
      this.show(parseSnapshot(await response.text()));
      this.say("poll");
    } catch {
      this.say("off");
    }
    const next = Date.now() > streamAgainAt ? () => this.open() : () => void this.poll(streamAgainAt);
    this.polling = window.setTimeout(next, POLL_PAUSE);
  }

  private show(snapshot: Snapshot): void {
    if (snapshot.revision === this.revision) return;
    this.revision = snapshot.revision;
    this.announce(snapshot);
    Idiomorph.morph(this.body, snapshot.html, { morphStyle: "innerHTML" });
  }

  // Screen readers hear of changes of the whole, not of every per cent.
  private announce(snapshot: Snapshot): void {
    const line = snapshot.line.replace(/\s*\d+\s*(%|\/\s*\d+)$/, "");
    if (this.announcer && this.announcer.textContent !== line) this.announcer.textContent = line;
  }

  private say(liveness: Liveness): void {
    if (!this.liveness) return;
    this.liveness.hidden = false;
    this.liveness.dataset.state = liveness;
    this.liveness.textContent = this.liveness.dataset[liveness] ?? "";
  }
}

const body = document.querySelector<HTMLElement>("#status-body");
if (body) {
  const page = new StatusPage(
    body,
    document.querySelector("[data-live-state]"),
    document.querySelector("[data-announce]"),
  );
  // A browser opens six connections to a site at most: hidden tabs give theirs back.
  document.addEventListener("visibilitychange", () => (document.hidden ? page.close() : page.open()));
  page.open();
}
