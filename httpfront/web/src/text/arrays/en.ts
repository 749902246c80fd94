// English words for what data files hold. The keys here are the keys every language must have.

export const en = {
    title: "Data", name: "Name", type: "Type", shape: "Shape", units: "Unit", text: "text", single: "one value", empty: "This file holds nothing.",
    tooLarge: "This file is too large to be looked into here; download it.", notRead: "What this file holds cannot be shown here; download it.",
    away: "The file could not be fetched. Close and open it to try again.", more: (n: number) => `Only the first ${n} are shown.`,
};

export type ArraysMessages = typeof en;
