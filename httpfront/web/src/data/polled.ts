// Answers that no event tells of (a machine's load, say): asked for again and again while somebody looks.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { useFoundAgain } from "./connection";

export interface Polled<T> {
    value: T | null; // the last answer, also while the server is away
    atMs: number; // when it came, by this browser's clock
    error: ApiError | null; // why the last question had no answer; null: it had one
    again: () => void; // asks at once
}

/// Asks every so many milliseconds after an answer; not while the tab is hidden, and at once when it is shown.
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
    const [state, setState] = useState<Omit<Polled<T>, "again">>({ value: null, atMs: 0, error: null });
    const latest = useRef(ask);
    latest.current = ask;
    const [turn, setTurn] = useState(0);
    const again = useCallback(() => setTurn((value) => value + 1), []);
    useFoundAgain(again);
    useEffect(() => {
        const abort = new AbortController();
        let timer = 0;
        const look = (): void => {
            window.clearTimeout(timer);
            if (document.hidden) return;
            latest.current(abort.signal).then((value) => setState({ value, atMs: Date.now(), error: null })).catch((problem: unknown) => {
                if (abort.signal.aborted) return;
                setState((known) => ({ ...known, error: problem instanceof ApiError ? problem : new ApiError(0, String(problem), "") }));
            }).finally(() => {
                if (!abort.signal.aborted) timer = window.setTimeout(look, everyMs);
            });
        };
        document.addEventListener("visibilitychange", look);
        look();
        return () => {
            abort.abort();
            window.clearTimeout(timer);
            document.removeEventListener("visibilitychange", look);
        };
    }, [everyMs, turn]);
    return { ...state, again };
}
