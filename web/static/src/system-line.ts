// The one line on the front page: asked for again, slowly, until everything is ready.

import { parseSnapshot } from "./snapshot";

const PAUSE = 3000;

export function keepSystemLineFresh(line: HTMLElement): void {
  const address = line.dataset.snapshot;
  if (!address || line.dataset.settled === "yes") return;
  const look = async (): Promise<void> => {
    const settled = !document.hidden && (await refresh(line, address));
    if (!settled) setTimeout(() => void look(), PAUSE);
  };
  setTimeout(() => void look(), PAUSE);
}

async function refresh(line: HTMLElement, address: string): Promise<boolean> {
  try {
    const response = await fetch(address, { headers: { accept: "application/json" } });
    const snapshot = parseSnapshot(await response.text());
    line.textContent = snapshot.line;
    const frame = line.closest<HTMLElement>(".system-line");
    if (frame) frame.className = `system-line tone-${snapshot.tone}`;
    return snapshot.tone === "ok";
  } catch {
    return false; // the site is away for a moment; the next look tells
  }
}
