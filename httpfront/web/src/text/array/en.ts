// English words of arrays and trials.

export const en = {
    title: "Members", badge: "array", trial: "trial", memberOf: (index: number) => `Member ${index}`, whole: "To the whole array",
    of: (ended: string, all: string) => `${ended} of ${all} have ended`, missing: (n: string) => `${n} members are not in line yet: they follow as soon as the server takes them.`,
    grid: "All members; colour tells the state", cell: (index: number, state: string) => `${index}: ${state}`, filter: "State of the members", all: "All",
    colIndex: "Index", colState: "State", colWhy: "Why", colTook: "Took", colSize: "Results", more: "Show more members", none: "No member is in this state.",
    cancelAsk: "Cancel the whole array? Members that have ended keep their results.", rerunFailed: (n: number) => (n === 1 ? "Run the failed one again" : `Run the ${n} failed ones again`),
    download: "Download all, a folder each", fetchFailed: "The members could not be fetched; this page keeps trying.",
    trialText: "This is a trial: at most a minute, before the long run.", runWhole: "Run it for real",
    asksTitle: "How to run", asksArray: "Once for each of these indices (optional)", asksArrayHint: "like 1-100 or 1-10,20,30-50:5; the program reads NIAS_ARRAY_INDEX",
    asksTrial: "As a trial first", asksTrialHint: "at most a minute, at the front of the short lane; of an array its first member",
    asked: (indices: string) => `array ${indices}`,
};

export type ArrayMessages = typeof en;
