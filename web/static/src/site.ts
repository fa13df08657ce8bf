// Small comforts for every page. Each page works without them.

import { keepSystemLineFresh } from "./system-line";

function isDark(root: HTMLElement): boolean {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function offerThemeSwitch(button: HTMLElement): void {
  const root = document.documentElement;
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = isDark(root) ? "light" : "dark";
    root.dataset.theme = theme;
    // The server reads the cookie and draws the next page in this theme from the first pixel.
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  });
}

function offerCopy(article: HTMLElement): void {
  const { copy = "", copied = "" } = article.dataset;
  for (const block of article.querySelectorAll<HTMLElement>("pre")) {
    const frame = document.createElement("div");
    frame.className = "code-frame";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.innerText);
      button.textContent = copied;
      setTimeout(() => (button.textContent = copy), 1500);
    });
    block.replaceWith(frame);
    frame.append(block, button);
  }
}

const themeSwitch = document.querySelector<HTMLElement>("[data-theme-switch]");
if (themeSwitch) offerThemeSwitch(themeSwitch);
// Browsers give the clipboard to secure pages only (localhost is one).
const article = document.querySelector<HTMLElement>("[data-copy]");
if (article && navigator.clipboard) offerCopy(article);
const line = document.querySelector<HTMLElement>("[data-system-line]");
if (line) keepSystemLineFresh(line);
