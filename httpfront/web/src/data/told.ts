// Jobs of whose end their owner wants to be told by the browser, in whatever tab of these pages is open then. Kept by
// the browser, so that a reload forgets none.

import { getJob, hasEnded, type Job } from "./api";

const kKey = "nias.told";
const kMost = 50;

export const canTell = (): boolean => typeof Notification !== "undefined" && window.isSecureContext && Notification.permission !== "denied";

export function wanted(): string[] {
    try {
        const value: unknown = JSON.parse(localStorage.getItem(kKey) ?? "[]");
        return Array.isArray(value) ? value.filter((id): id is string => typeof id === "string").slice(-kMost) : [];
    } catch {
        return [];
    }
}

function keep(ids: readonly string[]): void {
    try {
        localStorage.setItem(kKey, JSON.stringify(ids.slice(-kMost)));
    } catch {
        // storage switched off: nobody is told
    }
}

export function want(id: string, on: boolean): void {
    keep([...wanted().filter((other) => other !== id), ...(on ? [id] : [])]);
}

/// Looks at each job once, tells of those that have ended, and forgets these and those that are gone.
export async function lookAndTell(say: (job: Job) => { title: string; body: string }): Promise<void> {
    for (const id of wanted()) {
        let job: Job;
        try {
            job = await getJob(id);
        } catch (error) {
            if ((error as { status?: number }).status === 404) want(id, false);
            continue;
        }
        if (!hasEnded(job) || !wanted().includes(id)) continue; // another tab may have told it meanwhile
        want(id, false);
        const { title, body } = say(job);
        const note = new Notification(title, { body, tag: id });
        note.onclick = () => {
            window.focus();
            location.assign(`/jobs/${id}`);
        };
    }
}
