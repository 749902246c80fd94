// Deleting jobs: a button for those that are selected, and the bars that bring them back.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, type Job } from "../../data/api";
import { deleteJob, deleteJobs, restoreJob, restoreJobs } from "../../data/forget";
import { momentText } from "../../lib/format";
import { useSpeech } from "../../text";
import { useForgetWords } from "../../text/forget";
import { Icon } from "../icon";
import { Notice, Problem } from "../notice";

function asApiError(problem: unknown): ApiError {
    return problem instanceof ApiError ? problem : new ApiError(0, String(problem), "");
}

interface Deleting {
    removed: readonly string[]; // by the last press
    error: ApiError | null;
    remove: (ids: readonly string[]) => void;
    undo: () => void;
    close: () => void;
}

/// State behind the button and the bar of a list of jobs. The list itself hears from the server which jobs left it.
export function useDeleting(): Deleting {
    const [removed, setRemoved] = useState<readonly string[]>([]);
    const [error, setError] = useState<ApiError | null>(null);
    const run = (work: Promise<readonly string[]>): void => {
        setError(null);
        work.then(setRemoved).catch((problem: unknown) => setError(asApiError(problem)));
    };
    return {
        removed, error,
        remove: (ids) => run(deleteJobs(ids)),
        undo: () => run(restoreJobs(removed).then(() => [])),
        close: () => setRemoved([]),
    };
}

export function UndoBar({ removed, error, undo, close }: Deleting): JSX.Element | null {
    const words = useForgetWords();
    if (error) return <Problem error={error} />;
    if (removed.length === 0) return null;
    return (
        <div class="undo-bar" role="status">
            <span>{words.removed(removed.length)}</span>
            <button type="button" class="button" onClick={undo}><Icon name="back" />{words.undo}</button>
            <button type="button" class="link" onClick={close}>{words.close}</button>
        </div>
    );
}

/// The button of a job's own page; `take` is given the job as it stands then.
export function DeleteJob({ job, take }: { job: Job; take: (job: Job) => void }): JSX.Element {
    const words = useForgetWords();
    const [error, setError] = useState<ApiError | null>(null);
    const remove = (): void => {
        setError(null);
        deleteJob(job.id).then(take).catch((problem: unknown) => setError(asApiError(problem)));
    };
    if (error) return <Problem error={error} />;
    return <button type="button" class="button" onClick={remove}><Icon name="cross" />{words.remove}</button>;
}

/// Says on a job's own page that it was deleted, and until when it can be brought back.
export function DeletedNotice({ job, take }: { job: Job; take: (job: Job) => void }): JSX.Element {
    const { locale } = useSpeech();
    const words = useForgetWords();
    const [error, setError] = useState<ApiError | null>(null);
    const restore = (): void => {
        setError(null);
        restoreJob(job.id).then(take).catch((problem: unknown) => setError(asApiError(problem)));
    };
    return (
        <>
            <div class="undo-bar" role="status">
                <span>{words.jobRemoved(momentText(job.gone_ms, locale))}</span>
                <button type="button" class="button" onClick={restore}><Icon name="back" />{words.back}</button>
            </div>
            {error && <Problem error={error} />}
        </>
    );
}

const kSoonMs = 7 * 24 * 3_600_000;

/// Says on a job's own page that it goes by its age within a week.
export function GoesSoon({ job }: { job: Job }): JSX.Element | null {
    const { locale } = useSpeech();
    const words = useForgetWords();
    if (job.deleted_ms > 0 || job.gone_ms === 0 || job.gone_ms - Date.now() > kSoonMs) return null;
    return <Notice kind="info"><p>{words.goesSoon(momentText(job.gone_ms, locale))}</p></Notice>;
}
