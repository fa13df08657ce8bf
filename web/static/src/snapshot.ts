// One message of the status: the server makes the words and the markup, in the page's language.

export interface Snapshot {
  revision: string;
  tone: "ok" | "busy" | "bad" | "off";
  line: string;
  html: string;
}

export function parseSnapshot(text: string): Snapshot {
  return JSON.parse(text) as Snapshot;
}
