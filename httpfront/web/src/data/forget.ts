// Deleting jobs and bringing them back. The server holds what is deleted: a reload changes nothing.

import { askJson, type Job } from "./api";

const kAtOnce = 256; // jobs that the server takes in one request

export interface ForgetLists {
    done: string[];
    not_ended: string[];
    unknown: string[];
}

export function deleteJob(id: string): Promise<Job> {
    return askJson(`/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export function restoreJob(id: string): Promise<Job> {
    return askJson(`/jobs/${encodeURIComponent(id)}/restore`, { method: "POST" });
}

/// Which of these jobs were deleted or brought back; those that had not ended, or are gone, are left out.
async function askForMany(path: string, ids: readonly string[]): Promise<string[]> {
    const done: string[] = [];
    for (let from = 0; from < ids.length; from += kAtOnce) {
        const body = JSON.stringify({ ids: ids.slice(from, from + kAtOnce) });
        const lists = await askJson<ForgetLists>(path, { method: "POST", body, headers: { "Content-Type": "application/json" } });
        done.push(...lists.done);
    }
    return done;
}

export const deleteJobs = (ids: readonly string[]): Promise<string[]> => askForMany("/jobs/delete", ids);
export const restoreJobs = (ids: readonly string[]): Promise<string[]> => askForMany("/jobs/restore", ids);
