// English words of what the account's page says of notices and of programs of one's own.

export const en = {
    notices: "Told when done", noticesText: "When a job of yours ends, this server calls a URL of yours, or sends mail.",
    webhook: "URL that is called (webhook)", webhookHint: "https://… It gets the job as JSON, signed. Leave it empty for none.",
    mail: "Mail to", mailHint: "Leave it empty for none.", save: "Save", saved: "Saved.",
    code: (mail: string) => `The code that ${mail} was sent`, codeHint: "It is good for a day. Before, nothing else is sent there. Save the address again for another.", confirm: "Confirm the address",
    secret: "The secret of the signatures", secretNote: "Copy it now: it is not shown again.",
    lastTaken: (when: string) => `The last one was taken ${when}.`, lastFailed: (when: string, why: string) => `The last one failed ${when}: ${why}. It is tried again for a day.`,
};

export type NoticeMessages = typeof en;
