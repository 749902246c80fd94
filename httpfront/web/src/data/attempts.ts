// The logs of the attempts of a job, each of which the server keeps.

import { ask } from "./api";

export function logUrl(id: string, attempt: number): string {
    return `/api/v1/jobs/${encodeURIComponent(id)}/log?attempt=${attempt}`;
}

/// The last lines of an attempt's log, about as many bytes as said; `cut`: there is more before.
export async function readLogTail(id: string, attempt: number, bytes: number, signal: AbortSignal): Promise<{ text: string; cut: boolean }> {
    const response = await ask(`/jobs/${encodeURIComponent(id)}/log?attempt=${attempt}&tail=${bytes}`, { signal });
    const size = Number(response.headers.get("X-Log-Size") ?? "0");
    return { text: (await response.text()).replace(/^\n/, ""), cut: size > bytes };
}
