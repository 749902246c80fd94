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
    deletedChip: "Deleted", deletedNone: "Nothing was deleted lately", deletedNoneText: "Jobs that you delete are listed here for as long as they can be brought back.",
    deletedText: "These can still be brought back, with their log and results.", deletedAgo: (ago: string) => `deleted ${ago}`,
    goesIn: (time: string) => `gone for good in ${time}`, goesNow: "about to be gone for good", backOf: (name: string) => `Bring ${name} back`,
    backMany: (n: number) => `Bring all ${n} back`, tooLate: (n: number) => (n === 1 ? "1 job was already gone for good." : `${n} jobs were already gone for good.`),
};
export type ForgetMessages = typeof en;
