// English words of deleting. The keys here are the keys every language must have (see ForgetMessages).

export const en = {
    remove: "Delete", removeMany: (n: number) => (n === 1 ? "Delete 1 job" : `Delete ${n} jobs`),
    removed: (n: number) => (n === 1 ? "1 job was deleted." : `${n} jobs were deleted.`),
    undo: "Undo", back: "Bring it back", close: "Close",
    jobRemoved: (when: string) => `This job was deleted. All that is kept of it goes ${when}.`,
    goesSoon: (when: string) => `This server deletes old jobs, and this one ${when}. Download what you need.`,
    storage: "Storage", used: "Zips and outputs", jobs: "Jobs", alive: "Waiting and running",
    of: (used: string, bound: string) => `${used} of ${bound}`,
    keeps: (days: number) => (days === 1 ? "Jobs are deleted a day after their end." : `Jobs are deleted ${days} days after their end.`),
    usedByAll: "Storage of everybody",
};
export type ForgetMessages = typeof en;
