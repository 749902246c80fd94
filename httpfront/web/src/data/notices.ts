// How an account is told that its jobs have ended.

import { askJson } from "./api";

export interface Notices {
    webhook: string; // empty: none
    mail: string; // empty: none
    mail_asked: string; // waits for the code that it was sent; empty: none
    mail_offered: boolean;
    last_ms: number; // time of the last try since the server started; 0: none
    last_said: string; // what went wrong at it; empty: it was taken
    secret?: string; // once, in the answer that sets another URL
}

export const getNotices = (): Promise<Notices> => askJson("/notices");
export const setNotices = (webhook: string, mail: string): Promise<Notices> =>
    askJson("/notices", { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ webhook, mail }) });
export const confirmNotices = (code: string): Promise<Notices> =>
    askJson("/notices/confirm", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }) });
