// The tab of a job in the browser: its state in the title, and in the colour of the icon.

import { hasEnded, type JobState } from "../data/api";

const kColours: Partial<Record<JobState, string>> = { running: "#2f5bd0", succeeded: "#17714a", failed: "#b3261e", timed_out: "#b3261e", lost: "#b3261e" };

function iconOf(colour: string): string {
    const dot = `<circle cx="23" cy="23" r="8" fill="${colour}" stroke="#fff" stroke-width="2"/>`;
    return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#2f5bd0"/><path d="M7 9.5h4.5M7 16h6.5M7 22.5h4.5M11.5 9.5C16 9.5 15 16 19 16M11.5 22.5C16 22.5 15 16 19 16" fill="none" stroke="#fff" stroke-width="2.3" stroke-linecap="round"/>${dot}</svg>`)}`;
}

/// Shows the state on the icon until the returned function is called.
export function markIcon(state: JobState): () => void {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const colour = kColours[state];
    if (!link || !colour) return () => undefined;
    const before = link.dataset["plain"] ?? link.getAttribute("href") ?? "";
    link.dataset["plain"] = before;
    link.href = iconOf(colour);
    return () => {
        link.href = before;
    };
}

/// How a title says a state to somebody who looks at the row of tabs.
export function mark(state: JobState): string {
    return state === "succeeded" ? "✓ " : hasEnded({ state }) ? "✗ " : state === "running" ? "▶ " : "";
}
