// Run a job once more, with the same zip and, if wanted, more memory or time.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, rerunJob, type Job } from "../data/api";
import { navigate } from "../lib/router";
import { useSpeech } from "../text";
import { Problem } from "./notice";

const kGiB = 1 << 30;
const kMinuteMs = 60_000;

/// Proposes limits: as before, and twice of that which it lacked.
function proposed(job: Job): { memory: string; minutes: string } {
    const cause = job.outcome?.cause;
    const memory = (job.asked?.memory_bytes ?? 0) * (cause === "out_of_memory" ? 2 : 1);
    // A trial's minute is not the limit of the run that it tries.
    const time = job.trial ? 0 : (job.asked?.time_limit_ms ?? 0) * (cause === "time_limit" ? 2 : 1);
    return { memory: memory > 0 ? String(Math.round((memory / kGiB) * 100) / 100) : "", minutes: time > 0 ? String(Math.round(time / kMinuteMs)) : "" };
}

export function RunAgain({ job, onClose }: { job: Job; onClose: () => void }): JSX.Element {
    const { t } = useSpeech();
    const [{ memory, minutes }, setLimits] = useState(() => proposed(job));
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<ApiError | null>(null);
    const run = (event: Event): void => {
        event.preventDefault();
        setBusy(true);
        setError(null);
        rerunJob(job.id, {
            ...(Number(memory) > 0 ? { memory_bytes: Math.round(Number(memory) * kGiB) } : {}),
            ...(Number(minutes) > 0 ? { time_limit_ms: Math.round(Number(minutes) * kMinuteMs) } : {}),
        }).then((made) => navigate(`/jobs/${made.id}`)).catch((problem: unknown) => {
            setBusy(false);
            setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
    };
    const field = (label: string, value: string, step: string, set: (value: string) => void): JSX.Element => (
        <label class="again-field"><span>{label}</span>
            <input type="number" min="0" step={step} inputMode="decimal" value={value} placeholder={t.againAsIs}
                onInput={(event) => set(event.currentTarget.value)} /></label>
    );
    return (
        <form class="ask again" onSubmit={run} aria-label={t.jobAgain}>
            <p>{t.againText}</p>
            {field(t.againMemory, memory, "any", (value) => setLimits({ memory: value, minutes }))}
            {field(t.againMinutes, minutes, "1", (value) => setLimits({ memory, minutes: value }))}
            <button type="submit" class="button button-main" disabled={busy}>{t.jobAgain}</button>
            <button type="button" class="button" onClick={onClose}>{t.againNo}</button>
            {error && <Problem error={error} />}
        </form>
    );
}
