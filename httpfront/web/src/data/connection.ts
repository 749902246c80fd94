// Whether the server answers: one state for every page. Requests and event streams report to it; while it is lost it
// looks by itself for the server, and tells the pages when they should fetch what they missed.

import { useEffect, useState } from "preact/hooks";

export interface Connection {
    lostMs: number; // since when the server is away; 0: it is there
    foundMs: number; // when it last came back
}

const kProbeEveryMs = 2000;
const kStreamGraceMs = 5000; // a stream that ends in order is opened again within two seconds

/// Told to the window when the server is there again: what is shown is asked for once more.
export const kFoundAgain = "nias:found";

let state: Connection = { lostMs: 0, foundMs: 0 };
const watchers = new Set<(state: Connection) => void>();
let timer = 0;
let grace = 0;

function become(next: Connection): void {
    state = next;
    for (const watcher of watchers) watcher(state);
}

async function probe(): Promise<void> {
    try {
        await fetch("/healthz", { cache: "no-store" });
        reportFound();
    } catch {
        if (state.lostMs !== 0) timer = window.setTimeout(() => void probe(), kProbeEveryMs);
    }
}

export function reportLost(): void {
    if (state.lostMs !== 0) return;
    become({ ...state, lostMs: Date.now() });
    timer = window.setTimeout(() => void probe(), kProbeEveryMs);
}

export function reportFound(): void {
    window.clearTimeout(grace);
    grace = 0;
    if (state.lostMs === 0) return;
    window.clearTimeout(timer);
    become({ lostMs: 0, foundMs: Date.now() });
    window.dispatchEvent(new Event(kFoundAgain));
}

/// An event stream ended; it says so again when it is open, by reportFound().
export function reportStreamLost(): void {
    if (grace === 0 && state.lostMs === 0) grace = window.setTimeout(reportLost, kStreamGraceMs);
}

/// Once: the browser may know of a lost line before a request does.
export function watchNetwork(): void {
    window.addEventListener("offline", reportLost);
    window.addEventListener("online", () => void probe());
}

export function useConnection(): Connection {
    const [known, setKnown] = useState(state);
    useEffect(() => {
        watchers.add(setKnown);
        setKnown(state);
        return () => void watchers.delete(setKnown);
    }, []);
    return known;
}

/// Calls back each time that the server is there again.
export function useFoundAgain(call: () => void): void {
    useEffect(() => {
        window.addEventListener(kFoundAgain, call);
        return () => window.removeEventListener(kFoundAgain, call);
    }, [call]);
}
