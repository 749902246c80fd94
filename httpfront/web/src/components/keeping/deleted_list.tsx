// Deleted jobs while they can be brought back: since when they are deleted, until when they are kept, and a way back.

import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, listJobs, type Job } from "../../data/api";
import { restoreJobs } from "../../data/forget";
import { useEvents, useNow } from "../../data/live";
import { usePolled } from "../../data/polled";
import { agoText, elapsedText, momentText } from "../../lib/format";
import { Link } from "../../lib/router";
import { useSpeech } from "../../text";
import { useForgetWords } from "../../text/forget";
import { Icon } from "../icon";
import { Empty, Loading, Notice, Problem } from "../notice";
import { Kind, StateBadge } from "../state";

const kEveryMs = 10_000; // what is gone leaves the list without an event
const kSettleMs = 300;
const kPage = 100;

interface ListProps {
    q: string;
    owner: string; // for administrators: "*" for everybody's
}

export function DeletedList({ q, owner }: ListProps): JSX.Element {
    const { t } = useSpeech();
    const words = useForgetWords();
    const [limit, setLimit] = useState(kPage);
    const { value, error, again } = usePolled((signal) => listJobs({ deleted: "true", q, owner, limit }, signal), kEveryMs);
    const timer = useRef(0);
    const changed = useCallback(() => {
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(again, kSettleMs);
    }, [again]);
    useEvents({ onJob: changed }, undefined, owner || undefined);
    useEffect(() => () => window.clearTimeout(timer.current), []);
    const first = useRef(true);
    useEffect(() => {
        if (!first.current) again();
        first.current = false;
    }, [q, owner, limit]);
    const restoring = useRestoring(again);
    const jobs = value?.jobs ?? [];
    return (
        <>
            {(restoring.error ?? (value ? null : error)) && <Problem error={(restoring.error ?? error) as ApiError} />}
            {restoring.late > 0 && <Notice kind="bad"><p>{words.tooLate(restoring.late)}</p></Notice>}
            {!value && !error && <Loading />}
            {value && jobs.length === 0 && <Empty title={words.deletedNone} text={words.deletedNoneText} />}
            {jobs.length > 0 && (
                <div class="card deleted-list">
                    <div class="deleted-head">
                        <p class="hint">{words.deletedText}</p>
                        {jobs.length > 1 && (
                            <button type="button" class="button button-small" onClick={() => restoring.restore(jobs.map((job) => job.id))}><Icon name="back" />{words.backMany(jobs.length)}</button>
                        )}
                    </div>
                    <ul>{jobs.map((job) => <DeletedRow key={job.id} job={job} shownOwner={owner ? job.owner : ""} restore={() => restoring.restore([job.id])} />)}</ul>
                </div>
            )}
            {value?.next && <p class="more"><button type="button" class="button" onClick={() => setLimit(Math.min(1000, limit + kPage))}>{t.loadMore}</button></p>}
        </>
    );
}

/// Brings jobs back, and tells how many of them were gone before.
function useRestoring(again: () => void): { restore: (ids: string[]) => void; late: number; error: ApiError | null } {
    const [late, setLate] = useState(0);
    const [error, setError] = useState<ApiError | null>(null);
    const restore = (ids: string[]): void => {
        setError(null);
        restoreJobs(ids).then((done) => setLate(ids.length - done.length)).catch((problem: unknown) => {
            setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        }).finally(again);
    };
    return { restore, late, error };
}

function DeletedRow({ job, shownOwner, restore }: { job: Job; shownOwner: string; restore: () => void }): JSX.Element {
    const { locale } = useSpeech();
    const words = useForgetWords();
    const now = useNow(1000);
    const name = job.name || job.id;
    return (
        <li data-job={job.id}>
            <div class="deleted-name">
                <Link to={`/jobs/${job.id}`}>{name}</Link>
                {shownOwner && <span class="col-owner">{shownOwner}</span>}
            </div>
            <span class="deleted-state"><StateBadge state={job.state} /><Kind job={job} /></span>
            <span class="deleted-when">
                <span title={momentText(job.deleted_ms, locale)}>{words.deletedAgo(agoText(job.deleted_ms, now, locale))}</span>
                <span class="hint" title={momentText(job.gone_ms, locale)}>{job.gone_ms > now ? words.goesIn(elapsedText(job.gone_ms - now, locale)) : words.goesNow}</span>
            </span>
            <button type="button" class="button button-small" aria-label={words.backOf(name)} onClick={restore}><Icon name="back" />{words.back}</button>
        </li>
    );
}
