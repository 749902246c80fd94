// English words of the lab's pages. The keys here are the keys every language must have (see LabMessages).

import type { MachineState, Span } from "../../data/lab";

export const en = {
    machinesTitle: "Machines", machinesText: "The computers that run the jobs of this lab.",
    machinesNone: "No machine is connected", machinesNoneText: "Jobs wait in line until one is. On the server, “nias up” starts one; docs/operating.md says how another computer joins.",
    slotsInUse: (used: number, all: number) => `${used} of ${all} slots in use`, slots: "Slots", load: "Load", memory: "Memory", runsWhat: "Runs", version: "Version",
    address: "Address", host: "Host", labels: "Labels", onServer: "on the server's machine", graphics: "GPUs", runningHere: "Running here",
    loadOf: (load: string, cpus: number) => `${load} of ${cpus} ${cpus === 1 ? "processor" : "processors"}`, given: (n: number) => `${n} more given to it, not begun`,
    total: (ready: number, all: number) => `${ready} of ${all} take jobs`, nothingRuns: "Nothing runs here.", othersRun: (n: number) => (n === 1 ? "1 job of somebody else" : `${n} jobs of others`),
    since: (when: string) => `since ${when}`, gone: (n: number) => (n === 1 ? "1 machine that is gone or was refused" : `${n} machines that are gone or were refused`),
    clockAhead: (time: string) => `Its clock is ${time} ahead.`, clockBehind: (time: string) => `Its clock is ${time} behind.`,
    pause: "Pause", drain: "Drain", resume: "Resume", pauseOf: (name: string) => `Pause ${name}`, drainOf: (name: string) => `Drain ${name}`, resumeOf: (name: string) => `Resume ${name}`,
    pauseAsk: (name: string) => `Pause ${name}? It is given nothing more, and keeps what it has.`, drainAsk: (name: string) => `Drain ${name}? What has not begun there goes to other machines, what runs ends there.`,
    resumeAsk: (name: string) => `Resume ${name}? It is given jobs again.`, reason: "Why? (for those who look here)", notNow: "Not now", stale: (when: string) => `As of ${when}: the server does not answer.`,
    queueTitle: "Queue", queueTotal: "Total", queueReady: "Ready (in line)", queueUnacknowledged: "Unacknowledged (on machines)",
    curvesTime: "Time", curvesTitle: "Over time", curvesNone: "Nothing was counted in this time yet.", curvesHint: "The most within each step. Drag over the plot to look closer; double-click to see all.",
    curvesLabel: (ready: number, running: number) => `Curves of the queue: at most ${ready} in line and ${running} on machines`, span: "How far back",
    spans: { hour: "1 hour", day: "1 day", week: "7 days" } as Record<Span, string>,
    waitingTitle: "Who waits", nobodyWaits: "Nobody waits", nobodyWaitsText: "A job that is sent starts at once, if a machine is ready that it fits.", noneOfYours: "None of your jobs waits.",
    moreOfYours: (n: number) => `and ${n} more of yours`, othersWait: (n: number) => (n === 1 ? "1 job of somebody else waits too." : `${n} jobs of others wait too.`),
    membersRun: (n: number) => `${n} members`, membersWait: (n: number, all: number) => `${n} of ${all} wait`, membersWaiting: (name: string) => `Members of ${name} that wait`,
    likelyIn: (time: string) => `likely in about ${time}`,
    states: {
        ready: "Ready", suspect: "Not heard", paused: "Paused", draining: "Draining", silent: "Silent", lost: "Lost", stopped: "Stopped", revoked: "Key revoked", refused: "Refused",
    } as Record<MachineState, string>,
};

export type LabMessages = typeof en;
