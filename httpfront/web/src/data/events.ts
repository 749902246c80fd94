// Server-Sent Events: one stream a page, opened while somebody looks at it. After a lost connection the
// stream is opened again, and listeners are told, so that they fetch what they missed. A hidden tab lets
// go of its stream: a browser has six connections to a server, and a few forgotten tabs would use them up.

import { kSignedOut, type Job } from "./api";
import { kFoundAgain, reportFound, reportStreamLost } from "./connection";

export interface LogChunk {
    id: string;
    attempt: number;
    offset: number; // place of the first byte of `text` in the log
    next: number; // one past its last
    text: string;
}

export interface Progress {
    id: string;
    fraction: number;
    text: string;
}

export interface LiveFileNews {
    id: string;
    attempt: number;
    path: string;
    size_bytes: number;
}

export interface Listener {
    onJob?: (job: Job) => void;
    onLog?: (chunk: LogChunk) => void;
    onProgress?: (progress: Progress) => void;
    /// The job shows a file while it runs, or another version of it.
    onFile?: (file: LiveFileNews) => void;
    /// The stream is (again) open: refetch whatever may have changed meanwhile.
    onOpen?: () => void;
    onLost?: () => void;
}

const kFirstRetryMs = 1000;
const kLongestRetryMs = 15000;

/// Listens until the returned function is called. `logOf` also asks for that job's log; `owner` is as in lists.
export function listen(listener: Listener, logOf?: string, owner?: string): () => void {
    let source: EventSource | null = null;
    let timer = 0;
    let retryMs = kFirstRetryMs;
    let closed = false;

    const open = (): void => {
        if (closed || document.hidden) return;
        const query = new URLSearchParams({ ...(logOf ? { log: logOf } : {}), ...(owner ? { owner } : {}) }).toString();
        source = new EventSource(`/api/v1/events${query ? `?${query}` : ""}`);
        source.onopen = () => {
            retryMs = kFirstRetryMs;
            reportFound();
            listener.onOpen?.();
        };
        source.onerror = () => {
            reportStreamLost();
            listener.onLost?.();
            // The browser retries by itself unless the server answered with an error; then we do.
            if (source?.readyState === EventSource.CLOSED) {
                window.dispatchEvent(new Event(kSignedOut)); // it does not say why: perhaps the session is over
                timer = window.setTimeout(open, retryMs);
                retryMs = Math.min(retryMs * 2, kLongestRetryMs);
            }
        };
        on("job", listener.onJob);
        on("log", listener.onLog);
        on("progress", listener.onProgress);
        on("file", listener.onFile);
    };

    function on<T>(name: string, call: ((value: T) => void) | undefined): void {
        if (!call) return;
        source?.addEventListener(name, (event) => {
            const data: unknown = (event as MessageEvent).data;
            if (typeof data !== "string") return;
            try {
                call(JSON.parse(data) as T);
            } catch (error) {
                console.warn(`unreadable ${name} event`, error);
            }
        });
    }

    const stop = (): void => {
        window.clearTimeout(timer);
        source?.close();
        source = null;
    };
    const lookedAt = (): void => {
        stop();
        open();
    };

    // The browser waits longer and longer between two tries; the server is known to be there.
    const found = (): void => {
        if (source?.readyState !== EventSource.OPEN) lookedAt();
    };
    window.addEventListener(kFoundAgain, found);
    document.addEventListener("visibilitychange", lookedAt);
    open();
    return () => {
        closed = true;
        window.removeEventListener(kFoundAgain, found);
        document.removeEventListener("visibilitychange", lookedAt);
        stop();
    };
}
