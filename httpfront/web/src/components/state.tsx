// A job's state as a badge: colour, shape and word, never colour alone.

import type { JSX } from "preact";
import type { Job, JobState } from "../data/api";
import { useSpeech } from "../text";
import { useArrayWords } from "../text/array";
import { Icon, type IconName } from "./icon";

const kIcons: Record<JobState, IconName> = {
    queued: "clock", assigned: "clock", running: "play", succeeded: "check",
    failed: "cross", cancelled: "stop", timed_out: "clock", lost: "question",
};

export function StateBadge({ state }: { state: JobState }): JSX.Element {
    const { t } = useSpeech();
    return (
        <span class={`badge badge-${state}`} data-state={state}>
            <Icon name={kIcons[state] ?? "question"} />{t.states[state] ?? state}
        </span>
    );
}

/// A word beside the state, for a job that is no ordinary one.
export function Kind({ job }: { job: Job }): JSX.Element | null {
    const words = useArrayWords();
    if (job.trial) return <span class="badge badge-kind">{words.trial}</span>;
    if (!job.array) return null;
    return <span class="badge badge-kind">{words.badge} · {job.array.size}</span>;
}
